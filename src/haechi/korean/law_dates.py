"""When a law or rule was promulgated and from when it is in force, read from its own words.

Three places say it: a header line `[시행 2024. 1. 1.] [법률 제19000호, 2023. 7. 18., 일부개정]`, the 부칙 with its
heading `<제21472호,2026.3.17>` and its `제1조(시행일)`, and a revision history (`2023. 5. 30. 개정`). What cannot be
turned into a day without guessing (이사회가 정하는 날) gives no date but a reason.
"""

from __future__ import annotations

import calendar
import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

_DATE = r"(\d{4})\s*[.\-/년]\s*(\d{1,2})\s*[.\-/월]\s*(\d{1,2})\s*[.일]?"
_HEADER = re.compile(rf"\[\s*시행\s*:?\s*{_DATE}\s*\]")
_HEADER_ACT = re.compile(
    rf"\[\s*([가-힣]*?(?:법률|헌법|령|규칙|조례|훈령|예규|고시|규정))\s*제\s*[\d\-]+\s*호\s*,\s*{_DATE}"
)
_HISTORY = re.compile(
    rf"^\W*(?:(?:\d{{1,3}}[.)]?|제?\s*\d{{1,3}}\s*[차회])\W+)?(?:{_DATE}\W*(?:\S{{1,12}}\s+)?(?:제\s*정|전[부면]?\s*개\s*정|일부\s*개\s*정|개\s*정)"
    rf"|(?:제\s*정|전[부면]?\s*개\s*정|일부\s*개\s*정|개\s*정)\s*(?:일자?)?\W*{_DATE})"
)
_FORCE_COLUMN = re.compile(rf"시\s*행\s*(?:일자?)?\s*[:：|]?\s*{_DATE}|{_DATE}\s*(?:부터\s*)?시\s*행(?!\s*(?:령|규칙))")
_IN_HEADING = re.compile(_DATE)
_THIS = (
    r"(?:이|본|동)\s?(?:법률?|영|령|규칙|규정|조례|지침|세칙|내규|정관|요령|예규|훈령|고시|강령|기준|회칙|약관|헌법)"
    r"\s*(?:은|는)"
)
_SENTENCE = re.compile(
    rf"{_THIS}\s*([^.]*?(?:\d\s*\.[^.]*?){{0,3}}?)(?:부터|에|로부터)?\s*(?:이를\s*)?(?:시행|적용)(?:한다|하며|하되|하고)"
)
_FROM_DATE = re.compile(_DATE + r"\s*\.?\s*$")
_AFTER = re.compile(
    r"공포\s*(?:한?\s*날?)?\s*(?:후|로?부터|한\s*후)\s*(?:(\d{1,3})|([일이삼사육]))\s*(개월|월|년|일)\s*(?:을|이|가)?\s*경과(?:한|된)?\s*날?$"
)
_AT_ONCE = re.compile(
    r"(?:공포|발령|고시|공고|시달|제정|개정|공표)(?:일|한\s*날|된\s*날|\s*후\s*즉시|와\s*동시)?$"
    r"|(?:공포|발령|개정|제정)\s*(?:한|된)\s*날$"
)
_APART = re.compile(r"\s*\.?\s*다만")
_NUMBERS = {"일": 1, "이": 2, "삼": 3, "사": 4, "육": 6}


@dataclass(frozen=True)
class LawDates:
    """ISO days, "" where unknown; `reason` (Korean) says why `effective` is unknown or how it was found."""

    promulgated: str = ""
    effective: str = ""
    kind: str = ""
    reason: str = ""


def header_dates(text: str) -> LawDates:
    """From the `[시행 …] [법률 제…호, …]` line among the first words of a law; empty when there is none."""
    force, act = _HEADER.search(text), _HEADER_ACT.search(text)
    return LawDates(
        promulgated=_iso(act.groups()[1:4]) if act else "",
        effective=_iso(force.groups()[:3]) if force else "",
        kind="".join(act.group(1).split()) if act else "",
        reason="머리말의 [시행 …]" if force else "",
    )


def history_dates(lines: Sequence[str]) -> LawDates:
    """From a table or list of revisions: the last revision's day, and its 시행일 when the line gives one."""
    found: list[tuple[str, str]] = []
    for line in lines:
        match = _HISTORY.match(line)
        if match is None or len(line) > 120:
            continue
        day = _iso(match.groups()[:3]) or _iso(match.groups()[3:6])
        force = _FORCE_COLUMN.search(line)
        in_force = (_iso(force.groups()[:3]) or _iso(force.groups()[3:6])) if force else ""
        if day:
            found.append((day, in_force))
    if not found:
        return LawDates()
    day, in_force = max(found)
    return LawDates(day, in_force, "", "개정 이력의 시행일" if in_force else "")


def supplement_dates(heading: str, text: str, promulgated: str = "") -> LawDates:
    """From one 부칙: its heading's day of promulgation and the day its 시행일 sentence says.

    `promulgated` is used when the heading has no day. Empty `effective` comes with a reason.
    """
    match = _IN_HEADING.search(heading)
    day = (_iso(match.groups()) if match else "") or promulgated
    text = " ".join(text.split())
    sentence = _SENTENCE.search(text)
    if sentence is None:
        return LawDates(day, "", "", "부칙에 시행일을 정한 문장이 없습니다")
    apart = _APART.match(text[sentence.end() :])
    note = "; 다만 일부 조항은 시행일이 다릅니다" if apart else ""
    when = sentence.group(1).strip().removesuffix("부터").removesuffix("로").strip()
    if exact := _FROM_DATE.search(when):
        effective = _iso(exact.groups())
        return LawDates(day, effective, "", "부칙의 시행일" + note if effective else f"없는 날짜입니다: {when}")
    if _AT_ONCE.search(when):
        if day:
            return LawDates(day, day, "", f"부칙: {when}{note}")
        return LawDates("", "", "", f"부칙의 시행일이 '{when}'인데 그 날짜가 문서에 없습니다")
    if after := _AFTER.search(when):
        if day:
            number = int(after.group(1)) if after.group(1) else _NUMBERS[after.group(2)]
            return LawDates(day, _after(day, number, after.group(3)), "", f"부칙: {when}{note}")
        return LawDates("", "", "", f"부칙의 시행일이 '{when}'인데 공포일이 문서에 없습니다")
    return LawDates(day, "", "", f"부칙의 시행일 '{when[:40]}'을(를) 날짜로 정할 수 없습니다")


def merged(first: LawDates, second: LawDates) -> LawDates:
    """`first`, with what it lacks taken from `second`."""
    return replace(
        first,
        promulgated=first.promulgated or second.promulgated,
        effective=first.effective or second.effective,
        kind=first.kind or second.kind,
        reason=first.reason if first.effective else second.reason or first.reason,
    )


def iso_day(text: str) -> str:
    """`2024-3-1`, `2024. 3. 1.` or `20240301` as `2024-03-01`; "" when it is no day."""
    text = text.strip()
    if re.fullmatch(r"\d{8}", text):
        return _iso((text[:4], text[4:6], text[6:]))
    match = re.match(_DATE + r"\s*$", text)
    return _iso(match.groups()) if match else ""


def _iso(groups: Sequence[str | None]) -> str:
    try:
        return datetime.date(*(int(group or 0) for group in groups[:3])).isoformat()
    except ValueError:
        return ""


def _after(day: str, number: int, unit: str) -> str:
    """The first day after `number` days, months or years have passed; the day of promulgation does not count."""
    start = datetime.date.fromisoformat(day)
    if unit == "일":
        return (start + datetime.timedelta(days=number + 1)).isoformat()
    months = number * (12 if unit == "년" else 1) + start.month - 1
    year, month = start.year + months // 12, months % 12 + 1
    last = min(start.day, calendar.monthrange(year, month)[1])
    return (datetime.date(year, month, last) + datetime.timedelta(days=1)).isoformat()

"""Dates and times of day: 2024년 3월 1일, 2024. 3. 1., ’24.3.5, 3월, 2024년 1분기, 매월 5일, 오전 9시 30분, 09:00.

Canonical forms: `date:2024-03-01`, `date:2024-03`, `date:2024`, `date:--03-01` and `date:--03` (no year),
`date:---05` (a day of every month), `date:2024-Q1`, `date:2024-H1`, `date:--H1`, `time:09:30`.
`date:--02-end` is 2월 말 (also `begin`, `mid` for 초, 중순; with a year `date:2024-02-end`).
A form that starts with `date:?` is recognised but not resolved: 작년, 다음 달 말일, 2월 30일, 24.3.5 (no apostrophe).
Nothing is guessed from today's date.

Ambiguous: 9시 without 오전 or 오후 (read as written, 09:00), 24.3.5 and 24년 3월. Unresolved: whatever counts
from a day
that is not written there (작년, 다음 달 말일, 다음 날), and a day that does not exist (2월 30일).
A lone `5일` is a length of time (see `quantities.py`), a day only after 매월 or a month.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from haechi.korean.found import Found
from haechi.korean.numerals import FOLLOW, NUMBER_START, WORD_START, evaluate_native, evaluate_sino, lazily
from haechi.types import Certainty

RANK = 1

_YEAR = r"1[0-9]{3}|2[01][0-9]{2}"
_KOREAN = lazily(
    rf"{NUMBER_START}(?:(?P<y>{_YEAR}|'?[0-9]{{2}})(?: ?년도? ?|\. ?(?=[0-9]{{1,2}}월)))?"
    rf"(?P<m>[0-9]{{1,2}}) ?월(?!간)(?:{FOLLOW}|(?= ?[0-9초]))"
    rf"(?: ?(?P<d>[0-9]{{1,2}}) ?일(?!간)(?:{FOLLOW}|(?=자))| ?(?P<part>초순|초|중순|하순|말일|말)(?:{FOLLOW}))?"
)
# 이천이십사년 삼월 일일, 三月 一日: months in words count only beside a year or a day, because 이월 and 사월 are words.
_SPOKEN = lazily(
    rf"{WORD_START}(?:(?P<y>{_YEAR}"
    rf"|[일이]천[일이삼사오육칠팔구십백]{{0,6}}) ?년 ?)?(?P<m>[일이삼사오유육칠팔구시십]{{1,2}}) ?월"
    rf"(?: ?(?P<d>[일이삼사오육칠팔구십]{{1,3}}) ?일{FOLLOW})?"
)
_MONTHS = {"유": 6, "시": 10}
_PARTS = {"초": "begin", "초순": "begin", "중순": "mid", "하순": "end", "말": "end", "말일": "end"}
_NOON = lazily(rf"{WORD_START}(?P<noon>정오|자정){FOLLOW}")
_DOTTED = lazily(
    # A year of four digits may stand behind a comma without a space: 법인46012-527,1997.2.20.
    rf"(?:{NUMBER_START}|(?<=[0-9],)(?=[12][0-9]{{3}}\.))(?P<y>{_YEAR}|'?[0-9]{{2}})(?:"
    r"\. ?(?P<m1>[0-9]{1,2})\. ?(?P<d1>[0-9]{1,2})(?![0-9]|\.[0-9])(?:(?P<stop>\.)(?! ?일)"
    r"|\.? ?일(?![가-힣](?<![에이부까자을은])))?"
    r"|-(?P<m2>[0-9]{1,2})-(?P<d2>[0-9]{1,2})(?![0-9]|-[0-9])"
    r"|/(?P<m3>[0-9]{1,2})/(?P<d3>[0-9]{1,2})(?![0-9]|/[0-9]))"
)
_YEAR_MONTH = lazily(rf"{NUMBER_START}(?P<y>{_YEAR})\. (?P<m>[0-9]{{1,2}})\.(?! ?[0-9])")
_YEAR_ONLY = lazily(
    rf"{NUMBER_START}(?:(?P<from>{_YEAR}) ?(?:년)? ?[~\-] ?)?(?P<y>{_YEAR}|'[0-9]{{2}})"
    r" ?(?:학?년도|년)(?!간| ?동안| ?이내)"
    r"(?: ?(?P<part>상반기|하반기|(?:제 ?)?[1-4](?:/4)? ?분기))?"
)
_PART_ONLY = lazily(rf"(?<![0-9/])(?P<part>{WORD_START}(?:상반기|하반기)|(?:제 ?)?[1-4](?:/4)? ?분기)")
_DAY_OF_MONTH = lazily(rf"{WORD_START}(?:매월|매달|매 월|매 달) ?(?P<d>[0-9]{{1,2}}) ?일(?!간){FOLLOW}")
_CLOCK = lazily(
    rf"(?:(?P<half>오전|오후|낮|밤|새벽|저녁|아침) ?)?{NUMBER_START}(?:"
    r"(?P<h1>[0-9]{1,2}):(?P<m1>[0-5][0-9])(?![0-9:]|[.,][0-9])"
    r"|(?P<h2>[0-9]{1,2}) ?시(?: ?(?:(?P<m2>[0-9]{1,2}) ?분(?!의|기)|(?P<thirty>반)(?![가-힣])))?"
    rf"(?!간|도|장|군|민|설){FOLLOW})"
)
_NATIVE_CLOCK = lazily(
    rf"{WORD_START}(?:(?P<half>오전|오후|낮|밤|새벽|저녁|아침) ?)?"
    r"(?P<h>열두|열한|한|두|세|네|다섯|여섯|일곱|여덟|아홉|열) ?시"
    r"(?:(?P<thirty> ?반)(?![가-힣])| ?(?P<m>[0-9]{1,2}) ?분)?"
    r"(?:(?![가-힣])|(?=에(?![가-힣])|까지|부터|이후|이전|정각|쯤|경))"
)
#: 2024.3.1.까지: here the stop belongs to the date whatever its form.
_AFTER_STOP = frozenset("부까이전후에자현")
_DAYS_OF_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

#: Spellings of one moving date are one canonical word.
_RELATIVE_YEAR = {
    "작년": "작년", "지난해": "작년", "전년도": "전년", "전년": "전년", "재작년": "재작년", "올해": "올해",
    "금년도": "올해", "금년": "올해",
    "다음 연도": "다음해", "다음연도": "다음해", "직전 연도": "전년", "직전연도": "전년",
    "내년": "내년", "다음 해": "다음해", "다음해": "다음해", "이듬해": "다음해", "해당 연도": "해당연도",
    "당해 연도": "해당연도",
}  # fmt: skip
_RELATIVE_MONTH = {
    "이번 달": "이번달", "이번달": "이번달", "이달": "이번달", "당월": "당월", "다음 달": "다음달",
    "다음달": "다음달", "익월": "다음달",
    "다음다음 달": "다음다음달", "지난달": "지난달", "지난 달": "지난달", "전월": "전월", "매월": "매월",
    "매달": "매월",
}  # fmt: skip
_RELATIVE_DAY = {
    "오늘": "오늘", "어제": "어제", "내일": "내일", "모레": "모레", "다음 날": "다음날", "다음날": "다음날",
    "익일": "다음날",
    "당일": "당일", "전날": "전날", "이번 주": "이번주", "다음 주": "다음주", "지난주": "지난주", "지난 주": "지난주",
    "분기 말일": "분기말일", "분기말": "분기말일", "분기 말": "분기말일", "반기 말일": "반기말일",
    "다음 분기": "다음분기", "이튿날": "다음날",
    "말일": "말일", "연말": "연말", "월말": "월말",
}  # fmt: skip


def _words(table: dict[str, str]) -> str:
    return "|".join(sorted(table, key=len, reverse=True))


_RELATIVE = lazily(
    rf"{WORD_START}(?:"
    rf"(?P<year>{_words(_RELATIVE_YEAR)})"
    r"(?: ?(?P<of_year>[0-9]{1,2}월(?: ?[0-9]{1,2}일)?|상반기|하반기|[1-4]분기|말(?!일|로)))?"
    rf"|(?P<month>{_words(_RELATIVE_MONTH)})(?P<of_month> ?(?:[0-9]{{1,2}}일|열흘|보름|말일|초|말|중순)(?!간))?"
    rf"|(?P<day>{_words(_RELATIVE_DAY)}))(?:{FOLLOW}|(?= ?대비))(?!날|간지)"
)


def find_dates(text: str) -> Iterator[Found]:
    """All dates and times in folded text, unsorted and possibly overlapping."""
    for match in _KOREAN().finditer(text) if "월" in text else ():
        yield from _korean(match)
    for match in _SPOKEN().finditer(text) if "월" in text else ():
        yield from _spoken(match)
    for match in _DOTTED().finditer(text):
        month = match["m1"] or match["m2"] or match["m3"]
        day = match["d1"] or match["d2"] or match["d3"]
        # The closing full stop belongs to the official form "2024. 3. 1." only; after 2024.3.1 it ends the sentence.
        particle = text[match.end() : match.end() + 1] in _AFTER_STOP
        end = match.end() - bool(match["stop"] and " " not in match[0] and not particle)
        if len(match["y"]) == 2:
            if int(month) in range(1, 13) and int(day) in range(1, 32) and match["d1"]:
                yield _found(match.start(), end, f"?{match['y']}.{int(month)}.{int(day)}")
            continue
        yield _found(match.start(), end, calendar(full_year(match["y"]), int(month), int(day)))
    for match in _YEAR_MONTH().finditer(text):
        if 1 <= int(match["m"]) <= 12:
            yield _found(match.start(), match.end(), calendar(int(match["y"]), int(match["m"])))
    for match in _YEAR_ONLY().finditer(text):
        part = f"-{_part(match['part'])}" if match["part"] else ""
        start = match.start("y")
        yield _found(start, match.end(), f"{full_year(match['y'])}{part}")
        if match["from"]:
            yield _found(match.start("from"), match.end("from"), match["from"])
    for match in _PART_ONLY().finditer(text) if "분기" in text or "반기" in text else ():
        yield _found(match.start(), match.end(), f"--{_part(match['part'])}")
    for match in _DAY_OF_MONTH().finditer(text) if "매" in text else ():
        possible = 1 <= int(match["d"]) <= 31
        yield _found(match.start(), match.end(), f"{'' if possible else '?'}---{int(match['d']):02}")
    yield from _clocks(text)
    for match in _RELATIVE().finditer(text):
        yield from _relative(match)


def _korean(match: re.Match[str]) -> Iterator[Found]:
    year, month, day = match["y"], int(match["m"]), match["d"]
    if year and len(year) == 2 and not day and int(year) < 20:
        return  # "징역 10년 6월" is a length of time
    if not 1 <= month <= 12:
        return
    if year and len(year) == 2:
        # 24년 3월 without an apostrophe: this century, or 24 years and 3 months? Recognised, not decided.
        text = f"?{year}년{month}월" + (f"{int(day)}일" if day else "")
        yield _found(match.start(), match.end(), text)
        return
    form = calendar(full_year(year) if year else None, month, int(day) if day else None)
    if match["part"]:
        form += f"-{_PARTS[match['part']]}"
    yield _found(match.start(), match.end(), form)


def _spoken(match: re.Match[str]) -> Iterator[Found]:
    if not match["y"] and not match["d"]:
        return
    month = _MONTHS.get(match["m"]) or evaluate_sino(match["m"])
    year = (int(match["y"]) if match["y"].isdecimal() else evaluate_sino(match["y"])) if match["y"] else None
    day = evaluate_sino(match["d"]) if match["d"] else None
    if month and month <= 12 and (day is None or 1 <= day <= 31):
        yield _found(match.start(), match.end(), calendar(year, month, day))


def _clocks(text: str) -> Iterator[Found]:
    for match in _CLOCK().finditer(text):
        hour = int(match["h1"] or match["h2"])
        minute = 30 if match["thirty"] else int(match["m1"] or match["m2"] or 0)
        yield from _clock(match, hour, minute)
    for match in _NOON().finditer(text) if "정오" in text or "자정" in text else ():
        noon = match["noon"] == "정오"
        time, certainty = ("12:00", "certain") if noon else ("00:00", "ambiguous")
        yield Found(match.start(), match.end(), "date", f"time:{time}", RANK, certainty)  # type: ignore[arg-type]
    for match in _NATIVE_CLOCK().finditer(text) if "시" in text else ():
        # 한시 and 세시 without a space are words (한시적, 세시풍속).
        if " 시" in match[0] or match["half"] or len(match["h"]) > 1:
            yield from _clock(match, evaluate_native(match["h"]), 30 if match["thirty"] else int(match["m"] or 0))


def _clock(match: re.Match[str], hour: int, minute: int) -> Iterator[Found]:
    half = match["half"]
    if (
        half in ("오후", "저녁", "밤", "낮")
        and hour < 12
        and not (half == "낮" and hour > 6)
        and not (half == "밤" and hour < 6)
    ):
        hour += 12
    elif half in ("오전", "새벽", "밤") and hour == 12:
        hour = 0
    if hour <= 24 and minute < 60:
        # 9시 may be evening; 13시 and 09:00 may not.
        open_half = not half and 1 <= hour <= 12 and not re.match(r"0\d:", match[0])
        certainty: Certainty = "ambiguous" if open_half else "certain"
        yield Found(match.start(), match.end(), "date", f"time:{hour:02}:{minute:02}", RANK, certainty)
    elif "시" in match[0]:
        yield Found(match.start(), match.end(), "date", f"time:?{hour:02}:{minute:02}", RANK, "unresolved")


def _relative(match: re.Match[str]) -> Iterator[Found]:
    if match["year"]:
        name = _RELATIVE_YEAR[match["year"]] + (match["of_year"] or "")
    elif match["month"]:
        if match["month"] in ("매월", "매달") and not match["of_month"]:
            return  # every month is a frequency, not a date
        of_month = (match["of_month"] or "").replace("열흘", "10일").replace("보름", "15일")
        name = _RELATIVE_MONTH[match["month"]] + of_month
    else:
        name = _RELATIVE_DAY[match["day"]]
    yield _found(match.start(), match.end(), "?" + name.replace(" ", ""))


def full_year(text: str) -> int:
    """'24 → 2024, '98 → 1998: an apostrophe year from 50 on belongs to the last century."""
    if len(text) == 4:
        return int(text)
    short = int(text.lstrip("'"))
    return short + (1900 if short >= 50 else 2000)


def calendar(year: int | None, month: int, day: int | None = None) -> str:
    """ISO-like form without the `date:` prefix; an impossible date is kept, marked with `?`."""
    text = f"{year:04}-{month:02}" if year else f"--{month:02}"
    if day is not None:
        text += f"-{day:02}"
    possible = 1 <= month <= 12 and (day is None or 1 <= day <= _DAYS_OF_MONTH[month - 1])
    if possible and month == 2 and day == 29 and year:
        possible = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return text if possible else f"?{text}"


def _part(text: str) -> str:
    if text.endswith("반기"):
        return "H1" if text.startswith("상") else "H2"
    return "Q" + text.replace("제", "").strip()[0]


def _found(start: int, end: int, normalised: str) -> Found:
    certainty: Certainty = "certain"
    if normalised.startswith("?"):
        # 24.3.5 and 24년 3월 have one more reading; 작년 and 2월 30일 have none that is written.
        certainty = "ambiguous" if re.match(r"\?[0-9]{2}[.년]", normalised) else "unresolved"
    return Found(start, end, "date", f"date:{normalised}", RANK, certainty)

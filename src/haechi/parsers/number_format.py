"""A spreadsheet's number or date as its reader sees it: `15.5%`, `1,234,000원`, `₩5,000`, `2023-05-30`.

Dates are written year first whatever the format says; the rest follows the number format as far as Korean sheets use
it. Colours, padding and fill marks are left out; fractions are written as decimals.
"""

from __future__ import annotations

import math
import re
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache

_QUOTED = re.compile(r'"([^"]*)"|\\(.)|_.|\*.|\[([^\]]*)\]', re.DOTALL)
_DIGITS = re.compile(r"[#0?][#0?,]*(?:\.[#0?]*)?|\.[0#?]+")
_DATE_LETTERS = re.compile(r"[ymdhs]|년|월|일", re.IGNORECASE)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?[\d.]+)")
#: A mark that stands for literal text while the digits of a format are looked for.
_TEXT = "\x01"
_PRECISE = Context(prec=400)


def show_number(value: float | int, code: str) -> str:
    """A number that is no date, in the number format `code`."""
    if code in ("", "General", "@", "GENERAL") or not math.isfinite(value):
        return plain(value)
    if code == "#,##0" and isinstance(value, int):
        return f"{value:,}"  # most cells of most sheets
    sections = _sections(code)
    section, number = _choose(sections, value)
    return _in_section(number, section)


def plain(value: float | int) -> str:
    """Without a format: as many digits as a wide cell shows (11 characters), never in powers of ten."""
    if isinstance(value, int):
        return str(value)
    if not math.isfinite(value):
        return "#NUM!"
    if value.is_integer():
        return f"{value:.0f}"
    if abs(value) < 1e-4:
        return f"{Decimal(f'{value:.6g}'):f}"
    places = max(0, 10 - len(str(int(abs(value)))))
    text = f"{Decimal(repr(value)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, _PRECISE):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def show_moment(value: datetime | date | time | timedelta, code: str) -> str:
    """A date, a time or a span; the day or the time is left out where the format leaves it out."""
    if isinstance(value, timedelta):
        seconds = round(value.total_seconds())
        sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
        hours, rest = divmod(seconds, 3600)
        return f"{sign}{hours}:{rest // 60:02d}" + (f":{rest % 60:02d}" if rest % 60 else "")
    if isinstance(value, time):
        return _time(value)
    shown = _shown(code)
    if not isinstance(value, datetime):
        return value.isoformat()
    if shown == "time":
        return _time(value.time())
    if shown == "year":
        return f"{value.year:04d}"
    if shown == "month":
        return f"{value.year:04d}-{value.month:02d}"
    day = value.date().isoformat()
    return f"{day} {_time(value.time())}" if value.time() != time() else day


def _time(value: time) -> str:
    if value.microsecond >= 500_000:  # a serial number seldom meets a second exactly
        moment = datetime.combine(date(2000, 1, 1), value) + timedelta(seconds=1)
        value = moment.time()
    return f"{value.hour:02d}:{value.minute:02d}" + (f":{value.second:02d}" if value.second else "")


@lru_cache(maxsize=512)
def _shown(code: str) -> str:
    bare = _QUOTED.sub(lambda match: match[1] or "", code.split(";")[0]).lower()
    bare = bare.replace("am/pm", "").replace("오전/오후", "")
    has_year = "y" in bare or "e" in bare
    if not has_year and "d" not in bare and ("h" in bare or "s" in bare):
        return "time"
    if has_year and "d" not in bare and "h" not in bare:
        return "month" if "m" in bare else "year"
    return "day"


@lru_cache(maxsize=512)
def _sections(code: str) -> tuple[str, ...]:
    parts: list[str] = [""]
    quoted = False
    skip = False
    for character in code:
        if skip:
            skip = False
        elif character == '"':
            quoted = not quoted
        elif character == "\\" and not quoted:
            skip = True
        elif character == ";" and not quoted:
            parts.append("")
            continue
        parts[-1] += character
    return tuple(parts)


def _choose(sections: tuple[str, ...], value: float | int) -> tuple[str, float | int]:
    """The section for a value, and the value as that section shows it (a section of its own writes its own minus)."""
    conditions = [_CONDITION.fullmatch(mark.strip()) for mark in (_first_bracket(section) for section in sections)]
    if any(conditions):
        for section, condition in zip(sections, conditions, strict=True):
            if condition is None or _holds(value, condition[1], float(condition[2])):
                return section, value
        return sections[-1], value
    if value < 0 and len(sections) > 1:
        return sections[1], -value
    if value == 0 and len(sections) > 2:
        return sections[2], value
    return sections[0], value


def _first_bracket(section: str) -> str:
    for match in re.finditer(r"\[([^\]]*)\]", section):
        if _CONDITION.fullmatch(match[1].strip()):
            return match[1]
    return ""


def _holds(value: float, sign: str, limit: float) -> bool:
    return {
        "<": value < limit,
        ">": value > limit,
        "=": value == limit,
        "<=": value <= limit,
        ">=": value >= limit,
        "<>": value != limit,
    }[sign]


def _in_section(value: float | int, section: str) -> str:
    literals: list[str] = []

    def keep(match: re.Match[str]) -> str:
        bracket = match[3]
        text = match[1] or match[2] or ""
        if bracket is not None and bracket.startswith("$"):
            text = bracket[1:].split("-")[0]  # [$₩-412]: the sign, without the locale
        if not text:
            return ""
        literals.append(text)
        return _TEXT

    bare = _QUOTED.sub(keep, section)
    if "general" in bare.lower():
        shown = re.sub("general", lambda _: plain(value), bare, flags=re.IGNORECASE)
    else:
        digits = _DIGITS.search(bare)
        if digits is None:  # only text: `"없음"`, `-`
            shown = bare
        elif "E+" in bare or "E-" in bare:
            places = len(digits.group().partition(".")[2])
            shown = f"{value:.{places}E}"
        elif "/" in bare[digits.end() :]:
            shown = plain(round(float(value), 4))
        elif len(groups := _DIGITS.findall(bare)) > 1 and all(set(group) == {"0"} for group in groups):
            shown = _spread(round(value), bare)  # 전화번호, 우편번호: `000-0000-0000`
        else:
            shown = bare[: digits.start()] + _digits(value, digits.group(), bare) + bare[digits.end() :]
            if value < 0:
                shown = "-" + shown.replace("-", "", 1) if "-" in shown else shown
    for text in literals:
        shown = shown.replace(_TEXT, text, 1)
    return re.sub(r"\s+", " ", shown).strip()


def _spread(value: int, section: str) -> str:
    """Digits set into the places of a section from the right; what is left over goes before the first place."""
    left = str(abs(value)).zfill(section.count("0"))
    shown: list[str] = []
    for character in reversed(section):
        if character == "0":
            left, character = left[:-1], left[-1]
        shown.append(character)
    text = "".join(reversed(shown))
    at = section.index("0")
    return ("-" if value < 0 else "") + text[:at] + left + text[at:]


def _digits(value: float | int, pattern: str, section: str) -> str:
    whole, _, fraction = pattern.partition(".")
    scaled = len(whole) - len(whole.rstrip(",")) if not fraction else len(fraction) - len(fraction.rstrip(","))
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    number = number.scaleb(2 * section.count("%")).scaleb(-3 * scaled)
    least = fraction.count("0")
    most = len(fraction.rstrip(","))
    rounded = number.quantize(Decimal(1).scaleb(-most), ROUND_HALF_UP, _PRECISE)
    grouped = "," in whole.rstrip(",")
    text = f"{rounded:,f}" if grouped else f"{rounded:f}"
    if "." in text:
        head, _, tail = text.partition(".")
        tail = tail[:least] + tail[least:].rstrip("0")
        text = head + ("." + tail if tail else "")
    minimum = whole.replace(",", "").count("0")
    if minimum > 1 and not grouped:
        sign = "-" if text.startswith("-") else ""
        head, dot, tail = text.removeprefix("-").partition(".")
        text = sign + head.zfill(minimum) + dot + tail
    if not rounded and text.startswith("-"):
        text = text[1:]
    return text

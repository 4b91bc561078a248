"""One value of a true sentence changed, and equal values written in another form."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from random import Random

from .corpus import Statement
from .korean import replace
from .numbers import AMOUNT, ARTICLE, DATE, FRACTION, PERCENT, PERIOD, QUANTITY, amount, native


@dataclass(frozen=True)
class Edit:
    """`text` with `before` made `after`; "" where the edit is not one stretch."""

    text: str
    before: str = ""
    after: str = ""


Change = Callable[[Statement, str, Random], Edit | None]


def made(text: str, start: int, end: int, new: str) -> Edit:
    return Edit(replace(text, start, end, new), text[start:end], new)


def part_made(text: str, match: re.Match[str], start: int, end: int, new: str) -> Edit:
    """One number of a value changed; the edit tells the whole value."""
    value = text[match.start() : start] + new + text[end : match.end()]
    return made(text, match.start(), match.end(), value)


def numbers_near(number: int, rng: Random) -> Iterator[int]:
    """Other numbers that look like it: one digit changed, two digits swapped, a zero more or less."""
    digits = str(number)
    lead = next(place for place in range(len(digits) - 1, -1, -1) if digits[place] != "0" or place == 0)
    found = []
    for place in range(lead + 1):
        for digit in "123456789":
            if digit != digits[place]:
                found.append(int(digits[:place] + digit + digits[place + 1 :]))
    for place in range(len(digits) - 1):
        if digits[place] != digits[place + 1] and digits[place + 1] != "0":
            found.append(int(digits[:place] + digits[place + 1] + digits[place] + digits[place + 2 :]))
    near = [other for other in found if abs(other - number) <= max(3, number // 2)]
    rng.shuffle(near)
    yield from near


def _pick(pattern: re.Pattern[str], text: str, rng: Random) -> re.Match[str] | None:
    found = list(pattern.finditer(text))
    return rng.choice(found) if found else None


def change_amount(item: Statement, evidence: str, rng: Random) -> Edit | None:
    match = _pick(AMOUNT, item.text, rng)
    if match is None:
        return None
    known = {amount(other) for other in AMOUNT.findall(evidence)}
    numerals = list(re.finditer(r"\d[\d,]*(?:\.\d+)?", match[0]))
    numeral = rng.choice(numerals)
    if "." in numeral[0]:
        return None
    number = int(numeral[0].replace(",", ""))
    options = list(numbers_near(number, rng))
    if (
        rng.random() < 0.25
        and number < 1000
        and len(numerals) == 1
        and not re.match("[천백십]", match[0][numeral.end() :])
    ):
        options.insert(0, number * 10)
    for other in options:
        written = f"{other:,}" if "," in numeral[0] else str(other)
        new = match[0][: numeral.start()] + written + match[0][numeral.end() :]
        if amount(new) not in known and amount(new) != amount(match[0]):
            return made(item.text, match.start(), match.end(), new)
    return None


def share_of(text: str) -> Fraction | None:
    if match := FRACTION.search(text):
        whole = amount(match[1])
        return Fraction(match[2]) / whole if whole else None
    number = re.match(r"\d+(?:\.\d+)?", text)
    return Fraction(number[0]) / 100 if number else None


def shares(text: str) -> list[re.Match[str]]:
    return [*PERCENT.finditer(text), *FRACTION.finditer(text)]


def change_percent(item: Statement, evidence: str, rng: Random) -> Edit | None:
    found = shares(item.text)
    if not found:
        return None
    match = rng.choice(found)
    known = {share_of(other[0]) for other in shares(evidence)}
    last = list(re.finditer(r"\d+(?:\.\d+)?", match[0]))[-1]
    whole, dot, part = last[0].partition(".")
    for other in numbers_near(int(part if dot else whole), rng):
        new = match[0][: last.start()] + (f"{whole}.{other}" if dot else str(other)) + match[0][last.end() :]
        share = share_of(new)
        if share is not None and share not in known and 0 < share < 1:
            return made(item.text, match.start(), match.end(), new)
    return None


def change_year(item: Statement, evidence: str, rng: Random) -> Edit | None:
    match = _pick(re.compile(r"(?<![\d.])(?:19|20)\d\d(?=년|\.\s?\d{1,2}\.)"), item.text, rng)
    if match is None:
        return None
    for step in rng.sample([-10, -3, -2, -1, 1, 2, 3, 10], 8):
        new = str(int(match[0]) + step)
        if new not in evidence and f"’{new[2:]}" not in evidence and f"'{new[2:]}" not in evidence:
            return made(item.text, match.start(), match.end(), new)
    return None


def change_date(item: Statement, evidence: str, rng: Random) -> Edit | None:
    found = [match for match in DATE.finditer(item.text) if is_date(match)]
    if not found:
        return None
    match = rng.choice(found)
    days = {(int(other["m"]), int(other["d"])) for other in DATE.finditer(evidence) if is_date(other)}
    months = {int(month) for month in re.findall(r"(\d{1,2})월", evidence)}
    for _ in range(20):
        month, day = int(match["m"]), int(match["d"])
        part = rng.choice("md")
        if part == "m":
            month = rng.choice([other for other in (1, 3, 5, 7, 8, 10, 12) if other != month])
        else:
            day = rng.choice([other for other in range(1, 29) if other != day])
        if (month, day) in days or (part == "m" and month in months):
            continue
        new = str(month if part == "m" else day)
        if match["m"].startswith("0") or match["d"].startswith("0"):
            new = new.zfill(2)
        start, end = match.span(part)
        text = item.text[:start] + new + item.text[end:]
        return Edit(text, match[0], text[match.start() : match.end() + len(new) - (end - start)])
    return None


def is_date(match: re.Match[str]) -> bool:
    written = match["t"].startswith("월") and match["e"] == "일"
    dotted = bool(match["y"]) and match["s"][0] == match["t"][0] and match["s"][0] in ".-"
    return (written or dotted) and 1 <= int(match["m"]) <= 12 and 1 <= int(match["d"]) <= 31


_MONTHS = {"개월": 1, "년": 12}
_DAYS = {"일": 1, "주일": 7, "주": 7}


def length(number: int, unit: str) -> tuple[str, int]:
    """A period in the unit it is compared in: 1년 = 12개월, 2주 = 14일."""
    for name, units in (("month", _MONTHS), ("day", _DAYS)):
        if unit in units:
            return name, number * units[unit]
    return unit, number


def periods(text: str) -> list[re.Match[str]]:
    return [
        match
        for match in PERIOD.finditer(text)
        if not (match[2] == "일" and re.match(r"\s?(?:자|현재)", text[match.end() :]))
    ]


def change_period(item: Statement, evidence: str, rng: Random) -> Edit | None:
    found = periods(item.text)
    if not found:
        return None
    match = rng.choice(found)
    known = {length(int(other[1]), other[2]) for other in periods(evidence)}
    numbers = set(re.findall(rf"(?<!\d)(\d+)\s?{match[2]}", evidence))
    number = int(match[1])
    options = [*numbers_near(number, rng), *([number * 2, number + 10] if number >= 10 else [number + 1])]
    for other in options:
        if other and length(other, match[2]) not in known and str(other) not in numbers:
            return part_made(item.text, match, match.start(1), match.end(1), str(other))
    return None


def change_quantity(item: Statement, evidence: str, rng: Random) -> Edit | None:
    match = _pick(QUANTITY, item.text, rng)
    if match is None:
        return None
    whole = int(match[1].replace(",", "").partition(".")[0])
    known = {(other[1].replace(",", ""), other[2]) for other in QUANTITY.finditer(evidence)}
    for other in numbers_near(whole, rng):
        written = f"{other:,}" if "," in match[1] else str(other)
        spoken = native(other)
        if other and (str(other), match[2]) not in known and not (spoken and f"{spoken} {match[2]}" in evidence):
            return part_made(
                item.text, match, match.start(1), match.start(1) + len(match[1].partition(".")[0]), written
            )
    return None


_BOUNDS = {
    "이상": ("이하", "미만", "초과"),
    "이하": ("이상", "초과", "미만"),
    "초과": ("이상", "이하"),
    "미만": ("이하", "이상", "초과"),
    "이내": ("이후", "이상"),
    "이전": ("이후",),
    "이후": ("이전",),
}
_BOUNDED = re.compile(r"(?<=\d)(\s?[가-힣%㎡]{0,5}\s?)(이상|이하|초과|미만|이내|이전|이후)")
_PLAIN_PERIOD = re.compile(r"(\d+(?:일|개월|년))(?=(?:으)?로 (?:한다|합니다|하며|하되)|간\s)")


def change_bound(item: Statement, evidence: str, rng: Random) -> Edit | None:
    """30일 이내 → 30일 이후, 이상 → 이하, 초과 → 이상; 2년으로 한다 → 2년 이내로 한다."""
    plain = list(_PLAIN_PERIOD.finditer(item.text))
    if plain and rng.random() < 0.5:
        match = rng.choice(plain)
        if re.search(rf"{match[1]}\s?(?:이내|이상|이하|미만|초과)", evidence) or item.text[match.end()] == "간":
            return None
        new = f"{match[1]} {rng.choice(['이내', '이상'])}"
        return made(item.text, match.start(1), match.end(1), new)
    found = _pick(_BOUNDED, item.text, rng)
    if found is None:
        return None
    head = item.text[: found.start(2)]
    value = re.search(r"[\d,.]+[^\s\d]*\s?$", head)
    after, timed = item.text[found.end() :], re.search(r"일|월|년|시간|분|주", found[1])
    if re.match(r"\s?(?:하|한|할|되|된|에서)", after) or (found[2] == "이내" and not timed and after.startswith("에")):
        return None
    bounds = _BOUNDS[found[2]]
    if found[2] == "이내":
        bounds = ("이후",) if timed and after.startswith("에") else ("이상",)
        if bounds == ("이상",) and re.search(r"이상.{0,12}$", item.text[: found.start()]):
            return None
    options = [
        new for new in bounds if not value or not re.search(re.escape(value[0].strip()) + rf"\s?{new}", evidence)
    ]
    if not options:
        return None
    return made(item.text, found.start(2), found.end(2), options[0] if rng.random() < 0.6 else rng.choice(options))


def change_article(item: Statement, evidence: str, rng: Random) -> Edit | None:
    """제38조 → 제83조, 제2항 → 제3항, 제12조의2 → 제12조의3; the new one is nowhere in the evidence."""
    match = _pick(ARTICLE, item.text, rng)
    if match is None:
        return None
    numeral = rng.choice(list(re.finditer(r"(?<=제)\s?\d+|(?<=의)\s?\d+", match[0])))
    number = int(numeral[0])
    unit = match[0][numeral.end() : numeral.end() + 1]
    known = {int(other) for other in re.findall(rf"(\d+)\s?{unit}", evidence)} if unit in ("조", "항", "호") else set()
    if unit == "항":
        known |= {ord(mark) - ord("①") + 1 for mark in re.findall("[①-⑳]", evidence)}
    if unit == "호":
        known |= {int(other) for other in re.findall(r"(?m)^\s*(\d+)\.", evidence)}
    ranges = re.findall(rf"제(\d+){unit}[^\s]*?(?:부터|내지|~|∼)\s?제(\d+){unit}", evidence) if unit else []
    for other in numbers_near(number, rng):
        if other in known or any(int(low) <= other <= int(high) for low, high in ranges) or not other:
            continue
        new = match[0][: numeral.start()] + str(other) + match[0][numeral.end() :]
        if unit not in ("조", "항", "호") and new.replace(" ", "") in evidence.replace(" ", ""):
            continue
        return made(item.text, match.start(), match.end(), new)
    return None


CHANGES: dict[str, Change] = {
    "amount": change_amount,
    "percent": change_percent,
    "year": change_year,
    "date": change_date,
    "period": change_period,
    "bound": change_bound,
    "quantity": change_quantity,
    "article": change_article,
}

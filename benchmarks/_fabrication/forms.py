"""Equal values in other forms: 3천만 원 and 30,000,000원, 2년 and 24개월, 제38조제2항 and 38조 2항."""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random

from .corpus import Statement
from .korean import replace
from .numbers import AMOUNT, ARTICLE, DATE, QUANTITY, amount, hangul, mixed, native
from .values import Edit, is_date, length, periods, share_of, shares

#: The value at `match`, and other ways to write it.
Forms = tuple[re.Match[str], list[str]]


def other_forms(item: Statement, evidence: str, rng: Random) -> Edit | None:
    """Every value of the sentence that has another form in that form; articles seldom, where other values stand."""
    found = [*_amounts(item.text), *_shares(item.text), *_dates(item.text), *_periods(item.text), *_counted(item.text)]
    articles = list(_articles(item.text))
    if not found or rng.random() < 0.3:
        found += articles
    text, first, covered = item.text, ("", ""), len(item.text)
    for match, forms in sorted(found, key=lambda one: -one[0].start()):
        new = rng.choice([form for form in forms if form != match[0]] or [match[0]])
        if match.end() > covered or new == match[0]:
            continue
        covered, first = match.start(), (match[0], new)
        text = replace(text, match.start(), match.end(), new)
    return Edit(text, *first) if first[1] else None


def _amounts(text: str) -> Iterator[Forms]:
    for match in AMOUNT.finditer(text):
        value = amount(match[0])
        if value is None or value.denominator != 1 or value < 1000:
            continue
        number = int(value)
        forms = [f"{number:,}원"]
        if number % 10**4 == 0 or number <= 10**6:
            forms += [f"{mixed(number)} 원", f"{mixed(number)}원", f"{hangul(number)} 원"]
        yield match, forms


def _shares(text: str) -> Iterator[Forms]:
    for match in shares(text):
        share = share_of(match[0])
        if share is None or (share * 100).denominator not in (1, 2, 4, 5, 10, 20, 100):
            continue
        number = f"{float(share * 100):g}"
        yield match, [f"{number}%", f"{number}퍼센트", f"{number} %", *([] if "." in number else [f"100분의 {number}"])]


def _dates(text: str) -> Iterator[Forms]:
    for match in DATE.finditer(text):
        if is_date(match) and match["y"]:
            year, month, day = int(match["y"]), int(match["m"]), int(match["d"])
            written = f"{year}년 {month}월 {day}일"
            yield (
                match,
                [written, f"{year}. {month}. {day}.", f"{year}-{month:02}-{day:02}", f"{year}.{month:02}.{day:02}"],
            )


_OTHER_LENGTHS = {
    ("month", 1): "한 달",
    ("month", 2): "두 달",
    ("month", 3): "석 달",
    ("day", 7): "일주일",
    ("day", 14): "2주",
    ("day", 10): "열흘",
}


def _periods(text: str) -> Iterator[Forms]:
    for match in periods(text):
        name, size = length(int(match[1]), match[2])
        # 8년 자경농지 is a term, not a length to be written otherwise.
        if re.match(r"\s?(?:분의|마다|단위|차|자경|거주)", text[match.end() :]):
            continue
        if match[2] == "년" and size <= 36:
            yield match, [f"{size}개월"]
        elif match[2] == "개월" and size % 12 == 0:
            yield match, [f"{size // 12}년"]
        elif (name, size) in _OTHER_LENGTHS:
            yield match, [_OTHER_LENGTHS[name, size]]


def _counted(text: str) -> Iterator[Forms]:
    for match in QUANTITY.finditer(text):
        word = native(int(match[1])) if match[1].isdigit() and match[2] in ("명", "개", "건") else None
        if word:
            yield match, [f"{word} {match[2]}"]


def _articles(text: str) -> Iterator[Forms]:
    for match in ARTICLE.finditer(text):
        if "조" not in match[0]:
            continue
        apart = re.sub(r"(?<=[조항호\d])\s?(?=제|[가-하]목)", " ", match[0])
        forms = [apart, apart.replace("제", "").replace("조 의", "조의"), re.sub(r"\s(?=제|의)", "", match[0])]
        yield match, [form for form in forms if re.match(r"제?\s?\d+조", form)]

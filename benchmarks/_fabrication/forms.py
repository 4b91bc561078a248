"""Equal values in other forms: 3천만 원 and 30,000,000원, 2년 and 24개월, 제38조제2항 and 38조 2항."""

from __future__ import annotations

import re
from random import Random

from .corpus import Statement
from .korean import replace
from .numbers import AMOUNT, ARTICLE, DATE, QUANTITY, amount, hangul, mixed, native
from .values import Edit, is_date, length, periods, share_of, shares


def other_forms(item: Statement, evidence: str, rng: Random) -> Edit | None:
    """One or more values of the sentence in another form that means the same."""
    text, first = item.text, ("", "")
    options: list[tuple[int, int, str]] = []
    for match in AMOUNT.finditer(text):
        value = amount(match[0])
        if value and value.denominator == 1 and value >= 1000:
            number = int(value)
            forms = [f"{number:,}원", f"{mixed(number)} 원", f"{mixed(number)}원", f"{hangul(number)} 원"]
            if number % 10**4 and number > 10**6:
                forms = forms[:1]
            options.append((match.start(), match.end(), rng.choice([form for form in forms if form != match[0]])))
    for match in shares(text):
        share = share_of(match[0])
        if share and (share * 100).denominator in (1, 2, 4, 5, 10, 20, 100):
            number = share * 100
            shown = str(int(number)) if number.denominator == 1 else f"{float(number):g}"
            forms = [f"{shown}%", f"{shown}퍼센트", f"{shown} %"] + (
                [f"100분의 {shown}"] if number.denominator == 1 else []
            )
            options.append((match.start(), match.end(), rng.choice([form for form in forms if form != match[0]])))
    for match in DATE.finditer(text):
        if is_date(match) and match["y"]:
            year, month, day = int(match["y"]), int(match["m"]), int(match["d"])
            forms = [
                f"{year}년 {month}월 {day}일",
                f"{year}. {month}. {day}.",
                f"{year}-{month:02}-{day:02}",
                f"{year}.{month:02}.{day:02}",
            ]
            options.append((match.start(), match.end(), rng.choice([form for form in forms if form != match[0]])))
    for match in periods(text):
        name, size = length(int(match[1]), match[2])
        forms = {"month": {1: "한 달", 2: "두 달", 3: "석 달"}, "day": {7: "일주일", 14: "2주", 10: "열흘"}}.get(
            name, {}
        )
        other = [forms[size]] if size in forms else []
        if match[2] == "년" and size <= 36:
            other = [f"{size}개월"]
        elif match[2] == "개월" and size % 12 == 0:
            other = [f"{size // 12}년"]
        if other and not re.match(r"\s?(?:분의|마다|단위|차|자경|거주)", text[match.end() :]):
            options.append((match.start(), match.end(), other[0]))
    for match in ARTICLE.finditer(text):
        apart = re.sub(r"(?<=[조항호\d])\s?(?=제|[가-하]목)", " ", match[0])
        forms = [apart, apart.replace("제", "").replace("조 의", "조의"), re.sub(r"\s(?=제|의)", "", match[0])]
        forms = [form for form in forms if form != match[0] and re.match(r"제?\s?\d+조", form)]
        if forms and (not options or rng.random() < 0.3):
            options.append((match.start(), match.end(), rng.choice(forms)))
    for match in QUANTITY.finditer(text):
        spoken = native(int(match[1])) if match[1].isdigit() and match[2] in ("명", "회", "개", "건") else None
        if spoken and match[2] != "회":
            options.append((match.start(), match.end(), f"{spoken} {match[2]}"))
    options = _apart(options)
    if not options:
        return None
    for start, end, new in sorted(options, reverse=True):
        first = (item.text[start:end], new)
        text = replace(text, start, end, new)
    return Edit(text, *first)


def _apart(options: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Those that do not overlap an earlier one."""
    kept: list[tuple[int, int, str]] = []
    for option in options:
        if all(option[1] <= start or end <= option[0] for start, end, _ in kept):
            kept.append(option)
    return kept

"""Money and ratios: 3천만 원, 금 삼백만원정, 500천원, $1,000, 50%, 100분의 50, 3분의 2, 5할, 2할 5푼, 절반, 2배.

Canonical forms: `KRW:30000000` (also USD, EUR, JPY, CNY, GBP), `PCT:50`, `PP:1.5` (percentage points), `RATIO:2/3`
where the per cent would not end, `TIMES:2`. A trailing `~` keeps the 여 of 3억여 원: a little more than the number.
Words around the span (약, 최대, 이하) are not part of the value; see `bounds.py`.

Ambiguous: 절반 (speech for about a half), and an amount whose 원 is left out (최대 10억까지, 3억2천): read
as won, and its
천 as 천만, as it is said. Where 원 is written, 1억 2천원 is what it says, 100,002,000 won, and ambiguous for the same
reason; `other_reading` gives the other number. An amount that is no number (4천8천만 원) is `KRW:?…`, unresolved.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from math import gcd

from haechi.korean.found import Found
from haechi.korean.numerals import (
    ARABIC,
    FOLLOW,
    MIXED,
    NATIVE,
    NOT_ORDINAL,
    NUMBER_START,
    SINO,
    STRICT_FOLLOW,
    WORD_START,
    Number,
    evaluate,
    evaluate_native,
    evaluate_sino,
    lazily,
    plain,
)
from haechi.types import Certainty, Value

RANK = 2

CURRENCIES = {
    "원": "KRW",
    "달러": "USD",
    "유로": "EUR",
    "엔": "JPY",
    "위안": "CNY",
    "파운드": "GBP",
    "₩": "KRW",
    "$": "USD",
    "US$": "USD",
    "€": "EUR",
    "¥": "JPY",
    "£": "GBP",
    "KRW": "KRW",
    "USD": "USD",
    "EUR": "EUR",
    "JPY": "JPY",
    "CNY": "CNY",
    "GBP": "GBP",
}
# 원칙, 원장, 원고, 원천 … after a number are words of their own: "3원칙", "5 원천징수".
_WORDS = r"(?!칙|장(?!이)|고|본|심|점|생|서(?!로)|소|형|격|탁|천|료|래|자재|안(?!에)|어)"
_MONEY = lazily(
    rf"{NUMBER_START}{NOT_ORDINAL}(?P<n>{MIXED})(?P<about> ?여)? ?"
    rf"(?:원{_WORDS}|(?:미국 ?|미 ?)?(?P<c>달러|유로(?!피)|엔(?!진|지|터|드|딩)|위안(?!부|화[가-힣])|파운드))"
)
_HANGUL_MONEY = lazily(
    rf"{WORD_START}(?:일금 ?|금 ?|총 ?|약 ?)?(?P<n>{SINO})(?<=[십백천만억조])(?P<about> ?여)? ?"
    rf"(?:원|(?P<c>달러|유로|엔|위안|파운드))(?:(?=정)|{STRICT_FOLLOW})"
)
# 만 6천 원 is said for 1만 6천 원.
_TEN_THOUSAND = lazily(rf"{WORD_START}만 ?(?P<n>{ARABIC}[십백천]?) ?원{_WORDS}")
_SYMBOL = lazily(rf"(?<![A-Za-z])(?P<c>US\$|[$₩€¥£]|KRW|USD|EUR|JPY|CNY|GBP) ?(?P<n>{MIXED})(?![0-9]|,[0-9])")
_CODE_AFTER = lazily(rf"{NUMBER_START}(?P<n>{MIXED}) ?(?P<c>KRW|USD|EUR|JPY|CNY|GBP)(?![A-Za-z])")
_PERCENT = lazily(
    rf"(?P<sign>(?<![0-9A-Za-z가-힣)%~ ])-|(?<= )-)?{NUMBER_START}(?P<n>{MIXED}) ?"
    rf"(?:%|퍼센트|프로{FOLLOW}|(?P<mille>‰))(?P<point>[pP](?![A-Za-z])| ?포인트)?"
)
_HANGUL_PERCENT = lazily(rf"{WORD_START}(?P<n>{SINO}) ?퍼센트(?P<point> ?포인트)?")
# The upper number is digits alone: in "2분의 1만 지급" 만 is a particle.
_FRACTION = lazily(rf"{NUMBER_START}(?P<d>{MIXED}) ?분의 ?(?P<n>{ARABIC}(?:[만천](?=[0-9]))?)(?!분|[0-9])")
_HANGUL_FRACTION = lazily(
    rf"{WORD_START}(?P<d>{SINO}) ?분의 ?(?P<n>[일이삼사오육칠팔구십백천만]{{1,8}}){STRICT_FOLLOW}"
)
_TIMES = lazily(rf"{NUMBER_START}(?P<n>{MIXED})(?P<about> ?여)? ?배{FOLLOW}")
_HANGUL_TIMES = lazily(rf"{WORD_START}(?P<n>(?:{NATIVE}) |두)배{STRICT_FOLLOW}")
# 3할, 2할 5푼, 3푼; 일할 and 구할 are verbs.
_HAL = lazily(
    rf"{NUMBER_START}(?P<hal>[0-9]{{1,2}}) ?할{FOLLOW}(?: ?(?P<pun>[0-9]) ?푼)?|{WORD_START}(?P<word>[삼오육칠팔]"
    rf"|[일이사구](?= ?할 ?[일이삼사오육칠팔구] ?푼)) ?할"
    rf"(?: ?(?P<part>[일이삼사오육칠팔구]) ?푼)?{STRICT_FOLLOW}|{NUMBER_START}(?P<only>[0-9]{{1,2}}) ?푼{STRICT_FOLLOW}"
)
_HALF = lazily(rf"{WORD_START}절반{STRICT_FOLLOW}")
# 최대 10억까지, 3억2천: the won are left out. A lone 5만 or 10억 is too often people or years (5만 명, 10억 년).
_WONLESS = lazily(
    rf"{NUMBER_START}{NOT_ORDINAL}(?P<n>{ARABIC}조 ?{ARABIC}[십백천]?억(?={FOLLOW})"
    rf"|{ARABIC}억 ?{ARABIC}[십백천]{{1,2}}(?:만(?: ?{ARABIC}천)?)?(?={FOLLOW})(?! ?[가-힣]{{0,2}}명)"
    rf"|{ARABIC}[십백천]?[억만](?: ?{ARABIC}천)?(?=까지| ?(?:이하|이상|미만|초과|이내|한도)(?![가-힣]{{2}})"
    rf"|을 (?:넘|초과|내|받|물|주)"
    r"| ?(?:정도|가량)(?! ?의)|짜리|이[에예]요|입니다))"
)
#: 억 and then 천 or 백 without 만: 1억 2천 is said for 1억 2천만.
_ELLIPTIC = re.compile(r"억 ?[0-9,.]*[십백천일이삼사오육칠팔구]+\Z")


def find_amounts(text: str) -> Iterator[Found]:
    """All amounts in folded text, unsorted and possibly overlapping."""
    yield from _money(text)
    yield from _ratios(text)


def _money(text: str) -> Iterator[Found]:
    for pattern in (_MONEY, _SYMBOL, _CODE_AFTER):
        for match in pattern().finditer(text):
            number = evaluate(match["n"])
            groups = match.groupdict()
            if number is None and not match["n"].replace(",", "").isdecimal():
                # 4천8천만 원 is no number, and a reader would take it for one.
                wrong = f"{CURRENCIES[groups['c'] or '원']}:?{match['n'].replace(' ', '')}"
                yield Found(match.start(), match.end(), "amount", wrong, RANK, "unresolved")
            if number is not None:
                about = "~" if groups.get("about") or "여" in match["n"] else ""
                certainty: Certainty = "ambiguous" if _ELLIPTIC.search(match["n"]) else "certain"
                normalised = f"{CURRENCIES[groups['c'] or '원']}:{plain(number)}{about}"
                yield Found(match.start(), match.end(), "amount", normalised, RANK, certainty)
    for match in _TEN_THOUSAND().finditer(text) if "만" in text else ():
        number = evaluate(match["n"])
        if number is not None and number < 10_000:
            yield _found(match, f"KRW:{plain(10_000 + number)}")
    for match in _WONLESS().finditer(text) if "만" in text or "억" in text or "조" in text else ():
        number = evaluate(match["n"] + "만" if _ELLIPTIC.search(match["n"]) else match["n"])
        if number is not None:
            yield Found(match.start(), match.end(), "amount", f"KRW:{plain(number)}", RANK + 2, "ambiguous")
    for match in _HANGUL_MONEY().finditer(text):
        value = evaluate_sino(match["n"])
        if value is not None and match["n"] != "십":
            about = "~" if match["about"] else ""
            normalised = f"{CURRENCIES[match['c'] or '원']}:{value}{about}"
            yield Found(match.start("n"), match.end(), "amount", normalised, RANK)


def _ratios(text: str) -> Iterator[Found]:
    for match in _PERCENT().finditer(text):
        number = evaluate(match["n"])
        if number is not None:
            number = number / Decimal(10) if match["mille"] else number
            yield _found(match, percent(-number if match["sign"] else number, points=bool(match["point"])))
    for match in _HANGUL_PERCENT().finditer(text) if "퍼센트" in text else ():
        value = evaluate_sino(match["n"])
        if value is not None:
            yield _found(match, percent(value, points=bool(match["point"])))
    for match in _FRACTION().finditer(text) if "분의" in text else ():
        upper, lower = evaluate(match["n"]), evaluate(match["d"])
        if upper is not None and lower:
            yield _found(match, ratio(upper, lower))
    for match in _HANGUL_FRACTION().finditer(text) if "분의" in text else ():
        upper, lower = evaluate_sino(match["n"]), evaluate_sino(match["d"])
        if upper is not None and lower:
            yield _found(match, ratio(upper, lower))
    for match in _TIMES().finditer(text) if "배" in text else ():
        number = evaluate(match["n"])
        if number is not None:
            yield _found(match, f"TIMES:{plain(number)}{'~' if match['about'] else ''}")
    for match in _HANGUL_TIMES().finditer(text) if "배" in text else ():
        yield _found(match, f"TIMES:{evaluate_native(match['n'].strip())}")
    for match in _HAL().finditer(text) if "할" in text or "푼" in text else ():
        tenths = int(match["hal"] or 0) if match["hal"] else evaluate_sino(match["word"]) or 0 if match["word"] else 0
        hundredths = match["pun"] or match["only"] or match["part"] or "0"
        number = 10 * tenths + (int(hundredths) if hundredths.isdecimal() else evaluate_sino(hundredths) or 0)
        yield _found(match, percent(number))
    for match in _HALF().finditer(text) if "절반" in text else ():
        yield Found(match.start(), match.end(), "amount", "PCT:50", RANK, "ambiguous")


def other_reading(value: Value) -> str:
    """The canonical form of the other number that an elliptic amount may mean (1억 2천원: 120,000,000); "" for none."""
    if value.certainty != "ambiguous" or not value.normalised.startswith("KRW:"):
        return ""
    if value.normalised.startswith("KRW:?"):
        return ""
    number = int(value.normalised.removeprefix("KRW:").split(".")[0].rstrip("~"))
    high, low = divmod(number, 10**8)
    if not high or not low:
        return ""
    return f"KRW:{high * 10**8 + low * 10_000}" if low < 10_000 else f"KRW:{high * 10**8 + low // 10_000}"


def percent(number: Number, *, points: bool = False) -> str:
    """The canonical form of a per cent; percentage points are another unit."""
    return f"{'PP' if points else 'PCT'}:{plain(number)}"


def ratio(upper: Number, lower: Number) -> str:
    """M of N: a per cent when its decimals end (100분의 50 = 50%), else a reduced fraction (3분의 2)."""
    # Plain integers: importing fractions costs more than the rest of this room.
    upper_whole, upper_scale = upper.as_integer_ratio()
    lower_whole, lower_scale = lower.as_integer_ratio()
    numerator, denominator = upper_whole * lower_scale, upper_scale * lower_whole
    common = gcd(numerator, denominator)
    numerator, denominator = numerator // common, denominator // common
    rest = denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if rest != 1:
        return f"RATIO:{numerator}/{denominator}"
    return percent(Decimal(100 * numerator) / Decimal(denominator))


def _found(match: re.Match[str], normalised: str) -> Found:
    return Found(match.start(), match.end(), "amount", normalised, RANK)

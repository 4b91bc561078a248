"""Numbers as this generator reads and writes them: 3천만 원 ↔ 30,000,000원 ↔ 삼천만 원. Its own code, on purpose."""

from __future__ import annotations

import re
from fractions import Fraction

_SCALE = {"조": 10**12, "억": 10**8, "만": 10**4, "천": 1000, "백": 100, "십": 10}
_DIGITS = "영일이삼사오육칠팔구"
_NATIVE = dict(zip(range(1, 11), "한 두 세 네 다섯 여섯 일곱 여덟 아홉 열".split(), strict=True))
_TOKEN = re.compile(r"\d[\d,]*(?:\.\d+)?|[조억만천백십]")

AMOUNT = re.compile(
    r"(?<![\d.,분의])\d[\d,]*(?:\.\d+)?(?:\s?(?:조|억|만|천|백|십|\d[\d,]*))*\s?원(?![칙심본천고래점격]|인(?!지))"
)
PERCENT = re.compile(r"(?<![\d.,])\d+(?:\.\d+)?\s?(?:%|％|퍼센트|프로(?!그))")
FRACTION = re.compile(r"(?<![\d.,])(\d[\d,천백만]*)분의\s?(\d+(?:\.\d+)?)(?![\d.,])")
YEAR = re.compile(r"(?<![\d.])((?:19|20)\d\d)년(?!\s?\d{1,2}월)(?:도)?(?![가-힣]간)")
DATE = re.compile(
    r"(?<![\d.])(?:(?P<y>(?:19|20)\d\d)(?P<s>년\s?|[.]\s?|-))?(?P<m>\d{1,2})(?P<t>월\s?|[.]\s?|-)"
    r"(?P<d>\d{1,2})(?P<e>일|[.](?!\d))?(?![\d년가-힣]*[%㎡])(?!\d)"
)
PERIOD = re.compile(
    r"(?<![\d.,제월\-분])(?<!월 )(\d{1,3})\s?"
    r"(개월|년|일|주일|주(?!택|식|소|민|거|주|된|체|당|차)|시간|분)(?!의|도|기|할|[가-힣]*요일|\s?\d|자)"
)
QUANTITY = re.compile(
    r"(?<![\d.,제의])(\d[\d,]*(?:\.\d+)?)\s?"
    r"(명|인|회|세|개|배|톤|킬로미터|미터|제곱미터|㎡|평방미터|km|건|점|층|면|석|권|킬로그램|리터|와트|학점|마리|종|동)(?![가-힣]?월)"
    r"(?=[^가-힣]|이상|이하|미만|초과|이내|까지|씩|으로|로|은|는|이|가|을|를|의|에|과|와|당|마다|부터|중|도|만|$)"
)
ARTICLE = re.compile(
    r"제\s?\d+조(?:의\s?\d+)?(?:\s?제\s?\d+항)?(?:\s?제\s?\d+호(?:의\d+)?)?(?:\s?[가-하]목)?"
    r"|제\s?\d+항(?:\s?제\s?\d+호(?:의\d+)?)?"
    r"|(?<!법률 )(?<!령 )(?<!고시 )제\s?\d{1,2}호(?!의\s?서식|\s?서식|\d)"
)


def amount(text: str) -> Fraction | None:
    """The number an amount stands for: 1억 2천만원 → 120000000."""
    total = section = number = Fraction(0)
    read = False
    for token in _TOKEN.findall(text):
        if token[0].isdigit():
            number, read = Fraction(token.replace(",", "")), True
            continue
        scale = _SCALE[token]
        if scale >= 10**4:
            total += (section + number or 1) * scale
            section = number = Fraction(0)
        else:
            section += (number if read and number else Fraction(1)) * scale
            number = Fraction(0)
    return total + section + number if read else None


def mixed(value: int) -> str:
    """120000000 → 1억 2천만; 34500000 → 3,450만; 52300 → 5만 2,300."""
    parts = []
    for name, scale in (("조", 10**12), ("억", 10**8), ("만", 10**4), ("", 1)):
        value, part = value % scale, value // scale
        if part:
            digits = str(part)
            short = digits[0] + {4: "천", 3: "백"}.get(len(digits), "") if digits[1:].strip("0") == "" else ""
            parts.append((short if short and len(digits) > 2 else f"{part:,}") + name)
    return " ".join(parts)


def hangul(value: int) -> str:
    """30000000 → 삼천만."""
    parts = []
    for name, scale in (("조", 10**12), ("억", 10**8), ("만", 10**4), ("", 1)):
        value, part = value % scale, value // scale
        if not part:
            continue
        word = ""
        for place, digit in zip((1000, 100, 10, 1), f"{part:04d}", strict=True):
            if digit != "0":
                unit = {1000: "천", 100: "백", 10: "십", 1: ""}[place]
                word += ("" if digit == "1" and unit else _DIGITS[int(digit)]) + unit
        parts.append(("" if word == "일" and name == "만" else word) + name)
    return " ".join(parts)


def native(number: int) -> str | None:
    """3 → 세 (명), to ten."""
    return _NATIVE.get(number)


def canonical(text: str) -> str:
    """Values written one way and spaces, commas and particles behind a value taken out: for comparing corrections."""
    text = AMOUNT.sub(lambda match: f" {amount(match[0])}원", text)
    text = FRACTION.sub(lambda match: _fraction(match), text)
    text = re.sub(r"(\d+(?:\.\d+)?)\s?(?:%|％|퍼센트|프로)", lambda match: f"{Fraction(match[1])}pct", text)
    text = DATE.sub(
        lambda match: "-".join(str(int(part)) for part in (match["y"], match["m"], match["d"]) if part) + "일", text
    )
    text = re.sub(r"(?<=[0-9가-힣%」t])(?:으로|로|은|는|이|가|을|를|과|와)(?![가-힣])", "", text)
    return re.sub(r"[\s,.]", "", text)


def _fraction(match: re.Match[str]) -> str:
    whole = amount(match[1])
    return f"{Fraction(match[2]) / whole * 100}pct" if whole else match[0]

"""Numbers with a unit or a counter: 3개월, 5일 이내, 두 명, 열흘, 84.5㎡, 1시간 30분, 제3회.

Canonical form: number + canonical unit, `3개월`, `5일`, `2명`, `84.5m2`, `제3회` (an ordinal is not a count).
One unit for its spellings (인 = 명, 킬로미터 = ㎞ = 1000m, 주간 = 주); years and months are one scale
(18개월 = `1년6개월`), hours and minutes too (90분 = `1시간30분`), metric units of one dimension too.
Not converted: 1주 and 7일, 1일 and 24시간, 평 and ㎡, because documents give them different meanings (`comparison.py`
of the checkers says which of them may be equal). A number without a unit is a quantity only with a bound (3.7 이상).
The bound (이내, 이상 …) is read by `bounds.py`.
A trailing `~` keeps 여 (10여 명).

Ambiguous: one of something in words (한 번, 하루, 한 사람), as often a way of speaking as a count, and `3번`,
which is three
times or number three.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from haechi.korean.found import Found
from haechi.korean.numerals import (
    DAY_WORDS,
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
from haechi.types import Certainty

RANK = 3

#: Hangul units → canonical unit. Longer ones are tried first.
HANGUL_UNITS: dict[str, str] = {
    **{unit: unit for unit in (
        "초 분 시간 일 주 개월 년 명 회 번 건 권 개 개소 개국 개사 개교 개반 개동 개과 개년 부 장 매 점 급 등급 층"
        " 호 호실 실 세 살 평 동 대 척 필지 통 병 마리 켤레 벌 채 가구 세대 학점 학년 학기 교시 기 차 위 단계 종 종류"
        " 곳 군데 자리 쪽 페이지 면 줄 행 자 글자 단어 문항 과목 도 가지"
        " 번지 석 표 승 패 골 경기 편 곡 집 판 라운드 세트 칸"
        " 량 본 그루 쌍 팀 조각 구좌 계좌 주년 차례 배수 인분 박 류 차로 차선 줄기 톨 알 정"
        " 촌 주택 영업일 근무일 끼 식 배 회선 명분 마력 노트 해리 칼로리 데시벨 럭스 볼트 암페어 와트 에이커"
    ).split()},
    "인": "명", "사람": "명", "달": "개월", "년간": "년", "개년": "년", "주일": "주", "주간": "주", "일간": "일",
    "시간대": "시간대",
    "페이지": "쪽", "개소": "개소", "군데": "곳", "살": "세", "종류": "종", "차례": "회", "번째": "번째",
    "제곱미터": "m2", "평방미터": "m2", "제곱킬로미터": "km2", "평방킬로미터": "km2", "세제곱미터": "m3",
    "입방미터": "m3",
    "미터": "m", "센티미터": "cm", "밀리미터": "mm", "킬로미터": "km", "헥타르": "ha",
    "킬로그램": "kg", "밀리그램": "mg", "그램": "g", "톤": "t", "리터": "L", "밀리리터": "mL", "킬로리터": "kL",
    "킬로와트": "kW", "킬로와트시": "kWh", "메가와트": "MW", "헤르츠": "Hz", "메가헤르츠": "MHz",
    "기가바이트": "GB", "메가바이트": "MB",
    "씨씨": "mL", "시시": "mL", "인치": "인치", "피트": "피트", "마일": "마일", "섭씨": "도",
}  # fmt: skip
SYMBOL_UNITS: dict[str, str] = {
    "㎡": "m2", "m²": "m2", "m2": "m2", "m^2": "m2", "㎥": "m3", "m³": "m3", "m3": "m3", "㎢": "km2", "km²": "km2",
    "km2": "km2",
    "㎞": "km", "km": "km", "Km": "km", "KM": "km", "㎝": "cm", "cm": "cm", "㎜": "mm", "mm": "mm", "m": "m",
    "㎛": "μm", "ha": "ha", "㏊": "ha",
    "㎏": "kg", "kg": "kg", "Kg": "kg", "KG": "kg", "㎎": "mg", "mg": "mg", "g": "g", "t": "t", "ℓ": "L", "L": "L",
    "l": "L", "㎖": "mL", "ml": "mL",
    "mL": "mL", "㎘": "kL", "kL": "kL", "cc": "mL", "㏄": "mL", "kW": "kW", "㎾": "kW", "kw": "kW", "kWh": "kWh",
    "MW": "MW", "W": "W", "V": "V",
    "kV": "kV", "A": "A", "Hz": "Hz", "㎐": "Hz", "kHz": "kHz", "MHz": "MHz", "GHz": "GHz", "KB": "KB", "MB": "MB",
    "GB": "GB", "TB": "TB",
    "ppm": "ppm", "dB": "dB", "㏈": "dB", "Pa": "Pa", "kPa": "kPa", "MPa": "MPa", "lx": "lx", "℃": "℃", "°C": "℃",
    "kcal": "kcal", "cal": "cal",
    "km/h": "km/h", "㎞/h": "km/h",
}  # fmt: skip
#: One scale per dimension, so that 1km and 1,000m are equal.
_SCALE: dict[str, tuple[str, int]] = {
    "km": ("m", 1_000), "cm": ("m", -100), "mm": ("m", -1_000), "g": ("kg", -1_000), "mg": ("kg", -1_000_000),
    "t": ("kg", 1_000),
    "mL": ("L", -1_000), "kL": ("L", 1_000), "ha": ("m2", 10_000), "km2": ("m2", 1_000_000), "kW": ("W", 1_000),
    "MW": ("W", 1_000_000),
    "kV": ("V", 1_000),
}  # fmt: skip
#: Counters that take native numerals (두 명) and ones that take Hangul Sino numerals without doubt (삼십 명).
_NATIVE_COUNTERS = (
    "명|사람|개월|개소|개|달|번째|번|차례|권|건|가지|살|시간|해|대|채|마리|장|곳|군데|자리|주일|쌍|벌|병|통|잔"
    "|그루|켤레|학기|가구|세대|단계|종류|쪽|줄|과목|편|곡"
)
_NATIVE_UNIT = {
    "번": "회",
    "사람": "명",
    "달": "개월",
    "해": "년",
    "살": "세",
    "군데": "곳",
    "차례": "회",
    "주일": "주",
    "종류": "종",
}
_SINO_COUNTERS = (
    "개월|년간|년|주일|주간|일간|일|시간|분간|분|명|인|개|건|권|회|점|세대|가구|평|층|학점|제곱미터|미터|킬로미터"
)
_SINGLE_SINO_COUNTERS = "개월|년간|주일|학점|제곱미터|킬로미터"


def _alternatives(units: dict[str, str]) -> str:
    return "|".join(re.escape(unit) for unit in sorted(units, key=lambda unit: (-len(unit), unit)))


_UNIT = (
    rf"(?:(?P<hangul>{_alternatives(HANGUL_UNITS)})(?<!정(?=도))(?<!초(?=과))(?:{FOLLOW}|(?<=개월)"
    rf"|(?<=[0-9]년)(?![도생산차]))|(?P<symbol>{_alternatives(SYMBOL_UNITS)})(?![A-Za-z0-9²³]))"
)
_QUANTITY = lazily(rf"{NUMBER_START}{NOT_ORDINAL}(?P<n>{MIXED})(?P<about> ?여)? ?{_UNIT}")
# Digits only: with MIXED, 제32조 99일 would be the 32,000,000,000,099th day.
_ORDINAL = lazily(rf"(?<![가-힣])제 ?(?P<n>[0-9]{{1,6}}) ?(?P<unit>{_alternatives(HANGUL_UNITS)}){FOLLOW}")
_RANGE = lazily(rf"{NUMBER_START}(?P<low>[0-9]{{1,9}}(?:\.[0-9]{{1,4}})?) ?(?:~|내지) ?(?P<n>{MIXED}) ?{_UNIT}")
_YEARS_MONTHS = lazily(rf"{NUMBER_START}(?P<y>[0-9]{{1,3}}) ?년 ?(?P<m>[0-9]{{1,2}}) ?(?:개월|월){FOLLOW}")
_HOURS_MINUTES = lazily(rf"{NUMBER_START}(?P<h>[0-9]{{1,4}}) ?시간 ?(?P<m>[0-9]{{1,2}}) ?분(?!의){FOLLOW}")
# Old statutes write 6월 이내 for six months; a month of the year has no such bound.
_OLD_MONTHS = lazily(
    rf"{NUMBER_START}(?P<n>[0-9]{{1,3}}) ?월"
    r"(?= ?(?:이내|내(?=에|의|로| )|안에|이상|이하|미만|초과|간(?![가-힣])|의 기간|을 (?:경과|초과|넘)))"
    rf"|(?:(?<=[가-힣]날부터 )|(?<=[가-힣]일부터 )|(?<=날로부터 )"
    rf"|(?<=[가-힣]일로부터 ))(?P<since>[0-9]{{1,3}}) ?월(?=[ 이]?(?:이후|이전|뒤|후|경과|을 |이 (?:되|지)))"
)
_NATIVE = lazily(rf"{WORD_START}(?P<n>{NATIVE})(?P<gap> ?)(?P<unit>{_NATIVE_COUNTERS}){STRICT_FOLLOW}")
_SINO = lazily(rf"{WORD_START}(?P<n>{SINO})(?P<gap> ?)(?P<unit>{_SINO_COUNTERS}){STRICT_FOLLOW}")
_SPEED = lazily(rf"{WORD_START}시속 ?(?P<n>{MIXED}) ?(?:km|㎞|Km|킬로미터|킬로)(?![A-Za-z/])")
_HALF_UNIT = lazily(rf"{WORD_START}반 ?(?P<unit>년|미터|시간){STRICT_FOLLOW}")
# A grade average, a ratio: 3.7 이상, 4.0 미만. Not 제2.1 이상 or the end of a longer number.
_UNITLESS = lazily(
    rf"{NUMBER_START}{NOT_ORDINAL}(?<!의 )(?<!의)(?P<n>[0-9]{{1,9}}(?:\.[0-9]{{1,6}})?)(?= ?(?:이상|이하|초과"
    rf"|미만)(?![가-힣]{{3}}))"
)
_DAYS = lazily(rf"{WORD_START}(?P<word>{'|'.join(DAY_WORDS)})(?:{STRICT_FOLLOW}|(?=간|동안))")

# 제3호 is an item of an article and 제3자 a third party.
_NO_ORDINALS = frozenset({"호", "자", "개", "편", "장", "년", "일", "시간", "분", "인"})
#: Without a space a one-syllable numeral makes other words with most counters: 한번, 두통, 석권, 열대, 세대.
_ATTACHED = frozenset("명 사람 개 개월 개소 가지 달 차례 번째 번 시간 마리 군데 살 과목 가구".split())
# 이 년, 구 년, 오 분, 삼 일 …: a lone Sino digit counts only before a unit that is no word with it.
_LONE_DIGIT_YEARS = "일삼사오육칠팔구십"


def find_quantities(text: str) -> Iterator[Found]:
    """All quantities in folded text, unsorted and possibly overlapping."""
    for match in _QUANTITY().finditer(text):
        unit = HANGUL_UNITS[match["hangul"]] if match["hangul"] else SYMBOL_UNITS[match["symbol"]]
        number = evaluate(match["n"])
        # 평점 4.2인 학생: 인 is no counter behind decimals.
        if number is not None and not (match["hangul"] == "인" and "." in match["n"]):
            about = "~" if match["about"] or "여" in match["n"] else ""
            certainty: Certainty = "ambiguous" if unit == "번" else "certain"
            yield Found(match.start("n"), match.end(), "quantity", quantity(number, unit) + about, RANK, certainty)
    for match in _ORDINAL().finditer(text) if "제" in text else ():
        if match["unit"] not in _NO_ORDINALS:
            yield _found(match.start(), match.end(), f"제{int(match['n'])}{HANGUL_UNITS[match['unit']]}")
    for match in _RANGE().finditer(text):
        unit = HANGUL_UNITS[match["hangul"]] if match["hangul"] else SYMBOL_UNITS[match["symbol"]]
        low, high = evaluate(match["low"]), evaluate(match["n"])
        if low is not None and high is not None and low < high:
            yield _found(match.start("low"), match.end("low"), quantity(low, unit))
            yield _found(match.start("n"), match.end(), quantity(high, unit))
    yield from _durations(text)
    yield from _hangul(text)


def _durations(text: str) -> Iterator[Found]:
    for match in _YEARS_MONTHS().finditer(text) if "년" in text else ():
        yield _found(match.start(), match.end(), quantity(int(match["y"]) * 12 + int(match["m"]), "개월"))
    for match in _HOURS_MINUTES().finditer(text) if "시간" in text else ():
        yield _found(match.start(), match.end(), quantity(int(match["h"]) * 60 + int(match["m"]), "분"))
    for match in _OLD_MONTHS().finditer(text) if "월" in text else ():
        yield Found(match.start(), match.end(), "quantity", quantity(int(match["n"] or match["since"]), "개월"), 0)
    for match in _DAYS().finditer(text):
        yield _found(match.start(), match.end(), f"{DAY_WORDS[match['word']]}일", spelled=True)
    for match in _SPEED().finditer(text) if "시속" in text else ():
        number = evaluate(match["n"])
        if number is not None:
            yield _found(match.start(), match.end(), quantity(number, "km/h"))
    for match in _HALF_UNIT().finditer(text) if "반" in text else ():
        half = {"년": quantity(6, "개월"), "미터": quantity(Decimal("0.5"), "m"), "시간": quantity(30, "분")}
        yield _found(match.start(), match.end(), half[match["unit"]])
    for match in _UNITLESS().finditer(text):
        yield Found(match.start(), match.end(), "quantity", plain(evaluate(match["n"]) or 0), RANK + 2)


def _hangul(text: str) -> Iterator[Found]:
    for match in _NATIVE().finditer(text):
        number, unit = match["n"], match["unit"]
        if not match["gap"] and len(number) == 1 and unit not in _ATTACHED:
            continue
        if number + unit == "한쪽" or match[0] == "한번":
            continue
        normalised = quantity(evaluate_native(number), _NATIVE_UNIT.get(unit, unit))
        yield _found(match.start(), match.end(), normalised, spelled=True)
    for match in _SINO().finditer(text):
        unit = match["unit"]
        value = evaluate_sino(match["n"])
        if value is None or not _certain_sino(match["n"].replace(" ", ""), unit, bool(match["gap"])):
            continue
        unit = HANGUL_UNITS.get(unit, "분")
        yield _found(match.start(), match.end(), quantity(value, unit))


def _certain_sino(number: str, unit: str, gap: bool) -> bool:
    if len(number) == 1:
        if unit in _SINGLE_SINO_COUNTERS.split("|"):
            return not (gap and number == "이")
        if unit == "년":
            return number in _LONE_DIGIT_YEARS
        return number in "백천만" and unit in ("명", "개", "건", "권") and gap
    # 만일, 천일, 조사일, 이사회: two or more syllables must hold a unit of ten or more, and 만 never starts one.
    if number[0] == "만" or not any(letter in "십백천만억" for letter in number):
        return False
    return unit not in ("인", "분", "회", "점", "일") or number[-1] == "십" or len(number) >= 3


def quantity(number: Number, unit: str) -> str:
    """The canonical form of a number and a canonical unit."""
    if unit in ("년", "개월") and isinstance(number, int):
        years, months = divmod(number * (12 if unit == "년" else 1), 12)
        return (f"{years}년" if years or not months else "") + (f"{months}개월" if months else "")
    if unit in ("시간", "분") and isinstance(number, int):
        hours, minutes = divmod(number * (60 if unit == "시간" else 1), 60)
        return (f"{hours}시간" if hours or not minutes else "") + (f"{minutes}분" if minutes else "")
    if unit in _SCALE:
        unit, factor = _SCALE[unit]
        number = number * factor if factor > 0 else Decimal(number) / -factor
    return f"{plain(number)}{unit}"


def _found(start: int, end: int, normalised: str, *, spelled: bool = False) -> Found:
    """`spelled`: a native numeral. One of anything is then as often a way of speaking (한 번에, 하루) as a count."""
    one = spelled and normalised.startswith("1") and not normalised[1:2].isdigit()
    return Found(start, end, "quantity", normalised, RANK, "ambiguous" if one else "certain")

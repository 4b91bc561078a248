"""Ways to write one value: what the evidence lock accepts as a copy of it.

Every variant parses back to the same canonical form (a test says so); the value's own surface always comes first.
"""

from __future__ import annotations

import re

from haechi.korean.numerals import in_hangul, in_units, with_commas
from haechi.types import Value

_CURRENCY_NAMES = {"KRW": "원", "USD": "달러", "EUR": "유로", "JPY": "엔", "CNY": "위안", "GBP": "파운드"}
_SYMBOL_SPELLINGS = {
    "m2": ("㎡", "m²", "제곱미터"),
    "m3": ("㎥", "세제곱미터"),
    "m": ("m", "미터"),
    "kg": ("kg", "㎏", "킬로그램"),
    "L": ("L", "리터"),
    "명": ("명", "인"),
    "일": ("일", "일간"),
}
_NUMBER = re.compile(r"(\d+)(?:\.(\d+))?")


def surface_variants(value: Value) -> list[str]:
    """The value's own surface, then its other spellings, without repetition."""
    return list(dict.fromkeys([value.surface, *_spellings(value)]))


def _spellings(value: Value) -> list[str]:
    prefix, colon, rest = value.normalised.partition(":")
    if value.kind == "law_reference":
        return _law(value.normalised)
    if value.kind == "phone":
        return _phone(rest) if prefix == "tel" else []
    if value.kind in ("email", "code", "name"):
        return []
    if rest.startswith("?"):
        return []
    if prefix == "time":
        return _time(rest)
    if prefix == "date":
        return _date(rest)
    if rest.startswith("?") or rest.endswith("~") or value.normalised.endswith("~"):
        return []
    if colon:
        return _amount(prefix, rest)
    return _quantity(value.normalised)


def _amount(unit: str, number: str) -> list[str]:
    if unit == "PCT":
        return [f"{number}%", f"{number} %", f"{number}퍼센트"]
    if unit == "PP":
        return [f"{number}%p", f"{number}%포인트", f"{number}퍼센트포인트"]
    if unit == "TIMES":
        return [f"{number}배"]
    if unit == "RATIO":
        upper, _, lower = number.partition("/")
        return [f"{lower}분의 {upper}", f"{lower}분의{upper}"]
    name = _CURRENCY_NAMES[unit]
    if not number.isdecimal():
        return [f"{number}{name}", f"{number} {name}"]
    amount = int(number)
    forms = [with_commas(amount), number]
    if amount >= 10_000:
        forms += [in_units(amount, thousands=thousands, gap=gap) for thousands in (True, False) for gap in (" ", "")]
        forms += [form.replace(",", "") for form in forms[2:]]
        if amount % 1_000 == 0:
            # 일조 and 이조 are words.
            forms += [in_hangul(amount)] if len(in_hangul(amount)) > 2 else []
    elif amount % 1_000 == 0 and amount:
        forms.append(f"{amount // 1_000}천")
    return [form + gap + name for form in dict.fromkeys(forms) for gap in ("", " ")]


def _phone(digits: str) -> list[str]:
    """Usual groups; a short number (120) means nothing without the words around it."""
    if len(digits) == 8:
        return [f"{digits[:4]}-{digits[4:]}"]
    if len(digits) < 9 or not digits.startswith("0"):
        return []
    area = 2 if digits.startswith("02") else 3
    parts = (digits[:area], digits[area:-4], digits[-4:])
    if not 3 <= len(parts[1]) <= 4:
        return []
    return [
        "-".join(parts),
        f"{parts[0]}){parts[1]}-{parts[2]}",
        f"({parts[0]}) {parts[1]}-{parts[2]}",
        ".".join(parts),
    ]


def _date(form: str) -> list[str]:
    if form.startswith("?"):
        return []
    full = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", form)
    if full:
        year, month, day = (int(part) for part in full.groups())
        return [
            f"{year}년 {month}월 {day}일",
            f"{year}년{month}월{day}일",
            f"{year}. {month}. {day}.",
            f"{year}.{month}.{day}",
            f"{year}.{month:02}.{day:02}",
            form,
        ]
    part = re.fullmatch(r"(\d{4})-(\d\d)", form)
    if part:
        return [f"{part[1]}년 {int(part[2])}월", f"{part[1]}년{int(part[2])}월", f"{part[1]}. {int(part[2])}."]
    if form.isdecimal():
        return [f"{form}년", f"{form}년도"]
    yearless = re.fullmatch(r"--(\d\d)(?:-(\d\d))?", form)
    if yearless:
        month = int(yearless[1])
        if yearless[2]:
            return [f"{month}월 {int(yearless[2])}일", f"{month}월{int(yearless[2])}일"]
        return [f"{month}월"]
    edge = re.fullmatch(r"(?:(\d{4})|-)-(\d\d)-(begin|mid|end)", form)
    if edge:
        year_word = f"{edge[1]}년 " if edge[1] else ""
        return [
            f"{year_word}{int(edge[2])}월{gap}{ {'begin': '초', 'mid': '중순', 'end': '말'}[edge[3]] }"
            for gap in (" ", "")
        ]
    monthly = re.fullmatch(r"---(\d\d)", form)
    if monthly:
        return [f"매월 {int(monthly[1])}일", f"매달 {int(monthly[1])}일"]
    year_text, _, half = form.rpartition("-")
    name = {"H1": "상반기", "H2": "하반기"}.get(half, f"{half[1:]}분기")
    return [f"{year_text}년 {name}"] if year_text.isdecimal() else [name]


def _time(form: str) -> list[str]:
    hour, minute = (int(part) for part in form.split(":"))
    tail = f" {minute}분" if minute else ""
    forms = [f"{hour}시{tail}", form, f"{hour}:{minute:02}"]
    if hour < 12:
        forms.append(f"오전 {hour or 12}시{tail}")
    elif hour < 24:
        forms.append(f"오후 {hour - 12 or 12}시{tail}")
    return forms


def _quantity(form: str) -> list[str]:
    # In digits 천년 would be a year, and numbers of no real quantity are not read back.
    if re.match(r"\d{4}년|\d{4,}년\d|\d{5,}시간\d|\d{15}", form):
        return []
    simple = re.fullmatch(r"(\d+(?:\.\d+)?)(\D[^\d]*2?3?)", form)
    if simple is None:
        compound = re.fullmatch(r"(\d+)(년|시간)(\d+)(개월|분)", form)
        if compound is None:
            return []
        high, high_unit, low, low_unit = compound.groups()
        scale = 12 if high_unit == "년" else 60
        return [
            f"{high}{high_unit} {low}{low_unit}",
            f"{high}{high_unit}{low}{low_unit}",
            f"{int(high) * scale + int(low)}{low_unit}",
        ]
    number, unit = simple.groups()
    numbers = [number]
    if number.isdecimal() and len(number) > 3:
        numbers.append(with_commas(int(number)))
    units = _SYMBOL_SPELLINGS.get(unit, (unit,)) if unit != "명" or number.isdecimal() else ("명",)
    forms = [text + gap + name for text in numbers for name in units for gap in ("", " ")]
    if unit == "년":
        forms.append(f"{int(number) * 12}개월") if number.isdecimal() else None
    return forms


def _law(form: str) -> list[str]:
    law, slash, rest = form.rpartition("/")
    parts = re.findall(
        r"부칙|별표\d+(?:의\d+)?|별지제\d+호(?:의\d+)?서식|제\d+[조항호편장절관](?:의\d+)?|[가-힣]목", rest
    )
    if not parts:
        return []
    spaced = [re.sub(r"^(별표|별지)", r"\1 ", part) for part in parts]
    forms = ["".join(parts), " ".join(spaced)]
    if "부칙" in parts:
        forms = ["부칙 " + "".join(parts[1:]), "부칙 " + " ".join(spaced[1:])]
    if not slash:
        return forms
    if law in ("법", "영", "규칙"):
        return [f"{law} {text}" for text in forms]
    return [f"「{law}」 {text}" for text in forms]

"""Numbers as Korean writes them: 30,000,000 · 3천만 · 1억 2천만 · 삼백만 · 스물다섯 · full-width and other digits.

Gives the regular-expression pieces that the value parsers are built from, and the functions that turn a matched piece
into a number. It never decides whether a Hangul syllable *is* a number: that needs a unit, so it is the callers' work.

All patterns are written for folded text (`fold`) and use possessive quantifiers where a run of digits could
otherwise be tried again from every position: a megabyte of digits must cost one pass.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import cache, partial
from typing import NamedTuple

Number = int | Decimal

SMALL_UNITS = {"십": 10, "백": 100, "천": 1_000}
BIG_UNITS = {"만": 10**4, "억": 10**8, "조": 10**12}
SINO_DIGITS = {"영": 0, "일": 1, "이": 2, "삼": 3, "사": 4, "오": 5, "육": 6, "칠": 7, "팔": 8, "구": 9}
NATIVE_TENS = {
    "열": 10,
    "스물": 20,
    "스무": 20,
    "서른": 30,
    "마흔": 40,
    "쉰": 50,
    "예순": 60,
    "일흔": 70,
    "여든": 80,
    "아흔": 90,
}
NATIVE_ONES = {
    "하나": 1,
    "한": 1,
    "둘": 2,
    "두": 2,
    "셋": 3,
    "세": 3,
    "석": 3,
    "넷": 4,
    "네": 4,
    "넉": 4,
    "다섯": 5,
    "여섯": 6,
    "일곱": 7,
    "여덟": 8,
    "아홉": 9,
}
DAY_WORDS = {
    "하루": 1,
    "이틀": 2,
    "사흘": 3,
    "나흘": 4,
    "닷새": 5,
    "엿새": 6,
    "이레": 7,
    "여드레": 8,
    "아흐레": 9,
    "열흘": 10,
    "보름": 15,
}

#: Digits with or without comma groups, with or without decimals.
ARABIC = r"(?:[0-9]{1,3}(?:,[0-9]{3})++(?![0-9])|[0-9]++)(?:\.[0-9]++)?+"
#: Starts with digits and may go on in Hangul units: 3천만, 1억 2천만, 3만5천, 500천, 300여만, 2조 3,500억.
#: Counted repeats: 3억3억3억… starts a number at every digit, and each must stop after a few steps.
MIXED = rf"{ARABIC}여?(?: ?[십백천만억조]{{1,4}}+(?: ?(?:{ARABIC}|[일이삼사오육칠팔구](?=[십백천])))?+){{0,16}}+"
#: Hangul only. Lazy, so that 이십일 before nothing is 20 + 일(day), not 21; a space stands only after 만, 억, 조.
SINO = r"(?:[일이삼사오육칠팔구십백천]{0,7}[만억조] ){0,2}[일이삼사오육칠팔구십백천만억조]{1,14}?"
NATIVE = (
    r"(?:(?:열|스물|서른|마흔|쉰|예순|일흔|여든|아흔) ?)?(?:한|두|세|석|네|넉|다섯|여섯|일곱|여덟|아홉)"
    r"|열|스무|서른|마흔|쉰|예순|일흔|여든|아흔"
)
#: A number starts here: not inside a word with letters, a decimal, a code (2024-15), a time or a fraction.
NUMBER_START = r"(?<![0-9A-Za-z_])(?<![0-9][.,:/\-])"
#: Not the number of 제3회 or 제 3 조; 공제 3억 원 is no ordinal.
NOT_ORDINAL = r"(?<!(?<![가-힣])제)(?<!(?<![가-힣])제 )"
#: A Hangul number starts a word: 조사원, 대만원 and 수천만 원 have no number of ours inside.
WORD_START = r"(?<![가-힣0-9A-Za-z])"
#: What may stand after a unit: no Hangul, or a particle, an ending or a bound. 1주택, 3개인정보, 2부서 are other words.
FOLLOW = (
    r"(?:(?![가-힣])|(?=[이가은는을를의에로와과도만씩간전후내당쯤여째분치밖께중차안뿐말경대제및또등한할하입였라란임용형]"
    r"|으로|까지|부터|마다|동안|정도|가량|짜리|보다|처럼|미만|초과|남짓|상당|단위|연속|넘|[인일](?:지|지라도|데)?(?![가-힣])))"
)
#: The same after a Hangul number, where a wrong reading is likelier.
STRICT_FOLLOW = (
    r"(?:(?![가-힣])|(?=[은는을를의에로와과도씩간쯤째](?![가-힣])|이(?![가-힣])|가(?![가-힣])|만(?![가-힣])"
    r"|으로|에서|에게|에는|까지|부터|마다|동안|정도|가량|짜리|보다|이상|이하|이내|미만|초과|이다|이며|이고|입니다|당(?![가-힣])))"
)

#: Longer digit strings are identifiers, and int() refuses very long ones.
MAX_DIGITS = 18

_HANJA = "〇零一二三四五六七八九十百千萬万億亿兆壹貳參拾年月日條条項项號号第名個回圓"
_HANGUL = "영영일이삼사오육칠팔구십백천만만억억조일이삼십년월일조조항항호호제명개회원"
_ROMAN = "ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅰⅱⅲⅳⅴⅵⅶⅷⅸ"
_FOLDABLE = re.compile(rf"[{_HANJA}{_ROMAN}]|[\u00a0\u2000-\u200a\u202f\u3000\t！-～￦‘’‛ʼ′`‐‑‒–—−∼〜˜]|(?![0-9])\d")
_FOLDED = {
    **dict.fromkeys("\u00a0\u202f\u3000\t" + "".join(map(chr, range(0x2000, 0x200B))), " "),
    **{chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)},
    **dict.fromkeys("‘’‛ʼ′`", "'"),
    **dict.fromkeys("‐‑‒–—−", "-"),
    **dict.fromkeys("∼〜˜", "~"),
    "￦": "₩",
    **dict(zip(_HANJA, _HANGUL, strict=True)),
    **dict(zip(_ROMAN, "123456789" * 2, strict=True)),
}
#: Hanja digits side by side are a positional number: 二〇二四年.
_POSITIONAL = re.compile(r"[〇零一二三四五六七八九]{2,9}")
_POSITIONS = {"零": "0", **{character: str(value) for value, character in enumerate("〇一二三四五六七八九")}}
#: What one character cannot stand for: decomposed Hangul, fractions, Roman numerals from ten on.
_RESIZED = re.compile(r"[\u1100-\u1112][\u1161-\u1175][\u11a8-\u11c2]?|[½¼¾⅕⅖⅗⅘⅛⅜⅝⅞⅓⅔⅙⅚ⅩⅪⅫⅹⅺⅻ]")
_TOKEN = re.compile(rf"{ARABIC}|[영일이삼사오육칠팔구십백천만억조]")
_NATIVE_PARTS = re.compile(r"(열|스물|스무|서른|마흔|쉰|예순|일흔|여든|아흔)? ?(\D+)?")


class Folded(NamedTuple):
    """Text as the patterns want it. `offsets` leads back to the original where lengths differ (decomposed Hangul)."""

    text: str
    offsets: Sequence[int] | None

    def original(self, position: int) -> int:
        return position if self.offsets is None else self.offsets[position]


def lazily(pattern: str) -> Callable[[], re.Pattern[str]]:
    """A pattern compiled on first use: compiling this room's patterns takes most of the time of its import."""
    return cache(partial(re.compile, pattern))


def fold(text: str) -> Folded:
    """Unicode digits, full-width signs, odd spaces, quotes and dashes → ASCII; decomposed Hangul → syllables.

    Hanja numerals and the Hanja of units become Hangul (三千萬 圓, 第二條), Roman numerals digits (Ⅲ), ½ `2분의 1`.
    Circled numbers stay: in Korean documents they count paragraphs.
    """
    if _FOLDABLE.search(text):
        text = _POSITIONAL.sub(lambda match: "".join(_POSITIONS[digit] for digit in match[0]), text)
        text = _FOLDABLE.sub(_fold_character, text)
    if not _RESIZED.search(text):
        return Folded(text, None)
    # File names and texts from macOS come decomposed (NFD); spans must still point into what the caller gave.
    pieces: list[str] = []
    offsets: list[int] = []
    position = 0
    for match in _RESIZED.finditer(text):
        pieces.append(text[position : match.start()])
        offsets.extend(range(position, match.start()))
        pieces.append(_resized(match[0], after_digit=text[match.start() - 1 : match.start()].isdigit()))
        # Inside a longer piece every position leads to the character itself; its end to the next one.
        offsets.extend([match.start()] * len(pieces[-1]))
        position = match.end()
    pieces.append(text[position:])
    offsets.extend(range(position, len(text) + 1))
    return Folded("".join(pieces), offsets)


def _resized(text: str, *, after_digit: bool) -> str:
    """½ → 2분의 1, 1½ → 1.5, Ⅻ → 12, decomposed Hangul → syllables."""
    value = unicodedata.numeric(text, None) if len(text) == 1 else None
    if value is None:
        return unicodedata.normalize("NFC", text)
    if value == int(value):
        return str(int(value))
    upper, _, lower = unicodedata.normalize("NFKC", text).partition("\u2044")
    if after_digit:
        return f"{value:g}"[1:] if len(f"{value:g}") <= 5 else f" {lower}분의 {upper}"
    return f"{lower}분의 {upper}"


def _fold_character(match: re.Match[str]) -> str:
    character = match[0]
    return _FOLDED.get(character) or str(unicodedata.digit(character))


def evaluate(text: str) -> Number | None:
    """The number that a MIXED or SINO piece stands for; None where it is not well formed (이사, 3백 500, 20 digits)."""
    compact = text.replace(" ", "").replace("여", "")
    if compact.isdecimal():
        return int(compact) if len(compact) <= MAX_DIGITS else None
    total: Number = 0
    section: Number = 0
    pending: Number | None = None
    big_limit: Number = 10**16
    small_limit: Number = 10**16
    for match in _TOKEN.finditer(compact):
        token = match[0]
        if token in SMALL_UNITS:
            if SMALL_UNITS[token] >= small_limit:
                return None
            section += (1 if pending is None else pending) * SMALL_UNITS[token]
            pending, small_limit = None, SMALL_UNITS[token]
        elif token in BIG_UNITS:
            if BIG_UNITS[token] >= big_limit or (pending is not None and pending >= small_limit):
                return None
            section += pending or 0
            section = 1 if not section and pending is None else section
            total += section * BIG_UNITS[token]
            section, pending = 0, None
            big_limit, small_limit = BIG_UNITS[token], 10**16
        else:
            if pending is not None:
                return None
            pending = SINO_DIGITS[token] if token in SINO_DIGITS else arabic(token)
            if pending is None:
                return None
    if pending is not None and pending >= small_limit:
        return None
    section += pending or 0
    return None if section >= big_limit else total + section


def arabic(text: str) -> Number | None:
    """Digits with commas and decimals; None when there are too many of them to be a value."""
    plain = text.replace(",", "")
    if len(plain) > MAX_DIGITS:
        return None
    return Decimal(plain) if "." in plain else int(plain)


def evaluate_sino(text: str) -> int | None:
    """A Hangul-only number, refusing the spellings that are words: 조사, 구조, 조, 이사."""
    compact = text.replace(" ", "")
    if compact[0] == "조" or ("조" in compact and len(compact) < 3):
        return None
    value = evaluate(compact)
    return value if isinstance(value, int) else None


def evaluate_native(text: str) -> int:
    """The number of a NATIVE piece: 두 → 2, 열두 → 12, 스무 → 20."""
    match = _NATIVE_PARTS.fullmatch(text)
    if match is None:
        raise ValueError(f"not a native Korean numeral: {text!r}")
    return NATIVE_TENS.get(match[1] or "", 0) + NATIVE_ONES.get(match[2] or "", 0)


def plain(number: Number) -> str:
    """Canonical digits: no commas, no exponent, no trailing zeros."""
    if isinstance(number, int):
        return str(number)
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def with_commas(number: Number) -> str:
    """30000000 → 30,000,000."""
    whole, dot, rest = plain(number).partition(".")
    return f"{int(whole):,}{dot}{rest}"


def in_units(number: int, *, thousands: bool = False, gap: str = " ") -> str:
    """30000000 → 3,000만, or 3천만 with `thousands`; 120000000 → 1억 2,000만."""
    if number <= 0:
        return str(number)
    parts: list[str] = []
    for unit, size in (("조", 10**12), ("억", 10**8), ("만", 10**4), ("", 1)):
        section, number = divmod(number, size)
        if not section:
            continue
        rounded = section % 1_000 == 0 and section < 10_000
        parts.append((f"{section // 1_000}천" if thousands and rounded else f"{section:,}") + unit)
    return gap.join(parts)


SINO_NAMES = "영일이삼사오육칠팔구"


def in_hangul(number: int) -> str:
    """30000000 → 삼천만; 하나 before a unit is dropped as in speech (천, not 일천), but 일억 keeps it."""
    if number == 0:
        return "영"
    pieces: list[str] = []
    for unit, size in (("조", 10**12), ("억", 10**8), ("만", 10**4), ("", 1)):
        section, number = divmod(number, size)
        if not section:
            continue
        spoken = ""
        for name, small in (("천", 1_000), ("백", 100), ("십", 10), ("", 1)):
            digit, section = divmod(section, small)
            if digit:
                spoken += ("" if digit == 1 and name else SINO_NAMES[digit]) + name
        pieces.append(("" if spoken == "일" and unit == "만" else spoken) + unit)
    return "".join(pieces)

"""The numbers Word writes before paragraphs by itself (`제1조`, `가.`, `①`), which stand nowhere in the text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"

_GANADA = "가나다라마바사아자차카타파하"
_CHOSUNG = "ㄱㄴㄷㄹㅁㅂㅅㅇㅈㅊㅋㅌㅍㅎ"
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_STEMS = "甲乙丙丁戊己庚辛壬癸"
_BRANCHES = "子丑寅卯辰巳午未申酉戌亥"
_COUNTED = ("", "하나", "둘", "셋", "넷", "다섯", "여섯", "일곱", "여덟", "아홉")
_TENS = ("", "열", "스물", "서른", "마흔", "쉰", "예순", "일흔", "여든", "아흔")
_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"))
_ROMAN_SMALL = ((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))
_SYMBOL_FONTS = ("wingdings", "symbol", "webdings", "marlett")
_PLACE = re.compile(r"%([1-9])")


def number_text(number: int, kind: str) -> str:
    """A number in one of Word's formats; formats without a Korean use are written in digits."""
    if kind == "none":
        return ""
    if number < 1:
        return str(number)
    if kind in ("decimalZero",):
        return f"{number:02d}"
    if kind in ("ganada", "chosung"):
        signs = _GANADA if kind == "ganada" else _CHOSUNG
        return signs[(number - 1) % len(signs)] * ((number - 1) // len(signs) + 1)
    if kind in ("upperLetter", "lowerLetter"):
        text = _LETTERS[(number - 1) % 26] * min((number - 1) // 26 + 1, 8)
        return text.upper() if kind == "upperLetter" else text
    if kind in ("upperRoman", "lowerRoman"):
        text = _roman(min(number, 3999))
        return text.upper() if kind == "upperRoman" else text
    if kind in ("decimalEnclosedCircle", "decimalEnclosedCircleChinese"):
        return _from_ranges(number, ((1, 20, 0x2460), (21, 35, 0x3251), (36, 50, 0x32B1)))
    if kind == "decimalEnclosedParen":
        return _from_ranges(number, ((1, 20, 0x2474),), "({})")
    if kind == "decimalEnclosedFullstop":
        return _from_ranges(number, ((1, 20, 0x2488),), "{}.")
    if kind == "ideographEnclosedCircle":
        return _from_ranges(number, ((1, 10, 0x3280),))
    if kind in ("koreanDigital", "koreanDigital2"):
        signs = "영일이삼사오육칠팔구" if kind == "koreanDigital" else "零一二三四五六七八九"
        return "".join(signs[int(digit)] for digit in str(number))
    if kind == "koreanCounting":
        return _counting(number, "일이삼사오육칠팔구", "십백천")
    if kind in ("chineseCounting", "chineseCountingThousand", "ideographDigital", "taiwaneseCounting"):
        return _counting(number, "一二三四五六七八九", "十百千")
    if kind == "koreanLegal" and number < 100:
        return _TENS[number // 10] + _COUNTED[number % 10]
    if kind == "ideographTraditional" and number <= len(_STEMS):
        return _STEMS[number - 1]
    if kind == "ideographZodiac" and number <= len(_BRANCHES):
        return _BRANCHES[number - 1]
    if kind == "numberInDash":
        return f"- {number} -"
    return str(number)


def _roman(number: int) -> str:
    text = ""
    for value, sign in (*_ROMAN, *_ROMAN_SMALL):
        text += sign * (number // value)
        number %= value
    return text


def _from_ranges(number: int, ranges: tuple[tuple[int, int, int], ...], other: str = "({})") -> str:
    for first, last, code in ranges:
        if first <= number <= last:
            return chr(code + number - first)
    return other.format(number)


def _counting(number: int, signs: str, units: str) -> str:
    if number >= 10_000:
        return str(number)
    text = ""
    for place, digit in enumerate(reversed(str(number))):
        if digit != "0":
            unit = units[place - 1] if place else ""
            text = ("" if digit == "1" and unit else signs[int(digit) - 1]) + unit + text
    return text


@dataclass
class _Level:
    kind: str = "decimal"
    text: str = ""
    start: int = 1
    legal: bool = False
    suffix: str = "tab"
    restart: int | None = None
    style: str = ""
    symbol_font: bool = False


@dataclass
class _List:
    """One `w:abstractNum`: its levels and, while reading, where each counter stands."""

    levels: dict[int, _Level] = field(default_factory=dict)
    counters: dict[int, int] = field(default_factory=dict)


class Numbering:
    """Counts through a document in order. `root` is `w:numbering`, None where the document has none."""

    def __init__(self, root: Any) -> None:
        self._lists: dict[str, _List] = {}
        self._numbers: dict[str, tuple[str, dict[int, _Level], dict[int, int]]] = {}
        self._started: set[tuple[str, int]] = set()
        if root is None:
            return
        links: dict[str, str] = {}
        named: dict[str, str] = {}
        for item in root.findall(f"{W}abstractNum"):
            key = item.get(f"{W}abstractNumId") or ""
            self._lists[key] = _List({_depth(level): _level(level) for level in item.findall(f"{W}lvl")})
            for tag, found in (("numStyleLink", links), ("styleLink", named)):
                child = item.find(f"{W}{tag}")
                if child is not None:
                    found[key if tag == "numStyleLink" else child.get(f"{W}val")] = (
                        child.get(f"{W}val") if tag == "numStyleLink" else key
                    )
        for key, style in links.items():
            if style in named:
                self._lists[key] = self._lists[named[style]]
        for item in root.findall(f"{W}num"):
            target = item.find(f"{W}abstractNumId")
            if target is None:
                continue
            own: dict[int, _Level] = {}
            starts: dict[int, int] = {}
            for change in item.findall(f"{W}lvlOverride"):
                depth = _depth(change)
                if change.find(f"{W}lvl") is not None:
                    own[depth] = _level(change.find(f"{W}lvl"))
                if change.find(f"{W}startOverride") is not None:
                    starts[depth] = _integer(change.find(f"{W}startOverride").get(f"{W}val"), 1)
            self._numbers[item.get(f"{W}numId") or ""] = (target.get(f"{W}val") or "", own, starts)

    def depth_of_style(self, number_id: str, style: str) -> int | None:
        """The level of a list that a paragraph style is tied to."""
        list_id, own, _ = self._numbers.get(number_id, ("", {}, {}))
        levels = {**self._lists.get(list_id, _List()).levels, **own}
        return next((depth for depth, level in levels.items() if level.style == style), None)

    def next(self, number_id: str, depth: int) -> str:
        """Count one paragraph and give its number with what separates it from the text; empty for no number."""
        list_id, own, starts = self._numbers.get(number_id, ("", {}, {}))
        numbered = self._lists.get(list_id)
        if numbered is None:
            return ""
        levels = {**numbered.levels, **own}
        level = levels.get(depth)
        if level is None:
            return ""
        counters = numbered.counters
        if depth in starts and (number_id, depth) not in self._started:
            counters[depth] = starts[depth]
        else:
            counters[depth] = counters[depth] + 1 if depth in counters else level.start
        self._started.add((number_id, depth))
        for deeper in [other for other in counters if other > depth]:
            restart = levels[deeper].restart if deeper in levels else None
            if restart is None or (restart > 0 and depth < restart):
                del counters[deeper]
        if level.kind == "bullet":
            text = _bullet(level)
        else:
            text = _PLACE.sub(lambda match: _place(int(match[1]) - 1, levels, counters, level.legal), level.text)
        text = text.strip()
        return text + ("" if level.suffix == "nothing" or not text else " ")


def _place(depth: int, levels: dict[int, _Level], counters: dict[int, int], legal: bool) -> str:
    level = levels.get(depth, _Level())
    return number_text(counters.get(depth, level.start), "decimal" if legal else level.kind)


def _bullet(level: _Level) -> str:
    """The bullet as it looks; symbol fonts draw their letters as dots and arrows."""
    sign = level.text.strip()
    if level.symbol_font or not sign or any("\ue000" <= character <= "\uf8ff" for character in sign):
        return "-"
    return "○" if sign == "o" else sign


def _level(item: Any) -> _Level:
    def value(tag: str, default: str = "") -> str:
        child = item.find(f"{W}{tag}")
        return default if child is None else child.get(f"{W}val") or default

    legal = item.find(f"{W}isLgl")
    fonts = item.find(f"{W}rPr/{W}rFonts")
    font = "" if fonts is None else (fonts.get(f"{W}ascii") or fonts.get(f"{W}hAnsi") or "").lower()
    restart = value("lvlRestart")
    return _Level(
        kind=value("numFmt", "decimal"),
        text=value("lvlText"),
        start=_integer(value("start"), 1),
        legal=legal is not None and legal.get(f"{W}val") not in ("0", "false", "off"),
        suffix=value("suff", "tab"),
        restart=_integer(restart, 0) if restart else None,
        style=value("pStyle"),
        symbol_font=any(name in font for name in _SYMBOL_FONTS),
    )


def _depth(item: Any) -> int:
    return _integer(item.get(f"{W}ilvl"), 0)


def _integer(text: str | None, default: int) -> int:
    try:
        return max(-1_000_000, min(int(text or ""), 1_000_000))
    except ValueError:
        return default

"""항, 호 and 목 inside one 조: nested units with their spans, from the text alone.

    제2조(정의)                                 the article
      ① 이 법에서 …                             제1항
        5. "임금"이란 …                         제1항제5호
          가. 기본급                            제1항제5호가목
            1) 월급                             제1항제5호가목1)

An article may lack any level: 호 stand directly under a 조 without circled numbers. Numbers must rise, with small
gaps only (deleted units are sometimes left out), so that a date or an amount at a line start opens nothing.
Offsets point into the text that was given.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳㉑㉒㉓㉔㉕㉖㉗㉘㉙㉚㉛㉜㉝㉞㉟㊱㊲㊳㊴㊵㊶㊷㊸㊹㊺㊻㊼㊽㊾㊿"
LETTERS = "가나다라마바사아자차카타파하거너더러머버서어저처커터퍼허고노도로모보소오조초코토포호"
#: So many numbers may be missing between two 항 or 호 (deleted ones are sometimes left out).
MAX_GAP = 4
#: How much of an introducing sentence goes with the units below it.
LEAD_CHARS = 120

_PARAGRAPH = re.compile(rf"^[ \t]*([{CIRCLED}])(?!\s*(?:부터|내지|및|까지|[~∼,ㆍ]))", re.MULTILINE)
_FIRST_PARAGRAPH = re.compile(r"\s*(①)")
# `12. 31.까지` is the rest of a date.
_ITEM = re.compile(
    r"^[ \t]*(?:-[ \t]+)?(\d{1,3})((?:의\d+)?)\s*\.(?=\s|[가-힣\"“「<])(?!\s*\d{1,2}\s*\.)", re.MULTILINE
)
_LETTER = re.compile(rf"^[ \t]*(?:-[ \t]+)?([{LETTERS}])((?:의\d+)?)\s*\.(?=\s|[\"“「<])", re.MULTILINE)
_NUMBERED = re.compile(r"^[ \t]*(?:-[ \t]+)?(\d{1,3})((?:의\d+)?)\)(?=\s|[가-힣\"“「<])", re.MULTILINE)
_LETTERED = re.compile(rf"^[ \t]*(?:-[ \t]+)?([{LETTERS}])((?:의\d+)?)\)(?=\s|[\"“「<])", re.MULTILINE)
_NOTE = re.compile(r"[<\[](?:개정|신설|전문개정|제목개정|본조신설)[^>\]]*[>\]]")
_DELETED = re.compile(
    rf"^\s*(?:[{CIRCLED}]|[\d가-힣]{{1,3}}(?:의\d+)?\s*[.)])\s*[<\[(]?\s*삭\s*제"
    r"\s*(?:[>\])]|[<\[(][^>\])]*[>\])]|\d[\d. ]*)?\s*\.?\s*$"
)


@dataclass(frozen=True)
class Unit:
    """One 항, 호, 목 (or deeper): `label` is what it adds to its parent's, `제2항`, `제3호의2`, `가목`, `1)`."""

    label: str
    start: int
    end: int
    children: tuple[Unit, ...] = ()
    deleted: bool = False

    @property
    def level(self) -> str:
        """항, 호, 목, or `)` for what a 목 is divided into."""
        return next((name for name in "항호목" if name in self.label), ")")


def units(text: str, start: int, body: int, end: int) -> tuple[Unit, ...]:
    """The units of an article `text[start:end]` whose own words begin at `body` (behind number and title)."""
    found = paragraphs(text, start, body, end)
    if found:
        return tuple(_filled(text, unit, _ITEM_LEVELS, min(max(unit.start, body), unit.end)) for unit in found)
    return _inside(text, body, end, _ITEM_LEVELS)


def paragraphs(text: str, start: int, body: int, end: int) -> list[Unit]:
    """항 in rising order; the first one takes the article's heading line with it."""
    starts: list[tuple[int, int]] = []
    if match := _FIRST_PARAGRAPH.match(text, body, end):
        starts.append((start, 1))
        body = match.end()
    for match in _PARAGRAPH.finditer(text, body, end):
        number = CIRCLED.index(match.group(1)) + 1
        # Deleted 항 may be left out (①, ③); a circled number that falls back is a quotation.
        if 0 < number - (starts[-1][1] if starts else 0) <= MAX_GAP:
            starts.append((match.start() if starts else start, number))
    ends = [position for position, _ in starts[1:]] + [end] * bool(starts)
    return [Unit(f"제{number}항", first, last) for (first, number), last in zip(starts, ends, strict=True)]


def items(text: str, start: int, end: int) -> list[Unit]:
    """호 in rising order, without what is inside them."""
    return _run(text, start, end, _ITEM, int, lambda number, sub: f"제{number}호{sub}")


def walk(found: Sequence[Unit], above: str = "") -> Iterator[tuple[str, Unit]]:
    """All units with their whole path (`제1항제5호가목`), parents first, in text order."""
    for unit in found:
        yield above + unit.label, unit
        yield from walk(unit.children, above + unit.label)


def find(found: Sequence[Unit], parts: Sequence[str]) -> tuple[str, Unit] | None:
    """The unit at a path such as ("제2항", "제3호"), with its whole label; None when it is not there.

    제1항 of an article without 항 is the article itself. A 호 asked without its 항 is found when only one 항 has it.
    """
    if parts and parts[0] == "제1항" and not any(unit.level == "항" for unit in found):
        parts = parts[1:]
    if not parts:
        return None
    fitting = [(unit.label, unit) for unit in found if unit.label == parts[0]]
    if not fitting and not parts[0].endswith("항"):
        fitting = [(unit.label + own.label, own) for unit in found for own in unit.children if own.label == parts[0]]
    if len(fitting) != 1:
        return None
    label, unit = fitting[0]
    if len(parts) == 1:
        return label, unit
    inner = find(unit.children, parts[1:])
    return (label + inner[0], inner[1]) if inner else None


def lead(text: str, body: int, found: Sequence[Unit], target: Unit) -> str:
    """What a unit means nothing without: the words of the units above it, from `body` on, each up to its first child.

    "" for a 항, whose words stand alone.
    """
    above = next((unit for unit in found if unit.start <= target.start and target.end <= unit.end), None)
    if above is None:
        return ""
    first = introduction(text[body : found[0].start]) if above.level != "항" else ""
    if above is target:
        return first
    own = introduction(text[max(above.start, body) : above.children[0].start]) if above.children else ""
    inner = lead(text, above.children[0].start if above.children else body, above.children, target)
    return " ".join(piece for piece in (first, own, inner) if piece)


def introduction(text: str) -> str:
    """An introducing sentence without its mark and amendment notes, cut to its last `LEAD_CHARS`."""
    text = " ".join(_NOTE.sub("", text).split()).lstrip(CIRCLED + " ")
    return text if len(text) <= LEAD_CHARS else "…" + text[-LEAD_CHARS:]


def _run(
    text: str,
    start: int,
    end: int,
    pattern: re.Pattern[str],
    rank: Callable[[str], int],
    name: Callable[[str, str], str],
) -> list[Unit]:
    starts: list[tuple[int, tuple[int, int], str]] = []
    for match in pattern.finditer(text, start, end):
        key = (rank(match.group(1)), int(match.group(2)[1:] or 0))
        if (not starts and key == (1, 0)) or (starts and _follows(starts[-1][1], key)):
            starts.append((match.start(), key, name(match.group(1), match.group(2))))
    ends = [position for position, _, _ in starts[1:]] + [end] * bool(starts)
    return [
        Unit(label, first, last, (), _DELETED.match(text[first:last]) is not None)
        for (first, _, label), last in zip(starts, ends, strict=True)
    ]


def _follows(last: tuple[int, int], key: tuple[int, int]) -> bool:
    """Units rise by one or by 의N, with small gaps; a year or an amount at a line start is none."""
    return last < key and key[0] - last[0] <= MAX_GAP


def _letter_rank(letter: str) -> int:
    return LETTERS.index(letter) + 1


_Level = tuple[re.Pattern[str], Callable[[str], int], Callable[[str, str], str]]
_ITEM_LEVELS: tuple[_Level, ...] = (
    (_ITEM, int, lambda number, sub: f"제{number}호{sub}"),
    (_LETTER, _letter_rank, lambda letter, sub: f"{letter}목{sub}"),
    (_NUMBERED, int, lambda number, sub: f"{number}{sub})"),
    (_LETTERED, _letter_rank, lambda letter, sub: f"{letter}{sub})"),
)


def _inside(text: str, start: int, end: int, levels: Sequence[_Level]) -> tuple[Unit, ...]:
    """The units between two offsets at the first of `levels` that occurs there."""
    for position, (pattern, rank, name) in enumerate(levels):
        found = _run(text, start, end, pattern, rank, name)
        if found:
            return tuple(_filled(text, unit, levels[position + 1 :], unit.start + 1) for unit in found)
    return ()


def _filled(text: str, unit: Unit, levels: Sequence[_Level], body: int) -> Unit:
    deleted = _DELETED.match(text[unit.start : unit.end]) is not None
    return Unit(unit.label, unit.start, unit.end, _inside(text, body, unit.end, levels), deleted)

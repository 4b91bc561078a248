"""What the finders of names share: a text read into words with their morphemes, and what a name is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from haechi.korean import mecab
from haechi.korean.josa import strip_josa
from haechi.korean.protect import SEPARATORS

NameType = Literal["institution", "person", "place", "law", "product", "other"]

#: What mecab may not see: it stops at a NUL, and glues the dot of statutes (ㆍ, a Hangul letter) to the next word.
_BLANK = re.compile(f"{SEPARATORS.pattern.rstrip('+')}|[\\s\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_WORD = re.compile(r"[가-힣A-Za-z0-9]+(?:[-&./+][A-Za-z0-9]+)*")


class Piece(NamedTuple):
    """One morpheme; `sense` is what the dictionary says a name is of (인명, 지명, *)."""

    surface: str
    tag: str
    sense: str
    parts: tuple[str, ...]
    start: int
    end: int


class Word(NamedTuple):
    """What stands between two marks or spaces, without its particles: `text[start:end]` is its stem."""

    stem: str
    start: int
    end: int
    pieces: tuple[Piece, ...]
    #: Nothing was taken off its end, so that it may go on in the next word.
    bare: bool
    #: Its stem by spelling alone, where the morphemes may be misread (국회|의|장과|도).
    spelt: str


@dataclass(frozen=True, slots=True)
class Name:
    """A name in a text. `head` is the end that tells its sort (은행, 시, 법), `starts` where its morphemes begin.

    `modifier` is set where a doubtful name is one if that word is strange to the place it is used in (구름|시).
    """

    type: NameType
    surface: str
    normalised: str
    start: int
    end: int
    certain: bool
    head: str = ""
    starts: frozenset[int] = frozenset()
    modifier: str = ""


def read_words(text: str) -> list[Word]:
    """The words of a text with their morphemes; one pass of mecab."""
    pieces = _pieces(text)
    words, place = [], 0
    for match in _WORD.finditer(text):
        while place < len(pieces) and pieces[place].end <= match.start():
            place += 1
        first = place
        while place < len(pieces) and pieces[place].start < match.end():
            place += 1
        if place > first:
            words.append(_word(text, match.start(), match.end(), pieces[first:place]))
    return words


def _pieces(text: str) -> list[Piece]:
    found, position = [], 0
    for surface, feature in mecab.parse(_BLANK.sub(" ", text)):
        start = text.find(surface, position)
        if start < 0:
            continue
        position = start + len(surface)
        fields = feature.split(",")
        parts: tuple[str, ...] = ()
        if len(fields) > 7 and fields[4] == "Compound":
            parts = tuple(part.split("/")[0] for part in fields[7].split("+"))
        found.append(Piece(surface, fields[0], fields[1] if len(fields) > 1 else "*", parts, start, position))
    return found


def _word(text: str, start: int, end: int, pieces: Sequence[Piece]) -> Word:
    """The word without the particles and endings behind its last noun; where there is no noun, by spelling."""
    last = len(pieces)
    while last and _is_tail(pieces[last - 1]):
        last -= 1
    if not last:
        stem = strip_josa(text[start:end])
        return Word(stem, start, start + len(stem), tuple(pieces), start + len(stem) == end, stem)
    # A place such as 단미구, whose 구 mecab takes for an ending
    if last < len(pieces) and pieces[last].surface in ("시", "군", "구") and pieces[last].tag.startswith(("VC", "E")):
        last += 1
    kept = tuple(pieces[:last])
    stop = min(end, kept[-1].end)
    return Word(text[start:stop], start, stop, kept, stop == end, strip_josa(strip_josa(text[start:end])))


def _is_tail(piece: Piece) -> bool:
    tag = piece.tag
    if tag.startswith(("J", "E", "VC", "XSV", "XSA", "SF", "SY")):
        return True
    return tag.startswith("V") and "+E" in tag and piece.surface[-1:] in "다요까죠오는은을를고며면"


def starts_of(pieces: Sequence[Piece], start: int) -> frozenset[int]:
    """Offsets of the morphemes in a name without spaces, the parts of compounds included."""
    found, offset = set(), 0
    for piece in pieces:
        if piece.start < start:
            continue
        found.add(offset)
        inner = offset
        for part in piece.parts:
            found.add(inner)
            inner += len(part)
        offset += len(piece.surface)
    return frozenset(found)

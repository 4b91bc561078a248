"""Words of an answer that stand where the evidence has a name: misspelt by a syllable, or put in its place.

A changed name often is no name that anyone knows (국민건강보험곰단, 노루실군), so that it is found from the other side: the
evidence's names and the words around them. Only words that the evidence has nowhere are looked at, and only those that
are no common nouns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from haechi.checkers.name_sources import Placed, Source
from haechi.korean.gazetteer import compact
from haechi.korean.name_compare import misspelt, one_syllable_apart
from haechi.korean.name_words import GENERIC, NOT_NAMES
from haechi.korean.names import Word

_NOUNS = frozenset({"NNG", "NNP", "NNB", "NNBC", "NP", "NR", "SL", "SN", "XR"})
_AFFIXES = frozenset({"XPN", "XSN"})
#: A name in the evidence may take so many words.
_LONGEST = 4


@dataclass(frozen=True)
class Slip:
    """A word of the answer, `right` as the evidence writes it, and its sentence; `close` is one syllable away."""

    start: int
    end: int
    right: str
    sentence: str
    close: bool


def slips(
    words: Sequence[Word],
    settled: Sequence[tuple[int, int]],
    doubtful: Sequence[tuple[int, int]],
    passages: Sequence[Source],
) -> Iterator[Slip]:
    """The slips of an answer read into `words`. `settled` were judged already, `doubtful` may be names."""
    said = {compact(word.stem) for word in words}
    for position, word in enumerate(words):
        stem = compact(word.stem)
        if len(stem) < 2 or stem in NOT_NAMES or stem in GENERIC or any(character.isdigit() for character in stem):
            continue
        if any(start < word.end and word.start < end for start, end in settled):
            continue
        if any(stem in source.letters for source in passages):
            continue
        if (
            slip := _misspelt(word, stem, passages) or _put_in_place(words, position, doubtful, passages, said)
        ) is not None:
            yield slip


def _misspelt(word: Word, stem: str, passages: Sequence[Source]) -> Slip | None:
    """One syllable of a word of the evidence is wrong, and it makes no word there."""
    if len(stem) < 3:
        return None
    for source in passages:
        for other in source.words:
            place = one_syllable_apart(stem, other.stem) if len(other.stem) == len(stem) else -1
            if place < 0 or not _is_nominal(other):
                continue
            close = misspelt(stem, other.stem)
            if not _strange_at(word, place) and not (close and _is_name(source.names, other)):
                continue
            if len(stem) >= 4 or close:
                return Slip(word.start, word.end, other.stem, source.sentence_at(other.start), True)
    return None


def _is_name(names: Sequence[Placed], word: Word) -> bool:
    return any(placed.name.certain and placed.name.start == word.start and placed.name.head for placed in names)


def _put_in_place(
    words: Sequence[Word],
    position: int,
    doubtful: Sequence[tuple[int, int]],
    passages: Sequence[Source],
    said: set[str],
) -> Slip | None:
    """The words before and after stand around a name in the evidence; the name itself is not in the answer."""
    word = words[position]
    before = words[position - 1].stem if position else ""
    after = [one.stem for one in words[position + 1 : position + 3]]
    listed = any(start < word.end and word.start < end for start, end in doubtful)
    if not after or not (listed or _looks_like_a_name(word)):
        return None
    for source in passages:
        for first, last in _between(source, before, after):
            start, end = source.words[first].start, source.words[last].end
            right = source.text[start:end]
            if compact(right) in said or not _has_name(source.names, start, end, said):
                continue
            return Slip(word.start, word.end, right, source.sentence_at(start), False)
    return None


def _between(source: Source, before: str, after: Sequence[str]) -> Iterator[tuple[int, int]]:
    """The words of the evidence (first, last) that stand between the same neighbours."""
    for place in source.places.get(after[0], ()):
        if before:
            for first in range(max(0, place - _LONGEST), place):
                if first and source.words[first - 1].stem == before:
                    yield first, place - 1
        elif len(after) > 1 and place and place + 1 < len(source.words) and source.words[place + 1].stem == after[1]:
            yield place - 1, place - 1


def _has_name(names: Sequence[Placed], start: int, end: int, said: set[str]) -> bool:
    """Whether what stands between is in the main a name that the answer does not give."""
    return any(
        start <= placed.name.start
        and placed.name.end <= end
        and 2 * (placed.name.end - placed.name.start) >= end - start
        and placed.name.normalised not in said
        for placed in names
    )


def _looks_like_a_name(word: Word) -> bool:
    """Whether a word holds a name of the dictionary or something that is no common noun."""
    if not any(piece.tag[:1] in "NU" for piece in word.pieces):
        return False
    return any(piece.tag == "NNP" or not _is_known(piece.tag, piece.surface) for piece in word.pieces)


def _strange_at(word: Word, place: int) -> bool:
    for piece in word.pieces:
        if piece.start <= word.start + place < piece.end:
            if piece.tag[:1] in "VE" and piece.end >= word.end:
                return False
            return piece.tag == "NNP" or not _is_known(piece.tag, piece.surface)
    return True


def _is_known(tag: str, surface: str) -> bool:
    return tag in _AFFIXES or (tag in _NOUNS and len(surface) > 1)


def _is_nominal(word: Word) -> bool:
    return any(piece.tag in _NOUNS for piece in word.pieces)

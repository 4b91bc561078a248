"""Words of an answer that stand where the evidence has a name: misspelt by a syllable, or put in its place.

A changed name often is no name that anyone knows (국민건강보험곰단, 노루실군), so that it is found from the other
side: the evidence's names and the words around them. Only words that the evidence has nowhere are looked at, and of
them only those that are no common nouns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from haechi.checkers.name_sources import Source
from haechi.korean.gazetteer import compact
from haechi.korean.name_compare import misspelt, one_syllable_apart
from haechi.korean.name_reading import Name, Word
from haechi.korean.name_words import GENERIC, NOT_NAMES

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
        spelt = compact(word.spelt)
        if any(spelt in source.letters for source in passages):
            continue
        slip = _misspelt(word, spelt, passages)
        if slip is None and not any(stem in source.letters for source in passages):
            slip = _misspelt(word, stem, passages) or _put_in_place(words, position, doubtful, passages, said)
        if slip is not None:
            yield slip


def _misspelt(word: Word, stem: str, passages: Sequence[Source]) -> Slip | None:
    """One syllable of a word of the evidence is wrong, and it makes no word there."""
    if len(stem) < 3:
        return None
    for source in passages:
        for other in source.words if source.nearly(stem) else ():
            place = one_syllable_apart(stem, other.stem)
            if place < 0 or not "가" <= stem[place] <= "힣" or not _is_nominal(other):
                continue
            close = misspelt(stem, other.stem)
            if not _strange_at(word, place) and not (close and _is_name(source.names, other)):
                continue
            # 장례식때 is no slip of 장례식장: at the end another word may begin
            if close or (len(stem) >= 4 and place < len(stem) - 1):
                end = word.start + len(stem)
                return Slip(word.start, end, other.stem, source.sentence_at(other.start), True)
    return None


def _is_name(names: Sequence[Name], word: Word) -> bool:
    return any(
        word.start <= name.start < word.end and name.head and (name.certain or len(name.head) > 1) for name in names
    )


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
        if compact(after[0]) not in source.letters or compact(before) not in source.letters:
            continue
        for first, last in _between(source, before, after):
            start, end = source.words[first].start, source.words[last].end
            right = source.text[start:end]
            if compact(right) in said or any(character.isdigit() for character in right):
                continue
            both = first == last and _are_unknown(word, source.words[first])
            if not both and not _has_name(source.names, start, end, said):
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


def _has_name(names: Sequence[Name], start: int, end: int, said: set[str]) -> bool:
    """Whether what stands between is in the main a name that the answer does not give."""
    return any(
        start <= name.start
        and name.end <= end
        and 2 * (name.end - name.start) >= end - start
        and name.normalised not in said
        for name in names
    )


def _looks_like_a_name(word: Word) -> bool:
    """Whether a word holds a name of the dictionary or something that is no common noun."""
    if not any(piece.tag[:1] in "NU" for piece in word.pieces):
        return False
    return any(piece.tag == "NNP" or not _is_known(piece.tag, piece.surface) for piece in word.pieces)


def _are_unknown(word: Word, other: Word) -> bool:
    """Whether two words that share nothing are both no common nouns, and nothing but nouns: 조준람, 고영국."""
    mine, theirs = compact(word.stem), compact(other.stem)
    if min(len(mine), len(theirs)) < 3 or mine[:2] == theirs[:2] or mine in theirs or theirs in mine:
        return False
    return all(_looks_like_a_name(one) and all(piece.tag[:1] in "NU" for piece in one.pieces) for one in (word, other))


def _strange_at(word: Word, place: int) -> bool:
    for piece in word.pieces:
        if piece.start <= word.start + place < piece.end:
            if piece.tag[:1] in "VE" and piece.end >= word.end:
                return False
            return piece.tag == "NNP" or not _is_known(piece.tag, piece.surface)
    return False


def _is_known(tag: str, surface: str) -> bool:
    return tag in _AFFIXES or (tag in _NOUNS and len(surface) > 1)


def _is_nominal(word: Word) -> bool:
    return any(piece.tag in _NOUNS for piece in word.pieces)

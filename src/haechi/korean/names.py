"""Proper nouns in a text: institutions, offices, persons, places, laws and products.

A name is claimed (`certain`) only where its form leaves no doubt: a morpheme that the dictionary knows as a name, an
end such as 공단 behind a modifier, a family name before a title, 낫표, or the home's gazetteer. Compounds of common
nouns that may be a class or a name (상담센터) are `ambiguous`. Common nouns alone (신청인, 위원회) are no names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from haechi.korean import mecab
from haechi.korean.gazetteer import NONE, Gazetteer, compact
from haechi.korean.josa import strip_josa
from haechi.korean.name_words import (
    CLASS_HEADS,
    DEPARTMENTS,
    FAMILY_NAMES,
    GENERIC,
    HEADS,
    LATIN_WORDS,
    LAW_HEADS,
    LEADERS,
    NOT_NAMES,
    OFFICERS,
    OFFICES,
    PLACE_HEADS,
    RULE_HEADS,
    SHORT_LAWS,
    SURE_HEADS,
    TITLES,
)
from haechi.types import Value

NameType = Literal["institution", "person", "place", "law", "product", "other"]

_BLANK = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_WORD = re.compile(r"[가-힣A-Za-z0-9]+(?:[-&./+][A-Za-z0-9]+)*(?:\([A-Za-z]{1,5}\)[가-힣]+)?")
_QUOTED_LAW = re.compile(r"[「『]([^「」『』\n]{2,100})[」』](?: ?(시행령|시행규칙))?")
_LATIN = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-&./+][A-Za-z0-9]+)*")
_RELATED_LAW = re.compile(r"([가-힣ㆍ·]{2,20}(?:에|을|를) (?:관한|대한|위한|따른))$")
_LONGEST_LISTED = 6
_HEADS = sorted(HEADS | {"시행령"}, key=len, reverse=True)
_LEADERS = sorted(LEADERS, key=len, reverse=True)
_TITLES = sorted(TITLES, key=len, reverse=True)


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


@dataclass(frozen=True, slots=True)
class Name:
    """A name in a text. `head` is the end that tells its sort (은행, 시, 법), `starts` where its morphemes begin."""

    type: NameType
    surface: str
    normalised: str
    start: int
    end: int
    certain: bool
    head: str = ""
    starts: frozenset[int] = frozenset()


def names_in(text: str, gazetteer: Gazetteer = NONE) -> list[Value]:
    """The names of `text` in order, never overlapping; equal `normalised` is one name. Never raises.

    An abbreviation that the gazetteer knows one full form of is normalised to it.
    """
    return [
        Value(
            "name",
            name.surface,
            gazetteer.full_form(name.normalised),
            name.start,
            name.end,
            "certain" if name.certain else "ambiguous",
        )
        for name in find_names(text, gazetteer)
    ]


def find_names(text: str, gazetteer: Gazetteer = NONE, words: Sequence[Word] | None = None) -> list[Name]:
    """The names of `text` with what a checker needs to know of them, in order and never overlapping."""
    words = read_words(text) if words is None else words
    found = [*_laws(text, words), *_listed(text, words, gazetteer)]
    for position, word in enumerate(words):
        found += _names_of(text, words, position)
    found.sort(key=lambda name: (not name.certain, name.start - name.end, name.start))
    taken = bytearray(len(text))
    kept = []
    for name in found:
        if not any(taken[name.start : name.end]):
            taken[name.start : name.end] = b"\1" * (name.end - name.start)
            kept.append(name)
    return sorted(kept, key=lambda name: name.start)


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
        return Word(stem, start, start + len(stem), tuple(pieces), start + len(stem) == end)
    # A place such as 단미구, whose 구 mecab takes for an ending
    if last < len(pieces) and pieces[last].surface in ("시", "군", "구") and pieces[last].tag.startswith(("VC", "E")):
        last += 1
    kept = tuple(pieces[:last])
    stop = min(end, kept[-1].end)
    return Word(text[start:stop], start, stop, kept, stop == end)


def _is_tail(piece: Piece) -> bool:
    tag = piece.tag
    if tag.startswith(("J", "E", "VC", "XSV", "XSA", "SF", "SY")):
        return True
    return tag.startswith("V") and "+E" in tag and piece.surface[-1:] in "다요까죠오는은을를고며면"


def _names_of(text: str, words: Sequence[Word], position: int) -> Iterator[Name]:
    word = words[position]
    stem = word.stem
    if len(stem) < 2 or stem in NOT_NAMES:
        return
    for match in _LATIN.finditer(stem):
        if (name := _latin(match, word)) is not None:
            yield name
    if (person := _person(text, words, position)) is not None:
        yield person
        return
    if (institution := _institution(text, words, position)) is not None:
        yield institution
        return
    if (place := _place(word)) is not None:
        yield place
        return
    yield from _dictionary(word)


def _latin(match: re.Match[str], word: Word) -> Name | None:
    surface = match[0].rstrip(".-/&+")
    if len(surface) < 2 or surface.lower() in LATIN_WORDS or "@" in surface or surface.startswith("www"):
        return None
    start = word.start + match.start()
    named = any(character.isupper() for character in surface)
    return Name("product", surface, compact(surface), start, start + len(surface), named and len(surface) > 2, "")


def _person(text: str, words: Sequence[Word], position: int) -> Name | None:
    """A family name with two more syllables, where a title follows or the dictionary knows it."""
    word = words[position]
    stem, titled = word.stem, False
    for title in _TITLES:
        if stem.endswith(title) and 2 <= len(stem) - len(title) <= 4 and len(title) < len(stem):
            short = stem[: -len(title)]
            if _could_be_person(short, word) and (len(title) > 1 or title in "씨님"):
                stem, titled = short, True
            break
    follows = words[position + 1] if position + 1 < len(words) else None
    if not titled and follows is not None and word.bare and text[word.end : follows.start] == " ":
        titled = any(follows.stem == title or follows.stem.endswith(title) for title in _TITLES)
    known = any(piece.sense == "인명" and piece.surface == stem for piece in word.pieces)
    if not 2 <= len(stem) <= 4 or not _could_be_person(stem, word):
        return None
    if not (known and len(stem) >= 3) and not (titled and (len(stem) == 3 or known)):
        return None
    return Name("person", stem, compact(stem), word.start, word.start + len(stem), True, "", frozenset({0, 1}))


def _could_be_person(stem: str, word: Word) -> bool:
    if stem in NOT_NAMES or stem in GENERIC or not re.fullmatch(r"[가-힣]{2,4}", stem):
        return False
    if stem[:1] not in FAMILY_NAMES and stem[:2] not in FAMILY_NAMES:
        return False
    inside = [piece for piece in word.pieces if piece.start < word.start + len(stem)]
    if any(piece.sense == "인명" for piece in inside):
        return True
    # 조합원 대표, 유학생 대표: known nouns
    return len(stem) == 3 and not any(piece.tag == "NNG" and len(piece.surface) >= 2 for piece in inside[:1])


def _institution(text: str, words: Sequence[Word], position: int) -> Name | None:
    word = words[position]
    stem, start = word.stem, word.start
    if stem in OFFICES or stem in OFFICERS:
        return Name("institution", stem, compact(stem), start, word.end, True, stem)
    stem = _without_leader(stem, word)
    head = next((head for head in _HEADS if stem.endswith(head)), "")
    if not head:
        return None
    modifier = stem[: -len(head)]
    joined = False
    before = words[position - 1] if position else None
    if not modifier and before is not None and before.bare and text[before.end : word.start] == " ":
        # 국민연금 공단: one name in two words
        if head in DEPARTMENTS or len(head) < 2 or not _is_nominal(before):
            return None
        modifier, start, joined = before.stem, before.start, True
    if len(modifier) < 2 or modifier in GENERIC or modifier in NOT_NAMES or stem in NOT_NAMES:
        return None
    if not joined and not _ends_in_morpheme(word, head, len(stem)):
        return None
    pieces = ((*before.pieces, *word.pieces) if joined and before is not None else word.pieces)
    proper = _is_proper([piece for piece in pieces if piece.start < start + len(modifier)], modifier)
    certain = proper or _is_sure(head, modifier, pieces)
    surface = text[start : word.start + len(stem)]
    normalised = compact(surface)
    return Name("institution", surface, normalised, start, word.start + len(stem), certain, head, _starts(pieces, start))


def _without_leader(stem: str, word: Word) -> str:
    """국세청장 → 국세청, 고용노동부장관 → 고용노동부; what is left must itself end like an institution."""
    for leader in _LEADERS:
        if not stem.endswith(leader) or len(stem) <= len(leader) + 1:
            continue
        for size in (len(leader), 1) if leader[-1] == "장" else (len(leader),):
            rest = stem[:-size]
            if any(rest.endswith(head) for head in _HEADS) and rest not in NOT_NAMES and len(rest) > 2:
                return rest
        break
    return stem


def _is_nominal(word: Word) -> bool:
    return all(piece.tag in ("NNG", "NNP", "XSN", "XPN", "SL", "SN", "XR") for piece in word.pieces)


def _ends_in_morpheme(word: Word, head: str, length: int) -> bool:
    """Whether the head is cut off by the morphemes as well: 인사+과, not 결과. Long heads may be cut anywhere."""
    if len(head) >= 2:
        return True
    place = word.start + length - len(head)
    if any(piece.start == place for piece in word.pieces):
        return True
    whole = next((piece for piece in word.pieces if piece.start < place < piece.end), None)
    if whole is None:
        return False
    if whole.tag == "NNP" or (whole.parts and whole.parts[-1] == head):
        return True
    # 노동부+장관, 인사혁신처+장: the leader hides the end
    return bool(whole.parts) and whole.surface.startswith("".join(whole.parts[:1])) and head in whole.parts


def _is_proper(pieces: Sequence[Piece], modifier: str) -> bool:
    """Whether a modifier holds a name, or something that is no word at all."""
    if modifier.startswith(("한국", "국립", "대한", "전국")):
        return True
    return any(
        (piece.tag == "NNP" and len(piece.surface) >= 2) or piece.tag[:1] in "VEMIU" or piece.tag == "SL"
        for piece in pieces
    )


def _is_sure(head: str, modifier: str, pieces: Sequence[Piece]) -> bool:
    if head in ("부", "처", "청"):
        return len(modifier) >= 2
    if head == "공사":
        return False
    return head in SURE_HEADS or (head == "팀" and len(modifier) >= 2)


def _place(word: Word) -> Name | None:
    """강남구, 단미구, 세종로: a place that ends like one, with a name or an unknown word before."""
    stem = word.stem
    head = next((head for head in sorted(PLACE_HEADS, key=len, reverse=True) if stem.endswith(head)), "")
    modifier = stem[: -len(head)] if head else ""
    if not 2 <= len(modifier) <= 6 or modifier in GENERIC or stem in NOT_NAMES:
        return None
    inside = [piece for piece in word.pieces if piece.start < word.start + len(modifier)]
    cut = any(piece.start == word.start + len(modifier) for piece in word.pieces)
    known = any(piece.sense == "지명" for piece in inside)
    if not known and not (cut and head in ("시", "군", "구", "도", "읍", "면", "동")):
        return None
    if head in ("로", "길", "리", "동", "면") and not any(piece.sense == "지명" for piece in word.pieces):
        return None
    strange = any(piece.tag == "NNP" or piece.tag[:1] in "VEMIU" for piece in inside)
    return Name("place", stem, compact(stem), word.start, word.end, known or strange, head, _starts(word.pieces, word.start))


def _dictionary(word: Word) -> Iterator[Name]:
    """Names that only the dictionary tells: 부산, 하이데거, and unbroken runs of them."""
    run: list[Piece] = []
    for piece in (*word.pieces, None):
        if piece is not None and piece.tag == "NNP":
            run.append(piece)
            continue
        if run:
            surface = "".join(one.surface for one in run)
            if len(surface) >= 2 and surface not in NOT_NAMES:
                sense = {"인명": "person", "지명": "place"}.get(run[0].sense, "other")
                yield Name(
                    sense,  # type: ignore[arg-type]
                    surface,
                    compact(surface),
                    run[0].start,
                    run[-1].end,
                    True,
                    "",
                    _starts(run, run[0].start),
                )
        run = []


def _laws(text: str, words: Sequence[Word]) -> Iterator[Name]:
    """Laws and rules in 낫표, and words that end like the title of a law."""
    for match in _QUOTED_LAW.finditer(text):
        surface = match[0]
        yield Name("law", surface, compact(surface), match.start(), match.end(), True, "법")
    for position, word in enumerate(words):
        stem = word.stem
        start = word.start
        if stem in NOT_NAMES:
            continue
        related = _RELATED_LAW.search(text[max(0, start - 40) : start].rstrip(" "))
        if stem in ("법률", "특별법", "특례법", "법", "규정", "규칙", "조례", "지침") and related:
            begin = start - len(text[max(0, start - 40) : start]) + related.start()
            surface = text[begin : word.end]
            yield Name("law", surface, compact(surface), begin, word.end, stem.startswith(("법", "특")), "법")
        elif stem in SHORT_LAWS or any(stem.endswith(head) and len(stem) > len(head) for head in LAW_HEADS):
            yield Name("law", stem, compact(stem), start, word.end, True, "법", _starts(word.pieces, start))
        elif len(stem) >= 3 and stem.endswith("법") and not stem.endswith("방법"):
            yield Name("law", stem, compact(stem), start, word.end, False, "법", _starts(word.pieces, start))
        else:
            head = next((head for head in RULE_HEADS if stem.endswith(head) and len(stem) >= len(head) + 2), "")
            if head:
                yield Name("law", stem, compact(stem), start, word.end, False, head, _starts(word.pieces, start))


def _listed(text: str, words: Sequence[Word], gazetteer: Gazetteer) -> Iterator[Name]:
    """Names of the gazetteer, also where they are spaced otherwise."""
    if not gazetteer.names:
        return
    for position, word in enumerate(words):
        for last in words[position : position + _LONGEST_LISTED]:
            surface = text[word.start : last.end]
            if len(surface) > 2 and compact(surface) in gazetteer.names:
                yield Name("other", surface, compact(surface), word.start, last.end, True)
            if not last.bare:
                break


def _starts(pieces: Sequence[Piece], start: int) -> frozenset[int]:
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

"""Proper nouns in a text: institutions, offices, persons, places, laws and products.

A name is claimed (`certain`) only where its form leaves no doubt: a morpheme that the dictionary knows as a name, an
end such as 공단 behind a modifier, a family name before a title, 낫표, or the home's gazetteer. Compounds of common
nouns that may be a class or a name (상담센터) are `ambiguous`. Common nouns alone (신청인, 위원회) are no names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from haechi.korean.gazetteer import NONE, Gazetteer, compact, learn
from haechi.korean.name_houses import institution, place
from haechi.korean.name_reading import Name, NameType, Piece, Word, read_words, starts_of
from haechi.korean.name_words import (
    FAMILY_NAMES,
    GENERIC,
    LATIN_WORDS,
    LAW_HEADS,
    NOT_NAMES,
    RULE_HEADS,
    SHORT_LAWS,
    TITLES,
    end_of,
)
from haechi.korean.values import parse_values
from haechi.types import Value

_QUOTED_LAW = re.compile(r"[「『]([^「」『』\n]{2,100})[」』](?: ?(시행령|시행규칙))?")
_LATIN = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-&./+][A-Za-z0-9]+)*")
_RELATED_LAW = re.compile(r"([가-힣ㆍ·]{2,20}(?:에|을|를) (?:관한|대한|위한|따른))$")
_LONGEST_LISTED = 6
#: Persons of the dictionary that are verbs where they stand: 이용해, 친절한.
_VERB_END = re.compile(r"[해한할함하과와]$")
#: Places of the dictionary that are verbs where they stand: 내요, 내기.
_SHORT_VERB = re.compile(r"^.[요기고며면니서게지자네려]$")
_SAME_LETTER = re.compile(r"(.)\1+$")
_HANGUL = re.compile("[가-힣]{2,8}")
_LAW_ENDS = frozenset(head[-1] for head in (*LAW_HEADS, *SHORT_LAWS, *RULE_HEADS, "법"))


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


def values_and_names(text: str, gazetteer: Gazetteer | None = None) -> list[Value]:
    """What `parse_values` gives and the names beside it, in order; without a gazetteer, that of the text itself."""
    values = parse_values(text)
    names = names_in(text, learn([text]) if gazetteer is None else gazetteer)
    apart = [one for one in names if not any(value.start < one.end and one.start < value.end for value in values)]
    return sorted([*values, *apart], key=lambda value: value.start)


def find_names(text: str, gazetteer: Gazetteer = NONE, words: Sequence[Word] | None = None) -> list[Name]:
    """The names of `text` with what a checker needs to know of them, in order and never overlapping."""
    words = read_words(text) if words is None else words
    found = list(_laws(text, words))
    for position in range(len(words)):
        found += _names_of(text, words, position)
    found += _listed(text, words, gazetteer)
    found.sort(key=lambda name: (not name.certain, name.start - name.end, name.start))
    taken = bytearray(len(text))
    kept = []
    for name in found:
        if not any(taken[name.start : name.end]):
            taken[name.start : name.end] = b"\1" * (name.end - name.start)
            kept.append(name)
    return sorted(kept, key=lambda name: name.start)


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
    house = institution(text, words, position) or place(text, word)
    if house is not None:
        yield house
        return
    yield from _dictionary(word)


def _latin(match: re.Match[str], word: Word) -> Name | None:
    surface = match[0].rstrip(".-/&+")
    if (
        len(surface) < 2
        or surface.lower() in LATIN_WORDS
        or "@" in surface
        or surface.startswith("www")
        or _SAME_LETTER.match(surface)
    ):
        return None
    start = word.start + match.start()
    # SNS and KTX are words; KakaoTalk, A-100 and Windows11 are names
    named = any(character.isupper() for character in surface) and not (surface.isupper() and len(surface) <= 5)
    certain = (named or any(character.isdigit() for character in surface)) and len(surface) > 2
    return Name("product", surface, compact(surface), start, start + len(surface), certain, "")


def _person(text: str, words: Sequence[Word], position: int) -> Name | None:
    """A family name with two more syllables, where a title follows or the dictionary knows it."""
    word = words[position]
    stem, titled = word.stem, False
    if not _HANGUL.fullmatch(stem):
        return None
    title = end_of(stem, TITLES)
    short = stem[: len(stem) - len(title)]
    if title and (len(title) > 1 or title in "씨님") and _could_be_person(short, word):
        stem, titled = short, True
    elif not _could_be_person(stem, word):
        return None
    follows = words[position + 1] if position + 1 < len(words) else None
    if not titled and follows is not None and word.bare and text[word.end : follows.start] == " ":
        titled = bool(end_of(follows.stem, TITLES))
    known = any(piece.sense == "인명" and piece.surface == stem for piece in word.pieces)
    if not (known and len(stem) >= 3) and not (titled and (len(stem) == 3 or known)):
        return None
    certain = titled or not _VERB_END.search(stem)
    return Name("person", stem, compact(stem), word.start, word.start + len(stem), certain, "", frozenset({0, 1}))


def _could_be_person(stem: str, word: Word) -> bool:
    if stem in NOT_NAMES or stem in GENERIC or not 2 <= len(stem) <= 4:
        return False
    if stem[:1] not in FAMILY_NAMES and stem[:2] not in FAMILY_NAMES:
        return False
    inside = [piece for piece in word.pieces if piece.start < word.start + len(stem)]
    if any(piece.sense == "인명" for piece in inside):
        return True
    # 조합원 대표, 유학생 대표: known nouns
    return len(stem) == 3 and not any(piece.tag == "NNG" and len(piece.surface) >= 2 for piece in inside[:1])


def _dictionary(word: Word) -> Iterator[Name]:
    """Names that only the dictionary tells: 부산, 하이데거, and unbroken runs of them.

    What it lists as a name of no sort is doubtful: 전기차 and 부가가치세 are there beside 삼성전자.
    """
    run: list[Piece] = []
    for piece in (*word.pieces, None):
        if piece is not None and piece.tag == "NNP":
            run.append(piece)
            continue
        if run and (name := _of_run(run)) is not None:
            yield name
        run = []


def _of_run(run: Sequence[Piece]) -> Name | None:
    surface = "".join(one.surface for one in run)
    if len(surface) < 2 or surface in NOT_NAMES:
        return None
    sorts: dict[str, NameType] = {"인명": "person", "지명": "place"}
    sort = sorts.get(run[0].sense, "other")
    certain = sort != "other" and surface != "한국"
    if (sort == "person" and _VERB_END.search(surface)) or _SHORT_VERB.match(surface):
        certain = False
    return Name(sort, surface, compact(surface), run[0].start, run[-1].end, certain, "", starts_of(run, run[0].start))


def _laws(text: str, words: Sequence[Word]) -> Iterator[Name]:
    """Laws and rules in 낫표, and words that end like the title of a law."""
    for match in _QUOTED_LAW.finditer(text):
        surface = match[0]
        # 「5년 이상 임대여부의 계산」 is a title, and may be told in other words
        if match[1].partition("(")[0].rstrip()[-1:] in _LAW_ENDS or match[2]:
            yield Name("law", surface, compact(surface), match.start(), match.end(), True, "법")
    for word in words:
        stem = word.stem
        start = word.start
        if stem[-1:] not in _LAW_ENDS or stem in NOT_NAMES:
            continue
        related = _RELATED_LAW.search(text[max(0, start - 40) : start].rstrip(" "))
        if stem in ("법률", "특별법", "특례법", "법", "규정", "규칙", "조례", "지침") and related:
            begin = start - len(text[max(0, start - 40) : start]) + related.start()
            surface = text[begin : word.end]
            yield Name("law", surface, compact(surface), begin, word.end, stem.startswith(("법", "특")), "법")
        elif stem in SHORT_LAWS or end_of(stem[1:], LAW_HEADS):
            yield Name("law", stem, compact(stem), start, word.end, True, "법", starts_of(word.pieces, start))
        elif len(stem) >= 3 and stem.endswith("법") and not stem.endswith("방법"):
            yield Name("law", stem, compact(stem), start, word.end, False, "법", starts_of(word.pieces, start))
        else:
            head = end_of(stem[2:], RULE_HEADS)
            if head:
                yield Name("law", stem, compact(stem), start, word.end, False, head, starts_of(word.pieces, start))


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

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
    COMMITTEES,
    DEPARTMENTS,
    FAMILY_NAMES,
    GENERIC,
    HEADS,
    LATIN_WORDS,
    LAW_HEADS,
    LEADERS,
    MINISTRIES,
    NOT_NAMES,
    OFFICERS,
    OFFICES,
    PLACE_HEADS,
    POINTING,
    RULE_HEADS,
    SHORT_LAWS,
    SURE_HEADS,
    TITLES,
    WEAK_HEADS,
)
from haechi.korean.protect import SEPARATORS
from haechi.types import Value

NameType = Literal["institution", "person", "place", "law", "product", "other"]

#: What mecab may not see: it stops at a NUL, and glues the dot of statutes (ㆍ, a Hangul letter) to the next word.
_BLANK = re.compile(f"{SEPARATORS.pattern.rstrip('+')}|[\\s\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_WORD = re.compile(r"[가-힣A-Za-z0-9]+(?:[-&./+][A-Za-z0-9]+)*(?:\([A-Za-z]{1,5}\)[가-힣]+)?")
_QUOTED_LAW = re.compile(r"[「『]([^「」『』\n]{2,100})[」』](?: ?(시행령|시행규칙))?")
_LATIN = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-&./+][A-Za-z0-9]+)*")
_RELATED_LAW = re.compile(r"([가-힣ㆍ·]{2,20}(?:에|을|를) (?:관한|대한|위한|따른))$")
_LONGEST_LISTED = 6
_HEADS = sorted(HEADS, key=len, reverse=True)
_LONG_HEADS = [head for head in _HEADS if len(head) >= 3]
_PLACES = sorted(PLACE_HEADS, key=len, reverse=True)
_TOWN = re.compile(r"(?:는|은|의|이|가|에서)(?=\s)|(?<=[군구]) (?=[가-힣])")
#: Persons of the dictionary that are verbs where they stand: 이용해, 친절한.
_VERB_END = re.compile(r"[해한할함하과와]$")
#: Places of the dictionary that are verbs where they stand: 내요, 내기.
_SHORT_VERB = re.compile(r"^.[요기고며면니서게지자네려]$")
_SAME_LETTER = re.compile(r"(.)\1+$")
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
    if (place := _place(text, word)) is not None:
        yield place
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
    certain = titled or not _VERB_END.search(stem)
    return Name("person", stem, compact(stem), word.start, word.start + len(stem), certain, "", frozenset({0, 1}))


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
    if any(character.isdigit() for character in stem):
        return None
    led = _without_leader(stem)
    for whole in (stem, led):
        if whole in OFFICES or whole in OFFICERS:
            return Name("institution", whole, compact(whole), start, start + len(whole), True, whole)
    if stem.endswith(("장관", "차관")) and led == stem and len(stem) >= 4:
        return Name("institution", stem, compact(stem), start, start + len(stem), True, stem[-2:])
    head = next((head for head in _HEADS if led.endswith(head)), "")
    if not head and (spelt := next((head for head in _LONG_HEADS if strip_josa(stem).endswith(head)), "")):
        # 대의 of 미리내천문대의 is read as a word
        led, head = strip_josa(stem), spelt
    if not head:
        return None
    modifier = led[: -len(head)]
    pieces = word.pieces
    if not modifier:
        before = words[position - 1] if position else None
        if before is None or not before.bare or text[before.end : word.start] != " ":
            return None
        # 국민연금 공단: one name in two words
        if head in DEPARTMENTS or len(head) < 2 or not _is_nominal(before) or len(before.stem) < 3:
            return None
        modifier, start, pieces = before.stem, before.start, (*before.pieces, *word.pieces)
    elif led == stem and not _ends_in_morpheme(word, head, len(led)):
        return None
    if head in OFFICES and (len(modifier) < 2 or modifier in GENERIC):
        begin = word.start + len(led) - len(head)
        return Name("institution", head, head, begin, begin + len(head), True, head)
    if len(modifier) < 2 or modifier in POINTING or led in NOT_NAMES:
        return None
    inside = [piece for piece in pieces if piece.start < start + len(modifier)]
    certain, claimable = _surety(head, modifier, inside, led != stem)
    if modifier in GENERIC and not certain:
        return None
    end = word.start + len(led)
    surface = text[start:end]
    likely = modifier if claimable and not certain else ""
    return Name("institution", surface, compact(surface), start, end, certain, head, _starts(pieces, start), likely)


def _surety(head: str, modifier: str, pieces: Sequence[Piece], led: bool) -> tuple[bool, bool]:
    """Whether modifier and head make a name for certain, and whether they do where the modifier is strange."""
    named = modifier.startswith(("한국", "국립", "대한")) or any(
        piece.tag == "NNP" and piece.sense != "*" and len(piece.surface) >= 2 for piece in pieces
    )
    if head in ("처", "청"):
        return len(modifier) >= 2, False
    if head == "부":
        return led or any((modifier + head).endswith(ministry) for ministry in MINISTRIES), False
    if head == "위원회":
        return named or modifier not in COMMITTEES, False
    if head in SURE_HEADS:
        return True, False
    if head == "팀":
        return named, True
    generic = modifier in GENERIC or any(piece.surface in GENERIC and len(piece.surface) > 1 for piece in pieces[:1])
    if head in CLASS_HEADS:
        return named, not generic
    strange = any(piece.tag == "NNP" or piece.tag[:1] in "VEMIU" or len(piece.surface) == 1 for piece in pieces)
    return named and head in WEAK_HEADS, head in WEAK_HEADS and strange


def _without_leader(stem: str) -> str:
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


def _place(text: str, word: Word) -> Name | None:
    """강남구, 단미구, 세종로: a place that ends like one, with a name or an unknown word before."""
    stem = word.stem
    head = next((head for head in _PLACES if stem.endswith(head)), "")
    modifier = stem[: -len(head)] if head else ""
    if not 2 <= len(modifier) <= 6 or modifier in GENERIC or stem in NOT_NAMES:
        return None
    if any(character.isdigit() for character in stem):
        return None
    inside = [piece for piece in word.pieces if piece.start < word.start + len(modifier)]
    known = any(piece.sense == "지명" for piece in word.pieces)
    if not known:
        # 구름시는: an unknown town; 신청 시, 지급시에 is a time
        cut = any(piece.start == word.start + len(modifier) for piece in word.pieces)
        nouns = all(piece.tag[:1] in "NX" for piece in inside)
        if not cut or not nouns or head not in ("시", "군", "구", "읍") or not _TOWN.match(text, word.end):
            return None
    starts = _starts(word.pieces, word.start)
    return Name("place", stem, compact(stem), word.start, word.end, known, head, starts, "" if known else modifier)


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
    return Name(sort, surface, compact(surface), run[0].start, run[-1].end, certain, "", _starts(run, run[0].start))


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

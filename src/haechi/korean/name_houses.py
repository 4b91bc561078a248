"""Institutions, their officers, and places: words that end like one (은행, 시) behind a word that makes it a name."""

from __future__ import annotations

import re
from collections.abc import Sequence

from haechi.korean.gazetteer import compact
from haechi.korean.name_reading import Name, Piece, Word, starts_of
from haechi.korean.name_words import (
    CLASS_HEADS,
    COMMITTEES,
    DEPARTMENTS,
    GENERIC,
    HEADS,
    LEADERS,
    MINISTRIES,
    NOT_NAMES,
    OFFICERS,
    OFFICES,
    PLACE_HEADS,
    POINTING,
    SURE_HEADS,
    WEAK_HEADS,
)

_HEADS = sorted(HEADS, key=len, reverse=True)
_LONG_HEADS = [head for head in _HEADS if len(head) >= 3]
_PLACES = sorted(PLACE_HEADS, key=len, reverse=True)
_LEADERS = sorted(LEADERS, key=len, reverse=True)
#: 구름시는, 단미구 주민: what stands behind a town and not behind a time (신청시).
_TOWN = re.compile(r"(?:[는은의이가을를와과도]|에서[는도]?)(?=\s)|(?<=[군구]) (?=[가-힣])")


def institution(text: str, words: Sequence[Word], position: int) -> Name | None:
    """The institution or officer that a word is or ends (국민연금 공단), without its leader (국세청|장)."""
    word = words[position]
    stem, start = word.stem, word.start
    if any(character.isdigit() for character in stem):
        return None
    led = _without_leader(stem)
    for whole in (stem, led, word.spelt):
        if whole in OFFICES or whole in OFFICERS:
            return Name("institution", whole, compact(whole), start, start + len(whole), True, whole)
    if stem.endswith(("장관", "차관")) and led == stem and len(stem) >= 4:
        return Name("institution", stem, compact(stem), start, start + len(stem), True, stem[-2:])
    head = next((head for head in _HEADS if led.endswith(head)), "")
    if not head and (spelt := next((head for head in _LONG_HEADS if word.spelt.endswith(head)), "")):
        # 대의 of 미리내천문대의 is read as a word
        led, head = word.spelt, spelt
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
    return Name("institution", surface, compact(surface), start, end, certain, head, starts_of(pieces, start), likely)


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


def place(text: str, word: Word) -> Name | None:
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
        nouns = all(piece.tag[:1] in "NXMU" for piece in inside)
        if not cut or not nouns or head not in ("시", "군", "구", "읍") or not _TOWN.match(text, word.end):
            return None
    starts = starts_of(word.pieces, word.start)
    return Name("place", stem, compact(stem), word.start, word.end, known, head, starts, "" if known else modifier)

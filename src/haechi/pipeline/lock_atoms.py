"""What an answer may copy under the evidence lock: the values of the passages, each one atom, and nothing twice.

An atom is a value with its unit (`3천만 원`, `제12조의2제1항`, `02-123-4567`, `a@b.kr`) in its spellings with
the same digits, or a number that stands in a passage by itself. A reader looks for what is written, so that a value is
never spelled in other digits (30,000,000원 for 3천만 원).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from haechi.checkers.base import Evidence
from haechi.korean.values import parse_values, surface_variants
from haechi.types import Value

#: What the free part of a locked answer may hold besides Hangul syllables, jamo and Latin letters: no numeral of any
#: script, and no `%`, `@` or `[`, which only occur inside atoms.
PUNCTUATION = " ,.()·ㆍ「」『』“”‘’\"'~:;!?/…-"
#: Bounds of the grammar. 300 literals of 6,000 characters in all cost llama.cpp nothing that can be measured.
MAX_ATOMS = 300
MAX_CHARS = 6_000
#: A longer literal is no value but a parser's accident.
MAX_LITERAL = 80
_MAX_LETTERS = 300

_FREE = re.compile(rf"[가-힣ㄱ-ㅎㅏ-ㅣA-Za-z{re.escape(PUNCTUATION)}]*")
# Digits of any script with the marks that occur inside numbers and codes.
_NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*%?")


@dataclass(frozen=True)
class Atoms:
    """`literals` in the order of the passages, the best first; `letters` are other scripts' letters that occur there.

    `left_out` are the values that the bounds kept out: the lock bars them although a passage has them.
    """

    literals: tuple[str, ...]
    letters: str = ""
    left_out: tuple[str, ...] = ()


def collect(
    evidence: Sequence[Evidence],
    names: Sequence[str] = (),
    *,
    max_atoms: int = MAX_ATOMS,
    max_chars: int = MAX_CHARS,
) -> Atoms:
    """The atoms of these passages, best passage first; what stands written goes before other spellings of it.

    A name is an atom only where it holds what the free part can't write (`G20`, `케이티앤지(KT&G)`): Hangul is free, so
    no grammar keeps an invented Hangul name out.
    """
    written = list(dict.fromkeys(_tidy(surface) for surface in _written(evidence, names)))
    spelled = [_tidy(surface) for surface in _spelled(evidence)]
    kept: dict[str, None] = {}
    left_out: list[str] = []
    size = 0
    for number, literal in enumerate(dict.fromkeys([*written, *spelled])):
        if not literal or is_free(literal):
            continue
        if len(kept) < max_atoms and size + len(literal) <= max_chars and len(literal) <= MAX_LITERAL:
            kept[literal] = None
            size += len(literal)
        elif number < len(written):
            left_out.append(literal)
    return Atoms(tuple(kept), _letters(evidence), tuple(left_out))


def has_numeral(text: str) -> bool:
    """Whether any character has a numeric value in Unicode (①, Ⅳ, ½, ٣ and 三 included)."""
    return any(unicodedata.numeric(character, None) is not None for character in text)


def is_free(text: str) -> bool:
    """Whether the free part of a locked answer can write this: letters and punctuation only."""
    return _FREE.fullmatch(text) is not None


def _written(evidence: Sequence[Evidence], names: Sequence[str]) -> Iterator[str]:
    """Values, lone numbers and names as they stand in the passages."""
    for passage in evidence:
        texts = (passage.text, passage.label, passage.title)
        for text in texts:
            values = parse_values(text)
            yield from (value.surface for value in values)
            yield from _lone_numbers(text, values)
        yield from (name for name in names if any(name in text for text in texts))


def _spelled(evidence: Sequence[Evidence]) -> Iterator[str]:
    """Other spellings of the values with the same digits in the same order: commas, spaces, date marks."""
    for passage in evidence:
        for text in (passage.text, passage.label, passage.title):
            for value in parse_values(text):
                digits = _digits(value.surface)
                if digits:
                    yield from (surface for surface in surface_variants(value) if _digits(surface) == digits)


def _lone_numbers(text: str, values: Sequence[Value]) -> Iterator[str]:
    """Numerals that stand outside values. One that only occurs inside values must not stand without its unit."""
    covered = bytearray(len(text))
    for value in values:
        covered[value.start : value.end] = b"\1" * (value.end - value.start)
    for match in _NUMBER.finditer(text):
        if not any(covered[match.start() : match.end()]):
            yield match.group()
            covered[match.start() : match.end()] = b"\1" * (match.end() - match.start())
    run = ""
    for character, taken in zip([*text, " "], [*covered, 1], strict=True):
        if not taken and unicodedata.numeric(character, None) is not None:
            run += character
        elif run:
            yield run
            run = ""


def _letters(evidence: Sequence[Evidence]) -> str:
    """Letters of other scripts that the passages write (附則, é), without those that are numerals (三)."""
    found: dict[str, None] = {}
    for passage in evidence:
        for character in passage.text:
            if not is_free(character) and unicodedata.category(character)[0] == "L" and not has_numeral(character):
                found[character] = None
    return "".join(list(found)[:_MAX_LETTERS])


def _digits(surface: str) -> list[str]:
    return re.findall(r"\d+", surface.replace(",", ""))


def _tidy(surface: str) -> str:
    """On one line, without control characters: a value may run over a line's end in a PDF."""
    return " ".join(surface.split())

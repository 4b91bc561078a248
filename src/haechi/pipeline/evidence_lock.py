"""Evidence lock (근거 잠금): a grammar in which every number must be copied from the evidence.

A value and its unit are one atom (`3천만 원`, `제12조의2제1항`), written in any of its usual forms; outside atoms only
letters and punctuation are possible, so no other numeral of any script can be produced; citation markers are atoms of
their own. It is a tripwire and a guard, not a judge: a locked value is in the evidence, but may be the wrong one, which
is the checkers' work. Hangul number words are letters to a grammar, so the caller checks the result again.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from haechi.checkers.base import Evidence
from haechi.korean.values import parse_values, surface_variants

#: Letters, spaces and punctuation that carry no number; `%` and `[` only occur inside atoms.
FREE = r"[가-힣ㄱ-ㅎㅏ-ㅣA-Za-z ,.()·ㆍ「」『』“”‘’\"'~:;!?/…-]"
#: Atoms beyond this many are left out, longest evidence first; a grammar of 300 literals costs nothing measurable.
MAX_ATOMS = 300

# Digits with the marks that occur inside numbers, phone numbers and codes.
_NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*%?")


def has_numeral(text: str) -> bool:
    """Whether any character has a numeric value in Unicode (①, Ⅳ, ½, ٣ and 三 included)."""
    return any(unicodedata.numeric(character, None) is not None for character in text)


def atoms(evidence: Sequence[Evidence]) -> list[str]:
    """Every value of the evidence with its comma, space and date-mark variants, and every bare number; longest first.

    Variants in other digits (30,000,000원 for 3천만 원) are left out: a reader looks for what is written.
    """
    found: dict[str, None] = {}
    for passage in evidence:
        for text in (passage.text, passage.label, passage.title):
            values = parse_values(text)
            for value in values:
                for surface in (value.surface, *surface_variants(value)):
                    if has_numeral(surface) and _digits(surface) == _digits(value.surface):
                        found.setdefault(surface.strip(), None)
            # A number that only occurs inside values must not stand alone, without its unit.
            for match in _NUMBER.finditer(text):
                if not any(value.start <= match.start() and match.end() <= value.end for value in values):
                    found.setdefault(match.group(), None)
    return sorted(list(found)[:MAX_ATOMS], key=len, reverse=True)


def _digits(surface: str) -> list[str]:
    return re.findall(r"\d+", surface.replace(",", ""))


def build_grammar(evidence: Sequence[Evidence], markers: int) -> str:
    """GBNF for an answer over this evidence with citation markers `[1]` … `[markers]`.

    Two atoms never touch: "1" and "0" in the evidence must not make "10".
    """
    literals = [*(f"[{number}]" for number in range(1, markers + 1)), *atoms(evidence)]
    alternatives = " | ".join(_literal(atom) for atom in literals)
    return f"root ::= free* (atom (free+ atom)* free*)?\natom ::= {alternatives}\nfree ::= {FREE}\n"


def _literal(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'"{escaped}"'

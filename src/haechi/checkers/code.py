"""Telephone numbers, e-mail addresses and codes in an answer: 02-1234-5678 is not 02-1234-5687.

They are copied or wrong: no two spellings but those of spaces and signs are equal, and nothing is rounded.
"""

from __future__ import annotations

import re

from haechi.checkers.comparison import Relation
from haechi.checkers.stated import Stated
from haechi.checkers.value_checker import ValueChecker
from haechi.types import ValueKind

_SHAPE = re.compile(r"\d+")


class CodeChecker(ValueChecker):
    """Judges every telephone number, e-mail address and code of an answer."""

    name = "code"
    kinds: tuple[ValueKind, ...] = ("phone", "email", "code")

    def relate(self, claim: Stated, source: Stated) -> Relation:
        """Two numbers of one kind differ; two codes only where they have one shape (A-12 and A-21, not A-12 and
        B/7)."""
        if claim.value.kind != source.value.kind:
            return "other"
        if claim.value.normalised == source.value.normalised:
            return "equal"
        if claim.value.kind == "code" and _shape(claim) != _shape(source):
            return "other"
        return "different"

    def sure_without_rival(self, claim: Stated) -> bool:
        """CO2 and A4 are names as well as codes; where the evidence has no such code, nothing is said of them."""
        return claim.value.certainty == "certain"


def _shape(item: Stated) -> str:
    return _SHAPE.sub("0", item.value.normalised)

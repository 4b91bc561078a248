"""The shape in which the parsers of one kind hand a value to `values.py`: span in folded text, kind, canonical form."""

from __future__ import annotations

from typing import NamedTuple

from haechi.types import ValueKind


class Found(NamedTuple):
    """A value before overlaps are settled. A smaller `rank` wins between spans of equal length."""

    start: int
    end: int
    kind: ValueKind
    normalised: str
    rank: int

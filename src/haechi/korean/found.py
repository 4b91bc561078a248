"""The shape in which the parsers of one kind hand a value to `values.py`: span in folded text, kind, canonical form."""

from __future__ import annotations

from typing import NamedTuple

from haechi.types import Certainty, ValueKind


class Found(NamedTuple):
    """A value before overlaps are settled. A smaller `rank` wins between spans of equal length.

    `certainty` is `ambiguous` where the same letters may mean something else, `unresolved` where they point at
    something
    that is not written there (작년, 같은 법 with no law before it). The canonical form never guesses.
    """

    start: int
    end: int
    kind: ValueKind
    normalised: str
    rank: int
    certainty: Certainty = "certain"

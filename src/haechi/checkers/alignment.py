"""How alike the places of two values are: the letters beside them, whatever the values themselves are.

A statement that was copied, or copied with one detail changed, has the same letters beside the value as its source; a
paraphrase has not. So a close place decides which value of the evidence the claim is about, and a distant one nothing.
"""

from __future__ import annotations

from typing import NamedTuple

from haechi.checkers.stated import Stated

#: Letters on one side that are enough when the other side has none.
_ONE_SIDE = 10
#: Both places at the edge of their sentence count as so many equal letters.
_EDGE = 3


class Closeness(NamedTuple):
    """Equal letters to the left and to the right of two values."""

    left: int
    right: int

    @property
    def letters(self) -> int:
        """Both together; 0 where one side has none and the other few: "… 신고하여야 한다" ends many sentences."""
        if (not self.left and self.right < _ONE_SIDE) or (not self.right and self.left < _ONE_SIDE):
            return 0
        return self.left + self.right

    def beats(self, other: Closeness, by: int) -> bool:
        """Whether this place is the closer one on both sides: then the claim was copied from here, not from there."""
        if self.left < _EDGE or not self.right:
            return False
        return self.left >= other.left and self.right >= other.right and sum(self) >= sum(other) + by


def closeness(claim: Stated, source: Stated) -> Closeness:
    """How alike the places of two values are, with the bound words (이내) as part of the value or of its place."""
    right = max(_common(claim.behind, source.behind), _common(claim.right, source.right))
    return Closeness(_common(claim.left, source.left), right)


def _common(one: str, other: str) -> int:
    length = 0
    for ours, theirs in zip(one, other, strict=False):
        if ours != theirs:
            break
        length += 1
    return length + _EDGE if length == len(one) == len(other) else length

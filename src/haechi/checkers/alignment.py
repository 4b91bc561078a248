"""How alike the places of two values are: the letters beside them, whatever the values themselves are.

A statement that was copied, or copied with one detail changed, has the same letters beside the value as its source; a
paraphrase has not. So a close place decides which value of the evidence the claim is about, and a distant one nothing.
"""

from __future__ import annotations

from os.path import commonprefix

from haechi.checkers.stated import Stated

#: Both places at the edge of their sentence count as so many equal letters.
_EDGE = 3


def closeness(claim: Stated, source: Stated, *, bound: bool = True) -> int:
    """Equal letters to the left and right of two values; 0 where one side has none and the other few.

    With `bound` the bound words belong to the value (30일 이내|에); without, the claim's are read as written.
    """
    left = _common(claim.left, source.left)
    right = max(_common(claim.behind, source.behind), _common(claim.right, source.right) if bound else 0)
    return _joined(left, right)


def _joined(left: int, right: int) -> int:
    # One side alone says little: "… 이내에 신고하여야 한다" ends many sentences.
    if (not left and right < 8) or (not right and left < 8):
        return 0
    return left + right


def _common(one: str, other: str) -> int:
    length = len(commonprefix((one, other)))
    return length + _EDGE if length == len(one) == len(other) else length

"""The bound that a value carries: 3년 이하, 최대 50명, 30일 이내, 3천만 원을 초과.

The value parser leaves bounds out of the canonical form, so that search and the lock see 3년 in "3년 이하";
a checker reads them here, because 3년 이상 and 3년 이하 are opposite claims about an equal value.
"""

from __future__ import annotations

from typing import NamedTuple

from haechi.korean.numerals import lazily
from haechi.types import Value

_AFTER = lazily(r"\s?(?:[을를이가]\s)?(?P<word>이상|이하|초과|미만|이내|넘[는은지어]|안팎)")
_BEFORE = lazily(r"(?P<word>최대|최고|최소|적어도|최소한|최대한)\s(?:약\s)?\Z")
_SAME = {
    "이내": "이하",
    "최대": "이하",
    "최고": "이하",
    "최대한": "이하",
    "최소": "이상",
    "최소한": "이상",
    "적어도": "이상",
}


class Bound(NamedTuple):
    """`kind` is 이상, 이하, 초과, 미만 or 안팎 (이내 and 최대 count as 이하); the span covers value and bound word."""

    kind: str
    start: int
    end: int


def bound_of(text: str, value: Value) -> Bound | None:
    """The bound that `text` puts on `value`, or None. 넘지 (못한다) is an upper bound."""
    after = _AFTER().match(text, value.end)
    if after:
        word = after["word"]
        kind = {"넘지": "이하", "넘는": "초과", "넘은": "초과", "넘어": "초과"}.get(word) or _SAME.get(word, word)
        return Bound(kind, value.start, after.end())
    before = _BEFORE().search(text, max(0, value.start - 8), value.start)
    if before:
        return Bound(_SAME[before["word"]], before.start(), value.end)
    return None

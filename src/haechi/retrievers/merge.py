"""Several ranked lists of hits → one: by parts of a question in turn, or by rank over wordings of one question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from haechi.types import Hit

#: Damps the first ranks: with 2, a second place counts three quarters of a first.
_DAMPING = 2
#: What a rewording's rank counts beside the question's own.
_REWORDED = 0.5


def interleaved(parts: Sequence[Sequence[Hit]], whole: Sequence[Hit], k: int) -> list[Hit]:
    """The best of each part first, in the order of the parts; when the parts agree, the whole question fills up.

    With more parts than places the parts whose best hits score highest come first.
    """
    heads = [hits for hits in parts if hits]
    if len(heads) > k:
        heads = sorted(heads, key=lambda hits: -hits[0].score)
    firsts: dict[str, Hit] = {}
    for hits in heads:
        firsts.setdefault(hits[0].chunk.id, hits[0])
    seconds = [hits[place] for place in range(1, k) for hits in heads if place < len(hits)]
    # Parts that agree on one passage ask about one matter: what the whole question finds next is better than their own.
    rest = [*whole, *seconds] if len(firsts) < len(heads) else [*seconds, *whole]
    for hit in rest:
        firsts.setdefault(hit.chunk.id, hit)
    return list(firsts.values())[:k]


def fused(original: Sequence[Hit], reworded: Sequence[Sequence[Hit]], k: int) -> list[Hit]:
    """By reciprocal rank; a rewording counts half. A hit keeps the score that the question itself gave it."""
    points: dict[str, float] = {}
    hits: dict[str, Hit] = {}
    for weight, ranked in [(1.0, original), *((_REWORDED, ranked) for ranked in reworded)]:
        for rank, hit in enumerate(ranked, 1):
            hits.setdefault(hit.chunk.id, hit)
            points[hit.chunk.id] = points.get(hit.chunk.id, 0.0) + weight / (_DAMPING + rank)
    order = sorted(hits, key=lambda chunk: -points[chunk])[:k]
    return [replace(hits[chunk], signals={**hits[chunk].signals, "wordings": points[chunk]}) for chunk in order]

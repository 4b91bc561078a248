"""A model that reads question and passage together, over the best candidates of the ranking by signals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from haechi.models.base import Reranker
from haechi.retrievers.selection import Ranked
from haechi.types import Hit


@dataclass(frozen=True)
class Rerank:
    """The first `top` candidates in the order of (1 - weight) · score + weight · the model's, both from 0 to 1.

    The relevances stay with the places: a model's scores mean something within one question only.
    """

    reranker: Reranker
    top: int
    weight: float

    def __call__(self, question: str, ranked: Sequence[Ranked], hits: Mapping[int, Hit]) -> list[Ranked]:
        head = [item for item in ranked[: self.top] if item.entry in hits]
        if len(head) < 2:
            return list(ranked)
        judged = self.reranker.scores(question, [hits[item.entry].matched_text for item in head])
        scored = np.array([item.signals["score"] for item in head])
        order = np.argsort(-((1 - self.weight) * _rescaled(scored) + self.weight * _rescaled(judged)), kind="stable")
        moved = [
            Ranked(head[place].entry, at.score, {**head[place].signals, "reranker": float(judged[place])})
            for at, place in zip(head, order.tolist(), strict=True)
        ]
        return [*moved, *(item for item in ranked if item.entry not in {one.entry for one in head})]


def _rescaled(values: NDArray[np.floating]) -> NDArray[np.float64]:
    lowest, highest = float(values.min()), float(values.max())
    scaled: NDArray[np.float64] = (np.asarray(values, np.float64) - lowest) / max(highest - lowest, 1e-9)
    return scaled

"""Dense search over all passages: the hard negatives of training, and the recall that it is judged by. numpy only."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from haechi.evaluation.retrieval_metrics import hit_at, mean, reciprocal_rank
from haechi.training.questions import Question

Vectors = NDArray[np.float32]
#: The nearest wrong passages are often right answers that nobody listed: the first few are left out.
SKIPPED, KEPT = 3, 30


def hard_negatives(
    asked: Vectors, passages: Vectors, questions: Sequence[Question], forbidden: frozenset[int]
) -> list[list[int]]:
    """For every question the passages that the base model finds near and that are not its answer, nearest first."""
    found = []
    for vector, question in zip(asked, questions, strict=True):
        order = np.argsort(-(passages @ vector), kind="stable")[: SKIPPED + KEPT + len(question.golds) + len(forbidden)]
        wrong = [int(place) for place in order if place not in question.golds and place not in forbidden]
        found.append(wrong[SKIPPED : SKIPPED + KEPT])
    return found


def ranks_of(asked: Vectors, passages: Vectors, questions: Sequence[Question]) -> list[int]:
    """Rank of the first right passage of every question among all passages, from 1; ties count against it."""
    ranks = []
    for vector, golds in zip(asked, passages_of(questions), strict=True):
        scores = passages @ vector
        others = np.delete(scores, list(golds))
        ranks.append(1 + int((others >= scores[list(golds)].max()).sum()))
    return ranks


def recall(ranks: Sequence[int]) -> dict[str, float]:
    """recall@1, @2, @10 and MRR of the ranks."""
    result = {f"recall@{k}": round(mean([hit_at(rank, k) for rank in ranks]), 4) for k in (1, 2, 10)}
    return {"n": len(ranks), **result, "mrr": round(mean([reciprocal_rank(rank) for rank in ranks]), 4)}


def passages_of(questions: Sequence[Question]) -> list[tuple[int, ...]]:
    """The right passages of every question."""
    return [question.golds for question in questions]

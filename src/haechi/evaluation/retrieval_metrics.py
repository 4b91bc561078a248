"""Retrieval metrics over ranked document ids. Pure functions; ranks are over distinct documents."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Sequence

import numpy as np

#: Resamples of the bootstrap; the interval's ends move by less than .001 beyond this on 1,000 questions.
RESAMPLES = 1000


def distinct(documents: Iterable[str]) -> list[str]:
    """Document ids in order of their best rank."""
    return list(dict.fromkeys(documents))


def first_rank(ranked: Sequence[str], gold: Collection[str]) -> int | None:
    """1-based rank of the first gold document among distinct documents; None when none was found."""
    return next((rank for rank, document in enumerate(distinct(ranked), start=1) if document in gold), None)


def hit_at(rank: int | None, k: int) -> float:
    """1 when the first gold document stands among the first k."""
    return float(rank is not None and rank <= k)


def reciprocal_rank(rank: int | None) -> float:
    """1 / rank, 0 when nothing was found."""
    return 0.0 if rank is None else 1.0 / rank


def ndcg(ranked: Sequence[str], gold: Collection[str], k: int = 10) -> float:
    """Normalised discounted cumulative gain with binary relevance over the first k distinct documents."""
    if not gold:
        return 0.0
    gain = sum(1 / math.log2(rank + 1) for rank, item in enumerate(distinct(ranked)[:k], start=1) if item in gold)
    ideal = sum(1 / math.log2(rank + 1) for rank in range(1, min(len(set(gold)), k) + 1))
    return gain / ideal


def mean(values: Sequence[float]) -> float:
    """The mean; 0 for no values."""
    return float(np.mean(values)) if len(values) else 0.0


def ci95(
    values: Sequence[float], statistic: Callable[[Sequence[float]], float] = mean, seed: int = 0
) -> tuple[float, float]:
    """95 % bootstrap interval of a statistic over questions (percentile method, fixed seed)."""
    if not len(values):
        return (0.0, 0.0)
    data = np.asarray(values, float)
    draws = np.random.default_rng(seed).integers(0, len(data), (RESAMPLES, len(data)))
    results = [statistic(data[draw]) for draw in draws]
    low, high = np.percentile(results, [2.5, 97.5])
    return (float(low), float(high))


def summary(
    ranked: Sequence[Sequence[str]], gold: Sequence[Collection[str]], cuts: Sequence[int] = (1, 2, 5, 10)
) -> dict[str, float | int | dict[str, tuple[float, float]]]:
    """n, recall@k, mrr, ndcg@10 and ci95 (of each recall and of mrr) over questions."""
    ranks = [first_rank(found, wanted) for found, wanted in zip(ranked, gold, strict=True)]
    values = {f"recall@{k}": [hit_at(rank, k) for rank in ranks] for k in cuts}
    values["mrr"] = [reciprocal_rank(rank) for rank in ranks]
    values["ndcg@10"] = [ndcg(found, wanted) for found, wanted in zip(ranked, gold, strict=True)]
    return {
        "n": len(ranks),
        **{name: mean(item) for name, item in values.items()},
        "ci95": {name: ci95(item) for name, item in values.items()},
    }

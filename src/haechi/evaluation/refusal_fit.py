"""Weights and threshold of refusal from questions whose passage is known: each is asked with its source and without.

With it the passages answer (where retrieval finds them), with its whole document held out, or only its passages, they
don't. So no question that cannot be answered has to be written by hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from haechi.pipeline.answer_signals import SIGNALS
from haechi.pipeline.refusal import RefusalWeights
from haechi.retrievers.ranking import Weights, score
from haechi.types import Hit

#: Strength of the pull to the prior; a few dozen questions must not throw it over.
_RIDGE = 0.02
_STEPS = 3000
_RATE = 0.2


@dataclass(frozen=True)
class Tried:
    """One question with one set of passages: its signals, whether they answer, and the document it is about."""

    signals: dict[str, float]
    answerable: bool
    group: str = ""


def without(hits: Sequence[Hit], held_out: Sequence[bool], weights: Weights, k: int) -> list[Hit]:
    """The best k of `hits` as if the held out ones were not in the home: BM25 is relative to the best that is left."""
    left = [hit for hit, out in zip(hits, held_out, strict=True) if not out]
    best = max((hit.signals.get("bm25_score", 0.0) for hit in left), default=0.0)
    scored = [_again(hit, best, weights) for hit in left]
    return sorted(scored, key=lambda hit: -hit.score)[:k]


def _again(hit: Hit, best: float, weights: Weights) -> Hit:
    if "bm25" not in hit.signals or "reference" in hit.signals or best <= 0:
        return hit
    signals = {**hit.signals, "bm25": hit.signals["bm25_score"] / best}
    return replace(hit, score=weights.relevance(score(weights, signals)), signals=signals)


def fit(tried: Sequence[Tried], prior: RefusalWeights, over_refusal: float) -> RefusalWeights:
    """Logistic weights, none below zero, drawn to the prior; the threshold loses `over_refusal` of the answerable."""
    features, labels = _matrix(tried), np.array([one.answerable for one in tried], float)
    start = np.array([*(getattr(prior, name) for name in SIGNALS), prior.offset], float)
    spread = np.append(np.maximum(features[:, :-1].std(axis=0), 1e-3), 1.0)
    balance = np.where(labels > 0, 0.5 / max(labels.mean(), 1e-3), 0.5 / max(1 - labels.mean(), 1e-3))
    weights = start.copy()
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(features @ weights, -30, 30)))
        gradient = features.T @ ((chance - labels) * balance) / len(labels) + _RIDGE * (weights - start) * spread**2
        weights = weights - _RATE * gradient / spread**2
        weights[:-1] = np.maximum(weights[:-1], 0.0)
    fitted = replace(prior, **dict(zip(SIGNALS, weights[:-1].tolist(), strict=True)), offset=float(weights[-1]))
    return replace(fitted, threshold=threshold_for(tried, fitted, over_refusal))


def threshold_for(tried: Sequence[Tried], weights: RefusalWeights, over_refusal: float) -> float:
    """The highest threshold that refuses at most `over_refusal` of the answerable ones."""
    kept = sorted(weights.before(one.signals) for one in tried if one.answerable)
    if not kept:
        return weights.threshold
    return float(np.clip(kept[int(over_refusal * len(kept))] - 1e-9, 0.0, 1.0))


def figures(tried: Sequence[Tried], chances: Sequence[float], thresholds: Sequence[float]) -> dict[str, float]:
    """Area under the curve, refusal recall and over-refusal; a threshold each, as cross-validation gives them."""
    answerable = np.array([one.answerable for one in tried])
    chance, refused = np.array(chances), np.array(chances) < np.array(thresholds)
    return {
        "auc": round(area(chance, answerable), 4),
        "refusal_recall": round(float(refused[~answerable].mean()), 4),
        "over_refusal": round(float(refused[answerable].mean()), 4),
    }


def area(chances: NDArray[np.float64], positive: NDArray[np.bool_]) -> float:
    """Area under the receiver operating characteristic: how often an answerable one stands above one that is not."""
    _, place, count = np.unique(chances, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    ranks = (last - (count - 1) / 2)[place]
    ours, others = int(positive.sum()), int((~positive).sum())
    return float((ranks[positive].sum() - ours * (ours + 1) / 2) / (ours * others)) if ours and others else 0.5


def risk_coverage(tried: Sequence[Tried], chances: Sequence[float], points: int = 20) -> list[dict[str, float]]:
    """Threshold by threshold: `coverage` (share answered), `risk` (share of those that the passages don't answer)."""
    answerable, chance = np.array([one.answerable for one in tried]), np.array(chances)
    curve = []
    for threshold in np.quantile(chance, np.linspace(0, 0.95, points)):
        answered = chance >= threshold
        curve.append(
            {
                "threshold": round(float(threshold), 4),
                "coverage": round(float(answered.mean()), 4),
                "risk": round(float((~answerable[answered]).mean()), 4),
                "refusal_recall": round(float((~answered[~answerable]).mean()), 4),
                "over_refusal": round(float((~answered[answerable]).mean()), 4),
            }
        )
    return curve


def folds(tried: Sequence[Tried], count: int = 5) -> list[list[int]]:
    """Places in `count` parts; what is about one document stays together."""
    part = {group: place % count for place, group in enumerate(dict.fromkeys(one.group for one in tried))}
    return [[place for place, one in enumerate(tried) if part[one.group] == number] for number in range(count)]


def cross_validated(
    tried: Sequence[Tried], prior: RefusalWeights, over_refusal: float
) -> tuple[list[float], list[float]]:
    """(probability, threshold) of every one, from weights that never saw its document."""
    chances, thresholds = [0.0] * len(tried), [0.5] * len(tried)
    for held in folds(tried):
        out = set(held)
        seen = [one for place, one in enumerate(tried) if place not in out]
        weights = fit(seen, prior, over_refusal) if _both(seen) else prior
        for place in held:
            chances[place], thresholds[place] = weights.before(tried[place].signals), weights.threshold
    return chances, thresholds


def _both(tried: Sequence[Tried]) -> bool:
    return len({one.answerable for one in tried}) == 2


def _matrix(tried: Sequence[Tried]) -> NDArray[np.float64]:
    return np.array([[*(one.signals[name] for name in SIGNALS), 1.0] for one in tried], float)


def curve_text(curve: Sequence[dict[str, Any]], width: int = 40) -> str:
    """The curve as lines for a terminal: coverage, a bar for the risk, over-refusal beside it."""
    lines = []
    for point in curve[::2]:
        bar = "█" * round(point["risk"] * width)
        lines.append(f"{point['coverage']:6.2f}  {point['risk']:.3f} {bar:<{width}}  {point['over_refusal']:.3f}")
    return "\n".join(lines)

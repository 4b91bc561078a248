"""Weights from questions whose passage is known: a softmax over each question's candidates, drawn to a prior.

A few dozen questions move eight weights only a little away from the prior, and none below zero: a signal that speaks
against a passage for having it would be noise.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from haechi.retrievers.ranking import SIGNALS, Weights

_STEPS = 300
_RATE = 0.05
#: How much a weight's distance from the prior costs, beside the mean loss of a question.
_RIDGE = 0.002
#: Of each question's wrong candidates the first so many take part in fitting the relevance.
_WRONG = 3


@dataclass(frozen=True)
class Judged:
    """One question's candidates: `signals` (n, len(SIGNALS)), `gold` (n,) whether each is right, `group` its source."""

    signals: NDArray[np.float64]
    gold: NDArray[np.bool_]
    group: str = ""

    @property
    def usable(self) -> bool:
        """Whether there is something to choose between."""
        return bool(self.gold.any()) and not bool(self.gold.all())


def fit(questions: Sequence[Judged], prior: Weights, ridge: float = _RIDGE) -> Weights:
    """The weights that put the right candidates first, and a relevance to match. Unusable questions are passed over."""
    usable = [one for one in questions if one.usable]
    start = prior.vector(SIGNALS)
    if not usable:
        return prior
    weights, mean, square = start.copy(), np.zeros_like(start), np.zeros_like(start)
    for step in range(1, _STEPS + 1):
        gradient = ridge * (weights - start)
        for one in usable:
            power = one.signals @ weights
            share = np.exp(power - power.max())
            share /= share.sum()
            right = share * one.gold
            gradient += one.signals.T @ (share - right / max(float(right.sum()), 1e-12)) / len(usable)
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.999 * square + 0.001 * gradient**2
        weights = weights - _RATE * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
        weights = np.maximum(weights, 0.0)
    fitted = replace(prior, **dict(zip(SIGNALS, weights.tolist(), strict=True)))
    return _with_relevance(usable, fitted)


def _with_relevance(questions: Sequence[Judged], weights: Weights) -> Weights:
    """Slope and offset of the relevance: logistic regression of right against the best wrong candidates."""
    scores: list[float] = []
    right: list[bool] = []
    for one in questions:
        power = one.signals @ weights.vector(SIGNALS)
        order = np.argsort(-power, kind="stable")
        wrong = [place for place in order if not one.gold[place]][:_WRONG]
        best = next(place for place in order if one.gold[place])
        for place in (best, *wrong):
            scores.append(float(power[place]))
            right.append(bool(one.gold[place]))
    values, labels = np.array(scores), np.array(right, float)
    centre, spread = float(values.mean()), float(values.std()) or 1.0
    scaled = (values - centre) / spread
    slope = offset = 0.0
    for _ in range(2000):
        probability = 1 / (1 + np.exp(-(slope * scaled + offset)))
        slope -= 0.5 * (float(((probability - labels) * scaled).mean()) + 0.001 * slope)
        offset -= 0.5 * float((probability - labels).mean())
    slope = max(slope, 1e-3)
    return replace(weights, slope=slope / spread, offset=offset - slope * centre / spread)


def reciprocal_ranks(questions: Sequence[Judged], weights: Weights) -> list[float]:
    """1 / rank of the first right candidate of each question; 0 where none is."""
    found = []
    for one in questions:
        order = np.argsort(-(one.signals @ weights.vector(SIGNALS)), kind="stable")
        rank = next((place for place, at in enumerate(order, 1) if one.gold[at]), math.inf)
        found.append(1 / rank)
    return found


def folds(questions: Sequence[Judged], count: int = 5) -> list[list[int]]:
    """Places of the questions in `count` parts; questions about one source stay together."""
    groups = list(dict.fromkeys(one.group for one in questions))
    part = {group: place % count for place, group in enumerate(groups)}
    return [[at for at, one in enumerate(questions) if part[one.group] == fold] for fold in range(count)]

"""How well a grounding model tells true claims from false ones, and the thresholds that follow. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from haechi.models.base import Thresholds

#: Of the validation passages, the share of true claims that may be called false, and of false ones that may pass. Every
#: checker adds its own false alarms to an answer, so this one has few.
FALSE_ALARMS = 0.02
FALSE_PASSES = 0.10
#: At how many false alarms models are compared.
COMPARED_AT = 0.03


def thresholds(chances: NDArray[np.float32], labels: Sequence[int]) -> Thresholds:
    """From the probabilities of `supported` and the labels, one a claim; the defaults where one sort is missing."""
    true = np.array([label == 0 for label in labels], bool)
    if not true.any() or true.all():
        return Thresholds()
    alarm = float(np.quantile(chances[true], FALSE_ALARMS))
    supported = float(np.quantile(chances[~true], 1 - FALSE_PASSES))
    return Thresholds(supported=max(alarm, supported), alarm=alarm)


def measure(chances: NDArray[np.float32], labels: Sequence[int], kinds: Sequence[str]) -> dict[str, Any]:
    """AUC, and per kind the share below the point where `COMPARED_AT` of the true claims are; empty without both."""
    true = np.array([label == 0 for label in labels], bool)
    if not true.any() or true.all():
        return {}
    caught = chances <= float(np.quantile(chances[true], COMPARED_AT))
    found: dict[str, Any] = {
        "n": len(labels),
        "auc": round(_auc(chances[true], chances[~true]), 4),
        "alarms": round(float(caught[true].mean()), 4),
        "caught": round(float(caught[~true].mean()), 4),
        "kinds": {},
    }
    for kind in sorted(set(kinds)):
        own = np.array([other == kind for other in kinds], bool)
        found["kinds"][kind] = {"n": int(own.sum()), "alarms": round(float(caught[own].mean()), 4)}
    return found


def _auc(better: NDArray[np.float32], worse: NDArray[np.float32]) -> float:
    """The chance that one of `better` is higher than one of `worse`, ties by half."""
    values, place = np.unique(np.concatenate([better, worse]), return_inverse=True)
    high = np.bincount(place[: len(better)], minlength=len(values))
    low = np.bincount(place[len(better) :], minlength=len(values))
    below = np.cumsum(low) - low
    return float((high * (below + low / 2)).sum() / (len(better) * len(worse)))

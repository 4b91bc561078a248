"""Paired tests of two systems over the same questions."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb

import numpy as np

_DRAWS = 10_000


def exact_sign_test(mine: Sequence[float], other: Sequence[float]) -> float:
    """Two-sided p of McNemar's exact test: questions that only one of the two got right."""
    won = sum(a > b for a, b in zip(mine, other, strict=True))
    lost = sum(a < b for a, b in zip(mine, other, strict=True))
    n = won + lost
    if n == 0:
        return 1.0
    tail = sum(comb(n, k) for k in range(min(won, lost) + 1)) / 2**n
    return min(1.0, 2 * tail)


def permutation_test(mine: Sequence[float], other: Sequence[float], seed: int = 0) -> float:
    """Two-sided p of the mean difference under random swaps of the two systems (10,000 draws, fixed seed)."""
    difference = np.asarray(mine, float) - np.asarray(other, float)
    difference = difference[difference != 0]
    if not len(difference):
        return 1.0
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], (_DRAWS, len(difference)))
    extreme = np.abs(signs @ difference) >= abs(difference.sum()) - 1e-12
    return float((extreme.sum() + 1) / (_DRAWS + 1))

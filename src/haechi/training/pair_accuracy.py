"""How often a reward model prefers the better answer, with its interval. No torch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any


def pair_accuracy(chosen: Sequence[float], rejected: Sequence[float]) -> dict[str, Any]:
    """Share of the pairs whose chosen answer scores higher (a tie is half), its 95 % Wilson interval, the mean gap."""
    count = len(chosen)
    if not count:
        return {"n": 0, "accuracy": None, "low": None, "high": None, "margin": None}
    won = sum(1.0 if a > b else 0.5 if a == b else 0.0 for a, b in zip(chosen, rejected, strict=True))
    low, high = wilson(won, count)
    margin = sum(a - b for a, b in zip(chosen, rejected, strict=True)) / count
    return {
        "n": count,
        "accuracy": round(won / count, 4),
        "low": round(low, 4),
        "high": round(high, 4),
        "margin": round(margin, 4),
    }


def wilson(won: float, count: int, z: float = 1.96) -> tuple[float, float]:
    """Bounds of a share of `count` trials: Wilson's score interval, which holds for small counts too."""
    share = won / count
    middle = share + z * z / (2 * count)
    half = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    scale = 1 + z * z / count
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)

"""How the signals of a candidate become one score, and the score a relevance between 0 and 1.

    first = w · (bm25, dense, coverage, reach)                                for the whole pool
    score = first + w · (proximity, spelling, triples, sentence, opening)     for the best of it
    relevance = 1 / (1 + exp(-(slope · score + offset)))

`bm25` is the share of the best in the pool. `dense` says by how many standard deviations a cosine stands above those of
passages taken from the home at random: cosines of e5 lie in a narrow band that differs from question to question, and
this, unlike a rank or a rescaling over the pool, means the same for every question. `reach` is `dense` once more where
the question's words stand in no candidate: 불이 났을 때 for 화재. The rest are shares from 0 to 1.
The weights are fitted (`fitting.py`), the defaults on development questions only (docs/retrieval.md says which), and
`haechi calibrate` fits them to a home and keeps them in its store.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields

import numpy as np
from numpy.typing import NDArray

#: Key in the store's state.
STATE_KEY = "ranking"
#: A cosine's distance from the background is divided by this, so that its weight is of the others' size.
_DEVIATIONS = 6.0
#: Where a home is so small or so uniform that its cosines hardly differ.
_LEAST_DEVIATION = 0.005


@dataclass(frozen=True)
class Weights:
    """The weight of every signal, and what makes a relevance of the score."""

    bm25: float = 2.1
    dense: float = 7.5
    coverage: float = 1.9
    reach: float = 6.0
    proximity: float = 2.4
    spelling: float = 2.8
    triples: float = 1.4
    sentence: float = 2.5
    opening: float = 2.2
    slope: float = 0.39
    offset: float = -5.4

    def to_text(self) -> str:
        return json.dumps(asdict(self))

    @staticmethod
    def of_text(text: str | None) -> Weights:
        """The weights a home keeps; the defaults where it keeps none. A name no longer known is left out."""
        known = {item.name for item in fields(Weights)}
        return Weights(**{name: value for name, value in json.loads(text or "{}").items() if name in known})

    def vector(self, names: Sequence[str]) -> NDArray[np.float64]:
        return np.array([getattr(self, name) for name in names], float)

    def relevance(self, score: float) -> float:
        """How likely the passage is to be what was asked for, 0 to 1, growing with the score."""
        power = self.slope * score + self.offset
        return 1 / (1 + math.exp(-power)) if power > -700 else 0.0


#: Signals every candidate has, and those of the closer look.
FIRST = ("bm25", "dense", "coverage", "reach")
CLOSER = ("proximity", "spelling", "triples", "sentence", "opening")
SIGNALS = (*FIRST, *CLOSER)


def above_background(cosine: NDArray[np.float32], background: NDArray[np.float32]) -> NDArray[np.float32]:
    """Deviations of each cosine above those of random passages, in sixths. No background: the cosines as they are."""
    if not len(background):
        return cosine
    deviation = max(float(background.std()), _LEAST_DEVIATION)
    lifted: NDArray[np.float32] = (cosine - float(background.mean())) / (deviation * _DEVIATIONS)
    return lifted


def reach(dense: NDArray[np.float32], coverage: NDArray[np.float32]) -> NDArray[np.float32]:
    """`dense` times the square of what the best candidate's words leave uncovered of the question."""
    lacking = 1.0 - float(coverage.max(initial=0.0))
    reached: NDArray[np.float32] = dense * max(lacking, 0.0) ** 2
    return reached


def score(weights: Weights, signals: Mapping[str, float]) -> float:
    """The weighted sum of those signals that are there."""
    return sum(float(getattr(weights, name)) * signals[name] for name in SIGNALS if name in signals)

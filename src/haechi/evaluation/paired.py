"""Two systems on the same questions: what differs, how surely. Pure functions over paired figures.

Every comparison is by question: most questions come out alike, and what two separate intervals would call chance is
often sure once the same question is compared with itself.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from haechi.evaluation.answer_metrics import golds_of

#: Resamples of the bootstrap.
RESAMPLES = 2000
#: Figures of one question, None where a measure does not apply.
Figures = Mapping[str, float | None]


@dataclass(frozen=True)
class Measure:
    """`higher`: more of it is better. `what` and `english` name it for readers."""

    name: str
    what: str
    english: str
    higher: bool


MEASURES: dict[str, Measure] = {
    one.name: one
    for one in (
        Measure("contains_answer", "정답이 든 답", "contains the answer", True),
        Measure("right_citation", "맞는 출처", "cites the right place", True),
        Measure("refusal_recall", "답 없는 질문을 거절", "refuses the unanswerable", True),
        Measure("over_refusal", "답 있는 질문을 거절", "refuses the answerable", False),
        Measure("fabricated_values", "지어낸 값", "fabricated values", False),
        Measure("length", "답의 길이(자)", "length (characters)", False),
        Measure("seconds", "걸린 시간(초)", "seconds", False),
    )
}


@dataclass(frozen=True)
class Paired:
    """One measure: means of both sides over the same `n` questions, and their difference (candidate − current).

    `low` and `high` are the ends of its bootstrap interval. `better` and `worse` count questions; `p` is the exact
    two-sided sign test over them (McNemar's exact test where a question is right or wrong).
    """

    measure: str
    n: int
    current: float
    candidate: float
    difference: float
    low: float
    high: float
    better: int
    worse: int
    p: float

    @property
    def gain(self) -> float:
        """The difference, positive when the candidate is better."""
        return self.difference if MEASURES[self.measure].higher else -self.difference

    @property
    def gain_low(self) -> float:
        """The interval's worse end, as a gain."""
        return self.low if MEASURES[self.measure].higher else -self.high

    @property
    def gain_high(self) -> float:
        """The interval's better end, as a gain."""
        return self.high if MEASURES[self.measure].higher else -self.low

    def record(self) -> dict[str, Any]:
        """As JSON, rounded."""
        return {key: round(value, 6) if isinstance(value, float) else value for key, value in asdict(self).items()}


def figures_of(row: Mapping[str, Any], answer: Mapping[str, Any], judged: Mapping[str, Any]) -> dict[str, float | None]:
    """The measures of one answer: the question's row, the answer's record and `judge_row`'s figures for the two.

    A refusal counts as an answer that neither holds the answer nor cites, so that both sides count the same questions.
    """
    answerable, answered = bool(judged["answerable"]), bool(judged["answered"])
    cites = bool(judged["cited_right"]) if answerable and golds_of(row) else None
    values = {
        "contains_answer": judged["contains"],
        "right_citation": cites,
        "refusal_recall": None if answerable else not answered,
        "over_refusal": not answered if answerable else None,
        "fabricated_values": len(judged["fabricated"]),
        "length": _visible(str(answer["answer"])) if answered else None,
        "seconds": judged["seconds"],
    }
    return {name: None if value is None else float(value) for name, value in values.items()}


def compare(
    current: Sequence[Figures], candidate: Sequence[Figures], *, confidence: float = 0.95, seed: int = 0
) -> dict[str, Paired]:
    """Every measure that applies to at least one question on both sides, in the order of MEASURES."""
    found: dict[str, Paired] = {}
    for name, measure in MEASURES.items():
        pairs = [(a[name], b[name]) for a, b in zip(current, candidate, strict=True)]
        known = [(a, b) for a, b in pairs if a is not None and b is not None]
        if known:
            found[name] = _paired(measure, np.asarray(known, float), confidence, seed)
    return found


def sign_test(better: int, worse: int) -> float:
    """Exact two-sided p of a split at least this uneven, were both sides equally likely; 1 when nothing differs."""
    n, least = better + worse, min(better, worse)
    if n == 0:
        return 1.0
    tail = sum(math.comb(n, k) for k in range(least + 1))
    return float(min(1.0, 2 * tail / 2**n))


def _paired(measure: Measure, values: np.ndarray[Any, np.dtype[np.float64]], confidence: float, seed: int) -> Paired:
    differences = values[:, 1] - values[:, 0]
    draws = np.random.default_rng(seed).integers(0, len(differences), (RESAMPLES, len(differences)))
    share = (1 - confidence) / 2 * 100
    low, high = np.percentile(differences[draws].mean(axis=1), [share, 100 - share])
    up, down = int((differences > 0).sum()), int((differences < 0).sum())
    better, worse = (up, down) if measure.higher else (down, up)
    return Paired(
        measure.name,
        len(differences),
        float(values[:, 0].mean()),
        float(values[:, 1].mean()),
        float(differences.mean()),
        float(low),
        float(high),
        better,
        worse,
        sign_test(better, worse),
    )


def _visible(answer: str) -> int:
    """Characters without citation marks, as [answer] max_chars counts them."""
    return len(re.sub(r"\s*\[\d+\]", "", answer).strip())

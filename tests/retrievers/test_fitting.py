"""Fitting the weights of the ranking to questions whose passage is known."""

from __future__ import annotations

import numpy as np

from haechi.retrievers.fitting import Judged, fit, folds, reciprocal_ranks
from haechi.retrievers.ranking import SIGNALS, Weights

DENSE, BM25 = SIGNALS.index("dense"), SIGNALS.index("bm25")


def questions(telling: int, misleading: int, count: int = 40) -> list[Judged]:
    """Of five candidates the right one has the telling signal, a wrong one the misleading signal."""
    made = []
    for number in range(count):
        signals = np.full((5, len(SIGNALS)), 0.2)
        signals[number % 5, telling] = 0.5
        signals[(number + 1) % 5, misleading] = 0.9
        made.append(Judged(signals, np.arange(5) == number % 5, group=f"source {number % 7}"))
    return made


def test_the_signal_that_tells_gains_and_the_one_that_misleads_loses() -> None:
    asked = questions(DENSE, BM25)
    prior = Weights(bm25=5.0, dense=1.0)
    assert np.mean(reciprocal_ranks(asked, prior)) < 0.6
    fitted = fit(asked, prior)
    assert fitted.dense > prior.dense and fitted.bm25 < prior.bm25
    assert np.mean(reciprocal_ranks(asked, fitted)) == 1.0


def test_no_weight_falls_below_zero_and_what_says_nothing_stays() -> None:
    fitted = fit(questions(DENSE, BM25), Weights(bm25=0.1))
    assert min(getattr(fitted, name) for name in SIGNALS) >= 0.0
    assert abs(fitted.opening - Weights().opening) < 0.2


def test_relevance_separates_right_from_wrong() -> None:
    asked = questions(DENSE, BM25)
    fitted = fit(asked, Weights())
    for one in asked:
        relevance = [fitted.relevance(float(row @ fitted.vector(SIGNALS))) for row in one.signals]
        right = relevance[int(np.argmax(one.gold))]
        assert right > 0.5 > sorted(relevance)[-2]


def test_questions_that_cannot_be_judged_change_nothing() -> None:
    none = [
        Judged(np.zeros((3, len(SIGNALS))), np.zeros(3, bool)),
        Judged(np.zeros((0, len(SIGNALS))), np.zeros(0, bool)),
    ]
    assert fit(none, Weights()) == Weights()
    assert reciprocal_ranks(none, Weights()) == [0.0, 0.0]


def test_questions_about_one_source_stay_in_one_fold() -> None:
    # Else the fit would be judged on sentences that it has seen.
    asked = questions(DENSE, BM25)
    parts = folds(asked)
    assert sorted(at for part in parts for at in part) == list(range(len(asked)))
    where = {}
    for number, part in enumerate(parts):
        for at in part:
            assert where.setdefault(asked[at].group, number) == number

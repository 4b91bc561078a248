"""Refusal fitted to a home: questions with their passages, and the same with their documents held out."""

from __future__ import annotations

import random

import numpy as np
import pytest

from haechi.evaluation.refusal_fit import (
    Tried,
    area,
    cross_validated,
    figures,
    fit,
    folds,
    risk_coverage,
    threshold_for,
)
from haechi.pipeline.refusal import RefusalWeights


def made(count: int = 120, seed: int = 1) -> list[Tried]:
    """A home where one sentence says what was asked, and relevance tells nothing."""
    source = random.Random(seed)
    tried = []
    for number in range(count):
        answerable = number % 2 == 0
        sentence = source.gauss(0.8 if answerable else 0.4, 0.12)
        signals = {"relevance": source.gauss(0, 1), "lead": source.random(), "sentence": sentence, "nouns": 0.8}
        tried.append(Tried(signals, answerable, f"문서 {number // 6}"))
    return tried


def test_the_fit_finds_the_signal_that_tells() -> None:
    tried = made()
    before = area(np.array([RefusalWeights().before(one.signals) for one in tried]), labels(tried))
    weights = fit(tried, RefusalWeights(), 0.1)
    after = area(np.array([weights.before(one.signals) for one in tried]), labels(tried))
    assert after > max(before, 0.95)
    assert weights.sentence > RefusalWeights().sentence
    assert min(weights.relevance, weights.lead, weights.nouns) >= 0


def labels(tried: list[Tried]) -> np.ndarray:
    return np.array([one.answerable for one in tried])


def test_the_threshold_loses_no_more_answerable_questions_than_allowed() -> None:
    tried = made()
    for allowed in (0.0, 0.05, 0.2):
        weights = fit(tried, RefusalWeights(), allowed)
        lost = [one for one in tried if one.answerable and weights.before(one.signals) < weights.threshold]
        assert len(lost) / 60 <= allowed + 1e-9
    assert threshold_for(tried, weights, 0.0) < threshold_for(tried, weights, 0.2)


def test_a_document_is_never_on_both_sides_of_the_cross_validation() -> None:
    # Trap: questions about one document are alike; judged on what they were fitted to, any weights look good.
    tried = made()
    parts = folds(tried)
    groups = [{tried[place].group for place in part} for part in parts]
    assert sum(len(part) for part in parts) == len(tried)
    assert all(not (left & right) for at, left in enumerate(groups) for right in groups[at + 1 :])
    chances, thresholds = cross_validated(tried, RefusalWeights(), 0.1)
    told = figures(tried, chances, thresholds)
    assert told["auc"] > 0.95
    assert told["over_refusal"] < 0.25


def test_the_curve_trades_coverage_for_risk_and_shows_over_refusal_beside_it() -> None:
    tried = made()
    weights = fit(tried, RefusalWeights(), 0.1)
    curve = risk_coverage(tried, [weights.before(one.signals) for one in tried])
    assert curve[0]["coverage"] == 1.0
    assert curve[0]["risk"] == pytest.approx(0.5)
    assert curve[-1]["risk"] < 0.05
    assert curve[-1]["over_refusal"] > curve[0]["over_refusal"] == 0.0


def test_the_area_under_the_curve_counts_ties_as_half() -> None:
    assert area(np.array([0.9, 0.1]), np.array([True, False])) == 1.0
    assert area(np.array([0.5, 0.5]), np.array([True, False])) == 0.5
    assert area(np.array([0.1, 0.9]), np.array([True, False])) == 0.0

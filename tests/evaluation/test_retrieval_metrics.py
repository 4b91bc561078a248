from __future__ import annotations

import math

import pytest

from haechi.evaluation.retrieval_metrics import ci95, first_rank, hit_at, mean, ndcg, reciprocal_rank, summary


def test_ranks_are_over_distinct_documents() -> None:
    # Three passages of one document before the gold one are one rank, not three.
    assert first_rank(["a", "a", "a", "b"], {"b"}) == 2


def test_any_gold_document_counts() -> None:
    assert first_rank(["x", "b", "a"], {"a", "b"}) == 2
    assert first_rank(["x"], {"a"}) is None


def test_nothing_found_scores_zero() -> None:
    assert (hit_at(None, 10), reciprocal_rank(None), ndcg([], {"a"}), ndcg(["a"], set())) == (0.0, 0.0, 0.0, 0.0)


def test_ndcg_of_two_gold_documents() -> None:
    ideal = 1 + 1 / math.log2(3)
    assert ndcg(["a", "x", "b"], {"a", "b"}) == pytest.approx((1 + 1 / math.log2(4)) / ideal)
    assert ndcg(["a", "b"], {"a", "b"}) == 1.0


def test_the_interval_holds_the_mean_narrows_with_more_questions_and_is_repeatable() -> None:
    few, many = [0.0, 1.0] * 20, [0.0, 1.0] * 500
    assert ci95(few) == ci95(few)
    assert ci95(few)[0] < mean(few) < ci95(few)[1]
    assert ci95(many)[1] - ci95(many)[0] < ci95(few)[1] - ci95(few)[0]
    assert ci95([]) == (0.0, 0.0)


def test_summary_has_the_keys_of_the_contract() -> None:
    result = summary([["a", "b"], ["c"]], [{"b"}, {"x"}])
    assert result["n"] == 2
    assert (result["recall@1"], result["recall@2"], result["mrr"]) == (0.0, 0.5, 0.25)
    assert {"recall@5", "recall@10", "ndcg@10", "ci95"} <= set(result)

"""From signals to one score and a relevance, and a reranker over the best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from haechi.models.base import Vectors
from haechi.retrievers.hybrid import HybridRetriever
from haechi.retrievers.ranking import STATE_KEY, Weights, above_background, score
from haechi.retrievers.rerank import Rerank
from tests.retrievers.home import ANALYSER, SmallHome, passages


@pytest.fixture
def home(tmp_path: Path) -> SmallHome:
    made = SmallHome(tmp_path)
    texts = (
        "연차휴가는 15일이다",
        "연차휴가는 미리 신청한다",
        "병가는 며칠이든 진단서를 낸다",
        "출장비는 영수증으로 낸다",
    )
    made.write(passages(*texts, source="b"), "/b")
    return made


def test_a_cosine_counts_by_what_stands_out_of_the_background() -> None:
    # The same cosine says much where all others are low, and nothing where all are as high.
    cosine = np.array([0.86], np.float32)
    low, high = np.array([0.78, 0.80, 0.82], np.float32), np.array([0.84, 0.86, 0.88], np.float32)
    assert above_background(cosine, low)[0] > 0.5
    assert above_background(cosine, high)[0] == pytest.approx(0.0, abs=1e-4)
    assert above_background(cosine, np.zeros(0, np.float32))[0] == pytest.approx(0.86)
    assert np.isfinite(above_background(cosine, np.array([0.8, 0.8], np.float32))).all()


def test_relevance_grows_with_the_score_and_stays_between_0_and_1() -> None:
    weights = Weights()
    values = [weights.relevance(value) for value in (-1e6, 0.0, 5.0, 10.0, 20.0, 1e6)]
    assert values == sorted(values)
    assert values[0] == 0.0 and values[-1] == 1.0
    assert score(weights, {"bm25": 1.0, "cosine": 5.0}) == weights.bm25


def test_weights_survive_the_store_and_unknown_names_in_it() -> None:
    weights = replace(Weights(), dense=1.25)
    assert Weights.of_text(weights.to_text()) == weights
    assert Weights.of_text(None) == Weights()
    assert Weights.of_text('{"dense": 3.0, "from_another_version": 1.0}') == replace(Weights(), dense=3.0)


def test_the_weights_a_home_keeps_act_at_once(home: SmallHome) -> None:
    home.write(passages("연차휴가는 15일이다", "문의는 총무팀", source="d"), "/d")
    before = home.retriever().retrieve("연차휴가", 1)[0].signals["score"]
    home.store.set_state(STATE_KEY, replace(Weights(), coverage=100.0).to_text())
    assert home.retriever().retrieve("연차휴가", 1)[0].signals["score"] > before + 50


class Contrary:
    """Likes most what was last."""

    name = "contrary"

    def scores(self, question: str, passages: Sequence[str]) -> Vectors:
        return np.arange(len(passages), dtype=np.float32)


def reranked(home: SmallHome, weight: float, top: int) -> list[str]:
    retriever = HybridRetriever(
        home.store, home.indexes, home.embedder, ANALYSER, home.config, rerank=Rerank(Contrary(), top, weight)
    )
    hits = retriever.retrieve("연차휴가는 며칠인가요?", 4)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    return [hit.chunk.id for hit in hits]


def test_a_reranker_moves_the_first_places_and_no_others(home: SmallHome) -> None:
    plain = [hit.chunk.id for hit in home.retriever().retrieve("연차휴가는 며칠인가요?", 4)]
    assert reranked(home, 0.0, 3) == plain
    assert reranked(home, 1.0, 3) == [*reversed(plain[:3]), plain[3]]
    assert reranked(home, 1.0, 1) == plain

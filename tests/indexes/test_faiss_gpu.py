"""Searching on a graphics card. There is none here: a stand-in for faiss-gpu shows the way, not the card's numbers."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import faiss
import numpy as np
import pytest

from haechi.config import RetrievalConfig
from haechi.errors import BackendError
from haechi.indexes.faiss import FaissIndex

ROWS = np.random.default_rng(3).normal(size=(3_000, 16)).astype(np.float32)
ROWS /= np.linalg.norm(ROWS, axis=1, keepdims=True)


class Card:
    """faiss with one card, which is a copy in main memory; `wrong` makes it answer for other queries."""

    def __init__(self, *, wrong: bool = False) -> None:
        self.copies = 0
        self.searches = 0
        self.wrong = wrong

    def install(self, patch: pytest.MonkeyPatch) -> Card:
        patch.setattr(faiss, "get_num_gpus", lambda: 1, raising=False)
        patch.setattr(faiss, "StandardGpuResources", lambda: object(), raising=False)
        patch.setattr(faiss, "GpuClonerOptions", SimpleNamespace, raising=False)
        patch.setattr(faiss, "index_cpu_to_gpu", self.copy, raising=False)
        return self

    def copy(self, _resources: Any, number: int, index: Any, options: Any) -> Any:
        assert (number, options.useFloat16) == (0, True)
        self.copies += 1
        twin = faiss.clone_index(index)

        def search(queries: np.ndarray, k: int) -> Any:
            self.searches += 1
            return twin.search(-queries if self.wrong else queries, k)

        return SimpleNamespace(search=search)


def built(config: RetrievalConfig) -> FaissIndex:
    index = FaissIndex(16, config)
    index.prepare(len(ROWS), lambda count: ROWS)
    index.add(range(100, 3_100), ROWS)
    return index


@pytest.mark.parametrize("limit", [10_000, 1_000], ids=["flat", "lists"])
def test_a_card_answers_and_gives_the_same_first_hits(limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    config = RetrievalConfig(exact_limit=limit, probe_share=1.0, precision="float16")
    wanted = built(config).search(ROWS[4], 10)[1].tolist()
    card = Card().install(monkeypatch)
    index = built(config)
    assert index.search(ROWS[4], 10)[1].tolist() == wanted
    assert (card.copies, card.searches) == (1, 2)
    # What was removed must not be answered from an old copy.
    index.remove([104])
    assert 104 not in index.search(ROWS[4], 10)[1]
    assert card.copies == 2


def test_a_card_that_answers_differently_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    Card(wrong=True).install(monkeypatch)
    with pytest.raises(BackendError, match="CPU와 다릅니다"):
        built(RetrievalConfig()).search(ROWS[4], 10)


def test_cpu_leaves_the_card_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    card = Card().install(monkeypatch)
    built(RetrievalConfig(device="cpu")).search(ROWS[4], 10)
    assert card.copies == 0


def test_a_card_that_is_asked_for_and_not_there_is_said() -> None:
    with pytest.raises(BackendError, match="GPU가 없습니다"):
        built(RetrievalConfig(device="gpu", precision="int8")).search(ROWS[4], 10)

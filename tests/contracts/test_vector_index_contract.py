"""Every vector index: exact enough, removable, saved whole, loaded as saved, damage noticed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from haechi.config import RetrievalConfig
from haechi.errors import IndexMismatchError
from haechi.indexes.base import VectorIndex
from haechi.registry import load, names

DIMENSION = 16
LISTS = RetrievalConfig(exact_limit=100, probe_share=1.0)


def stored(ids: Sequence[int]) -> tuple[list[int], np.ndarray]:
    """What the store would say."""
    known = [entry for entry in ids if entry in range(1000, 1400) or entry in (4, 5, 9)]
    rows = [ROWS[entry - 1000] if entry >= 1000 else ROWS[{4: 0, 5: 5, 9: 1}[entry]] for entry in known]
    return known, np.array(rows, np.float32).reshape(-1, DIMENSION)


BACKENDS: dict[str, Callable[[], VectorIndex]] = {
    **{name: (lambda name=name: load("vector_indexes", name)(DIMENSION)) for name in names("vector_indexes")},
    "faiss-lists": lambda: load("vector_indexes", "faiss")(DIMENSION, LISTS, stored),
    "faiss-lists-half": lambda: load("vector_indexes", "faiss")(DIMENSION, replace(LISTS, precision="float16")),
}


def vectors(count: int) -> np.ndarray:
    rows = np.random.default_rng(7).normal(size=(count, DIMENSION)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


ROWS = vectors(400)
IDS = list(range(1000, 1400))


@pytest.fixture(params=BACKENDS)
def index(request: pytest.FixtureRequest) -> VectorIndex:
    made = BACKENDS[request.param]()
    made.prepare(len(IDS), lambda count: ROWS[:: max(1, len(ROWS) // count)])
    made.add(IDS, ROWS)
    made.fresh = BACKENDS[request.param]  # type: ignore[attr-defined]
    return made


def test_the_nearest_is_found_with_its_cosine(index: VectorIndex) -> None:
    scores, ids = index.search(ROWS[5], 3)
    assert ids[0] == 1005
    assert scores[0] == pytest.approx(1.0, abs=1e-3)
    assert list(scores) == sorted(scores, reverse=True)


def test_the_order_is_that_of_exact_cosines(index: VectorIndex) -> None:
    query = vectors(401)[400]
    exact = [IDS[i] for i in np.argsort(-(ROWS @ query))[:5]]
    assert index.search(query, 5)[1].tolist() == exact


def test_scores_of_given_entries_come_in_their_order_and_absent_ones_score_zero(index: VectorIndex) -> None:
    scores = index.scores(ROWS[5], [1006, 77, 1005])
    assert scores == pytest.approx([float(ROWS[6] @ ROWS[5]), 0.0, 1.0], abs=2e-3)


def test_removed_entries_are_gone_and_unknown_ones_are_no_error(index: VectorIndex) -> None:
    index.remove([1005, 77])
    index.remove([])
    assert len(index) == 399
    assert 1005 not in index.search(ROWS[5], 10)[1]


def test_more_can_be_added_later(index: VectorIndex) -> None:
    index.remove([1005])
    index.add([5], ROWS[5:6])
    assert index.search(ROWS[5], 1)[1].tolist() == [5]


def test_what_was_built_for_its_entries_is_not_outgrown(index: VectorIndex) -> None:
    assert not index.outgrown


def test_fewer_than_k_exist(index: VectorIndex) -> None:
    small = index.fresh()  # type: ignore[attr-defined]
    assert [len(part) for part in small.search(ROWS[0], 3)] == [0, 0]
    small.add([4, 9], ROWS[:2])
    assert small.search(ROWS[0], 5)[1].tolist() == [4, 9]


def test_a_saved_index_answers_the_same_after_loading(index: VectorIndex, tmp_path: Path) -> None:
    index.save(tmp_path / "v")
    loaded = index.fresh()  # type: ignore[attr-defined]
    loaded.load(tmp_path / "v")
    before, after = index.search(ROWS[3], 10), loaded.search(ROWS[3], 10)
    assert before[1].tolist() == after[1].tolist()
    assert before[0] == pytest.approx(after[0])
    loaded.remove([1003])
    loaded.save(tmp_path / "v")
    assert len(loaded) == len(index) - 1


@pytest.mark.parametrize("harm", ["missing", "short", "flipped"])
def test_damage_is_noticed(index: VectorIndex, tmp_path: Path, harm: str) -> None:
    index.save(tmp_path)
    biggest = max((path for path in tmp_path.iterdir()), key=lambda path: path.stat().st_size)
    data = bytearray(biggest.read_bytes())
    if harm == "missing":
        biggest.unlink()
    elif harm == "short":
        biggest.write_bytes(data[: len(data) // 2])
    else:
        data[len(data) // 2] ^= 1
        biggest.write_bytes(data)
    with pytest.raises(IndexMismatchError):
        index.fresh().load(tmp_path)  # type: ignore[attr-defined]


def test_an_index_of_another_dimension_is_refused(index: VectorIndex, tmp_path: Path) -> None:
    index.save(tmp_path)
    name = "exact" if type(index).__name__ == "ExactIndex" else "faiss"
    with pytest.raises(IndexMismatchError):
        load("vector_indexes", name)(DIMENSION + 1).load(tmp_path)

"""FAISS beyond the contract: when lists take over, how much they find, and that another process finds the same."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from haechi.config import RetrievalConfig
from haechi.errors import ConfigError
from haechi.indexes.faiss import FaissIndex

DIMENSION = 48
FLAT = RetrievalConfig(exact_limit=100_000)
LISTS = RetrievalConfig(exact_limit=1_000, probe_share=0.5)


def clustered(count: int, seed: int = 1) -> np.ndarray:
    """Rows around 200 centres, as passages about the same thing lie."""
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(0).normal(size=(200, DIMENSION))
    rows = centres[rng.integers(200, size=count)] + 0.6 * rng.normal(size=(count, DIMENSION))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


ROWS = clustered(6_000)
QUERIES = clustered(40, seed=2)


def stored(ids: Sequence[int]) -> tuple[list[int], np.ndarray]:
    known = [entry for entry in ids if 0 <= entry < len(ROWS)]
    return known, ROWS[known].reshape(-1, DIMENSION)


def built(config: RetrievalConfig, rows: np.ndarray = ROWS) -> FaissIndex:
    index = FaissIndex(DIMENSION, config, stored)
    index.prepare(len(rows), lambda count: rows[:: max(1, len(rows) // count)])
    index.add(range(len(rows)), rows)
    return index


def recall(index: FaissIndex, rows: np.ndarray, k: int = 50) -> float:
    exact = np.argsort(-(QUERIES @ rows.T), axis=1)[:, :k]
    found = [set(index.search(query, k)[1].tolist()) for query in QUERIES]
    return float(np.mean([len(ids & set(wanted.tolist())) / k for ids, wanted in zip(found, exact, strict=True)]))


def test_lists_of_quantised_vectors_find_what_exact_search_finds() -> None:
    assert recall(built(LISTS), ROWS) >= 0.98


def test_the_cosines_are_those_of_the_stored_vectors_not_of_the_quantised_ones() -> None:
    # 8 bits a number change the order of near neighbours; the ranking must not see that.
    index = built(LISTS)
    scores, ids = index.search(QUERIES[0], 20)
    assert scores == pytest.approx(ROWS[ids] @ QUERIES[0], abs=1e-6)
    assert index.scores(QUERIES[0], [7, -5]) == pytest.approx([float(ROWS[7] @ QUERIES[0]), 0.0], abs=1e-6)


def test_an_index_that_doubled_or_shrank_is_outgrown() -> None:
    index = built(replace(LISTS, exact_limit=2_000), ROWS[:2_500])
    assert not index.outgrown
    index.add(range(2_500, 4_900), ROWS[2_500:4_900])
    assert not index.outgrown
    index.add(range(4_900, 6_000), ROWS[4_900:])
    assert index.outgrown
    index.remove(range(2_000, 6_000))
    assert not index.outgrown
    index.remove(range(900, 2_000))
    assert index.outgrown
    small = built(LISTS, ROWS[:900])
    assert not small.outgrown
    small.add(range(900, 1_100), ROWS[900:1_100])
    assert small.outgrown


def test_what_is_added_and_removed_after_training_is_found_and_gone() -> None:
    index = built(replace(LISTS, exact_limit=2_000), ROWS[:3_500])
    index.add(range(3_500, 5_000), ROWS[3_500:5_000])
    index.remove(range(0, 1_000))
    assert len(index) == 4_000
    assert recall_of(index, 1_000, 5_000) >= 0.98


def recall_of(index: FaissIndex, first: int, last: int) -> float:
    exact = first + np.argsort(-(QUERIES @ ROWS[first:last].T), axis=1)[:, :50]
    found = [index.search(query, 50)[1].tolist() for query in QUERIES]
    return float(np.mean([len(set(ids) & set(wanted.tolist())) / 50 for ids, wanted in zip(found, exact, strict=True)]))


def test_training_gives_the_same_index_every_time(tmp_path: Path) -> None:
    for name in ("a", "b"):
        built(LISTS).save(tmp_path / name)
    first, second = ((tmp_path / name / "vectors.faiss").read_bytes() for name in ("a", "b"))
    assert first == second


_ASK = """
import json, sys
import numpy as np
from pathlib import Path
from haechi.config import RetrievalConfig
from haechi.indexes.faiss import FaissIndex
folder, limit = Path(sys.argv[1]), int(sys.argv[2])
rows = np.load(folder / "rows.npy")
index = FaissIndex(rows.shape[1], RetrievalConfig(exact_limit=limit, probe_share=0.5), lambda ids: (ids, rows[ids]))
index.load(folder / "index")
found = [index.search(query, 50) for query in np.load(folder / "queries.npy")]
print(json.dumps([[ids.tolist(), [float(score) for score in scores]] for scores, ids in found]))
"""


@pytest.mark.parametrize("config", [FLAT, LISTS], ids=["flat", "lists"])
def test_another_process_loads_it_and_gives_the_same_hits(config: RetrievalConfig, tmp_path: Path) -> None:
    index = built(config)
    before = [
        [ids.tolist(), [float(score) for score in scores]] for scores, ids in (index.search(q, 50) for q in QUERIES)
    ]
    index.save(tmp_path / "index")
    np.save(tmp_path / "rows.npy", ROWS)
    np.save(tmp_path / "queries.npy", QUERIES)
    command = [sys.executable, "-c", _ASK, str(tmp_path), str(config.exact_limit)]
    after = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert after == before


@pytest.mark.parametrize(
    ("name", "value"), [("precision", "int4"), ("device", "cuda"), ("probe_share", 0.0), ("exact_limit", 0)]
)
def test_settings_that_mean_nothing_are_refused(name: str, value: object) -> None:
    with pytest.raises(ConfigError, match=name):
        replace(RetrievalConfig(), **{name: value})

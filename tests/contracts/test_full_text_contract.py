"""Every full-text index: BM25 over given tokens, one formula, removable, saved whole, damage noticed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from haechi.errors import IndexMismatchError
from haechi.indexes.base import FullTextIndex
from haechi.indexes.exact_full_text import ExactFullTextIndex
from haechi.registry import load, names

RANDOM = np.random.default_rng(3)
TEXTS = [[f"낱말{word}" for word in RANDOM.integers(0, 30, RANDOM.integers(3, 20))] for _ in range(40)]
IDS = list(range(101, 141))
QUESTION = ["낱말1", "낱말2", "낱말2", "낱말9", "없는말"]


@pytest.fixture(params=names("full_text_indexes"))
def index(request: pytest.FixtureRequest) -> FullTextIndex:
    made: FullTextIndex = load("full_text_indexes", request.param)()
    made.add(IDS, TEXTS)
    return made


def fresh(index: FullTextIndex) -> FullTextIndex:
    return type(index)()


def test_scores_and_order_are_those_of_the_formula(index: FullTextIndex) -> None:
    reference = ExactFullTextIndex()
    reference.add(IDS, TEXTS)
    scores, ids = index.search(QUESTION, 10)
    expected_scores, expected_ids = reference.search(QUESTION, 10)
    assert ids.tolist() == expected_ids.tolist()
    assert scores == pytest.approx(expected_scores, rel=1e-4)


def test_a_repeated_query_token_counts_twice(index: FullTextIndex) -> None:
    once, twice = index.scores(["낱말1"], IDS), index.scores(["낱말1", "낱말1"], IDS)
    assert twice == pytest.approx(2 * once)
    assert once.max() > 0


def test_entries_without_any_token_are_not_found(index: FullTextIndex) -> None:
    assert len(index.search(["없는말"], 5)[1]) == 0
    assert len(index.search([], 5)[1]) == 0
    assert index.scores([], IDS[:2]).tolist() == [0.0, 0.0]


def test_scores_of_given_entries_come_in_their_order(index: FullTextIndex) -> None:
    scores, ids = index.search(QUESTION, 3)
    assert index.scores(QUESTION, [999, *ids[::-1].tolist()]) == pytest.approx([0.0, *scores[::-1]])


def test_shares_sum_the_weights_of_the_tokens_present(index: FullTextIndex) -> None:
    weights = {"낱말1": 0.5, "낱말2": 0.25}
    expected = [sum(w for word, w in weights.items() if word in text) for text in TEXTS]
    assert index.shares(weights, IDS) == pytest.approx(expected)
    assert index.shares({}, IDS[:1]).tolist() == [0.0]


def test_document_frequencies(index: FullTextIndex) -> None:
    expected = [sum(token in text for text in TEXTS) for token in QUESTION]
    assert index.document_frequencies(QUESTION) == expected


def test_removed_entries_are_gone_and_unknown_ones_are_no_error(index: FullTextIndex) -> None:
    first = int(index.search(QUESTION, 1)[1][0])
    index.remove([first, 7])
    assert len(index) == 39
    assert first not in index.search(QUESTION, 40)[1]


def test_saved_changed_and_loaded_again(index: FullTextIndex, tmp_path: Path) -> None:
    index.save(tmp_path / "t")
    index.add([500], [["새낱말"]])
    index.remove([101])
    index.save(tmp_path / "t")
    loaded = fresh(index)
    loaded.load(tmp_path / "t")
    assert len(loaded) == 40
    assert loaded.search(["새낱말"], 5)[1].tolist() == [500]
    assert loaded.search(QUESTION, 5)[1].tolist() == index.search(QUESTION, 5)[1].tolist()


def test_words_of_a_removed_entry_are_gone_once_it_is_saved(index: FullTextIndex, tmp_path: Path) -> None:
    # Trap: tantivy only marks what is removed; its dictionary and its store keep the words until a merge.
    index.add([500], [["비밀낱말"]])
    index.save(tmp_path / "t")
    index.remove([500])
    index.save(tmp_path / "t")
    loaded = fresh(index)
    loaded.load(tmp_path / "t")
    assert loaded.document_frequencies(["비밀낱말"]) == [0]
    assert loaded.document_frequencies(QUESTION) == [sum(token in text for text in TEXTS) for token in QUESTION]
    assert not any("비밀낱말".encode() in path.read_bytes() for path in (tmp_path / "t").iterdir())


def test_an_empty_index_can_be_saved_and_loaded(index: FullTextIndex, tmp_path: Path) -> None:
    fresh(index).save(tmp_path / "t")
    loaded = fresh(index)
    loaded.load(tmp_path / "t")
    assert len(loaded) == 0


@pytest.mark.parametrize("harm", ["missing", "short", "flipped"])
def test_damage_to_any_file_is_noticed(index: FullTextIndex, tmp_path: Path, harm: str) -> None:
    index.save(tmp_path / "t")
    for path in sorted((tmp_path / "t").iterdir()):
        # tantivy's own lock files are empty and mean nothing.
        if path.name.startswith(".") or not path.stat().st_size:
            continue
        data = path.read_bytes()
        if harm == "missing":
            path.unlink()
        elif harm == "short":
            path.write_bytes(data[:-1])
        else:
            path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
        with pytest.raises(IndexMismatchError):
            fresh(index).load(tmp_path / "t")
        path.write_bytes(data)
    fresh(index).load(tmp_path / "t")

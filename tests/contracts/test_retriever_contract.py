"""What every retriever must do, over a real store and real indexes."""

from __future__ import annotations

from pathlib import Path

import pytest

from haechi.config import load_config
from haechi.pipeline.build import init_home, open_home
from haechi.pipeline.ingest import ingest
from haechi.registry import names
from haechi.retrievers.base import Filters, Retriever

ROWS = """{"id": "fee", "title": "연체", "text": "연체료는 권당 하루 100원이다.", "부서": "대출팀"}
{"id": "day", "title": "휴관", "text": "정기휴관일은 매월 둘째 월요일이다.", "부서": "총무팀"}
{"id": "loan", "title": "대출", "text": "대출 기간은 14일이고 한 번 연장할 수 있다.", "부서": "대출팀"}
"""
QUESTION = "연체료는 하루에 얼마인가요?"


@pytest.fixture(params=names("retrievers"))
def retriever(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Retriever:
    monkeypatch.setenv("HAECHI_EMBEDDER_BACKEND", "scripted")
    monkeypatch.setenv("HAECHI_CHECK_GROUNDER", "none")
    monkeypatch.setenv("HAECHI_RETRIEVAL_RETRIEVER", request.param)
    (tmp_path / "rows.jsonl").write_text(ROWS, encoding="utf-8")
    init_home(tmp_path / "home")
    home = open_home(load_config(tmp_path / "home"))
    request.addfinalizer(home.close)
    ingest(home, [str(tmp_path / "rows.jsonl")])
    return home.retriever()


def test_the_best_passage_comes_first_and_scores_fall(retriever: Retriever) -> None:
    hits = retriever.retrieve(QUESTION, 3)
    assert hits[0].external_id == "fee"
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)
    assert {hit.retriever for hit in hits} == {retriever.name}


@pytest.mark.parametrize("k", [1, 2])
def test_there_are_at_most_k_hits_and_one_a_chunk(retriever: Retriever, k: int) -> None:
    hits = retriever.retrieve(QUESTION, k)
    assert len(hits) <= k
    assert len({hit.chunk.id for hit in hits}) == len(hits)


def test_a_hit_can_be_shown_without_the_store(retriever: Retriever) -> None:
    hit = retriever.retrieve(QUESTION, 1)[0]
    assert (hit.document_title, hit.chunk.text) == ("연체", "연체료는 권당 하루 100원이다.")
    assert hit.matched_text
    assert hit.document_source


def test_the_same_question_gives_the_same_hits(retriever: Retriever) -> None:
    assert retriever.retrieve(QUESTION, 3) == retriever.retrieve(QUESTION, 3)


def test_filters_hold_for_every_hit(retriever: Retriever) -> None:
    # Trap: filtering after the cut to k would lose the passage that is left.
    hits = retriever.retrieve(QUESTION + " 정기휴관일", 1, Filters({"부서": "총무팀"}))
    assert [hit.external_id for hit in hits] == ["day"]


def test_nothing_matches_a_filter_that_fits_no_document(retriever: Retriever) -> None:
    assert list(retriever.retrieve(QUESTION, 3, Filters({"부서": "없는팀"}))) == []

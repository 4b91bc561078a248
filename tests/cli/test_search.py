"""`search`: hits in the contract's shape, filters as given, batches."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from haechi.retrievers.base import Filters
from tests.cli.conftest import CHUNK, DOCUMENT, HIT, FakeBot, Run


def test_json_has_the_keys_of_the_contract(haechi: Run, home: Path) -> None:
    record = haechi("search", "정산", "--json").json
    assert set(record) == {"hits", "notes", "expansion", "seconds"}
    assert (record["notes"], record["expansion"]) == ([], None)
    hit = record["hits"][0]
    assert {"rank", "score", "retriever", "document", "external_id", "label", "page", "text"} <= set(hit)
    assert (hit["rank"], hit["document"], hit["external_id"]) == (1, DOCUMENT.id, "r21")
    assert (hit["label"], hit["page"], hit["text"]) == ("제21조", 3, CHUNK.text)


def test_a_person_sees_where_a_passage_stands(haechi: Run, home: Path) -> None:
    assert haechi("search", "정산").out.startswith("[1] 여비규정 제21조 3쪽")


def test_filters_and_date_reach_the_retriever(haechi: Run, home: Path, bot: FakeBot) -> None:
    haechi(
        "search", "정산", "-k", "7", "--filter", "title=여비규정", "--filter", "부서=총무=1", "--as-of", "2024-03-01"
    )
    filters = Filters(equals={"title": "여비규정", "부서": "총무=1"}, as_of="2024-03-01")
    assert bot.calls == [("정산", {"k": 7, "filters": filters})]


def test_a_batch_gives_a_row_a_question_and_a_summary(haechi: Run, home: Path, questions: Path) -> None:
    rows = haechi("search", "--batch", questions, "--json").rows
    assert [row.get("id") for row in rows[:-1]] == ["q1", "q2", "q3"]
    assert all(row["hits"] for row in rows[:-1])
    assert rows[-1]["n"] == 3


def test_a_passage_read_by_ocr_says_so(haechi: Run, home: Path, bot: FakeBot, monkeypatch: pytest.MonkeyPatch) -> None:
    scanned = replace(HIT, chunk=replace(CHUNK, meta={"ocr": 0.874}))
    monkeypatch.setattr(bot, "retrieve", lambda *_: [scanned])
    assert "제21조 3쪽 · 문자 인식(OCR), 확신도 87%" in haechi("search", "정산").out
    assert haechi("search", "정산", "--json").json["hits"][0]["ocr"] == 0.874

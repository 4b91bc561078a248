"""The trade-off table: every unit and strategy over the same texts, the home only read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from haechi.cli.main import run
from haechi.errors import InputError
from haechi.evaluation.indexing import Golds, compare_indexing
from haechi.pipeline.build import Home
from haechi.pipeline.ingest import ingest

QUESTIONS = [
    {"id": "1", "question": "연체료는 하루에 얼마인가요?", "gold": [{"document": "운영규정.md", "label": "제3조"}]},
    {"id": "2", "question": "정기휴관일은 언제인가요?", "gold": [{"document": "운영규정.md", "label": "제4조"}]},
    {"id": "3", "question": "다른 홈의 질문?", "gold": [{"document": "없는문서.md", "label": "제1조"}]},
]


def state(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith(("-shm", "-wal", "lock"))
    }


def test_each_pair_is_a_row_and_the_home_stays_as_it_was(home: Home, documents: Path) -> None:
    ingest(home, [str(documents)])
    before, beside = state(home.config.home), sorted(home.config.home.parent.iterdir())
    rows = compare_indexing(home, QUESTIONS, ["auto", "sentence", "page"], ["plain", "small_chunks"])
    assert state(home.config.home) == before
    assert sorted(home.config.home.parent.iterdir()) == beside
    assert [(row["unit"], row["strategy"]) for row in rows] == [
        (unit, strategy) for unit in ("auto", "sentence", "page") for strategy in ("plain", "small_chunks")
    ]
    by_pair = {(row["unit"], row["strategy"]): row for row in rows}
    article, sentence, page = (by_pair[unit, "plain"] for unit in ("auto", "sentence", "page"))
    assert sentence["vectors"] > article["vectors"] > page["vectors"] == 1
    assert by_pair["page", "small_chunks"]["vectors"] > by_pair["page", "small_chunks"]["chunks"] == 1
    assert page["chars@2"] > article["chars@2"] > sentence["chars@2"]
    for row in rows:
        # A question whose gold is not in the home is not asked. A place is right whatever unit finds it.
        assert (row["n"], row["documents"], row["recall@2"]) == (2, 1, 1.0)
        assert row["index_mb"] > 0
        assert row["build_seconds"] > 0
        assert row["query_ms"] > 0
        assert 0 < row["mrr"] <= 1


def test_an_article_in_several_chunks_is_one_place(home: Home, documents: Path) -> None:
    ingest(home, [str(documents)], unit="sentence")
    texts = [found for item in home.store.documents() if (found := home.store.document(item.id))]
    golds = Golds(home, texts)
    assert golds.places({"gold_ids": [texts[0].id]}) == [(texts[0].id, 0, len(texts[0].text))]


def test_questions_without_golds_here_are_refused(home: Home, documents: Path) -> None:
    ingest(home, [str(documents)])
    with pytest.raises(InputError, match="documents list"):
        compare_indexing(home, QUESTIONS[2:], ["auto"], ["plain"])


def test_the_command_prints_the_table(
    home: Home, documents: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ingest(home, [str(documents)])
    file = tmp_path / "q.jsonl"
    file.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in QUESTIONS), encoding="utf-8")
    arguments = ["--home", str(home.config.home), "evaluate", "indexing", "--questions", str(file)]
    assert run([*arguments, "--units", "auto,page", "--strategies", "plain"]) == 0
    table = capsys.readouterr().out.splitlines()
    assert [table[1].split()[:2], table[2].split()[:2]] == [["auto", "plain"], ["page", "plain"]]
    assert "질문 2개, 문서 1건" in table[-1]
    assert run([*arguments, "--units", "page", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out.splitlines()[-1])["rows"]) == 2
    assert run([*arguments, "--units", "chapter"]) == 2
    assert "law_article" in capsys.readouterr().err

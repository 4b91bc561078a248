"""`train embedder`: what it needs, what it says when that is missing, and the files it takes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from haechi.training import embedder, needs
from tests.cli.conftest import Run


@pytest.fixture
def files(in_folder: Path) -> Path:
    (in_folder / "c.jsonl").write_text(
        '{"id": "가/1", "text": "글"}\n{"id": "나/1", "text": "글 둘"}\n', encoding="utf-8"
    )
    for name, gold in (("q1", "가/1"), ("q2", "나/1")):
        row = {"question": "무엇?", "gold_ids": [gold]}
        (in_folder / f"{name}.jsonl").write_text(json.dumps(row, ensure_ascii=False) + "\n", encoding="utf-8")
    return in_folder


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the command passes on; the training itself is not run."""
    calls: list[dict[str, Any]] = []

    def fake(data: Any, out: Path, settings: Any, **rest: Any) -> dict[str, Any]:
        calls.append({"data": data, "out": out, "settings": settings, **rest})
        figures = {"recall@1": 0.5, "recall@2": 0.6, "mrr": 0.55}
        return {"interrupted": rest["resume"], "steps": 3, "of": 9, "before": figures, "after": figures}

    monkeypatch.setattr(needs, "find_spec", lambda name: object())
    monkeypatch.setattr(embedder, "train_embedder", fake)
    return calls


def test_without_torch_the_extra_is_named(haechi: Run, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needs, "find_spec", lambda name: None)
    result = haechi("train", "embedder", "--questions", "q1.jsonl", "--corpus", "c.jsonl", "--out", "o")
    assert result.status == 1
    assert "haechi[train]" in result.err


def test_files_settings_and_the_next_step(haechi: Run, files: Path, trained: list[dict[str, Any]]) -> None:
    # A shell writes out q*.jsonl: the first file is the option's, the others follow as arguments.
    command = ("train", "embedder", "--questions", "q1.jsonl", "q2.jsonl", "--corpus", "c.jsonl", "--out", "o")
    result = haechi(*command, "--epochs", "1.5", "--rank", "8", "--layers", "2", "--batch", "4", "--lr", "0.001")
    assert result.status == 0
    (call,) = trained
    assert set(call["data"].hashes) == {"q1.jsonl", "q2.jsonl", "passages"}
    used = call["settings"]
    assert (used.epochs, used.rank, used.layers, used.batch, used.lr) == (1.5, 8, 2, 4, 0.001)
    assert str(files / "o" / "model") in result.out
    assert "haechi reembed" in result.out


def test_an_interrupted_run_says_how_to_go_on(haechi: Run, files: Path, trained: list[dict[str, Any]]) -> None:
    command = ("train", "embedder", "--questions", "q1.jsonl", "--corpus", "c.jsonl", "--out", "o", "--resume")
    result = haechi(*command)
    assert result.status == 130
    assert "--resume" in result.out
    assert haechi(*command, "--json").json["of"] == 9


def test_without_a_corpus_the_documents_of_the_home_are_the_passages(
    haechi: Run, files: Path, trained: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HAECHI_EMBEDDER_BACKEND", "scripted")
    monkeypatch.setenv("HAECHI_CHECK_GROUNDER", "none")
    assert haechi("init", "집").status == 0
    assert haechi("--home", "집", "ingest", "c.jsonl").status == 0
    assert haechi("--home", "집", "train", "embedder", "--questions", "q1.jsonl", "--out", "o").status == 0
    assert sorted(text.strip().splitlines()[-1] for text in trained[0]["data"].passages) == ["글", "글 둘"]

"""The questions that the default embedder was trained on: whole, each one once, and none about a held-out law."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

STYLES = {"spoken", "petition", "keywords", "formal"}


@pytest.fixture(scope="module")
def folder(repository: Path) -> Path:
    return repository / "datasets" / "law_questions"


@pytest.fixture(scope="module")
def rows(folder: Path) -> list[dict[str, Any]]:
    files = sorted(folder.glob("train_*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def cleaner(folder: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("law_questions_clean", folder / "clean.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_row_has_its_fields_filled(rows: list[dict[str, Any]]) -> None:
    assert len(rows) > 1000
    for row in rows:
        assert set(row) == {"id", "question", "gold_ids", "style"}
        assert row["question"] == row["question"].strip() != ""
        assert row["style"] in STYLES
        assert row["gold_ids"]
        assert all(re.fullmatch(r"[^/]+/제\d+조(의\d+)*", gold) for gold in row["gold_ids"])


def test_ids_are_numbered_without_gaps_and_questions_are_unique(rows: list[dict[str, Any]]) -> None:
    assert [row["id"] for row in rows] == [f"lq-{number:04}" for number in range(1, len(rows) + 1)]
    assert len({re.sub(r"\W", "", row["question"]) for row in rows}) == len(rows)


def test_no_question_is_about_a_held_out_law(rows: list[dict[str, Any]], folder: Path) -> None:
    held_out = json.loads((folder / "held_out_laws.json").read_text(encoding="utf-8"))
    assert set(held_out) == {"test", "dev"}
    assert not set(held_out["test"]) & set(held_out["dev"])
    laws = {gold.partition("/")[0] for row in rows for gold in row["gold_ids"]}
    assert not laws & {name for names in held_out.values() for name in names}


def test_files_are_small_and_the_readme_counts_them(rows: list[dict[str, Any]], folder: Path) -> None:
    assert all(file.stat().st_size < 1_000_000 for file in folder.glob("train_*.jsonl"))
    readme = (folder / "README.md").read_text(encoding="utf-8")
    assert f"| {len(rows)} |" in readme
    assert "CC BY 4.0" in readme


def test_the_cleaner_keeps_what_is_sound_and_says_why_the_rest_went(cleaner: ModuleType) -> None:
    corpus = {
        "여비법/제1조": "여비는 출장에서 돌아온 날부터 칠 일 안에 정산하여야 한다",
        "여비법/제2조": "숙박비",
        "시험법/제1조": "시험",
    }

    def row(question: str, *golds: str, style: str = "spoken") -> dict[str, Any]:
        return {"question": question, "gold_ids": list(golds), "style": style}

    raw = [
        row("호텔 값은 누가 내 주나요?", "여비법/제2조"),
        row("출장비 언제까지 정리해서 내야 돼요?", "여비법/제1조"),
        row("출장비 언제까지 정리해서 내야 돼요", "여비법/제1조"),
        row("출장비 언제까지 정리해서 내야 되나요?", "여비법/제1조"),
        row("출장에서 돌아온 날부터 칠 일 안에 정산하나요?", "여비법/제1조"),
        row("없는 조문인데요 어쩌죠?", "여비법/제9조"),
        row("시험은 언제 보나요?", "시험법/제1조"),
        row("잠은 어디서 자면 되나요?", "여비법/제2조"),
        row("문체가 없습니다", "여비법/제2조", style="odd"),
    ]
    kept, dropped = cleaner.clean(raw, corpus, {"시험법"}, ["잠은 어디서 자면 되나요"])
    # In the order of the statutes, whatever the order of the drafts.
    assert [item["question"] for item in kept] == ["출장비 언제까지 정리해서 내야 돼요?", "호텔 값은 누가 내 주나요?"]
    assert dropped == {
        "duplicate": 1,
        "near duplicate": 1,
        "copies its article": 1,
        "unknown article": 1,
        "held-out law": 1,
        "like a benchmark question": 1,
        "not a row": 1,
    }

"""The committed questions and answers: whole, split by document, clean by the linter, and ready for every trainer."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from haechi.training.data_build import build
from haechi.training.data_formats import read_any
from haechi.training.data_lint import Options, lint
from haechi.training.grounded_rows import messages_of
from haechi.training.leaks import read_evaluation
from haechi.training.lint_parts import parts_of

KINDS = {"value", "article", "date", "condition", "comparison", "name", "two_document", "false_premise", "follow_up",
         "unanswerable"}  # fmt: skip
SPLITS = ("train", "dev", "test")
Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def folder(repository: Path) -> Path:
    return repository / "datasets" / "grounded_qa"


@pytest.fixture(scope="module")
def rows(folder: Path) -> Rows:
    return {
        name: [row for path in sorted(folder.glob(f"{name}*.jsonl")) for row in read_any(path)[1]] for name in SPLITS
    }


def test_there_are_enough_of_every_kind(rows: Rows) -> None:
    written = [row for name in SPLITS for row in rows[name] if row.get("category") != "passage_missing"]
    assert len(written) >= 1500
    for name in SPLITS:
        assert {row["kind"] for row in rows[name]} == KINDS
    assert min(Counter(row["kind"] for row in rows["test"]).values()) >= 15


def test_every_row_has_its_fields(rows: Rows) -> None:
    allowed = {"id", "group", "kind", "question", "passages", "answer", "gold", "reason", "category", "history",
               "standalone", "rejected"}  # fmt: skip
    everything = [row for name in SPLITS for row in rows[name]]
    assert len({row["id"] for row in everything}) == len(everything)
    for row in everything:
        assert set(row) <= allowed
        assert row["id"].startswith(row["group"])
        assert all(set(passage) == {"title", "label", "head", "text"} for passage in row["passages"])
        assert (row["kind"] == "unanswerable") == (row["answer"] == "모른다") == (not row["gold"])
        assert (row["kind"] == "follow_up") == ("history" in row) == ("standalone" in row)
        assert ("category" in row) == ("reason" in row) == (row["kind"] == "unanswerable")
        if row["kind"] == "false_premise":
            assert row["answer"].startswith("아닙니다.")
        if row["kind"] == "two_document":
            assert len(row["gold"]) >= 2


def test_no_group_and_no_title_stands_on_two_sides(rows: Rows, repository: Path) -> None:
    # A document on both sides would let a model answer the test from memory.
    for one in SPLITS:
        for other in SPLITS:
            if one < other:
                assert not {row["group"] for row in rows[one]} & {row["group"] for row in rows[other]}
                assert not _titles(rows[one]) & _titles(rows[other])
                assert not _texts(rows[one]) & _texts(rows[other])
    held_out = json.loads((repository / "datasets/law_questions/held_out_laws.json").read_text(encoding="utf-8"))
    assert not _titles(rows["train"]) & {*held_out["test"], *held_out["dev"]}
    statutes = [row for row in rows["test"] if row["group"].startswith("at-")]
    assert _titles(statutes) <= set(held_out["test"])


@pytest.mark.parametrize(("name", "others"), [("train", ("dev", "test")), ("dev", ("test",)), ("test", ())])
def test_the_linter_finds_nothing(rows: Rows, folder: Path, name: str, others: tuple[str, ...]) -> None:
    # Against the other splits, so that none asks or quotes what another one does.
    evaluation = read_evaluation([folder / f"{other}.jsonl" for other in others])
    report = lint("grounded", rows[name], Options(evaluation=evaluation))
    assert [(rows[name][item.row]["id"], item.code, item.seen) for item in report.findings] == []


def test_nothing_comes_from_a_set_that_judges_us(rows: Rows, shared_data: Path) -> None:
    names = ("korquad1_dev", "easylaw_qa", "fire_safety_qna", "nts_rulings", "autorag_ko")
    evaluation = read_evaluation([shared_data / name / "queries.jsonl" for name in names])
    for row in (row for name in SPLITS for row in rows[name]):
        parts = parts_of("grounded", row)
        assert evaluation.find(parts.asked, (*parts.answered, *parts.worse), parts.given) == []


def test_rows_become_what_every_trainer_reads(rows: Rows) -> None:
    some = rows["dev"]
    sft = build("grounded", some, "sft").rows
    assert len(sft) == len(some)
    for row, made in zip(some, sft, strict=True):
        asked = [{"role": message.role, "content": message.content} for message in messages_of(row)]
        # One prompt for every trainer and for the reader: the pipeline's, without its worked examples.
        assert made["prompt"] == asked
        assert made["completion"] == row["answer"]
    pairs = build("grounded", some, "pairs").rows
    with_rejected = [row for row in some if row.get("rejected")]
    assert [(made["chosen"], made["rejected"]) for made in pairs] == [
        (row["answer"], row["rejected"]) for row in with_rejected
    ]
    prompts = build("grounded", some, "prompts").rows
    assert 0 < len(prompts) <= len(some)
    assert all(set(made) == {"prompt"} for made in prompts)


def test_files_are_small_and_the_readme_counts_them(rows: Rows, folder: Path) -> None:
    for path in folder.glob("*.jsonl"):
        assert path.stat().st_size < 1_000_000
        text = path.read_text(encoding="utf-8")
        assert all(json.loads(line) for line in text.rstrip("\n").split("\n"))
    readme = (folder / "README.md").read_text(encoding="utf-8")
    assert "| **all** | " + " | ".join(str(len(rows[name])) for name in SPLITS) + " |" in readme
    assert "CC BY 4.0" in readme
    report = (folder / "REPORT.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| (\w+) \| (\d+) \|", report, re.MULTILINE)[:3] == [
        (name, str(len(rows[name]))) for name in SPLITS
    ]


def _titles(rows: list[dict[str, Any]]) -> set[str]:
    return {passage["title"] for row in rows for passage in row["passages"]}


def _texts(rows: list[dict[str, Any]]) -> set[str]:
    return {passage["text"] for row in rows for passage in row["passages"]}

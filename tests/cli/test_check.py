"""`haechi check`: anyone's answer, one or many, from files or stdin, with no home and no model."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import haechi as package
from haechi.checkers.base import Checker, Evidence
from haechi.errors import InputError, ModelError
from haechi.pipeline import build
from haechi.pipeline.check import CheckReport
from haechi.types import Verdict
from tests.cli.conftest import Run

PASSAGE = "연체료는 권당 1일 100원으로 한다. 보증금은 3억 원으로 한다."


@pytest.fixture
def evidence(in_folder: Path) -> Path:
    file = in_folder / "근거.txt"
    file.write_text(PASSAGE, encoding="utf-8")
    return file


@pytest.fixture
def rows(in_folder: Path) -> Path:
    file = in_folder / "rows.jsonl"
    lines = [
        {"id": 1, "answer": "보증금은 300,000,000원입니다.", "evidence": PASSAGE},
        {"id": 2, "answer": "보증금은 30억 원입니다.", "evidence": [PASSAGE, "다른 글"], "question": "보증금은요?"},
        {"id": 3, "answer": "책은 소중합니다.", "evidence": PASSAGE},
    ]
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in lines), encoding="utf-8")
    return file


def test_one_answer_is_checked_and_corrected_as_a_diff(haechi: Run, evidence: Path) -> None:
    command = ("check", "--rules-only", "--answer", "보증금은 30억 원입니다.", "--evidence", evidence)
    record = haechi(*command, "--json").json
    assert (record["supported"], record["corrected"], record["settled"]) == (False, "보증금은 3억 원입니다.", True)
    assert record["corrections"][0]["source"] == "보증금은 3억 원으로 한다."
    assert {"kind": "removed", "text": "30억"} in record["corrections"][0]["diff"]
    text = haechi(*command).out
    assert "[-30억-]{+3억+}" in text and "근거: “보증금은 3억 원으로 한다.”" in text


def test_an_answer_of_which_nothing_holds_is_refused(haechi: Run, evidence: Path) -> None:
    command = ("check", "--rules-only", "--answer", "회비는 5유로입니다.", "--evidence", evidence)
    record = haechi(*command, "--json").json
    assert (record["supported"], record["corrected"], record["settled"]) == (False, "", False)
    assert "이 답은 쓰지 마세요" in haechi(*command).out


def test_what_was_not_checked_is_listed(haechi: Run, evidence: Path) -> None:
    answer = "보증금은 3억 원입니다. 책은 소중합니다."
    command = ("check", "--rules-only", "--answer", answer, "--evidence", evidence)
    record = haechi(*command, "--json").json
    assert (record["supported"], record["unchecked"]) == (None, ["책은 소중합니다."])
    assert "확인하지 못한 문장: 책은 소중합니다." in haechi(*command).out


def test_answer_and_evidence_may_come_from_stdin(haechi: Run, evidence: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("보증금은 3억 원입니다."))
    assert haechi("check", "--rules-only", "--answer", "-", "--evidence", evidence, "--json").json["supported"] is True
    monkeypatch.setattr("sys.stdin", io.StringIO(PASSAGE))
    command = ("check", "--rules-only", "--answer", "보증금은 3억 원입니다.", "--evidence", "-", "--json")
    assert haechi(*command).json["supported"] is True


def test_a_batch_goes_on_where_it_stopped(haechi: Run, rows: Path, in_folder: Path) -> None:
    out = in_folder / "out.jsonl"
    first = haechi("check", "--rules-only", "--batch", rows, "--out", out, "--json")
    assert [row["supported"] for row in first.rows[:3]] == [True, False, None]
    counts = {"supported": 1, "unsupported": 1, "unchecked": 1, "failed": 0}
    assert first.json == {"n": 3, **counts, "skipped": 0}
    out.write_text("".join(out.read_text(encoding="utf-8").splitlines(keepends=True)[:2]), encoding="utf-8")
    again = haechi("check", "--rules-only", "--batch", rows, "--out", out, "--json")
    assert [row["id"] for row in again.rows[:-1]] == [3]
    assert again.json["skipped"] == 2
    assert len(out.read_text(encoding="utf-8").splitlines()) == 3


def test_a_batch_may_come_from_stdin(haechi: Run, rows: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(rows.read_text(encoding="utf-8")))
    assert haechi("check", "--rules-only", "--batch", "-", "--json").json["n"] == 3


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--answer", "-", "--evidence", "-"], "표준 입력"),
        (["--answer", "가", "--evidence", "근거.txt", "--rules-only", "--re-ask"], "가운데 하나"),
        (["--answer", "가", "--evidence", "근거.txt", "--out", "o"], "--batch"),
    ],
)
def test_options_that_exclude_each_other(haechi: Run, evidence: Path, arguments: list[str], word: str) -> None:
    result = haechi("check", *arguments)
    assert result.status == 2 and word in result.err


def test_a_row_without_evidence_is_named_before_anything_is_checked(haechi: Run, in_folder: Path) -> None:
    file = in_folder / "rows.jsonl"
    file.write_text('{"id": "가", "answer": "나", "evidence": []}\n', encoding="utf-8")
    result = haechi("check", "--batch", file)
    assert result.status == 1 and "가: evidence" in result.err and result.out == ""


def test_the_switches_choose_the_checkers(haechi: Run, evidence: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[bool, bool]] = []

    @contextmanager
    def opened(config: Any, *, rules_only: bool = False, re_ask: bool = False) -> Iterator[list[Checker]]:
        asked.append((rules_only, re_ask))
        yield []

    monkeypatch.setattr(build, "open_checkers", opened)
    for switch in ([], ["--rules-only"], ["--re-ask"]):
        haechi("check", "--answer", "가", "--evidence", evidence, *switch)
    assert asked == [(False, False), (True, False), (False, True)]


def test_a_model_that_fails_midway_costs_its_row_only(haechi: Run, rows: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Fails:
        name = "fails"

        def check(self, answer: str, evidence: Sequence[Evidence], question: str = "") -> list[Verdict]:
            if question:
                raise ModelError("모델이 멈추었습니다")
            return []

    monkeypatch.setattr(build, "default_checkers", lambda *given: [Fails()])
    result = haechi("check", "--batch", rows, "--json")
    assert (result.status, result.json["failed"]) == (3, 1)
    assert result.rows[1] == {"id": 2, "error": "모델이 멈추었습니다"}


def test_the_same_as_a_python_call() -> None:
    report = package.check("보증금은 30억 원입니다.", PASSAGE, rules_only=True)
    assert isinstance(report, CheckReport)
    assert (report.supported, report.corrected) == (False, "보증금은 3억 원입니다.")
    assert package.check("보증금은 3억 원입니다.", [PASSAGE, "다른 글"], rules_only=True).supported is True
    for evidence in ("", [], [" "]):
        with pytest.raises(InputError):
            package.check("보증금은 3억 원입니다.", evidence)
    with pytest.raises(InputError):
        package.check(" ", PASSAGE)

"""`haechi feedback` from the command line, over a real store."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from haechi.config import load_config
from haechi.pipeline.build import init_home, open_home
from haechi.types import Answer
from tests.cli.conftest import Run


@pytest.fixture
def answers(in_folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("HAECHI_EMBEDDER_BACKEND", "scripted")
    monkeypatch.setenv("HAECHI_CHECK_GROUNDER", "none")
    monkeypatch.setenv("HAECHI_LLM_BACKEND", "scripted")
    folder = init_home(in_folder / "home")
    monkeypatch.setenv("HAECHI_HOME", str(folder))
    with open_home(load_config(folder)) as home:
        made = [Answer("연체료는?", "500원입니다.", "generated"), Answer("휴관일은?", "월요일입니다.", "generated")]
        return [home.store.record_answer(answer) for answer in made]


def test_opinions_are_added_listed_exported_and_removed(haechi: Run, answers: list[str], in_folder: Path) -> None:
    unrated = haechi("feedback", "list", "--unrated", "--json").json["answers"]
    assert [row["question"] for row in unrated] == ["휴관일은?", "연체료는?"]
    assert haechi("feedback", "list", "--unrated", "1").out.count("\n") == 2
    done = haechi("feedback", "add", answers[0][:12], "--correct", "100원입니다.", "--who", "김해치")
    assert "틀림: 연체료는?" in done.out
    assert haechi("feedback", "add", "last", "--good", "--json").json["verdict"] == "good"
    listed = haechi("feedback", "list")
    assert "바른 답: 100원입니다." in listed.out
    assert haechi("feedback", "list", "--unrated").out.strip() == "의견이 없는 답이 없습니다."
    assert haechi("feedback", "export", "out.jsonl", "--json").json["rows"] == 2
    rows = [json.loads(line) for line in (in_folder / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(row["question"], row["verdict"], row["corrected_answer"]) for row in rows] == [
        ("연체료는?", "bad", "100원입니다."),
        ("휴관일은?", "good", ""),
    ]
    assert haechi("feedback", "remove", rows[0]["id"], "--json").json == {"removed": 1}
    assert len(haechi("feedback", "list", "--json").json["feedback"]) == 1


def test_mistakes_are_said_with_the_next_command(haechi: Run, answers: list[str]) -> None:
    done = haechi("feedback", "add", answers[0])
    assert (done.status, "--good" in done.err) == (1, True)
    done = haechi("feedback", "add", "zzz", "--good")
    assert (done.status, "haechi feedback list --unrated" in done.err) == (1, True)
    done = haechi("feedback", "add", answers[0], "--good", "--correct", "다른 답")
    assert (done.status, "고친 답" in done.err) == (1, True)
    assert haechi("feedback", "remove", "zzz").status == 1

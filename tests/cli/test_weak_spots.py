"""`haechi weak-spots`: the report over recorded answers, or over questions asked now."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from haechi.config import load_config
from haechi.pipeline.build import init_home, open_home
from haechi.types import Correction, Verdict
from tests.cli.conftest import FakeBot, Run, answer_to

WRONG = Verdict("amount", "500원", "contradicted", "연체료는 100원이다.")
DROPPED = Correction("회비는 5유로입니다.", "", "뺐습니다", "", "name")


@pytest.fixture
def recorded(in_folder: Path) -> Path:
    init_home(in_folder / "home")
    with open_home(load_config(in_folder / "home")) as home:
        home.store.record_answer(replace(answer_to("얼마인가요?"), verdicts=(WRONG,), corrections=(DROPPED,), hits=()))
        home.store.record_answer(replace(answer_to("언제인가요?"), hits=()))
    return in_folder / "home"


def test_the_report_of_recorded_answers(haechi: Run, recorded: Path) -> None:
    report = haechi("--home", recorded, "weak-spots", "--json").json
    assert report["answers"] == 2
    assert {row["checker"]: row["wrong_share"] for row in report["checkers"]} == {"amount": 1, "name": 1, "quantity": 0}
    text = haechi("--home", recorded, "weak-spots").out
    assert "[amount] 근거와 다름: 500원" in text and "질문: 얼마인가요?" in text and "100.0%" in text
    assert haechi("--home", recorded, "weak-spots", "--limit", "1", "--json").json["answers"] == 1
    assert "기록된 답변이 없습니다" in haechi("--home", recorded, "weak-spots", "--since", "2999-01-01").out


def test_questions_can_be_asked_now_and_go_on_where_they_stopped(
    haechi: Run, home: Path, bot: FakeBot, questions: Path
) -> None:
    bot.answers["질문 2"] = replace(answer_to("질문 2"), verdicts=(WRONG,))
    command = ("weak-spots", "--questions", questions, "--out", home / "out.jsonl", "--json")
    report = haechi(*command).json
    assert (report["answers"], report["checkers"][0]["contradicted"], len(bot.calls)) == (3, 1, 3)
    assert haechi(*command).json == report
    assert len(bot.calls) == 3
    assert haechi("weak-spots", "--questions", questions, "--json").json == report


def test_out_belongs_to_questions(haechi: Run, recorded: Path) -> None:
    result = haechi("--home", recorded, "weak-spots", "--out", "x")
    assert result.status == 2 and "--questions" in result.err

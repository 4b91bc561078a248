"""`haechi faq` from the command line, over a real store with the scripted models."""

from __future__ import annotations

from pathlib import Path

import pytest

from haechi.pipeline.build import init_home
from tests.cli.conftest import Run

QUESTION, ANSWER = "연체료는 권당 얼마인가요?", "권당 1일 100원입니다."


@pytest.fixture
def faq_home(in_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HAECHI_EMBEDDER_BACKEND", "scripted")
    monkeypatch.setenv("HAECHI_CHECK_GROUNDER", "none")
    monkeypatch.setenv("HAECHI_LLM_BACKEND", "scripted")
    init_home(in_folder / "home")
    monkeypatch.setenv("HAECHI_HOME", str(in_folder / "home"))
    return in_folder


def test_an_faq_is_read_in_tested_asked_listed_and_removed(haechi: Run, faq_home: Path) -> None:
    file = faq_home / "faq.csv"
    file.write_text(f"id,question,answer\nfee,{QUESTION},{ANSWER}\nbad,,x\n", encoding="utf-8")
    done = haechi("faq", "import", file, "--json")
    assert (done.status, done.json) == (
        3,
        {"added": 1, "updated": 0, "unchanged": 0, "failed": [{"line": 3, "reason": "질문이 비어 있습니다"}]},
    )
    assert "3번째 줄" in done.err
    found = haechi("faq", "test", "연체료 권당 얼마예요?", "--json").json
    assert (found["matched"], found["faq_id"], found["answer"]) == (True, "fee", ANSWER)
    assert {"score", "margin", "reason"} <= set(found)
    answer = haechi("ask", "연체료 권당 얼마예요?", "--json").json
    assert (answer["origin"], answer["answer"]) == ("faq", ANSWER)
    assert answer["timings"]["retrieve"] is None
    assert "등록된 답변" in haechi("ask", QUESTION).out
    (row,) = haechi("faq", "list", "--json").json["faq"]
    assert (row["hits"], row["expired"], row["enabled"]) == (2, False, True)
    assert haechi("faq", "remove", "fee", "--json").json == {"removed": 1}
    assert haechi("faq", "list", "--json").json == {"faq": []}


def test_a_near_miss_says_why_it_is_passed_on(haechi: Run, faq_home: Path) -> None:
    haechi("faq", "add", QUESTION, ANSWER, "--id", "fee")
    found = haechi("faq", "test", "연체료는 권당 얼마가 아닌가요?", "--json").json
    assert (found["matched"], found["faq_id"], found["answer"]) == (False, None, None)
    assert found["nearest"]["faq_id"] == "fee"
    assert "부정" in found["reason"]
    text = haechi("faq", "test", "2020년 연체료는 권당 얼마인가요?").out
    assert "넘깁니다" in text and "2020년" in text


def test_a_pair_is_added_changed_and_expires(haechi: Run, faq_home: Path) -> None:
    options = ("--id", "fee", "--variant", "늦으면 얼마 내요?", "--source", "운영규정 제3조", "--expires", "2020-01-01")
    assert haechi("faq", "add", QUESTION, ANSWER, *options, "--json").json == {"id": "fee", "result": "added"}
    assert haechi("faq", "add", QUESTION, "바뀐 답", "--id", "fee", "--json").json["result"] == "updated"
    haechi("faq", "add", QUESTION, ANSWER, *options)
    assert "만료된 FAQ" in haechi("faq", "list").out
    assert "만료" in haechi("faq", "test", QUESTION, "--json").json["reason"]
    checked = haechi("faq", "check", "--json")
    assert (checked.status, [row["id"] for row in checked.json["off"]]) == (0, ["fee"])


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (("faq", "remove", "nothing"), "haechi faq list"),
        (("faq", "add", "질문?", "답", "--expires", "곧"), "만료일 '곧'"),
        (("faq", "import", "nothing.csv"), "nothing.csv"),
        (("faq", "approve", "9"), "9번"),
    ],
)
def test_a_mistake_names_what_is_wrong(haechi: Run, faq_home: Path, command: tuple[str, ...], says: str) -> None:
    done = haechi(*command)
    assert done.status == 1
    assert says in done.err


def test_suggestions_are_reviewed_by_number(haechi: Run, faq_home: Path) -> None:
    haechi("faq", "add", QUESTION, ANSWER, "--id", "fee")
    # The scripted model says 모른다, which is no other wording.
    done = haechi("faq", "suggest", "--n", "2", "--json")
    assert (done.status, done.json["pairs"], done.json["suggested"], done.json["waiting"]) == (0, 1, 0, [])
    assert haechi("faq", "suggest", "--list", "--json").json == {"waiting": []}
    assert haechi("faq", "reject", "--all", "--json").json["reviewed"] == 0
    assert haechi("faq", "approve").status == 2


def test_limits_are_kept(haechi: Run, faq_home: Path) -> None:
    haechi("faq", "add", QUESTION, ANSWER)
    found = haechi("faq", "calibrate", "--json").json
    assert (found["measured"], found["left_out"]) == (False, {"n": 1, "false_hits": 0})
    assert 0 < found["margin"] < found["threshold"] < 1


def test_the_gate_can_be_passed_over(haechi: Run, faq_home: Path) -> None:
    haechi("faq", "add", QUESTION, ANSWER)
    assert haechi("ask", QUESTION, "--no-gate", "--json").json["origin"] == "refused"

"""What the loop trains on: people's opinions, put-right answers, given sets; never what judges the result."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from haechi.config import load_config
from haechi.errors import InputError
from haechi.models.scripted import ScriptedLLM
from haechi.pipeline.build import Home, init_home, open_home
from haechi.pipeline.feedback import give_feedback
from haechi.pipeline.ingest import ingest
from haechi.stores.feedback_base import Feedback
from haechi.training.improve_data import collect, weak_kinds
from haechi.types import Answer, Correction
from tests.pipeline.conftest import REGULATION

RIGHT = "연체료는 권당 1일 100원입니다. [1]"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    for name, value in (("EMBEDDER_BACKEND", "scripted"), ("CHECK_GROUNDER", "none"), ("LLM_BACKEND", "scripted")):
        monkeypatch.setenv(f"HAECHI_{name}", value)
    (tmp_path / "운영규정.md").write_text(REGULATION, encoding="utf-8")
    with open_home(load_config(init_home(tmp_path / "home"))) as opened:
        ingest(opened, [str(tmp_path / "운영규정.md")])
        yield opened


@pytest.fixture
def ask(home: Home) -> Callable[[str, str], Answer]:
    def call(question: str, draft: str) -> Answer:
        home.chatbot().llm = ScriptedLLM(lambda messages, options: draft)
        return home.chatbot().ask(question)

    return call


Ask = Callable[[str, str], Answer]


def grounded(path: Path, questions: list[str]) -> Path:
    passage = {"title": "시설규정", "label": "제1조", "text": "수영장은 9시에 연다."}
    rows = [{"question": text, "passages": [passage], "answer": "9시에 엽니다. [1]"} for text in questions]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def test_opinions_become_rows_over_the_passages_of_that_day(home: Home, ask: Ask) -> None:
    give_feedback(home, Feedback(ask("연체료는 얼마인가요?", RIGHT).id, "good"))
    give_feedback(home, Feedback(ask("휴관일은 언제인가요?", "모른다").id, "bad"))
    found = collect(home, [], [])
    (row,) = found.train
    assert row["answer"] == RIGHT and any("100원" in passage["text"] for passage in row["passages"])
    assert row["passages"][row["gold"][0] - 1]["head"] == "연체료"  # as the pipeline heads it
    assert found.record["documents"] == [home.store.documents()[0].id]
    # Nobody said what the right answer would have been: it teaches nothing yet, and is told.
    assert found.record["unanswered"] == {"refused": 0, "bad": 1}


def test_an_answer_that_a_checker_put_right_teaches_the_right_value(home: Home, ask: Ask) -> None:
    answer = ask("연체료는 얼마인가요?", RIGHT)
    mended = replace(answer, id="", corrections=(Correction("연체료는 500원입니다.", answer.answer, "값"),))
    home.store.record_answer(mended)
    found = collect(home, [], [])
    assert [row["answer"] for row in found.train] == [RIGHT]
    assert found.record["from_corrected"] == 1
    # A person who found it wrong all the same is believed.
    for record in home.store.answers():
        give_feedback(home, Feedback(record["id"], "bad"))
    with pytest.raises(InputError, match="학습할 자료가 없습니다"):
        collect(home, [], [])


def test_questions_of_the_gate_are_left_out_also_when_worded_a_little_otherwise(home: Home, tmp_path: Path) -> None:
    file = grounded(
        tmp_path / "set.jsonl", ["수영장은 몇 시에 여나요?", "수영장이 여는 때는?", "수영장은 몇시에 여나요"]
    )
    found = collect(home, [file], ["수영장은 몇 시에 여나요??"], share=0)
    assert [row["question"] for row in found.train] == ["수영장이 여는 때는?"]
    assert found.record["asked_by_gate"] == 2 - found.record["alike"]


def test_the_held_out_rows_are_of_other_groups(home: Home, tmp_path: Path) -> None:
    file = grounded(tmp_path / "set.jsonl", [f"{word} 시설은 언제 여나요?" for word in ("가", "나", "다", "라", "마")])
    found = collect(home, [file], [], share=0.2)
    assert len(found.dev) == 1 and len(found.train) == 4
    assert found.dev[0]["question"] not in [row["question"] for row in found.train]
    assert collect(home, [file], [], share=0.2).record["sha256"] == found.record["sha256"]


def verdicts(wrong: int, right: int, question: str) -> list[dict[str, Any]]:
    def record(label: str) -> dict[str, Any]:
        verdict = {"checker": "amount", "label": label, "claim": "5원", "evidence": ""}
        return {
            "question": question, "answer": "5원", "origin": "generated", "hits": [], "citations": [],
            "verdicts": [verdict], "corrections": [], "lock_fired": False,
        }  # fmt: skip

    return [record("not_found")] * wrong + [record("supported")] * right


def test_kinds_of_question_that_go_wrong_here_are_trained_on_twice(home: Home, tmp_path: Path, ask: Ask) -> None:
    answers = [*verdicts(4, 1, "얼마인가요?"), *verdicts(1, 9, "언제인가요?")]
    assert weak_kinds(answers) == ["money"]
    assert weak_kinds(verdicts(2, 0, "얼마인가요?")) == []  # too few to say
    for record in verdicts(4, 0, "요금은 얼마인가요?") + verdicts(0, 6, "언제 여나요?"):
        made = Answer(record["question"], "5원", "generated")
        from haechi.types import Verdict

        label = record["verdicts"][0]["label"]
        home.store.record_answer(replace(made, verdicts=(Verdict("amount", "5원", label, "", ""),)))
    file = grounded(tmp_path / "set.jsonl", ["입장료는 얼마인가요?", "수영장은 언제 여나요?"])
    found = collect(home, [file], [], share=0)
    assert sorted(row["question"] for row in found.train) == ["수영장은 언제 여나요?", *["입장료는 얼마인가요?"] * 2]
    assert found.record["weak_kinds"] == ["money"] and found.record["weak_spots"] == 1


def test_a_file_of_another_kind_is_refused(home: Home, tmp_path: Path) -> None:
    (tmp_path / "sft.jsonl").write_text('{"prompt": "가", "completion": "나"}\n', encoding="utf-8")
    with pytest.raises(InputError, match="sft"):
        collect(home, [tmp_path / "sft.jsonl"], [])

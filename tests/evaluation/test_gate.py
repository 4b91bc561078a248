"""The gate asks both sides the same questions through the real pipeline, keeps the answers, and can go on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from haechi.config import Config
from haechi.errors import InputError
from haechi.evaluation.gate import open_unrecorded, run_gate
from haechi.models.scripted import ScriptedLLM
from haechi.pipeline.build import Home
from haechi.pipeline.ingest import ingest
from haechi.types import GenerateOptions, Message

FEE = {"document": "운영규정.md", "label": "제3조"}
LOAN = {"document": "운영규정.md", "label": "제2조"}
QUESTIONS: list[dict[str, Any]] = [
    {"id": "fee", "question": "연체료는 얼마인가요?", "answers": ["100원"], "gold": [FEE]},
    {"id": "loan", "question": "대출 기간은 며칠인가요?", "answers": ["14일"], "gold": [LOAN]},
    {"id": "pool", "question": "수영장 강습료 환불 절차는요?", "answers": [], "answerable": False},
]
GOOD = {"연체료": "연체료는 권당 1일 100원입니다. [1]", "대출": "대출 기간은 14일입니다. [1]"}


class Sides:
    """Opens homes whose model depends on the setting `adapter`, and counts what each was asked."""

    def __init__(self, replies: dict[str, dict[str, str]]) -> None:
        self.replies = replies
        self.asked: dict[str, list[str]] = {side: [] for side in replies}

    def __call__(self, config: Config) -> Home:
        side = config.llm.adapter

        def reply(messages: Sequence[Message], options: GenerateOptions) -> str:
            question = messages[-1].content.rpartition("[질문]\n")[2]
            self.asked[side].append(question)
            return next((text for word, text in self.replies[side].items() if word in question), "모른다")

        home = open_unrecorded(replace(config, llm=replace(config.llm, adapter="")))
        home._parts["llm"] = ScriptedLLM(reply)
        return home


@pytest.fixture
def configs(home: Home, documents: Path, tmp_path: Path) -> Iterator[tuple[Config, Config]]:
    ingest(home, [str(documents)])
    gate = replace(home.config.gate, min_questions=3, min_unanswerable=1, better=("contains_answer",), confidence=0.5)
    current = replace(home.config, gate=gate)
    file = tmp_path / "new.gguf"
    file.write_bytes(b"new")
    yield current, replace(current, llm=replace(current.llm, adapter=str(file)))


def test_both_sides_answer_every_question_and_the_difference_is_by_question(
    configs: tuple[Config, Config], tmp_path: Path
) -> None:
    current, candidate = configs
    sides = Sides({"": {"연체료": "연체료는 100원입니다. [1]"}, candidate.llm.adapter: GOOD})
    result = run_gate(current, candidate, QUESTIONS, tmp_path / "gate", open_side=sides)
    found = result["measures"]["contains_answer"]
    assert (found["n"], found["current"], found["candidate"], found["better"]) == (2, 0.5, 1.0, 1)
    assert result["measures"]["refusal_recall"]["candidate"] == 1.0
    assert result["changed"] == {"better": ["loan"], "worse": []}
    assert (tmp_path / "gate" / "gate.json").is_file()


def test_the_gates_questions_are_not_among_those_that_people_asked(
    configs: tuple[Config, Config], home: Home, tmp_path: Path
) -> None:
    # Else the next round would train on the very questions that judge it.
    current, candidate = configs
    run_gate(current, candidate, QUESTIONS, tmp_path / "gate", open_side=Sides({"": GOOD, candidate.llm.adapter: GOOD}))
    assert home.store.answers() == []


def test_a_stopped_gate_asks_only_what_it_has_not_asked(configs: tuple[Config, Config], tmp_path: Path) -> None:
    current, candidate = configs
    sides = Sides({"": GOOD, candidate.llm.adapter: GOOD})

    def stop(side: str, done: int, total: int) -> None:
        if (side, done) == ("candidate", 1):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_gate(current, candidate, QUESTIONS, tmp_path / "gate", open_side=sides, progress=stop)
    for asked in sides.asked.values():
        asked.clear()
    run_gate(current, candidate, QUESTIONS, tmp_path / "gate", open_side=sides)
    assert sides.asked[""] == []
    assert not any("연체료" in question for question in sides.asked[candidate.llm.adapter])
    assert any("대출" in question for question in sides.asked[candidate.llm.adapter])


def test_answers_of_another_candidate_or_another_home_are_not_gone_on_with(
    configs: tuple[Config, Config], home: Home, documents: Path, tmp_path: Path
) -> None:
    current, candidate = configs
    sides = Sides({"": GOOD, candidate.llm.adapter: GOOD})
    run_gate(current, candidate, QUESTIONS, tmp_path / "gate", open_side=sides)
    Path(candidate.llm.adapter).write_bytes(b"newer")
    with pytest.raises(InputError, match="후보"):
        run_gate(current, candidate, QUESTIONS, tmp_path / "gate", open_side=sides)
    (documents / "운영규정.md").write_text("# 새 규정\n\n##### 제1조(목적)\n다른 규정이다.\n", encoding="utf-8")
    ingest(home, [str(documents)])
    with pytest.raises(InputError, match="홈의 문서"):
        run_gate(current, candidate, QUESTIONS, tmp_path / "gate", open_side=sides)


def test_a_candidate_that_is_what_is_in_use_is_refused(configs: tuple[Config, Config], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="같습니다"):
        run_gate(configs[0], configs[0], QUESTIONS, tmp_path / "gate")


def test_two_questions_with_one_id_are_refused(configs: tuple[Config, Config], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="fee"):
        run_gate(*configs, [QUESTIONS[0], QUESTIONS[0]], tmp_path / "gate")

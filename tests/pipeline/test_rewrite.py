"""A follow-up is written out from the turns before it, and only that: a rewording that says more is not taken."""

from __future__ import annotations

import pytest

from haechi.errors import ModelError
from haechi.korean.morphology import MecabAnalyser
from haechi.models.base import LLM
from haechi.models.scripted import ScriptedLLM
from haechi.pipeline.history import Turn, turns_of_messages
from haechi.pipeline.rewrite import stand_alone
from haechi.types import Message

ANALYSER = MecabAnalyser()
HISTORY = [Turn("도서관 책은 몇 권까지 빌리나요?", "7권까지 빌릴 수 있습니다. [1]")]
UNSURE = "연장은 몇 번까지 되나요?"
TOPIC_FIRST = "도서관 책 연장은 몇 번까지 되나요?"


def no_model() -> LLM:
    raise AssertionError("no model may be asked here")


def test_the_first_turn_asks_no_model() -> None:
    made = stand_alone("그건 얼마예요?", [], ANALYSER, no_model)
    assert (made.text, made.how, made.spent.calls) == ("그건 얼마예요?", "none", 0)


def test_a_question_that_stands_alone_asks_no_model() -> None:
    assert stand_alone("글램핑 성수기 요금은 얼마인가요?", HISTORY, ANALYSER, no_model).how == "none"


def test_a_rule_asks_no_model() -> None:
    made = stand_alone("그럼 디브이디는요?", HISTORY, ANALYSER, no_model)
    assert (made.how, made.note) == ("rule", "")
    assert "디브이디" in made.text and "빌리나요" in made.text


def test_the_model_writes_out_what_no_rule_can() -> None:
    llm = ScriptedLLM(["도서관 책의 대출 연장은 몇 번까지 되나요?"])
    made = stand_alone(UNSURE, HISTORY, ANALYSER, lambda: llm)
    assert (made.text, made.how) == ("도서관 책의 대출 연장은 몇 번까지 되나요?", "model")
    assert (made.spent.calls, made.spent.completion_tokens > 0) == (1, True)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("한 차례에 한하여 연장할 수 있습니다.", "질문 하나가 아닙니다"),
        ("", "질문 하나가 아닙니다"),
        ("도서관 책 연장은 14일 안에 몇 번까지 되나요?", "대화에 없는 값 '14일'"),
        ("수영장 이용료는 얼마인가요?", "다른 질문"),
        ("국립중앙박물관 특별전시회 연장은 몇 번까지 되나요?", "대화에 없는 말"),
    ],
)
def test_a_rewording_that_is_none_is_refused_and_told(said: str, why: str) -> None:
    made = stand_alone(UNSURE, HISTORY, ANALYSER, lambda: ScriptedLLM([said]))
    assert (made.text, made.how) == (TOPIC_FIRST, "topic")
    assert why in made.note


def test_a_value_of_the_history_may_stand_in_the_rewording() -> None:
    llm = ScriptedLLM(["도서관 책 7권의 연장은 몇 번까지 되나요?"])
    assert stand_alone(UNSURE, HISTORY, ANALYSER, lambda: llm).how == "model"


def test_a_broken_model_is_told() -> None:
    def broken() -> LLM:
        raise ModelError("모델이 멈추었습니다", "the model died")

    made = stand_alone(UNSURE, HISTORY, ANALYSER, broken)
    assert (made.text, "모델이 멈추었습니다" in made.note) == (TOPIC_FIRST, True)


def test_the_setting_keeps_the_model_out_or_switches_rewriting_off() -> None:
    made = stand_alone(UNSURE, HISTORY, ANALYSER, no_model, "rule")
    assert (made.text, made.how, bool(made.note)) == (TOPIC_FIRST, "topic", True)
    assert stand_alone("그건 얼마예요?", HISTORY, ANALYSER, no_model, "off").text == "그건 얼마예요?"


def test_messages_of_a_chat_become_turns() -> None:
    messages = [Message("system", "규칙"), Message("user", "하나?"), Message("assistant", "답"), Message("user", "둘?")]
    assert turns_of_messages(messages) == [Turn("하나?", "답"), Turn("둘?", "")]

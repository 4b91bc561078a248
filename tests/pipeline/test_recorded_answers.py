"""Answers as the store remembers them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from haechi.pipeline.build import Home
from haechi.pipeline.chatbot import Chatbot


def test_a_homes_own_answers_are_read_newest_first(home: Home, say: Callable[..., Chatbot]) -> None:
    chatbot = say("연체료는 권당 1일 100원입니다.", "대출 기간은 14일입니다.")
    first, second = chatbot.ask("연체료는 얼마인가요?"), chatbot.ask("대출 기간은 며칠인가요?")
    answers = home.store.answers()
    assert [row["id"] for row in answers] == [second.id, first.id]
    assert [row["id"] for row in home.store.answers(limit=1)] == [second.id]
    assert home.store.answers(since="2999-01-01") == []
    assert all(row["created"] for row in answers)
    assert home.store.record_answer(replace(first, id="")) != first.id

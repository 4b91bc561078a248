"""Conversations over HTTP: history in the request, history by id, and reading one back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from haechi.pipeline.history import Turn
from haechi.records import answer_record
from haechi.retrievers.question import QueryOptions
from haechi.serve.api import create_app
from tests.serve.fakes import STAY, FakeChatbot, FakeHome, checked_answer


@pytest.fixture
def api(home: FakeHome) -> Iterator[TestClient]:
    with TestClient(create_app(home), base_url="http://localhost") as client:  # type: ignore[arg-type]
        yield client


def test_history_of_the_request_reaches_the_chatbot(api: TestClient, chatbot: FakeChatbot) -> None:
    history = [{"question": "일비는 얼마인가요?", "answer": "2만 원입니다."}]
    assert api.post("/ask", json={"question": STAY, "history": history}).status_code == 200
    assert chatbot.asked[-1][1]["history"] == [Turn("일비는 얼마인가요?", "2만 원입니다.")]


def test_an_id_brings_the_recorded_turns_and_none_begins_a_new_one(
    api: TestClient, chatbot: FakeChatbot, home: FakeHome
) -> None:
    record = answer_record(checked_answer("그건요?")) | {"rewritten": "일비는요?", "answer": "2만 원"}
    home.store.turns["talk-0001"] = [record] * 5
    api.post("/ask", json={"question": STAY, "conversation_id": "talk-0001"})
    options = chatbot.asked[-1][1]
    assert options["conversation"] == "talk-0001"
    assert options["history"] == [Turn("일비는요?", "2만 원")] * 3  # older ones say nothing about a follow-up
    api.post("/ask", json={"question": STAY})
    options = chatbot.asked[-1][1]
    assert "history" not in options
    assert options["conversation"] not in ("", "talk-0001")


def test_a_conversation_is_read_back_and_an_unknown_one_is_a_404(api: TestClient, home: FakeHome) -> None:
    home.store.turns["talk-0001"] = [answer_record(checked_answer(STAY))]
    body = api.get("/conversations/talk-0001").json()
    assert (body["id"], [turn["question"] for turn in body["turns"]]) == ("talk-0001", [STAY])
    assert api.get("/conversations/nothing-0").status_code == 404


@pytest.mark.parametrize("body", [{"conversation_id": "x"}, {"mmr": 2}, {"multi_query": 99}, {"history": [{"q": "x"}]}])
def test_a_wrong_value_is_refused(api: TestClient, body: dict[str, object]) -> None:
    assert api.post("/ask", json={"question": STAY, **body}).status_code == 400


def test_query_options_carry_the_command_lines_names(api: TestClient, chatbot: FakeChatbot) -> None:
    wanted = {"multi_query": 2, "hyde": True, "mmr": 0.4, "min_score": 0.1}
    api.post("/ask", json={"question": STAY, "neighbours": True, **wanted})
    options = chatbot.asked[-1][1]
    assert (options["query"], options["neighbours"]) == (QueryOptions(**wanted), True)  # type: ignore[arg-type]
    found = api.post("/search", json={"question": STAY, "min_score": 0.1}).json()
    assert (found["notes"], found["expansion"], len(found["hits"])) == ([], None, 2)

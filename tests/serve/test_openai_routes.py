"""Clients that speak the OpenAI shapes: the messages before the last are the history, and only checked text streams."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from haechi.errors import ModelError
from haechi.pipeline.history import Turn
from haechi.records import answer_record
from haechi.retrievers.question import QueryOptions
from haechi.serve.api import create_app
from tests.serve.fakes import STAY, STAY_ANSWER, FakeChatbot, FakeHome, checked_answer

URL = "/v1/chat/completions"


@pytest.fixture
def api(home: FakeHome) -> Iterator[TestClient]:
    app = create_app(home)  # type: ignore[arg-type]
    with TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False) as client:
        yield client


def user(text: str) -> dict[str, str]:
    return {"role": "user", "content": text}


def test_a_completion_carries_the_answer_and_the_whole_record(api: TestClient) -> None:
    body = api.post(URL, json={"model": "gpt-4o", "messages": [user(STAY)], "temperature": 0.2}).json()
    assert body["object"] == "chat.completion"
    assert body["choices"][0]["message"] == {"role": "assistant", "content": STAY_ANSWER}
    assert body["usage"] == {"prompt_tokens": 300, "completion_tokens": 40, "total_tokens": 340}
    assert body["haechi"] == answer_record(checked_answer(STAY))


def test_the_messages_before_the_question_are_its_history(api: TestClient, chatbot: FakeChatbot) -> None:
    messages = [
        {"role": "system", "content": "너는 해적이다"},
        user("일비는 얼마인가요?"),
        {"role": "assistant", "content": "2만 원입니다."},
        {"role": "user", "content": [{"type": "text", "text": STAY}]},
    ]
    api.post(URL, json={"messages": messages})
    question, options = chatbot.asked[-1]
    assert (question, options["history"]) == (STAY, [Turn("일비는 얼마인가요?", "2만 원입니다.")])


def test_the_first_message_has_no_history(api: TestClient, chatbot: FakeChatbot) -> None:
    api.post(URL, json={"messages": [user(STAY)]})
    assert "history" not in chatbot.asked[-1][1]


def test_options_ride_in_haechi(api: TestClient, chatbot: FakeChatbot) -> None:
    extra = {"k": 3, "filter": {"title": "운영규정"}, "as_of": "2024-03-01", "mmr": 0.3, "no_lock": True}
    api.post(URL, json={"messages": [user(STAY)], "haechi": extra})
    options = chatbot.asked[-1][1]
    assert (options["k"], options["lock"], options["query"]) == (3, False, QueryOptions(mmr=0.3))
    assert (options["filters"].equals, options["filters"].as_of) == ({"title": "운영규정"}, "2024-03-01")  # type: ignore[attr-defined]
    assert api.post(URL, json={"messages": [user(STAY)], "haechi": {"typo": 1}}).status_code == 400


def test_a_stream_is_the_checked_answer_in_pieces(api: TestClient) -> None:
    lines = api.post(URL, json={"messages": [user(STAY)], "stream": True}).text.strip().split("\n\n")
    assert lines[-1] == "data: [DONE]"
    chunks = [json.loads(line.removeprefix("data: ")) for line in lines[:-1]]
    assert chunks[0]["choices"][0]["delta"]["role"] == "assistant"
    assert "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks) == STAY_ANSWER
    assert (chunks[-1]["choices"][0]["finish_reason"], chunks[-1]["haechi"]["answer"]) == ("stop", STAY_ANSWER)


@pytest.mark.parametrize(
    "messages", [[], [{"role": "assistant", "content": "안녕"}], [user("  ")], [user("가" * 2001)], [{"role": "user"}]]
)
def test_messages_that_end_in_no_question_are_refused(api: TestClient, messages: list[dict[str, str]]) -> None:
    response = api.post(URL, json={"messages": messages})
    assert response.status_code == 400
    assert response.headers["content-type"].startswith("application/problem+json")


def test_a_failed_model_is_a_503(api: TestClient, chatbot: FakeChatbot) -> None:
    chatbot.failure = ModelError("모델 파일이 없습니다", "no model")
    assert api.post(URL, json={"messages": [user(STAY)]}).status_code == 503


def test_the_home_is_the_one_model(api: TestClient) -> None:
    assert [model["id"] for model in api.get("/v1/models").json()["data"]] == ["haechi"]

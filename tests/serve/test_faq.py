"""The FAQ over HTTP: listed with its hits, changed from this machine only, and an answer that costs nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from haechi.config import load_config
from haechi.pipeline.build import Home, init_home, open_home
from haechi.serve.api import create_app

HOST = {"base_url": "http://127.0.0.1:8080"}
PAIR = {
    "question": "도서관은 몇 시에 문을 여나요?",
    "answer": "오전 9시에 엽니다.",
    "id": "f1",
    "variants": ["개관 시간 알려 주세요"],
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    monkeypatch.setenv("HAECHI_EMBEDDER_BACKEND", "scripted")
    monkeypatch.setenv("HAECHI_CHECK_GROUNDER", "none")
    monkeypatch.setenv("HAECHI_LLM_BACKEND", "scripted")
    init_home(tmp_path / "home")
    with open_home(load_config(tmp_path / "home")) as opened:
        yield opened


@pytest.fixture
def api(home: Home) -> Iterator[TestClient]:
    with TestClient(create_app(home), **HOST) as client:
        yield client


def test_a_pair_is_added_answers_is_counted_and_removed(api: TestClient) -> None:
    assert api.post("/faq", json=PAIR).json() == {"id": "f1", "result": "added"}
    again = api.post("/faq", json=PAIR).json()
    assert again.get("result") == "unchanged", again
    answer = api.post("/ask", json={"question": "도서관 몇시에 문 여나요"}).json()
    assert (answer["origin"], answer["answer"]) == ("faq", "오전 9시에 엽니다.")
    (row,) = api.get("/faq").json()["faq"]
    assert (row["hits"], row["variants"]) == (1, ["개관 시간 알려 주세요"])
    assert api.delete("/faq/f1").json() == {"removed": 1}
    assert api.delete("/faq/f1").status_code == 404
    assert api.get("/faq").json() == {"faq": []}


def test_a_stream_of_a_curated_answer_shows_no_draft(api: TestClient) -> None:
    api.post("/faq", json=PAIR)
    text = api.post("/ask", json={"question": PAIR["question"], "stream": True}).text
    events = [line for line in text.splitlines() if line.startswith("event:")]
    # It may wait for the warm-up, but nothing is searched and no draft is shown.
    searched = '"stage":"retrieve"' in text.replace(" ", "")
    assert (events[-1], "event: token" in events, searched) == ("event: answer", False, False)


def test_the_gate_can_be_passed_over(api: TestClient) -> None:
    api.post("/faq", json=PAIR)
    assert api.post("/ask", json={"question": PAIR["question"], "no_gate": True}).json()["origin"] == "refused"


def test_a_question_can_be_tried_without_being_counted(api: TestClient) -> None:
    api.post("/faq", json=PAIR)
    found = api.post("/faq/test", json={"question": "도서관은 몇 시에 문을 안 여나요?"}).json()
    assert (found["matched"], found["faq_id"]) == (False, None)
    assert "부정" in found["reason"]
    assert api.post("/faq/test", json={"question": PAIR["question"]}).json()["faq_id"] == "f1"
    assert api.get("/faq").json()["faq"][0]["hits"] == 0


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"answer": ""}, "answer"),
        ({"expires": "내년"}, "만료일"),
        ({"question": "?!"}, "글자"),
        ({"expire": "x"}, "expire"),
    ],
)
def test_a_wrong_pair_is_refused_with_the_reason(api: TestClient, wrong: dict[str, str], says: str) -> None:
    response = api.post("/faq", json=PAIR | wrong)
    assert response.status_code in (400, 422)
    assert says in response.text


def test_changes_are_closed_on_a_server_that_others_reach(home: Home) -> None:
    home.config = replace(home.config, serve=replace(home.config.serve, host="192.168.0.10"))
    with TestClient(create_app(home), base_url="http://192.168.0.10:8080") as client:
        assert client.post("/faq", json=PAIR).status_code == 403
        assert client.delete("/faq/f1").status_code == 403
        assert client.get("/faq").json() == {"faq": []}

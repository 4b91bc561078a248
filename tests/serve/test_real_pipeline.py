"""The API over the real pipeline: a real store, real retrieval and checkers; only the models are scripted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from haechi.models.scripted import ScriptedLLM
from haechi.pipeline.build import Home
from haechi.pipeline.ingest import ingest
from haechi.serve.api import create_app
from tests.pipeline.conftest import documents, home

__all__ = ["documents", "home"]


@pytest.fixture
def client(home: Home, documents: Path) -> TestClient:
    ingest(home, [str(documents)])
    home.chatbot().llm = ScriptedLLM(lambda messages, options: "연체료는 권당 1일 100원입니다. [1]")
    return TestClient(create_app(home), base_url="http://127.0.0.1")


def test_ask_gives_the_answer_object_with_a_citation_that_opens(client: TestClient) -> None:
    answer = client.post("/ask", json={"question": "연체료는 얼마인가요?"}).json()
    assert (answer["origin"], answer["answer"]) == ("generated", "연체료는 권당 1일 100원입니다. [1]")
    citation = answer["citations"][0]
    assert citation["label"] == "제3조"
    assert {verdict["label"] for verdict in answer["verdicts"]} == {"supported"}
    passage = client.get(f"/documents/{citation['document']}", params={"chunk": citation["chunk"]}).json()
    assert citation["quote"] in json.dumps(passage, ensure_ascii=False)


def test_a_stream_ends_with_the_same_answer_object(client: TestClient) -> None:
    with client.stream("POST", "/ask", json={"question": "연체료는 얼마인가요?", "stream": True}) as reply:
        lines = [line for line in reply.iter_lines() if line]
    events = [line.removeprefix("event: ") for line in lines if line.startswith("event: ")]
    assert events[0] == "stage"
    assert "token" in events
    assert events[-1] == "answer"
    answer = json.loads(lines[-1].removeprefix("data: "))
    assert answer["citations"][0]["label"] == "제3조"


def test_search_gives_hits_in_the_shape_of_the_contract(client: TestClient) -> None:
    found = client.post("/search", json={"question": "정기휴관일은?", "k": 2}).json()
    assert found["hits"][0]["label"] == "제4조"
    assert set(found["hits"][0]) >= {"rank", "score", "retriever", "document", "external_id", "label", "page", "text"}


def test_check_judges_anyones_answer(client: TestClient) -> None:
    body = {"answer": "연체료는 1일 500원이다.", "evidence": ["연체료는 1일 100원으로 한다."]}
    report = client.post("/check", json=body).json()
    assert report["supported"] is False
    assert {verdict["claim"]: verdict["label"] for verdict in report["verdicts"]}["500원"] != "supported"
    fine = client.post(
        "/check", json={"answer": "연체료는 100원이다.", "evidence": "연체료는 1일 100원으로 한다."}
    ).json()
    assert fine["supported"] is True
    none = client.post("/check", json={"answer": "친절합니다.", "evidence": ["연체료는 100원"]}).json()
    assert none["supported"] is None


def test_documents_lists_what_was_taken_in(client: TestClient) -> None:
    listed = client.get("/documents").json()
    assert [row["title"] for row in listed["documents"]] == ["새봄시 도서관 운영규정"]


def test_a_document_is_removed_with_a_receipt_and_answers_no_more(client: TestClient) -> None:
    (row,) = client.get("/documents").json()["documents"]
    receipt = client.delete(f"/documents/{row['id']}").json()
    assert (receipt["state"], receipt["removed"]["documents"]) == ("clean", 1)
    assert client.get("/documents").json()["total"] == 0
    assert client.post("/search", json={"question": "정기휴관일은?"}).json()["hits"] == []
    again = client.delete(f"/documents/{row['id']}")
    assert (again.status_code, again.headers["content-type"]) == (404, "application/problem+json")

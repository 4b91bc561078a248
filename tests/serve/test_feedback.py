"""POST /feedback: a thumb for an answer of /ask, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from haechi.config import load_config
from haechi.pipeline.build import Home, init_home, open_home
from haechi.serve.api import create_app
from haechi.serve.ui_client import HaechiClient
from haechi.types import Answer


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
    with TestClient(create_app(home), base_url="http://127.0.0.1:8080") as client:
        yield client


def test_a_thumb_is_kept_with_its_correction(api: TestClient, home: Home) -> None:
    identity = home.store.record_answer(Answer("연체료는?", "500원입니다.", "generated"))
    body = {"answer_id": identity, "verdict": "bad", "corrected_answer": "100원입니다.", "who": "김해치"}
    made = api.post("/feedback", json=body).json()
    (kept,) = home.store.feedback()
    assert (kept.id, kept.correction, kept.who, kept.verdict) == (made["id"], "100원입니다.", "김해치", "bad")


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"answer_id": "zzz"}, 404),
        ({"answer_id": "last"}, 404),  # not over HTTP: it would be another visitor's answer
        ({"verdict": "great"}, 400),
        ({"corected_answer": "오타"}, 400),
        ({"verdict": "good", "corrected_answer": "모순"}, 400),
        ({"corrected_answer": "가" * 3000}, 400),
    ],
)
def test_what_cannot_be_kept_is_refused(api: TestClient, home: Home, change: dict[str, str], status: int) -> None:
    identity = home.store.record_answer(Answer("연체료는?", "500원입니다.", "generated"))
    reply = api.post("/feedback", json={"answer_id": identity, "verdict": "bad", **change})
    assert (reply.status_code, reply.headers["content-type"]) == (status, "application/problem+json")
    assert home.store.feedback() == []


def test_the_beginning_of_an_id_is_not_enough_over_http(api: TestClient, home: Home) -> None:
    identity = home.store.record_answer(Answer("연체료는?", "500원입니다.", "generated"))
    assert api.post("/feedback", json={"answer_id": identity[:12], "verdict": "bad"}).status_code == 404


def test_the_chat_page_sends_what_the_route_takes(api: TestClient, home: Home) -> None:
    identity = home.store.record_answer(Answer("연체료는?", "100원입니다.", "generated"))
    page = HaechiClient("http://127.0.0.1:8080")
    page.client = api
    assert page.feedback(identity, "good")["answer_id"] == identity
    assert page.feedback(identity, "bad", "100원이 아닙니다.")["verdict"] == "bad"
    assert [item.verdict for item in home.store.feedback()] == ["good", "bad"]

"""POST /check: anyone's answer over HTTP, one or many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from fastapi.testclient import TestClient

from haechi.checkers.base import Evidence
from haechi.serve import check_routes
from haechi.serve.api import create_app
from haechi.serve.schemas import MAX_ROWS
from haechi.types import Verdict
from tests.serve.fakes import FakeHome

PASSAGE = "보증금은 3억 원으로 한다."


@pytest.fixture
def api(home: FakeHome) -> Iterator[TestClient]:
    with TestClient(create_app(home), base_url="http://127.0.0.1") as client:  # type: ignore[arg-type]
        yield client


def test_one_answer(api: TestClient) -> None:
    body = {"answer": "보증금은 30억 원입니다.", "evidence": PASSAGE, "rules_only": True}
    record = api.post("/check", json=body).json()
    assert (record["supported"], record["corrected"]) == (False, "보증금은 3억 원입니다.")
    assert record["corrections"][0]["source"] == PASSAGE
    assert (
        api.post("/check", json={**body, "evidence": ["다른 글", PASSAGE]}).json()["corrected"] == record["corrected"]
    )


def test_rows_are_answered_in_their_order(api: TestClient) -> None:
    rows = [
        {"id": "가", "answer": "보증금은 3억 원입니다.", "evidence": PASSAGE},
        {"id": 2, "answer": "보증금은 30억 원입니다.", "evidence": [PASSAGE]},
    ]
    reply = api.post("/check", json={"rows": rows, "rules_only": True}).json()
    assert [(row["id"], row["supported"]) for row in reply["rows"]] == [("가", True), (2, False)]
    assert {key: reply[key] for key in ("n", "supported", "unsupported", "unchecked")} == {
        "n": 2,
        "supported": 1,
        "unsupported": 1,
        "unchecked": 0,
    }


ROW = {"id": 1, "answer": "가", "evidence": "나"}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"answer": "가"},
        {"answer": "가", "evidence": []},
        {"answer": "가", "evidence": "나", "rows": [ROW]},
        {"rows": []},
        {"rows": [ROW] * (MAX_ROWS + 1)},
        {"answer": "가", "evidence": ["나"] * 51},
        {"answer": "가", "evidence": "나", "rules_only": True, "re_ask": True},
        {"answer": "가", "evidence": "나", "reask": True},
        {"answer": "가" * 200_001, "evidence": "나"},
    ],
)
def test_what_is_too_much_or_unclear_is_refused(api: TestClient, body: dict[str, Any]) -> None:
    reply = api.post("/check", json=body)
    assert reply.status_code == 400
    assert reply.headers["content-type"].startswith("application/problem+json")


def test_the_switches_choose_the_checkers(api: TestClient, home: FakeHome, monkeypatch: pytest.MonkeyPatch) -> None:
    @dataclass
    class Seen:
        settings: list[Any] = field(default_factory=list)
        name: str = "seen"

        def check(self, answer: str, evidence: Sequence[Evidence], question: str = "") -> list[Verdict]:
            return []

    seen = Seen()

    def checkers(settings: Any, llm: Any) -> list[Seen]:
        seen.settings.append((settings and settings.re_ask, llm))
        return [seen]

    monkeypatch.setattr(check_routes, "default_checkers", checkers)
    home.llm = lambda: None  # type: ignore[attr-defined]
    for switch in ({}, {"rules_only": True}, {"re_ask": True}):
        assert api.post("/check", json={"answer": "가", "evidence": "나", **switch}).status_code == 200
    assert seen.settings == [(False, None), (None, None), (True, home.llm)]  # type: ignore[attr-defined]


def test_fields_that_do_not_go_together_are_told_in_korean(api: TestClient) -> None:
    assert "rows만" in api.post("/check", json={}).json()["detail"]
    both = {"answer": "가", "evidence": "나", "rules_only": True, "re_ask": True}
    assert "가운데 하나" in api.post("/check", json=both).json()["detail"]

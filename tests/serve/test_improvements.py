"""The history over HTTP and as HTML: what serves, every try with its figures, and the way back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from haechi.config import load_config
from haechi.pipeline.build import Home, init_home, open_home
from haechi.serve import improve_html
from haechi.serve.api import create_app
from haechi.stores.improvements_base import Improvement
from haechi.training.promotion import promote

HOST = {"base_url": "http://127.0.0.1:8080"}
RULE = {"rule": "better", "outcome": "pass", "reason": "나아졌습니다", "english": "it got better"}
FIGURE = {"n": 40, "current": 0.5, "candidate": 0.75, "difference": 0.25, "low": 0.1, "high": 0.4, "p": 0.001}
RECORD = {"verdict": "promote", "rules": [RULE], "measures": {"contains_answer": FIGURE}, "trainer": "reader"}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    for name in ("EMBEDDER_BACKEND", "LLM_BACKEND"):
        monkeypatch.setenv(f"HAECHI_{name}", "scripted")
    monkeypatch.setenv("HAECHI_MODELS", str(tmp_path / "models"))
    with open_home(load_config(init_home(tmp_path / "home"))) as opened:
        yield opened


@pytest.fixture
def promoted(home: Home) -> Improvement:
    home.store.add_improvement(Improvement("first", "rejected", "<b>김</b>", {**RECORD, "verdict": "reject"}))
    changes = {"llm.adapter": "mine"}
    return promote(home.config, home.store, "second", changes, {"llm.adapter": ""}, who="이해치", record=RECORD)


def test_the_history_and_what_serves(home: Home, promoted: Improvement) -> None:
    with TestClient(create_app(home), **HOST) as api:
        found = api.get("/improvements").json()
    assert [(row["run"], row["event"], row["in_use"]) for row in found["history"]] == [
        ("second", "promoted", True),
        ("first", "rejected", False),
    ]
    assert found["history"][0]["measures"]["contains_answer"]["candidate"] == 0.75
    assert found["status"]["in_use"]["who"] == "이해치"
    # The server was started before the promotion: it still answers with what it was started with, and says so.
    assert found["restart"] and found["status"]["adapter"] == ""


def test_the_way_back_is_open_on_this_machine_only(home: Home, promoted: Improvement) -> None:
    others = replace(home.config, serve=replace(home.config.serve, host="0.0.0.0"))
    own = home.config
    home.config = others
    with TestClient(create_app(home), **HOST) as api:
        assert api.post("/improvements/rollback", json={}).status_code == 403
    home.config = own
    with TestClient(create_app(home), **HOST) as api:
        back = api.post("/improvements/rollback", json={"who": "박해치"})
        assert back.status_code == 200
        assert [row["event"] for row in back.json()["history"]] == ["rolled_back", "promoted", "rejected"]
        assert 'adapter = "" ' in (home.config.home / "haechi.toml").read_text(encoding="utf-8")
        again = api.post("/improvements/rollback", json={})
        assert again.status_code >= 400 and "되돌릴 승격이 없습니다" in again.json()["detail"]


def row(**more: Any) -> dict[str, Any]:
    made = Improvement("run-1", "promoted", "김해치", {**RECORD, **more}, 1, "2026-11-26T06:00:00+00:00").as_json()
    return {**made, "in_use": True, "undone": False, "removed_documents": 0}


def test_a_line_shows_verdict_figures_reason_and_settings_in_both_languages(monkeypatch: pytest.MonkeyPatch) -> None:
    korean = improve_html.line(row(changes={"llm.adapter": [None, "mine"]}))
    for part in (
        "승격",
        "사용 중",
        "정답이 든 답",
        "0.500",
        "0.750",
        "나아졌습니다",
        "[llm] adapter: (없음) → &#x27;mine&#x27;",
    ):
        assert part in korean
    monkeypatch.setenv("HAECHI_LANG", "en")
    english = improve_html.line(row())
    assert "in use" in english and "contains the answer" in english and "it got better" in english


def test_what_people_typed_is_never_markup() -> None:
    hostile = {**row(trainer="<script>x</script>"), "run": "<img src=x>", "who": "<b>"}
    made = improve_html.line(hostile)
    assert "<script>" not in made and "<img" not in made and "<b></b>" not in made.replace("&lt;", "")


def test_documents_that_are_gone_are_told() -> None:
    assert "삭제된 문서 3건" in improve_html.line({**row(), "removed_documents": 3})

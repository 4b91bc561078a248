"""The page of improvements in a real browser: real API server, real Streamlit, a real home with a history."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from haechi.config import load_config
from haechi.pipeline.build import init_home, open_home
from haechi.serve.server import run_api, run_page
from haechi.stores.improvements_base import Improvement
from haechi.training.promotion import promote
from tests.serve.conftest import free_port
from tests.serve.test_chat_page import CHROMIUM, DESKTOP, FLAGS, Visit
from tests.serve.test_improvements import RECORD

sync_api = pytest.importorskip("playwright.sync_api", reason="the browser tests need the package playwright")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="the browser tests need a Chromium binary (apt install chromium)"),
]


@pytest.fixture
def visit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Visit]:
    for name in ("EMBEDDER_BACKEND", "LLM_BACKEND"):
        monkeypatch.setitem(os.environ, f"HAECHI_{name}", "scripted")
    monkeypatch.setitem(os.environ, "HAECHI_MODELS", str(tmp_path / "models"))
    with open_home(load_config(init_home(tmp_path / "home"))) as home:
        home.store.add_improvement(Improvement("first", "rejected", "<img src=x>", {**RECORD, "verdict": "reject"}))
        promote(home.config, home.store, "second", {"llm.adapter": "mine"}, {"llm.adapter": ""}, record=RECORD)
        port, ui_port = free_port(), free_port()
        with (
            run_api(home, "127.0.0.1", port),
            run_page("127.0.0.1", ui_port, f"http://127.0.0.1:{port}"),
            sync_api.sync_playwright() as playwright,
        ):
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            page = browser.new_page(viewport=DESKTOP)
            yield Visit(page, f"http://127.0.0.1:{ui_port}")
            browser.close()


def test_the_history_is_seen_and_the_newest_promotion_taken_back(visit: Visit, tmp_path: Path) -> None:
    page = visit.page
    page.get_by_role("button", name="자료", exact=True).click()
    page.get_by_role("button", name="모델 기록", exact=True).click()
    page.locator(".h-item", has_text="second").wait_for()
    first = page.locator(".h-item").first.inner_text()
    assert "승격" in first and "사용 중" in first and "0.750" in first
    assert "<img src=x>" in page.inner_text("[data-testid=stMain]") and page.locator(".h-item img").count() == 0
    # One click is not enough.
    page.get_by_role("button", name="되돌리기", exact=True).click()
    page.get_by_role("button", name="정말 되돌리기").click()
    page.locator(".h-item", has_text="되돌려짐").wait_for()
    assert 'adapter = "" ' in (tmp_path / "home" / "haechi.toml").read_text(encoding="utf-8")
    assert visit.hosts == {"127.0.0.1"}

"""Thumbs on the chat page reach the store: a real browser, a real home, the scripted model."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from haechi.config import load_config
from haechi.pipeline.build import Home, init_home, open_home
from haechi.serve.server import run_api, run_page
from tests.serve.conftest import free_port
from tests.serve.test_chat_page import CHROMIUM, FLAGS, INPUT

sync_api = pytest.importorskip("playwright.sync_api", reason="the browser tests need the package playwright")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None or shutil.which(CHROMIUM) is None, reason="needs a Chromium binary"),
]


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Home]]:
    monkeypatch.setenv("HAECHI_EMBEDDER_BACKEND", "scripted")
    monkeypatch.setenv("HAECHI_CHECK_GROUNDER", "none")
    monkeypatch.setenv("HAECHI_LLM_BACKEND", "scripted")
    config = load_config(init_home(tmp_path / "home"))
    port, ui_port = free_port(), free_port()
    with open_home(config) as home, run_api(home, "127.0.0.1", port):
        with run_page("127.0.0.1", ui_port, f"http://127.0.0.1:{port}"):
            yield f"http://127.0.0.1:{ui_port}", home


def test_a_thumb_down_and_the_right_answer_are_kept(served: tuple[str, Home]) -> None:
    url, home = served
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 390, "height": 800})
        page.set_default_timeout(30_000)
        page.goto(url)
        page.fill(INPUT, "연체료는 얼마인가요?")
        page.press(INPUT, "Enter")
        thumbs = page.locator("[data-testid=stFeedbackButton]")
        thumbs.nth(1).click()
        page.wait_for_selector("text=의견을 적어 두었습니다")
        field = page.get_by_placeholder("바른 답을 아시면 적어 주세요(Enter)")
        field.fill("권당 하루 100원입니다.")
        field.press("Enter")
        for _ in range(100):
            if len(home.store.feedback()) == 2:
                break
            page.wait_for_timeout(100)
        browser.close()
    kept = [(item.verdict, item.correction) for item in home.store.feedback()]
    assert kept == [("bad", ""), ("bad", "권당 하루 100원입니다.")]

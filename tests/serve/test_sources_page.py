"""The page of sources in a real browser: real API server, real Streamlit, a real home with a scripted embedder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from haechi.config import load_config
from haechi.pipeline.build import init_home, open_home
from haechi.pipeline.ingest import ingest
from haechi.serve.server import run_api, run_page
from tests.parsers.pdf_maker import make_pdf
from tests.serve.conftest import free_port
from tests.serve.test_chat_page import CHROMIUM, DESKTOP, FLAGS, Visit

sync_api = pytest.importorskip("playwright.sync_api", reason="the browser tests need the package playwright")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="the browser tests need a Chromium binary (apt install chromium)"),
]

HOSTILE = "<img src=x onerror=alert(1)>.txt"


@pytest.fixture
def visit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Visit]:
    monkeypatch.setitem(os.environ, "HAECHI_EMBEDDER_BACKEND", "scripted")
    monkeypatch.setitem(os.environ, "HAECHI_LLM_BACKEND", "scripted")
    init_home(tmp_path / "home")
    folder = tmp_path / "자료"
    folder.mkdir()
    (folder / "좋은.txt").write_text("도서관은 월요일에 쉰다.", encoding="utf-8")
    (folder / "나쁜.pdf").write_bytes(b"%PDF-1.7 broken")
    (folder / HOSTILE).write_bytes(b"")
    with open_home(load_config(tmp_path / "home")) as home:
        ingest(home, [str(folder)])
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


def test_sources_are_seen_mended_passed_over_and_added(visit: Visit, tmp_path: Path) -> None:
    page = visit.page
    page.get_by_role("button", name="자료", exact=True).click()
    page.wait_for_selector(".h-item")
    # What needs a hand comes first, with its reason; a file's name is never markup.
    assert "읽지 못함" in page.locator(".h-item").first.inner_text()
    assert HOSTILE in page.inner_text("[data-testid=stMain]")
    assert page.locator(".h-item img").count() == 0
    # Mended on disk, then read again.
    (tmp_path / "자료" / "나쁜.pdf").write_bytes(make_pdf([["수영장은 여섯 시에 연다."]]))
    bad = page.locator("[class*=st-key-source]", has_text="나쁜.pdf")
    bad.get_by_role("button", name="다시 읽기").click()
    page.locator(".h-item", has_text="나쁜.pdf").filter(has_text="✓ 읽음").wait_for()
    # Passed over from now on.
    page.locator("[class*=st-key-source]", has_text="onerror").get_by_role("button", name="앞으로 건너뛰기").click()
    page.locator(".h-item", has_text="onerror").filter(has_text="건너뜀").wait_for()
    # Handed in.
    page.set_input_files(
        "input[type=file]",
        files=[{"name": "새 공지.txt", "mimeType": "text/plain", "buffer": "휴관일은 화요일이다.".encode()}],
    )
    page.get_by_role("button", name="파일 1개 읽어 넣기").click()
    page.locator(".h-item", has_text="새 공지.txt").filter(has_text="✓ 읽음").wait_for()
    assert visit.hosts == {"127.0.0.1"}

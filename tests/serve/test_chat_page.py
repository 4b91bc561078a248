"""The chat page in a real browser: the real API server, the real Streamlit process, a scripted chatbot."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from haechi.serve.server import run_api, run_page
from tests.serve.conftest import free_port
from tests.serve.fakes import HOSTILE, STAY, FakeChatbot, FakeHome

sync_api = pytest.importorskip("playwright.sync_api", reason="the browser tests need the package playwright")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="the browser tests need a Chromium binary (apt install chromium)"),
]

#: A browser of its own must not phone home either, or the recording would be about the browser.
FLAGS = (
    "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-component-update "
    "--disable-sync --disable-default-apps --disable-domain-reliability"
).split()

INPUT = "[data-testid=stChatInputTextArea]"
DESKTOP = {"width": 1280, "height": 860}
PHONE = {"width": 390, "height": 800}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, FakeChatbot]]:
    chatbot = FakeChatbot()
    home = FakeHome(tmp_path_factory.mktemp("home"), chatbot)
    (home.config.home / "questions.txt").write_text(f"{STAY}\n내일 날씨는?\n", encoding="utf-8")
    port, ui_port = free_port(), free_port()
    api = f"http://127.0.0.1:{port}"
    with run_api(home, "127.0.0.1", port), run_page("127.0.0.1", ui_port, api):
        yield f"http://127.0.0.1:{ui_port}", chatbot


@pytest.fixture(scope="module")
def browser() -> Iterator[sync_api.Browser]:
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


class Visit:
    """One open page, and every host it spoke to."""

    def __init__(self, page: sync_api.Page, url: str) -> None:
        self.page = page
        self.hosts: set[str] = set()
        page.on("request", lambda request: self._note(request.url))
        page.on("websocket", lambda socket: self._note(socket.url))
        page.goto(url)
        page.wait_for_selector(".h-header")

    def _note(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("data", "blob"):
            self.hosts.add(parts.hostname or url)

    def ask(self, question: str) -> None:
        answers = self.page.locator(".h-answer:not(.h-is-draft)").count()
        self.page.fill(INPUT, question)
        self.page.press(INPUT, "Enter")
        self.page.wait_for_function(
            "n => document.querySelectorAll('.h-answer:not(.h-is-draft)').length > n"
            " && !document.querySelector('.h-is-draft')",
            arg=answers,
        )

    def overflow(self) -> int:
        return int(
            self.page.evaluate(
                "() => Math.max(...[document.documentElement, document.querySelector('.stMain')]"
                ".map(e => e.scrollWidth - e.clientWidth))"
            )
        )


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def screen(request: pytest.FixtureRequest) -> dict[str, int]:
    return request.param


@pytest.fixture
def visit(served: tuple[str, FakeChatbot], browser: sync_api.Browser) -> Iterator[Visit]:
    page = browser.new_page(viewport=DESKTOP)
    page.set_default_timeout(30_000)
    yield Visit(page, served[0])
    page.close()


def test_a_start_question_is_answered_with_its_source_and_its_checks(visit: Visit, screen: dict[str, int]) -> None:
    page = visit.page
    page.set_viewport_size(screen)
    page.get_by_role("button", name=STAY).click()
    page.wait_for_selector(".h-verdicts")

    answer = page.locator(".h-answer").last  # a slow machine still shows the run before beside it
    assert "1박에 8만 원까지 실비로 지급합니다" in answer.locator(".h-text").inner_text()
    assert answer.locator(".h-chip").all_inner_texts() == [
        "✓ 확인됨",
        "✓ 확인됨",
        "? 근거 없음",
        "✕ 다름",
        "– 확인 못 함",
    ]
    assert answer.locator(".h-corrections li").inner_text().split()[:3] == ["9만", "8만", "원"]
    assert "전체 3.6초" in answer.locator(".h-times").inner_text()

    card = page.locator("details.h-source").first
    assert card.locator("summary").inner_text().split() == ["[1]", "운영규정", "제12조제2항", "4쪽"]
    assert not card.locator(".h-passage").is_visible()
    page.locator("a.h-marker").first.click()
    card.locator(".h-passage").wait_for(state="visible")
    assert card.locator("mark").inner_text() == "숙박비는 1박에 8만 원을 넘지 않는 범위에서 실비로 지급한다."
    assert card.locator(".h-near").first.inner_text().startswith("제12조(국내여비) ①")

    assert visit.overflow() <= 0
    assert visit.hosts == {"127.0.0.1"}


def test_a_refusal_looks_different_and_says_why(visit: Visit) -> None:
    visit.ask("내일 날씨는?")
    answer = visit.page.locator(".h-answer.h-is-refused")
    assert answer.locator(".h-badge").inner_text() == "답하지 않음"
    assert "절반도" in answer.locator(".h-reason").inner_text()
    assert answer.locator(".h-chip, a.h-marker").count() == 0


def test_hostile_text_stays_text(visit: Visit, served: tuple[str, FakeChatbot]) -> None:
    # The document, the draft, the answer and every field of its verdicts carry HTML and Markdown with foreign hosts.
    visit.ask(f"공격 {HOSTILE}")
    page = visit.page
    for card in page.locator("details.h-source summary").all():
        card.click()
    assert HOSTILE in page.locator(".h-question").inner_text()
    assert HOSTILE in page.locator(".h-answer .h-text").inner_text()
    assert page.evaluate("window.hacked") is None
    assert page.locator(".stMain img, .stMain a[href^=http]").count() == 0
    assert visit.hosts == {"127.0.0.1"}


def test_enter_during_composition_does_not_send(visit: Visit, served: tuple[str, FakeChatbot]) -> None:
    page, chatbot = visit.page, served[1]
    asked = len(chatbot.asked)
    page.click(INPUT)
    keyboard = page.context.new_cdp_session(page)
    page.evaluate("window.addEventListener('keydown', e => (window.composing ??= []).push(e.isComposing), true)")

    keyboard.send("Input.imeSetComposition", {"text": "숙박", "selectionStart": 2, "selectionEnd": 2})
    enter = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 229}
    keyboard.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **enter})
    keyboard.send("Input.dispatchKeyEvent", {"type": "keyUp", **enter})
    keyboard.send("Input.insertText", {"text": "숙박비"})
    # Safari ends the composition first: keyCode 229, isComposing false. Streamlit 1.67 alone would send here.
    page.evaluate(
        """selector => document.querySelector(selector).dispatchEvent(new KeyboardEvent(
            "keydown", {key: "Enter", code: "Enter", keyCode: 229, isComposing: false, bubbles: true}))""",
        INPUT,
    )
    page.keyboard.insert_text(" 한도는?")
    assert page.input_value(INPUT) == "숙박비 한도는?"
    assert len(chatbot.asked) == asked
    assert page.locator(".h-question").count() == 0

    page.press(INPUT, "Enter")
    page.wait_for_selector(".h-verdicts")
    assert [question for question, _ in chatbot.asked[asked:]] == ["숙박비 한도는?"]
    # The first Enter really came in the middle of a composition, the last one did not.
    assert page.evaluate("[window.composing[0], window.composing.at(-1)]") == [True, False]


def test_stopping_a_draft_stops_the_model(visit: Visit, served: tuple[str, FakeChatbot]) -> None:
    page, chatbot = visit.page, served[1]
    chatbot.closed.clear()
    page.fill(INPUT, "멈춤 없는 답")
    page.press(INPUT, "Enter")
    page.wait_for_selector(".h-is-draft .h-text")
    assert page.locator(".h-badge").inner_text() == "초안 · 확인 중"
    page.get_by_role("button", name="멈추기").click()
    page.wait_for_selector(".h-notice")
    assert chatbot.closed.wait(15)


def test_a_failed_model_is_said_in_korean(visit: Visit, served: tuple[str, FakeChatbot]) -> None:
    from haechi.errors import ModelError

    served[1].failure = ModelError("모델이 멈췄습니다. 다시 물어보세요.", "the model died")
    try:
        visit.ask(STAY)
        assert "모델이 멈췄습니다" in visit.page.locator(".h-is-error").inner_text()
    finally:
        served[1].failure = None


def test_an_absent_server_is_said_in_korean(browser: sync_api.Browser, tmp_path: Path) -> None:
    ui_port = free_port()
    with run_page("127.0.0.1", ui_port, f"http://127.0.0.1:{free_port()}"):
        page = browser.new_page(viewport=PHONE)
        visit = Visit(page, f"http://127.0.0.1:{ui_port}")
        page.wait_for_selector(".h-is-error")
        assert "haechi serve" in page.locator(".h-is-error").inner_text()
        assert page.get_by_role("button", name="다시 시도").is_visible()
        assert visit.overflow() <= 0 and visit.hosts == {"127.0.0.1"}
        page.close()

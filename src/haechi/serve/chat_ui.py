"""The chat page, run by Streamlit in a process of its own. A thin HTTP client: it never loads a model or opens a home.

Streamlit runs this file from the top for every visit and every click; `st.session_state` holds the conversation.
"""

from __future__ import annotations

import os
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import streamlit as st

from haechi.serve import ui_html
from haechi.serve.guards import HostRule, foreign_host_text
from haechi.serve.improve_html import say
from haechi.serve.improve_ui import improve_page
from haechi.serve.sources_ui import sources_page
from haechi.serve.ui_client import HaechiClient, ServerError
from haechi.serve.ui_text import DRAFT_STAGES, greeting, stage_word

HERE = Path(__file__).parent
API_VARIABLE = "HAECHI_API_URL"
HOST_VARIABLE = "HAECHI_UI_HOST"
INPUT_HINT = "질문을 입력하세요"
MAX_QUESTION = 2_000
CORRECTION_HINT = "바른 답을 아시면 적어 주세요(Enter)"
THANKS = "의견을 적어 두었습니다."
#: The query parameter that chooses the view, so that the page of sources has an address of its own.
VIEW, SOURCES, IMPROVE = "view", "sources", "improve"

#: Seconds between two pictures of a draft; a browser needs no more, and each one costs a message.
DRAFT_INTERVAL = 0.1


@st.cache_resource
def client() -> HaechiClient:
    """One connection pool for all visits."""
    return HaechiClient(os.environ[API_VARIABLE])


def page() -> None:
    """One run of the page: head, conversation, input."""
    st.set_page_config(page_title="해치", page_icon=str(HERE / "haechi.svg"), layout="centered")
    st.html(HERE / "chat.css")
    script = (HERE / "chat.js").read_text(encoding="utf-8")
    st.html(f"<script>{script}</script>", unsafe_allow_javascript=True)
    rule = HostRule(os.environ[HOST_VARIABLE])
    if not rule.allows(st.context.headers.get("Host", "")):
        st.html(ui_html.failure(foreign_host_text(rule)))
        return
    st.session_state.setdefault("turns", [])
    try:
        home = client().home()
    except ServerError as error:
        absent(str(error))
        return
    turns: list[dict[str, Any]] = st.session_state.turns
    head(home["name"], bool(turns))
    if st.query_params.get(VIEW) == SOURCES:
        sources_page(client())
        return
    if st.query_params.get(VIEW) == IMPROVE:
        improve_page(client())
        return
    asked = st.chat_input(INPUT_HINT, max_chars=MAX_QUESTION)
    if not turns and not asked:
        asked = start(home)
        if not asked:
            return
    for number, turn in enumerate(turns):
        show(turn, str(number))
    if asked and asked.strip():
        turn = {"question": asked.strip()}
        turns.append(turn)
        st.html(ui_html.question(turn["question"]))
        answer(turn)
        st.rerun()


def absent(message: str) -> None:
    """The API server does not answer."""
    st.html(ui_html.header(""))
    st.html(ui_html.failure(message))
    with st.container(key="retry"):
        st.button("다시 시도")


def head(name: str, talking: bool) -> None:
    """The page's head, with a way out of a conversation that has begun, and to the sources and back."""
    with st.container(key="head", horizontal=True, vertical_alignment="center"):
        st.html(ui_html.header(name))
        view = st.query_params.get(VIEW)
        elsewhere = view in (SOURCES, IMPROVE)
        if talking and not elsewhere and st.button("새 대화", width="content"):
            st.session_state.turns = []
            st.session_state.conversation = ""
            st.rerun()
        if st.button("대화로" if elsewhere else "자료", width="content", key="view"):
            st.query_params.from_dict({} if elsewhere else {VIEW: SOURCES})
            st.rerun()
        # Reached from the page of sources: both are for whoever looks after the home.
        if view == SOURCES and st.button(say("모델 기록", "Models"), width="content", key="improve"):
            st.query_params.from_dict({VIEW: IMPROVE})
            st.rerun()


def start(home: dict[str, Any]) -> str | None:
    """The empty conversation; returns the start question that was pressed."""
    space = st.empty()
    with space.container():
        st.html(ui_html.welcome(greeting(home["documents"])))
        questions = home["questions"]
        pressed = [text for text in questions if st.button(literal(text), key=f"start:{text}", width="stretch")]
    if pressed:
        space.empty()
    return pressed[0] if pressed else None


def literal(text: str) -> str:
    """A button's label is Markdown in Streamlit; every special character is taken literally."""
    return "".join(f"\\{char}" if char in r"\`*_{}[]()<>#+-.!|:$~" else char for char in text)


def show(turn: dict[str, Any], key: str) -> None:
    """A finished turn."""
    st.html(ui_html.question(turn["question"]))
    if "answer" in turn:
        st.html(ui_html.answer(turn["answer"], turn["passages"], key))
        opinion(turn, key)
    elif "error" in turn:
        st.html(ui_html.failure(turn["error"]))
    else:
        st.html(ui_html.notice("답변을 멈추었습니다."))


def opinion(turn: dict[str, Any], key: str) -> None:
    """Thumbs under an answer; after a thumb down, a line for what it should have been."""
    identity = turn["answer"].get("id", "")
    if not identity:
        return
    with st.container(key=f"opinion-{key}"):
        thumb = st.feedback("thumbs", key=f"thumb-{identity}")
        if thumb is None:
            return
        verdict, correction = ("bad", "good")[thumb], ""
        if verdict == "bad":
            correction = (
                st.text_input(
                    CORRECTION_HINT, key=f"right-{identity}", max_chars=MAX_QUESTION, placeholder=CORRECTION_HINT,
                    label_visibility="collapsed",
                )
                or ""
            ).strip()  # fmt: skip
        # The page runs anew with every click: an opinion is sent once, and again only when it changed.
        if turn.get("opinion") != (verdict, correction):
            try:
                client().feedback(identity, verdict, correction)
            except ServerError as error:
                st.html(ui_html.failure(str(error)))
                return
            turn["opinion"] = (verdict, correction)
        st.html(ui_html.notice(THANKS))


def answer(turn: dict[str, Any]) -> None:
    """Stream the draft, then keep the checked answer. Any click reruns the page, which closes the stream."""
    space = st.empty()
    with st.container(key="stop"):
        st.button("멈추기")
    stage, text, shown = "", "", 0.0
    space.html(ui_html.draft("", stage_word("")))
    try:
        with closing(client().ask(turn["question"], st.session_state.get("conversation", ""))) as events:
            for name, data in events:
                if name == "answer":
                    turn["passages"] = passages(data)
                    turn["answer"] = data
                    st.session_state.conversation = data.get("conversation_id", "")
                    return
                if name == "stage":
                    stage = data["stage"]
                    text = "" if stage in DRAFT_STAGES else text
                elif name == "token":
                    text += data["text"]
                if name == "stage" or time.monotonic() - shown > DRAFT_INTERVAL:
                    space.html(ui_html.draft(text, stage_word(stage)))
                    shown = time.monotonic()
    except ServerError as error:
        turn["error"] = str(error)


def passages(record: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Every cited chunk with its neighbours. One that cannot be read is left out, and its card says so."""
    found: dict[str, list[dict[str, Any]]] = {}
    for citation in record["citations"]:
        if citation["chunk"] and citation["chunk"] not in found:
            try:
                found[citation["chunk"]] = client().passage(citation["document"], citation["chunk"])
            except ServerError:
                continue
    return found


page()

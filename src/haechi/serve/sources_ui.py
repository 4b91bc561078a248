"""The page of sources: what was read in and how, what could not be and why; retry, ignore, and an upload box."""

from __future__ import annotations

from typing import Any

import streamlit as st

from haechi.serve import sources_html
from haechi.serve.ui_client import HaechiClient, ServerError

SHOWN = 100
FILTERS = {"모두": None, "읽지 못함": "failed", "읽음": "ok", "건너뜀": "ignored"}
#: How often the page asks how far the reading is.
REFRESH_SECONDS = 1.5


def sources_page(client: HaechiClient) -> None:
    """One run of the page."""
    _upload(client)
    _listing(client)


def _upload(client: HaechiClient) -> None:
    # A new key empties the box once its files were handed over.
    key = f"upload:{st.session_state.setdefault('uploads', 0)}"
    files = st.file_uploader("넣을 파일", accept_multiple_files=True, key=key)
    if files and st.button(f"파일 {len(files)}개 읽어 넣기", key="send"):
        _do(lambda: client.add_documents([(file.name, file) for file in files]))
        st.session_state.uploads += 1
        st.rerun()


@st.fragment(run_every=REFRESH_SECONDS)
def _listing(client: HaechiClient) -> None:
    try:
        found = client.sources()
    except ServerError as error:
        st.html(sources_html.work({"running": False, "error": str(error), "report": None}))
        return
    rows: list[dict[str, Any]] = found["sources"]
    st.html(sources_html.counts(rows) + sources_html.work(found["work"]))
    if message := st.session_state.pop("source_error", ""):
        st.html(sources_html.work({"running": False, "error": message, "report": None}))
    with st.container(key="filters", horizontal=True, vertical_alignment="bottom"):
        chosen = st.segmented_control("보기", list(FILTERS), default="모두", label_visibility="collapsed")
        wanted = st.text_input("이름으로 찾기", label_visibility="collapsed", placeholder="이름으로 찾기")
        if any(row["status"] == "failed" for row in rows) and st.button("모두 다시 읽기", key="retry-all"):
            _do(lambda: client.retry_sources([]))
            st.rerun(scope="fragment")
    status = FILTERS[chosen] if chosen else None
    # What needs a hand comes first.
    rows = sorted(rows, key=lambda row: (row["status"] != "failed", row["name"]))
    fitting = [row for row in rows if (status is None or row["status"] == status) and wanted.strip() in row["path"]]
    for row in fitting[:SHOWN]:
        _row(client, row)
    if len(fitting) > SHOWN:
        st.html(f'<p class="h-counts">처음 {SHOWN}개만 보입니다. 이름으로 찾아 좁혀 주세요({len(fitting):,}개).</p>')


def _row(client: HaechiClient, row: dict[str, Any]) -> None:
    with st.container(key=f"source:{row['path']}"):
        st.html(sources_html.source(row))
        if row["status"] == "ok":
            return
        with st.container(horizontal=True, key=f"actions:{row['path']}"):
            if st.button("다시 읽기", key=f"retry:{row['path']}"):
                _do(lambda: client.retry_sources([row["path"]]))
                st.rerun(scope="fragment")
            if row["status"] == "failed" and st.button("앞으로 건너뛰기", key=f"ignore:{row['path']}"):
                _do(lambda: client.ignore_sources([row["path"]]))
                st.rerun(scope="fragment")


def _do(call: Any) -> None:
    """Run it; what the server refuses is shown on the next run."""
    try:
        call()
    except ServerError as error:
        st.session_state.source_error = str(error)

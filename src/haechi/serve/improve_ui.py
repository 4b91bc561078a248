"""The page of improvements: what serves, every try with its verdict and figures, and the way back."""

from __future__ import annotations

import streamlit as st

from haechi.serve import improve_html
from haechi.serve.improve_html import say
from haechi.serve.sources_html import work
from haechi.serve.ui_client import HaechiClient, ServerError

SHOWN = 50


def improve_page(client: HaechiClient) -> None:
    """One run of the page."""
    try:
        found = client.improvements()
    except ServerError as error:
        st.html(work({"running": False, "error": str(error), "report": None}))
        return
    st.html(improve_html.head(found))
    if message := st.session_state.pop("improve_error", ""):
        st.html(work({"running": False, "error": message, "report": None}))
    if not found["history"]:
        st.html(improve_html.nothing())
    for row in found["history"][:SHOWN]:
        with st.container(key=f"improvement:{row['id']}"):
            st.html(improve_html.line(row))
            if row["in_use"]:
                _way_back(client)


def _way_back(client: HaechiClient) -> None:
    """Two clicks: the first one asks."""
    with st.container(horizontal=True, key="actions:roll-back"):
        if not st.session_state.get("roll_back"):
            if st.button(say("되돌리기", "Roll back"), key="roll-back"):
                st.session_state.roll_back = True
                st.rerun()
            return
        sure = st.button(say("정말 되돌리기", "Really roll back"), key="roll-back-sure")
        if sure or st.button(say("그만두기", "Cancel"), key="roll-back-not"):
            st.session_state.roll_back = False
            if sure:
                try:
                    client.roll_back(say("대화 화면", "chat page"))
                except ServerError as error:
                    st.session_state.improve_error = str(error)
            st.rerun()

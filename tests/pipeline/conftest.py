"""A home with the scripted embedder and a scripted LLM: everything between them is real."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from haechi.config import load_config
from haechi.models.scripted import ScriptedLLM
from haechi.pipeline.build import Home, init_home, open_home
from haechi.pipeline.chatbot import Chatbot
from haechi.pipeline.ingest import ingest

REGULATION = """# 새봄시 도서관 운영규정

## 제1장 총칙

##### 제1조(목적)
이 규정은 도서관 이용에 필요한 사항을 정함을 목적으로 한다.

##### 제2조(대출)
① 대출 기간은 14일로 하고, 한 번에 5권까지 빌릴 수 있다.
② 대출 기간은 한 번에 한하여 7일까지 연장할 수 있다. 다만, 예약된 자료는 연장할 수 없다.

##### 제3조(연체료)
연체료는 권당 1일 100원으로 한다. 다만, 한 권의 연체료는 3천 원을 넘지 못한다.

##### 제4조(휴관일)
정기휴관일은 매월 둘째 월요일로 한다.

##### 제5조(단체 관람)
단체 관람은 20명 이상이 함께 신청하는 경우로 한다.
"""


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "운영규정.md").write_text(REGULATION, encoding="utf-8")
    return folder


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    monkeypatch.setenv("HAECHI_EMBEDDER_BACKEND", "scripted")
    monkeypatch.setenv("HAECHI_CHECK_GROUNDER", "none")
    monkeypatch.setenv("HAECHI_LLM_BACKEND", "scripted")
    init_home(tmp_path / "home")
    with open_home(load_config(tmp_path / "home")) as opened:
        yield opened


@pytest.fixture
def say(home: Home, documents: Path) -> Callable[..., Chatbot]:
    """`say("draft", …)`: a chatbot over the regulation whose model gives these drafts, in order."""

    def make(*drafts: str) -> Chatbot:
        ingest(home, [str(documents)])
        chatbot = home.chatbot()
        chatbot.llm = ScriptedLLM(drafts)
        return chatbot

    return make


def calls(chatbot: Chatbot) -> Sequence[object]:
    assert isinstance(chatbot.llm, ScriptedLLM)
    return chatbot.llm.calls

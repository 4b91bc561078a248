"""Haechi: an offline, on-premise Korean chatbot over your own documents.

The public names below load on first use, so that `import haechi` costs nothing.

    from haechi import load_config
    from haechi.pipeline.build import open_home

    with open_home(load_config("my-home")) as home:
        print(home.chatbot().ask("출장비는 며칠 안에 정산해야 하나요?").answer)

The checkers alone, on anyone's answer:

    from haechi import check

    report = check("보증금은 30억 원입니다.", "보증금은 3억 원으로 한다.")
    print(report.supported, report.corrected)
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from haechi.config import load_config as load_config
    from haechi.pipeline.chatbot import Chatbot as Chatbot
    from haechi.pipeline.check import check as check
    from haechi.types import Answer as Answer
    from haechi.types import Chunk as Chunk
    from haechi.types import Document as Document
    from haechi.types import Hit as Hit

_WHERE = {
    "Answer": "haechi.types",
    "Chatbot": "haechi.pipeline.chatbot",
    "Chunk": "haechi.types",
    "Document": "haechi.types",
    "Hit": "haechi.types",
    "check": "haechi.pipeline.check",
    "load_config": "haechi.config",
}

__all__ = ["Answer", "Chatbot", "Chunk", "Document", "Hit", "check", "load_config"]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'haechi' has no attribute '{name}'")
    return getattr(importlib.import_module(_WHERE[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])

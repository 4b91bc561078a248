from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from haechi.serve.server import run_api
from tests.serve.fakes import FakeChatbot, FakeHome


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def chatbot() -> FakeChatbot:
    return FakeChatbot()


@pytest.fixture
def home(tmp_path: Path, chatbot: FakeChatbot) -> FakeHome:
    return FakeHome(tmp_path, chatbot)


@pytest.fixture
def live(home: FakeHome) -> Iterator[str]:
    """The address of the API behind a real uvicorn: disconnects and streams cannot be tested in process."""
    port = free_port()
    with run_api(home, "127.0.0.1", port):
        yield f"http://127.0.0.1:{port}"

"""What every test gets: no network, no trace of the developer's own settings, and weights only when asked for."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from haechi.models.bundled import models_dir
from haechi.models.catalogue import GROUNDING

REPOSITORY = Path(__file__).resolve().parents[1]
SHARED_DATA = Path(os.environ.get("HAECHI_SHARED_DATA") or REPOSITORY.parent / "shared" / "data")
#: Found before any test moves HOME; weights are the one thing tests share with the user.
MODELS = models_dir()
#: `make test` sets it: a missing weight is then a broken set-up, not a reason to skip.
REQUIRED = os.environ.get("HAECHI_REQUIRE_MODELS", "") == "1"

SMALL_LLM = "qwen2.5-coder-0.5b-instruct-q4"
DEFAULT_LLM = "qwen2.5-coder-1.5b-instruct-q4"
EMBEDDER = "haechi-e5-small"
BASE_EMBEDDER = "multilingual-e5-small"

_LOOPBACK = ("127.", "::1", "localhost")
_connect, _connect_ex = socket.socket.connect, socket.socket.connect_ex
_sendto, _getaddrinfo = socket.socket.sendto, socket.getaddrinfo


class NetworkBlockedError(RuntimeError):
    """A test tried to leave this machine."""


def _stay_home(host: Any) -> None:
    text = host.decode() if isinstance(host, bytes) else host
    if text is not None and not (isinstance(text, str) and text.startswith(_LOOPBACK)):
        raise NetworkBlockedError(f"a test reached for {text!r}; only loopback is open")


def _guard(call: Any) -> Any:
    def guarded(self: socket.socket, *arguments: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            address = next(argument for argument in reversed(arguments) if isinstance(argument, tuple))
            _stay_home(address[0])
        return call(self, *arguments)

    return guarded


def _guarded_getaddrinfo(host: Any, *arguments: Any, **named: Any) -> Any:
    _stay_home(host or None)
    return _getaddrinfo(host, *arguments, **named)


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loopback and unix sockets work; every other connection raises NetworkBlockedError. Covers this process."""
    monkeypatch.setattr(socket.socket, "connect", _guard(_connect))
    monkeypatch.setattr(socket.socket, "connect_ex", _guard(_connect_ex))
    monkeypatch.setattr(socket.socket, "sendto", _guard(_sendto))
    monkeypatch.setattr(socket, "getaddrinfo", _guarded_getaddrinfo)


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """HAECHI_* settings and the home folder are this test's own; only the weights are shared."""
    for name in [name for name in os.environ if name.startswith("HAECHI_")]:
        monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(home))
    monkeypatch.setenv("HAECHI_MODELS", str(MODELS))
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


def _weights(name: str) -> Path:
    from haechi.models.bundled import path, status

    if not status(name).installed:
        reason = f"{name} is not installed; run: haechi models install {name}"
        if REQUIRED:
            pytest.fail(reason)
        pytest.skip(reason)
    return path(name)


@pytest.fixture
def small_llm() -> Path:
    """The 0.5B GGUF. Mark tests that use it with `models`."""
    return _weights(SMALL_LLM)


@pytest.fixture
def default_llm() -> Path:
    """The 1.5B GGUF. Mark tests that use it with `models` and `slow`."""
    return _weights(DEFAULT_LLM)


@pytest.fixture
def embedder_weights() -> Path:
    """The folder of the bundled embedder. Mark tests that use it with `models`."""
    return _weights(EMBEDDER)


@pytest.fixture
def base_embedder_weights() -> Path:
    """The folder of the embedder without Haechi's adapter. Mark tests that use it with `models`."""
    return _weights(BASE_EMBEDDER)


@pytest.fixture
def grounding_weights() -> Path:
    """The folder of the bundled grounding model. Mark tests that use it with `models`."""
    return _weights(GROUNDING)


@pytest.fixture(scope="session")
def repository() -> Path:
    """The folder that holds pyproject.toml."""
    return REPOSITORY


@pytest.fixture
def shared_data() -> Path:
    """Real Korean data to measure with; it is not part of the repository."""
    if not SHARED_DATA.is_dir():
        pytest.skip("no evaluation data; set HAECHI_SHARED_DATA to its folder")
    return SHARED_DATA


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty current folder with no home above it that a command could find."""
    monkeypatch.chdir(tmp_path)
    yield tmp_path

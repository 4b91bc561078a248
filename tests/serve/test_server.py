from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from haechi.config import Config
from haechi.errors import HaechiError, InputError
from haechi.serve import server
from haechi.serve.server import CLOSED_DOOR, page_command, page_environment, require_free_port, run_page, serve
from tests.serve.conftest import free_port

SCRIPT = """
import sys
from pathlib import Path
from haechi.config import Config
from haechi.serve.server import serve
from tests.serve.fakes import FakeHome

port, ui_port, no_ui = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "no-ui"
tell = lambda text: print(text, flush=True)
serve(Config(home=Path(sys.argv[4])), "127.0.0.1", port, ui_port, no_ui, tell=tell,
      open_home=lambda config: FakeHome(config.home))
"""


def start(tmp_path: Path, repository: Path, *, ui: bool) -> tuple[subprocess.Popen[str], int, int, list[str]]:
    """`serve` in a process of its own, read up to the line that says how to end it."""
    port, ui_port = free_port(), free_port()
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(port), str(ui_port), "ui" if ui else "no-ui", str(tmp_path)],
        cwd=repository,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line.strip())
        if "Ctrl-C" in line:
            break
    return process, port, ui_port, lines


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_both_answer_before_the_addresses_are_told_and_both_stop_on_a_signal(
    tmp_path: Path, repository: Path, number: signal.Signals
) -> None:
    process, port, ui_port, lines = start(tmp_path, repository, ui=True)
    try:
        assert lines == [
            f"API       http://127.0.0.1:{port}",
            f"대화 화면  http://127.0.0.1:{ui_port}",
            "끝내려면 Ctrl-C",
        ]
        assert httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False).json() == {"status": "ok"}
        assert "<html" in httpx.get(f"http://127.0.0.1:{ui_port}/", trust_env=False).text
        process.send_signal(number)
        assert process.wait(20) == 0
        assert not is_open(port) and not is_open(ui_port)
    finally:
        process.kill()


def test_without_the_page_only_the_api_listens(tmp_path: Path, repository: Path) -> None:
    process, port, ui_port, lines = start(tmp_path, repository, ui=False)
    try:
        assert lines == [f"API       http://127.0.0.1:{port}", "끝내려면 Ctrl-C"]
        assert is_open(port) and not is_open(ui_port)
        process.terminate()
        assert process.wait(20) == 0
    finally:
        process.kill()


def test_a_taken_port_names_the_option_and_the_next_number() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=f"haechi serve --ui-port {port + 1}"):
            require_free_port("127.0.0.1", port, "--ui-port")


def test_one_port_cannot_serve_both(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="8080"):
        serve(Config(home=tmp_path), "127.0.0.1", 8080, 8080, False, tell=print)


def test_an_open_door_is_announced_before_anything_listens(tmp_path: Path) -> None:
    told: list[str] = []

    def stop_here(config: Config) -> object:
        raise HaechiError("여기까지", "so far")

    with pytest.raises(HaechiError, match="여기까지"):
        serve(Config(home=tmp_path), "0.0.0.0", free_port(), 1, True, tell=told.append, open_home=stop_here)  # type: ignore[arg-type]
    assert len(told) == 1 and "로그인 없이" in told[0]


def test_a_page_that_does_not_start_is_an_error_with_the_next_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "page_command", lambda host, port: [sys.executable, "-c", "raise SystemExit(3)"])
    with pytest.raises(HaechiError, match="haechi doctor"), run_page("127.0.0.1", free_port(), "http://127.0.0.1:9"):
        pass


def test_the_pages_process_sends_nothing_home(monkeypatch: pytest.MonkeyPatch) -> None:
    command = page_command("127.0.0.1", 8501)
    for option in (
        "--browser.gatherUsageStats=false",
        "--browser.serverAddress=127.0.0.1",
        "--server.headless=true",
        "--server.enableXsrfProtection=true",
        "--server.enableCORS=true",
        "--client.showErrorLinks=false",
        "--server.address=127.0.0.1",
    ):
        assert option in command
    # Settings of the user's shell must not undo the options, nor a proxy of the building carry questions.
    monkeypatch.setenv("STREAMLIT_BROWSER_GATHER_USAGE_STATS", "true")
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    environment = page_environment("127.0.0.1", "http://127.0.0.1:8080")
    assert not [name for name in environment if name.startswith("STREAMLIT_")]
    assert {environment[name] for name in ("HTTP_PROXY", "https_proxy", "all_proxy")} == {CLOSED_DOOR}


def test_a_foreign_origin_gets_no_page_and_its_lookup_ends_at_the_closed_door() -> None:
    # Streamlit 1.67 asks an address service on the internet whether a foreign origin is this machine. Here a listener
    # stands where the closed port is and hears it knock; without the proxy settings it would have left the building.
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        door = f"http://127.0.0.1:{listener.getsockname()[1]}"
        ui_port = free_port()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(server, "CLOSED_DOOR", door)
            with run_page("127.0.0.1", ui_port, "http://127.0.0.1:9"):
                status = handshake(ui_port, "http://evil.example")
        assert status == 403
        listener.settimeout(10)
        heard, _ = listener.accept()
        heard.close()


def handshake(port: int, origin: str) -> int:
    """The HTTP status of a WebSocket handshake with the chat page."""
    headers = {
        "Origin": origin,
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    url = f"http://127.0.0.1:{port}/_stcore/stream"
    return httpx.get(url, headers=headers, trust_env=False, timeout=30).status_code

"""`haechi serve`: the API in this process and the chat page (Streamlit) in a child process, one fate for both.

Nothing here prints: addresses and warnings go to the caller's `tell`.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import httpx
import uvicorn

from haechi.config import Config
from haechi.errors import HaechiError, InputError
from haechi.serve.api import create_app
from haechi.serve.guards import is_loopback, is_wildcard

if TYPE_CHECKING:
    from haechi.pipeline.build import Home

Tell = Callable[[str], None]

PAGE = Path(__file__).with_name("chat_ui.py")
API_VARIABLE = "HAECHI_API_URL"
HOST_VARIABLE = "HAECHI_UI_HOST"
START_SECONDS = 60.0
STOP_SECONDS = 5.0

#: Nothing listens on the discard port of this machine.
CLOSED_DOOR = "http://127.0.0.1:9"

PAGE_OPTIONS: dict[str, str] = {
    "server.headless": "true",
    # Streamlit looks up its public address on the internet unless it is told one.
    "browser.serverAddress": "127.0.0.1",
    "browser.gatherUsageStats": "false",
    "server.fileWatcherType": "none",
    "server.enableXsrfProtection": "true",
    "server.enableCORS": "true",
    "global.developmentMode": "false",
    "client.toolbarMode": "minimal",
    "client.showErrorDetails": "none",
    "client.showErrorLinks": "false",
    "server.maxUploadSize": "200",
    "logger.level": "warning",
    "theme.base": "light",
    "theme.primaryColor": "#1f5f66",
    "theme.backgroundColor": "#f6f7f5",
    "theme.secondaryBackgroundColor": "#ffffff",
    "theme.textColor": "#1d2a2e",
}


def serve(
    config: Config,
    host: str,
    port: int,
    ui_port: int,
    no_ui: bool,
    *,
    tell: Tell,
    open_home: Callable[[Config], Home] | None = None,
) -> None:
    """Serve until Ctrl-C or SIGTERM. Raises InputError when a port is taken, HaechiError when a part does not start."""
    ports = [("--port", port)] if no_ui else [("--port", port), ("--ui-port", ui_port)]
    if not no_ui and port == ui_port:
        raise InputError(
            f"--port와 --ui-port가 {port}로 같습니다. 서로 다른 번호를 주세요.",
            f"--port and --ui-port are both {port}; give two different numbers",
        )
    for option, number in ports:
        require_free_port(host, number, option)
    if not is_loopback(host):
        tell(
            f"주의: {host}에 열면 같은 네트워크의 누구나 로그인 없이 문서를 찾고 질문할 수 있습니다. "
            "이 컴퓨터에서만 쓰려면 --host 127.0.0.1 로 시작하세요."
        )
    if open_home is None:
        from haechi.pipeline.build import open_home as open_real_home

        open_home = open_real_home
    config = replace(config, serve=replace(config.serve, host=host, port=port, ui_port=ui_port))
    with open_home(config) as home, stop_signals() as stop, run_api(home, host, port) as api:
        address = f"http://{_url_host(host)}:{port}"
        with contextlib.ExitStack() as stack:
            page = None if no_ui else stack.enter_context(run_page(host, ui_port, address))
            tell(f"API       {address}")
            if page is not None:
                tell(f"대화 화면  http://{_url_host(host)}:{ui_port}")
            if config.sync.watch or config.sync.every_minutes:
                follow_sources(home, stop, tell)
                tell("자료 폴더를 따라갑니다([sync] 설정)")
            tell("끝내려면 Ctrl-C")
            while not stop.wait(0.5):
                if not api.is_alive():
                    raise HaechiError("API 서버가 멈췄습니다. 로그를 확인하세요.", "the API server stopped")
                if page is not None and page.poll() is not None:
                    raise HaechiError(
                        f"대화 화면이 멈췄습니다(종료 코드 {page.returncode}). 화면 없이 쓰려면: haechi serve --no-ui",
                        f"the chat page stopped (exit code {page.returncode}); without it: haechi serve --no-ui",
                    )


def follow_sources(home: Home, stop: threading.Event, tell: Tell) -> threading.Thread:
    """Keep the home in step with its sources in a thread that may die with the process: every commit is whole."""
    from haechi.pipeline.sync import keep_in_step

    def tell_failures(failed: Sequence[Mapping[str, str]]) -> None:
        for row in failed:
            tell(f"읽지 못함: {row['source']}: {row['error']}")

    settings = home.config.sync
    thread = threading.Thread(
        target=keep_in_step,
        args=(home,),
        kwargs={
            "watch": settings.watch,
            "every_minutes": settings.every_minutes,
            "done": lambda report: tell_failures(report.failed),
            "failed": lambda error: tell(str(error)),
            "stop": stop,
        },
        name="haechi-sync",
        daemon=True,
    )
    thread.start()
    return thread


def require_free_port(host: str, port: int, option: str) -> None:
    """Raise InputError when `port` cannot be bound."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            raise InputError(
                f"{host}:{port}에 열 수 없습니다({error}). 다른 번호로: haechi serve {option} {port % 65535 + 1}",
                f"cannot listen on {host}:{port} ({error}); try: haechi serve {option} {port % 65535 + 1}",
            ) from error


def _url_host(host: str) -> str:
    """The name to write in a URL for a server bound to `host`."""
    if is_wildcard(host):
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


@contextlib.contextmanager
def stop_signals() -> Iterator[threading.Event]:
    """An event that Ctrl-C and SIGTERM set; the former handlers come back afterwards."""
    stop = threading.Event()

    def handler(number: int, frame: FrameType | None) -> None:
        stop.set()

    former = {number: signal.signal(number, handler) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, previous in former.items():
            signal.signal(number, previous)


@contextlib.contextmanager
def run_api(home: Home, host: str, port: int) -> Iterator[threading.Thread]:
    """The API in a thread of this process, answering when the block begins and stopped when it ends."""
    settings = uvicorn.Config(
        create_app(home),
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        server_header=False,
        # A stream in progress is cancelled instead of holding Ctrl-C back until the answer is complete.
        timeout_graceful_shutdown=2,
    )
    server = uvicorn.Server(settings)
    thread = threading.Thread(target=server.run, name="haechi-api", daemon=True)
    thread.start()
    try:
        wait_until_answers(f"http://{_url_host(host)}:{port}/healthz", thread.is_alive, "API 서버", "the API server")
        yield thread
    finally:
        server.should_exit = True
        thread.join(STOP_SECONDS)


def page_command(host: str, port: int) -> list[str]:
    """The command line of the chat page's process."""
    options = {**PAGE_OPTIONS, "server.address": host, "server.port": str(port)}
    command = [sys.executable, "-m", "streamlit", "run", str(PAGE)]
    return command + [f"--{name}={value}" for name, value in options.items()]


def page_environment(host: str, api_url: str) -> dict[str, str]:
    """The environment of the chat page's process.

    A WebSocket from a foreign origin makes Streamlit 1.67 ask the internet for this machine's public address (to see
    whether the origin is that), whatever the options say. Its proxies lead to a closed door, so nothing leaves.
    """
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("STREAMLIT_")}
    doors = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), CLOSED_DOOR)
    doors |= {name.lower(): value for name, value in doors.items()}
    return {**inherited, **doors, "NO_PROXY": "", "no_proxy": "", API_VARIABLE: api_url, HOST_VARIABLE: host}


@contextlib.contextmanager
def run_page(host: str, port: int, api_url: str) -> Iterator[subprocess.Popen[bytes]]:
    """The chat page's process, answering when the block begins and gone when it ends."""
    # A group of its own: Ctrl-C in the terminal reaches only us, and we stop the page after the last answer.
    process = subprocess.Popen(
        page_command(host, port),
        env=page_environment(host, api_url),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=None,
        start_new_session=True,
    )
    try:
        address = f"http://{_url_host(host)}:{port}/_stcore/health"
        wait_until_answers(address, lambda: process.poll() is None, "대화 화면", "the chat page")
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until_answers(url: str, alive: Callable[[], bool], korean: str, english: str) -> None:
    """Return when `url` answers 200. Raises HaechiError when its server ended or START_SECONDS passed."""
    deadline = time.monotonic() + START_SECONDS
    with httpx.Client(trust_env=False, timeout=2.0) as client:
        while alive() and time.monotonic() < deadline:
            with contextlib.suppress(httpx.HTTPError):
                if client.get(url).status_code == 200:
                    return
            time.sleep(0.1)
    raise HaechiError(
        f"{korean}이(가) {url}에서 시작하지 못했습니다. 위의 로그를 확인하고, 설치 상태는 haechi doctor로 살펴보세요.",
        f"{english} did not start at {url}; see the log above, and haechi doctor",
    )

"""`haechi serve`: the HTTP API and the chat page."""

from __future__ import annotations

import os
import sys

import click

from haechi.cli.korean_click import PositiveInt
from haechi.cli.session import HaechiCommand, Session, note, pass_session
from haechi.cli.texts import t


@click.command("serve", cls=HaechiCommand)
@click.option("--host", help=t("여는 주소. 기본은 설정의 serve.host(127.0.0.1).", "Address; default serve.host."))
@click.option("--port", type=PositiveInt(1, 65535), help=t("API 포트(기본 8080).", "API port (8080)."))
@click.option("--ui-port", type=PositiveInt(1, 65535), help=t("화면 포트(기본 8501).", "Page port (8501)."))
@click.option("--no-ui", is_flag=True, help=t("API만 엽니다.", "Serve the API only."))
@click.option("--open", "open_page", is_flag=True, help=t("브라우저로 화면을 엽니다.", "Open the page in a browser."))
@pass_session
def serve_command(
    session: Session, host: str | None, port: int | None, ui_port: int | None, no_ui: bool, open_page: bool
) -> None:
    """HTTP API와 대화 화면을 엽니다. 끝내려면 Ctrl-C."""
    from haechi.serve.server import serve

    config = session.config()
    chosen_host, chosen_ui_port = host or config.serve.host, ui_port or config.serve.ui_port
    page = f":{chosen_ui_port}"

    def tell(text: str) -> None:
        note(text)
        # The line with the page's address comes when the page answers, so the browser never meets a closed port.
        if open_page and not no_ui and has_screen() and text.endswith(page):
            import webbrowser

            webbrowser.open(text.split()[-1])

    serve(config, chosen_host, port or config.serve.port, chosen_ui_port, no_ui, tell=tell)
    session.finish({"stopped": True}, t("닫았습니다.", "Stopped."))


def has_screen() -> bool:
    """Whether a browser window could appear; without one, `webbrowser` may start a text browser in the terminal."""
    return sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))

"""`haechi init`: make a home."""

from __future__ import annotations

from pathlib import Path

import click

from haechi.cli.session import HaechiCommand, Session, pass_session
from haechi.cli.texts import t


@click.command("init", cls=HaechiCommand)
@click.argument("folder", metavar=t("[폴더]", "[DIR]"), required=False, type=click.Path(path_type=Path))
@click.option("--name", help=t("지식 베이스 이름(화면에 보입니다).", "The knowledge base's name, shown to readers."))
@pass_session
def init_command(session: Session, folder: Path | None, name: str | None) -> None:
    """지식 베이스(홈)를 만듭니다. 폴더를 적지 않으면 --home이나 현재 폴더에 만듭니다."""
    from haechi.pipeline.build import init_home

    home = init_home(folder or Path(session.home or "."), name=name)
    session.finish(
        {"home": str(home)},
        t(
            f"홈을 만들었습니다: {home}\n다음: haechi --home '{home}' ingest 문서…",
            f"Made a home: {home}\nNext: haechi --home '{home}' ingest FILES…",
        ),
    )

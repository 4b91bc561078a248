"""`haechi backup`: the home in one file, while it is in use."""

from __future__ import annotations

from pathlib import Path

import click

from haechi.cli.progress import stage_bar
from haechi.cli.session import HaechiCommand, Session, pass_session
from haechi.cli.texts import t


@click.command("backup", cls=HaechiCommand)
@click.argument("file", metavar=t("파일", "FILE"), type=click.Path(path_type=Path))
@pass_session
def backup_command(session: Session, file: Path) -> None:
    """홈을 파일 하나로 백업합니다. 질문·수집·서버가 돌아가는 중에도 됩니다.

    색인은 다시 만들 수 있어 넣지 않고, 데이터베이스 접속 주소(databases/*.url)는 비밀이라 넣지 않습니다.
    """
    from haechi.pipeline.backup import backup

    with session.open_home() as home, stage_bar() as progress:
        record = backup(home, file, progress)
    text = t(
        f"백업했습니다: {record['file']} ({record['bytes'] / 1e6:.1f} MB, 문서 {record['documents']}건)\n"
        f"되돌리기: haechi --home 새폴더 restore '{record['file']}'",
        f"Backed up: {record['file']} ({record['bytes'] / 1e6:.1f} MB, {record['documents']} documents)\n"
        f"Restore: haechi --home FOLDER restore '{record['file']}'",
    )
    left_out = ", ".join(record["left_out"])
    session.finish(record, text + "\n" + t(f"넣지 않은 것: {left_out}", f"left out: {left_out}"))

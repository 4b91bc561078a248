"""`haechi restore`: a home from a backup."""

from __future__ import annotations

from pathlib import Path

import click

from haechi.cli.progress import stage_bar
from haechi.cli.session import HaechiCommand, Session, pass_session
from haechi.cli.texts import t


@click.command("restore", cls=HaechiCommand)
@click.argument("file", metavar=t("파일", "FILE"), type=click.Path(path_type=Path))
@pass_session
def restore_command(session: Session, file: Path) -> None:
    """백업 파일에서 홈을 되돌립니다. --home이 새 폴더면 거기에 만들고, 있는 홈이면 내용을 바꿉니다.

    서버가 돌아가는 중에도 됩니다. 있는 홈의 haechi.toml은 그대로 둡니다.
    """
    from haechi.pipeline.backup import find_or_new, restore

    with stage_bar() as progress:
        record = restore(file, find_or_new(session.home), progress)
    lines = [
        t(
            f"되돌렸습니다: {record['home']} (문서 {record['documents']}건, {record['created']}의 백업)",
            f"Restored: {record['home']} ({record['documents']} documents, backup of {record['created']})",
        )
    ]
    if record["settings_kept"]:
        lines.append(t("haechi.toml은 있던 것을 그대로 두었습니다.", "The home's haechi.toml was kept."))
    if record["damaged_store_kept"]:
        kept = record["damaged_store_kept"]
        lines.append(
            t(
                f"손상된 저장소는 따로 두었습니다: {kept} (필요 없으면 지우고, 열려 있는 서버는 다시 시작하세요)",
                f"the damaged store was set aside: {kept} (delete it when it is of no use; restart a running server)",
            )
        )
    if record["indexes"] != "ok":
        lines.append(t("색인은 다음 검색 때 만듭니다: ", "indexes are made later: ") + record["indexes"])
    if record["came_back"]:
        ids = " ".join(record["came_back"])
        lines.append(
            t(
                f"주의: 이 백업 뒤에 지운 문서 {len(record['came_back'])}건이 돌아왔습니다. "
                f"다시 지우기: haechi documents remove {ids}",
                f"note: {len(record['came_back'])} documents removed since came back; haechi documents remove {ids}",
            )
        )
    session.finish(record, "\n".join(lines))

"""`haechi verify`: is the home what it says it is?"""

from __future__ import annotations

import click

from haechi.cli.progress import watched
from haechi.cli.session import HaechiCommand, Session, note, pass_session
from haechi.cli.texts import t

_STEPS = {
    "sqlite": t("저장소 파일", "store file"),
    "permissions": t("권한과 임시 파일", "permissions and leftovers"),
    "rows": t("문서·구절·벡터", "documents, passages, vectors"),
    "indexes": t("색인", "indexes"),
    "repair": t("고치기", "repair"),
}


@click.command("verify", cls=HaechiCommand)
@click.option("--repair", is_flag=True, help=t("잃는 것 없이 고칠 수 있는 것을 고칩니다.", "Mend what can be mended."))
@pass_session
def verify_command(session: Session, repair: bool) -> int:
    """홈이 온전한지 모두 읽어 확인합니다: 저장소, 구절의 자리, 벡터, 색인, 권한, 임시 파일."""
    from haechi.pipeline.verify import verify

    tell = (lambda step: note(f"{_STEPS[step]}…")) if watched() else None
    record = verify(session.config(), repair=repair, tell=tell)
    lines = [t("고침: ", "repaired: ") + f"{row['what']} ({row['where']})" for row in record["repaired"]]
    for row in record["problems"]:
        lines += [
            t("문제: ", "problem: ") + f"{row['what']} ({row['where']})",
            t("    고치기: ", "    mend: ") + row["fix"],
        ]
    lines += [
        t("백업: ", "backup: ")
        + f"{row['path']}, {row['created']}"
        + ("" if row["exists"] else t(" (그 자리에 없음)", " (not there)"))
        for row in record["backups"]
    ]
    lines.append(
        t("홈이 온전합니다.", "The home is sound.")
        if record["ok"]
        else t(f"문제 {len(record['problems'])}건이 남았습니다.", f"{len(record['problems'])} problems left.")
    )
    session.finish(record, "\n".join(lines))
    return 0 if record["ok"] else 1

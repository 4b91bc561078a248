"""`haechi doctor`: what is installed, missing, slow or unsafe, and the command that mends it."""

from __future__ import annotations

import dataclasses

import click

from haechi.cli.session import HaechiCommand, Session, pass_session
from haechi.cli.texts import t

MARKS = {"ok": "✓", "warn": "!", "fail": "✗"}


@click.command("doctor", cls=HaechiCommand)
@pass_session
def doctor_command(session: Session) -> int:
    """설치와 설정을 점검하고, 고치는 명령을 알려 줍니다. 홈이 없어도 실행할 수 있습니다."""
    from haechi.cli.checks import run_checks

    checks = run_checks(session)
    failed = sum(check.status == "fail" for check in checks)
    warned = sum(check.status == "warn" for check in checks)
    lines = []
    for check in checks:
        lines.append(f"{MARKS[check.status]} {check.name}: {check.detail}")
        if check.fix:
            lines.append(t("    고치기: ", "    mend: ") + check.fix)
    lines.append(t(f"문제 {failed}건, 주의 {warned}건", f"{failed} problems, {warned} warnings"))
    session.finish({"checks": [dataclasses.asdict(check) for check in checks]}, "\n".join(lines))
    return 1 if failed else 0

"""`haechi sync`: keep the home in step with what it was filled from, once, by watching, or on a schedule."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import click

from haechi.cli.ingest import finish_ingest
from haechi.cli.progress import ingest_bar
from haechi.cli.session import HaechiCommand, Session, note, pass_session
from haechi.cli.texts import t

if TYPE_CHECKING:
    from haechi.errors import HaechiError
    from haechi.pipeline.build import Home
    from haechi.pipeline.report import IngestReport


@click.command("sync", cls=HaechiCommand)
@click.option("--watch", is_flag=True, help=t("파일이 바뀔 때마다 따라갑니다.", "Follow every change of a file."))
@click.option(
    "--every",
    type=click.FloatRange(min=0.1),
    metavar=t("분", "MINUTES"),
    help=t(
        "이만큼마다 한 번씩 맞춥니다(네트워크 공유에 필요).", "Sync every so many minutes (network shares need it)."
    ),
)
@click.option("--list", "listing", is_flag=True, help=t("따라가는 자료를 보입니다.", "Show what is followed."))
@click.option(
    "--forget",
    metavar=t("자료", "SOURCE"),
    help=t("이 자료를 더는 따라가지 않습니다(문서는 남습니다).", "Stop following this; its documents stay."),
)
@pass_session
def sync_command(session: Session, watch: bool, every: float | None, listing: bool, forget: str | None) -> int:
    """지금까지 ingest에 준 폴더와 자료를 다시 살펴, 더하고 고치고 없앤 것을 홈에 맞춥니다."""
    from haechi.pipeline import roots
    from haechi.pipeline.sync import sync

    with session.open_home() as home:
        if forget is not None:
            with home.store.writer():
                roots.forget(home.store, forget)
        if listing or forget is not None:
            known = roots.roots(home.store)
            rows = [{"path": r.path, "unit": r.unit, "strategy": r.strategy, "fields": list(r.fields)} for r in known]
            empty = t("따라가는 자료가 없습니다. 넣기: haechi ingest 폴더", "Nothing is followed; haechi ingest FOLDER")
            session.finish({"roots": rows}, "\n".join(f"{r.path} ({r.unit}, {r.strategy})" for r in known) or empty)
            return 0
        if watch or every:
            return _follow(session, home, watch, every or 0.0)
        with ingest_bar() as progress:
            report = sync(home, progress=progress)
    return finish_ingest(session, report)


def _follow(session: Session, home: Home, watch: bool, every: float) -> int:
    from haechi.pipeline.report import report_record
    from haechi.pipeline.sync import keep_in_step

    stop = threading.Event()
    runs = 0

    def done(report: IngestReport) -> None:
        nonlocal runs
        runs += 1
        session.row(report_record(report))
        if report.interrupted:
            stop.set()
        elif report.documents or report.removed or report.failed or runs == 1:
            note(
                t(
                    f"맞춤: 문서 {report.documents}건 넣음, 자료 {report.removed}개 없앰, 그대로 {report.skipped}개, "
                    f"실패 {len(report.failed)}개",
                    f"synced: {report.documents} documents in, {report.removed} sources out, {report.skipped} as they "
                    f"were, {len(report.failed)} failed",
                )
            )

    def failed(error: HaechiError) -> None:
        note(str(error))

    note(t("따라가는 중입니다. 끝내려면 Ctrl-C.", "Following; Ctrl-C ends it."))
    try:
        keep_in_step(home, watch=watch, every_minutes=every, done=done, failed=failed, stop=stop)
    except KeyboardInterrupt:
        stop.set()
    session.finish({"runs": runs}, t("그만 따라갑니다.", "Stopped following."))
    return 0

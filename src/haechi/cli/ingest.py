"""`haechi ingest`: read documents into the home."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from haechi.cli.korean_click import OneOf
from haechi.cli.progress import ingest_bar
from haechi.cli.session import HaechiCommand, Session, pass_session
from haechi.cli.texts import t
from haechi.registry import names

if TYPE_CHECKING:
    from haechi.pipeline.ingest import IngestReport


@click.command("ingest", cls=HaechiCommand)
@click.argument("sources", metavar=t("자료…", "SOURCE…"), nargs=-1, required=True)
@click.option(
    "--unit",
    type=OneOf(["auto", *names("chunkers")]),
    help=t("나누는 단위. 기본은 설정의 ingest.unit.", "The unit of chunks; default is the setting ingest.unit."),
)
@click.option(
    "--strategy",
    type=OneOf(names("strategies")),
    help=t("색인 방법. 기본은 설정의 ingest.strategy.", "Indexing; default is the setting ingest.strategy."),
)
@click.option(
    "--fields",
    default="title,text",
    show_default=True,
    metavar=t("열,열", "COLUMNS"),
    help=t("CSV·JSONL에서 색인할 열.", "Columns of CSV and JSONL rows to index."),
)
@click.option("--again", is_flag=True, help=t("바뀌지 않은 자료도 다시 읽습니다.", "Read unchanged sources again."))
@pass_session
def ingest_command(
    session: Session, sources: tuple[str, ...], unit: str | None, strategy: str | None, fields: str, again: bool
) -> int:
    """파일, 폴더, CSV·JSONL의 줄을 읽어 넣습니다. 바뀌지 않은 자료는 건너뜁니다.

    멈추었다가(Ctrl-C) 같은 명령을 다시 실행하면 이어서 합니다.
    """
    from haechi.pipeline.ingest import ingest

    columns = tuple(column.strip() for column in fields.split(",") if column.strip())
    with session.open_home() as home, ingest_bar() as progress:
        report = ingest(
            home,
            sources,
            unit=unit or home.config.ingest.unit,
            strategy=strategy or home.config.ingest.strategy,
            fields=columns,
            again=again,
            progress=progress,
        )
    return finish_ingest(session, report)


def finish_ingest(session: Session, report: IngestReport) -> int:
    """Print an ingest report; 3 when a part of the sources failed, 1 when all did, 130 when interrupted."""
    from haechi.pipeline.ingest import report_record

    record = report_record(report)
    lines = [
        t(
            f"문서 {report.documents}건, 구절 {report.chunks}개를 넣었습니다 (새로 임베딩 {report.embedded}, "
            f"그대로인 자료 {report.skipped}, 없앤 자료 {report.removed}, {report.seconds:.1f}초).",
            f"{report.documents} documents, {report.chunks} chunks (newly embedded {report.embedded}, "
            f"unchanged sources {report.skipped}, removed {report.removed}, {report.seconds:.1f} s).",
        )
    ]
    lines += [t("나눈 단위: ", "unit: ") + f"{row['unit']} - {row['source']} ({row['reason']})" for row in report.units]
    if report.units_over_limit:
        percent = 100 * report.units_over_limit / report.units_found
        lines.append(
            t(
                f"임베딩 한도를 넘는 단위 {report.units_over_limit}개({percent:.1f}%)를 더 작게 나누었습니다.",
                f"{report.units_over_limit} units ({percent:.1f} %) were over the embedder's limit and cut further.",
            )
        )
    lines += [t("주의: ", "warning: ") + f"{row['source']}: {row['warning']}" for row in report.warnings]
    lines += [t("실패: ", "failed: ") + f"{row['source']}: {row['error']}" for row in report.failed]
    if report.interrupted:
        lines.append(t("멈추었습니다. 같은 명령을 다시 실행하면 이어서 합니다.", "Interrupted; run it again to go on."))
    session.finish(record, "\n".join(lines))
    if report.interrupted:
        return 130
    if not report.failed:
        return 0
    return 3 if report.documents or report.skipped else 1

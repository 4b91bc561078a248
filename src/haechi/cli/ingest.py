"""`haechi ingest`: read documents into the home."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from haechi.cli.korean_click import OneOf
from haechi.cli.progress import ingest_bar
from haechi.cli.session import HaechiCommand, Session, pass_session
from haechi.cli.texts import t
from haechi.registry import names

if TYPE_CHECKING:
    from haechi.databases.options import TableOptions
    from haechi.pipeline.report import IngestReport

#: Up to so many sources each unit is explained.
SHOWN = 20


def _sql(korean: str, english: str) -> str:
    return t(f"[sql:] {korean}", f"[sql:] {english}")


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
    help=t("CSV·JSONL·데이터베이스에서 색인할 열(데이터베이스의 기본은 모든 열).", "Columns of rows to index."),
)
@click.option("--table", metavar=t("표", "TABLE"), help=_sql("읽을 표나 뷰.", "The table or view to read."))
@click.option("--query", metavar="SELECT", help=_sql("읽을 SELECT 문 하나.", "The one SELECT statement to read."))
@click.option(
    "--key",
    metavar=t("열,열", "COLUMNS"),
    help=_sql(
        "행을 가리키는 열. 인용에 보입니다. 기본은 기본 키.", "Columns that identify a row; default: primary key."
    ),
)
@click.option(
    "--group",
    metavar=t("열,열", "COLUMNS"),
    help=_sql("값이 같은 행을 한 문서로 묶을 열.", "Columns whose equal values make one document."),
)
@click.option("--title", metavar=t("열", "COLUMN"), help=_sql("제목이 될 열.", "The column of the title."))
@click.option(
    "--updated",
    metavar=t("열", "COLUMN"),
    help=_sql("고칠 때마다 바뀌는 열. 바뀐 행만 읽습니다.", "The column that moves with changes; only those are read."),
)
@click.option(
    "--mask",
    metavar=t("열,열", "COLUMNS"),
    help=_sql("가려서 넣을 열(홍길동 → 홍○○, 그 밖에는 ***).", "Columns to mask (홍길동 → 홍○○, others ***)."),
)
@click.option("--exclude", metavar=t("열,열", "COLUMNS"), help=_sql("읽지 않을 열.", "Columns that are never read."))
@click.option("--again", is_flag=True, help=t("바뀌지 않은 자료도 다시 읽습니다.", "Read unchanged sources again."))
@pass_session
def ingest_command(
    session: Session,
    /,
    sources: tuple[str, ...],
    unit: str | None,
    strategy: str | None,
    fields: str,
    again: bool,
    **table: str | None,
) -> int:
    """파일, 폴더, CSV·JSONL의 줄, 데이터베이스의 행(sql:이름)을 읽어 넣습니다. 바뀌지 않은 자료는 건너뜁니다.

    멈추었다가(Ctrl-C) 같은 명령을 다시 실행하면 이어서 합니다. 데이터베이스의 주소는 환경 변수 HAECHI_DB_URL_이름
    또는 홈의 databases/이름.url 파일(chmod 600)에서 읽고, 옵션은 기억하므로 다음부터는 sql:이름만 씁니다.
    """
    options = _table_options(click.get_current_context(), sources, table)
    from haechi.pipeline.ingest import ingest

    columns = _columns(fields)
    with session.open_home() as home, ingest_bar() as progress:
        report = ingest(
            home,
            sources,
            unit=unit,
            strategy=strategy,
            fields=columns,
            again=again,
            table=options,
            progress=progress,
        )
    return finish_ingest(session, report)


def _table_options(ctx: click.Context, sources: tuple[str, ...], given: dict[str, str | None]) -> TableOptions | None:
    """The options of `sql:` sources, None when none was given. Raises UsageError where they belong to nothing."""
    used = [f"--{name}" for name, value in given.items() if value]
    databases = [name for name in sources if name.startswith("sql:")]
    if used and not databases:
        raise click.UsageError(
            t(
                f"{', '.join(used)}은(는) sql:이름 자료에만 씁니다. 예: haechi ingest sql:crm --table 고객문의",
                f"{', '.join(used)}: only for sql:NAME sources, e.g. haechi ingest sql:crm --table inquiries",
            ),
            ctx,
        )
    if used and len(databases) > 1:
        raise click.UsageError(
            t(f"{', '.join(used)}은(는) sql:이름 하나에만 씁니다.", f"{', '.join(used)}: only with one sql:NAME."), ctx
        )
    named = ctx.get_parameter_source("fields") is not ParameterSource.DEFAULT
    if databases and not used and named and len(databases) == len(sources):
        raise click.UsageError(
            t("--fields는 --table이나 --query와 함께 쓰세요.", "give --fields together with --table or --query."), ctx
        )
    if not used:
        return None
    from haechi.databases.options import TableOptions

    fields = _columns(str(ctx.params["fields"])) if named else ()
    return TableOptions(
        table=given["table"] or "",
        query=given["query"] or "",
        key=_columns(given["key"]),
        group=_columns(given["group"]),
        fields=fields,
        title=given["title"] or "",
        updated=given["updated"] or "",
        mask=_columns(given["mask"]),
        exclude=_columns(given["exclude"]),
    )


def _columns(text: str | None) -> tuple[str, ...]:
    return tuple(column.strip() for column in (text or "").split(",") if column.strip())


def finish_ingest(session: Session, report: IngestReport) -> int:
    """Print an ingest report; 3 when a part of the sources failed, 1 when all did, 130 when interrupted."""
    from haechi.pipeline.report import report_record

    record = report_record(report)
    lines = [
        t(
            f"문서 {report.documents}건, 구절 {report.chunks}개를 넣었습니다 (새로 임베딩 {report.embedded}, "
            f"그대로인 자료 {report.skipped}, 없앤 자료 {report.removed}, {report.seconds:.1f}초).",
            f"{report.documents} documents, {report.chunks} chunks (newly embedded {report.embedded}, "
            f"unchanged sources {report.skipped}, removed {report.removed}, {report.seconds:.1f} s).",
        )
    ]
    lines += _unit_lines(report.units)
    if report.units_over_limit:
        percent = 100 * report.units_over_limit / report.units_found
        lines.append(
            t(
                f"임베딩 한도를 넘는 단위 {report.units_over_limit}개({percent:.1f}%)를 더 작게 나누었습니다.",
                f"{report.units_over_limit} units ({percent:.1f} %) were over the embedder's limit and cut further.",
            )
        )
    lines += [t("옮겨짐: ", "moved: ") + f"{row['from']} → {row['to']}" for row in report.moved]
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


def _unit_lines(rows: list[dict[str, str]]) -> list[str]:
    """Why each source was cut as it was; of many sources only how many were cut by which unit."""
    if len(rows) <= SHOWN:
        return [t("나눈 단위: ", "unit: ") + f"{row['unit']} - {row['source']} ({row['reason']})" for row in rows]
    counts = Counter(row["unit"] for row in rows)
    return [t("나눈 단위: ", "units: ") + ", ".join(f"{unit} {count:,}" for unit, count in counts.most_common())]

"""`haechi search`: retrieval alone."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from haechi.cli.answer_text import cost_line, kind_word, ocr_note, place, version
from haechi.cli.korean_click import IsoDate, KeyValue, PositiveInt
from haechi.cli.progress import each
from haechi.cli.query_options import chosen, query_options
from haechi.cli.rows import read_rows
from haechi.cli.session import HaechiCommand, Session, pass_session
from haechi.cli.texts import t
from haechi.errors import InputError

if TYPE_CHECKING:
    from haechi.pipeline.build import Home
    from haechi.retrievers.base import Filters
    from haechi.retrievers.question import QueryOptions


def filter_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--filter` and `--as-of`, the same for `search` and `ask`."""
    command = click.option(
        "--as-of",
        type=IsoDate(),
        metavar="YYYY-MM-DD",
        help=t("그날 시행 중인 법령·규정으로 찾습니다(기본: 오늘).", "Laws and rules in force on that day (today)."),
    )(command)
    return click.option(
        "--filter",
        "equals",
        type=KeyValue(),
        multiple=True,
        metavar=t("키=값", "KEY=VALUE"),
        help=t(
            "file, title, law, kind, article, part, section이나 메타데이터로 좁힙니다. 여러 번 쓸 수 있습니다.",
            "Narrow by file, title, law, kind, article, part, section or metadata; repeatable.",
        ),
    )(command)


@click.command("search", cls=HaechiCommand)
@click.argument("question", metavar=t("[질문]", "[QUESTION]"), required=False)
@click.option("-k", "--k", type=PositiveInt(1, 1000), help=t("찾을 구절 수.", "How many passages."))
@filter_options
@query_options
@click.option(
    "--batch",
    type=click.Path(path_type=Path),
    metavar=t("파일", "FILE"),
    help=t("질문 파일(JSONL: id, question).", "A file of questions (JSONL: id, question)."),
)
@pass_session
def search_command(
    session: Session,
    question: str | None,
    k: int | None,
    equals: tuple[tuple[str, str], ...],
    as_of: str | None,
    multi_query: int | None,
    hyde: bool | None,
    mmr: float | None,
    min_score: float | None,
    batch: Path | None,
) -> None:
    """질문에 맞는 구절을 찾습니다. --multi-query와 --hyde 말고는 언어 모델을 쓰지 않습니다."""
    from haechi.retrievers.base import Filters

    one_of_two(question, batch)
    filters = Filters(equals=dict(equals), as_of=as_of)
    options = chosen(multi_query, hyde, mmr, min_score)
    rows = read_rows(batch, {"id": (str, int), "question": str}) if batch else []
    with session.open_home() as home:
        if question is not None:
            record = _search(home, question, k, filters, options)
            session.finish(record, _as_text(record))
            return
        started = time.perf_counter()
        for row in each(rows, t("검색", "search")):
            record = _search(home, row["question"], k, filters, options)
            session.row({"id": row["id"], "question": row["question"]} | record)
            if not session.json:
                print(f"## {row['id']} {row['question']}\n{_as_text(record)}\n")
    seconds = round(time.perf_counter() - started, 4)
    session.finish({"n": len(rows), "seconds": seconds}, t(f"질문 {len(rows)}개", f"{len(rows)} questions"))


def one_of_two(question: str | None, batch: Path | None) -> None:
    """A question that is not blank, or a file of questions; exactly one of them."""
    if question is not None and not question.strip():
        raise InputError("질문이 비어 있습니다", "the question is empty")
    if (question is None) == (batch is None):
        raise click.UsageError(
            t("질문과 --batch 가운데 하나만 쓰세요.", "give either a question or --batch."), click.get_current_context()
        )


def _search(home: Home, question: str, k: int | None, filters: Filters, options: QueryOptions | None) -> dict[str, Any]:
    from haechi.retrievers.highlights import with_highlights
    from haechi.retrievers.question import search_record

    started = time.perf_counter()
    found = home.retriever().find(question, k or home.config.retrieval.k, filters, options)
    record = search_record(found, time.perf_counter() - started)
    return with_highlights(record, home.analyser(), question)


def _as_text(record: dict[str, Any]) -> str:
    lines = [
        t(f"함께 찾은 말: {one['word']} → ", f"also looked for: {one['word']} → ") + ", ".join(one["added"])
        for one in record.get("expanded", ())
    ]
    for hit in record["hits"]:
        where = place(hit["label"], hit["page"]) + version(hit["version"]) + ocr_note(hit["ocr"])
        lines.append(f"[{hit['rank']}] {hit['title']} {where} ({hit['score']:.3f})\n    {_marked(hit)}")
        if matched := hit.get("matched"):
            key = " ".join(matched["text"].split())
            lines.append(
                t(f"    ↳ 찾은 키({kind_word(matched['kind'])}): {key}", f"    ↳ key ({matched['kind']}): {key}")
            )
        if hit["version_note"]:
            lines.append(f"    ({hit['version_note']})")
    lines += [f"※ {note}" for note in record["notes"]]
    if made := record["expansion"]:
        lines += [t(f"※ 함께 찾은 글: {text}", f"※ searched with as well: {text}") for text in made["queries"]]
        if made["calls"]:
            lines.append(cost_line(made))
    if not record["hits"]:
        lines.append(t("맞는 구절이 없습니다.", "No passage fits."))
    return "\n".join(lines)


def _marked(hit: dict[str, Any]) -> str:
    """The passage with what matched in bold, on a terminal."""
    text: str = hit["text"]
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return text
    for start, end in reversed(hit["highlights"]):
        text = f"{text[:start]}\033[1m{text[start:end]}\033[0m{text[end:]}"
    return text

"""`haechi ask`: one answer, or a file of questions with the models loaded once."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from haechi.cli.korean_click import PositiveInt
from haechi.cli.progress import each
from haechi.cli.query_options import chosen, query_options
from haechi.cli.rows import ResultFile, read_rows
from haechi.cli.search import filter_options, one_of_two
from haechi.cli.session import HaechiCommand, Session, note, pass_session
from haechi.cli.texts import t
from haechi.errors import HaechiError, ModelError

if TYPE_CHECKING:
    from haechi.pipeline.build import Home
    from haechi.types import Answer


@click.command("ask", cls=HaechiCommand)
@click.argument("question", metavar=t("[질문]", "[QUESTION]"), required=False)
@click.option("-k", "--k", type=PositiveInt(1, 20), help=t("모델에 줄 구절 수.", "Passages given to the model."))
@filter_options
@query_options
@click.option(
    "--neighbours/--no-neighbours",
    default=None,
    help=t(
        "근거의 앞뒤(같은 조의 나머지)도 토큰이 남는 만큼 모델에 줍니다.",
        "Give the model what stands around the passages as far as tokens are left.",
    ),
)
@click.option("--no-lock", is_flag=True, help=t("근거 잠금을 끕니다.", "Switch the evidence lock off."))
@click.option("--no-check", is_flag=True, help=t("검사를 끕니다.", "Switch the checkers off."))
@click.option("--no-gate", is_flag=True, help=t("FAQ를 보지 않고 문서에서 찾습니다.", "Pass over the FAQ."))
@click.option("--stream", is_flag=True, help=t("쓰는 대로 초안을 보입니다.", "Show the draft while it is written."))
@click.option(
    "--batch",
    type=click.Path(path_type=Path),
    metavar=t("파일", "FILE"),
    help=t("질문 파일(JSONL: id, question).", "A file of questions (JSONL: id, question)."),
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar=t("파일", "FILE"),
    help=t(
        "--batch의 결과 파일. 이미 들어 있는 id는 건너뛰므로 멈춘 뒤 이어서 할 수 있습니다.",
        "Result file of --batch; ids already in it are skipped, so an interrupted batch goes on.",
    ),
)
@pass_session
def ask_command(
    session: Session,
    question: str | None,
    k: int | None,
    equals: tuple[tuple[str, str], ...],
    as_of: str | None,
    multi_query: int | None,
    hyde: bool | None,
    mmr: float | None,
    min_score: float | None,
    neighbours: bool | None,
    no_lock: bool,
    no_check: bool,
    no_gate: bool,
    stream: bool,
    batch: Path | None,
    out: Path | None,
) -> int:
    """문서에서 근거를 찾아 출처와 함께 답합니다. 근거가 없으면 모른다고 답합니다."""
    one_of_two(question, batch)
    if out is not None and batch is None:
        raise click.UsageError(t("--out은 --batch와 함께 씁니다.", "--out needs --batch."), click.get_current_context())
    from haechi.retrievers.base import Filters

    filters = Filters(equals=dict(equals), as_of=as_of)
    options: dict[str, Any] = {"k": k, "lock": False if no_lock else None, "check": False if no_check else None}
    if filters:
        options["filters"] = filters
    if no_gate:
        options["gate"] = False
    if query := chosen(multi_query, hyde, mmr, min_score):
        options["query"] = query
    if neighbours is not None:
        options["neighbours"] = neighbours
    rows = read_rows(batch, {"id": (str, int), "question": str}) if batch else []
    with session.open_home() as home:
        if question is None:
            return _ask_batch(session, home, rows, out, options)
        from haechi.records import answer_record

        if stream:
            answer, text = _stream(session, home, question, options)
        else:
            from haechi.cli.answer_text import answer_text

            answer = home.chatbot().ask(question, **options)
            text = answer_text(answer)
        session.finish(answer_record(answer), text)
        return 0


def _stream(session: Session, home: Home, question: str, options: dict[str, Any]) -> tuple[Answer, str]:
    """Show the draft as it grows: on stdout for a person, on stderr when stdout carries JSON."""
    from haechi.cli.answer_text import answer_text, details
    from haechi.types import Answer

    output = sys.stderr if session.json else sys.stdout
    draft = ""
    for item in home.chatbot().stream(question, **options):
        if isinstance(item, Answer):
            answer = item
        elif isinstance(item, str):
            draft += item
            print(item, end="", file=output, flush=True)
    if draft:
        print(file=output, flush=True)
    # A draft that was changed is followed by the checked answer, so that the last text on the screen is the right one.
    if draft.strip() == answer.answer.strip():
        return answer, "\n".join(details(answer))
    checked = t("\n확인한 답변:\n", "\nChecked answer:\n")
    plain = t("\n답변(확인하지 않음):\n", "\nAnswer (not checked):\n")
    heading = (checked if answer.verdicts or answer.origin != "generated" else plain) if draft else ""
    return answer, heading + answer_text(answer)


def _ask_batch(
    session: Session, home: Home, rows: list[dict[str, Any]], out: Path | None, options: dict[str, Any]
) -> int:
    from haechi.cli.answer_text import answer_text
    from haechi.records import answer_record

    bot = home.chatbot()
    started = time.perf_counter()
    count = {"n": len(rows), "answered": 0, "refused": 0, "failed": 0, "skipped": 0}
    with ResultFile(out) as results:
        for row in each(rows, t("답변", "ask")):
            if str(row["id"]) in results.done:
                count["skipped"] += 1
                continue
            try:
                answer = bot.ask(row["question"], **options)
            except HaechiError as error:
                if isinstance(error, ModelError) and not count["answered"] + count["refused"]:
                    raise  # the model cannot work at all: one message instead of one a row
                count["failed"] += 1
                note(f"{row['id']}: {error}")
                session.row({"id": row["id"], "question": row["question"], "error": str(error)})
                continue
            count["refused" if answer.origin == "refused" else "answered"] += 1
            record = answer_record(answer)
            record["answer_id"] = record.pop("id")
            record = {"id": row["id"]} | record
            results.add(record)
            session.row(record)
            if not session.json:
                print(f"## {row['id']} {row['question']}\n{answer_text(answer)}\n", flush=True)
    seconds = round(time.perf_counter() - started, 3)
    session.finish(
        count | {"seconds": seconds},
        t(
            f"질문 {count['n']}개: 답함 {count['answered']}, 모름 {count['refused']}, "
            f"실패 {count['failed']}, 건너뜀 {count['skipped']} ({seconds:.1f}초)",
            f"{count['n']} questions: answered {count['answered']}, refused {count['refused']}, "
            f"failed {count['failed']}, skipped {count['skipped']} ({seconds:.1f} s)",
        ),
    )
    return 3 if count["failed"] else 0

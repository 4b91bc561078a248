"""`haechi check`: the checkers alone, on anyone's answer. Needs no home and no model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from haechi.cli.progress import each
from haechi.cli.rows import read_rows, read_text
from haechi.cli.session import HaechiCommand, Session, pass_session
from haechi.cli.texts import t

if TYPE_CHECKING:
    from haechi.checkers.base import Checker


@click.command("check", cls=HaechiCommand)
@click.option("--answer", metavar=t("글", "TEXT"), help=t("검사할 답변.", "The answer to check."))
@click.option(
    "--evidence",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar=t("파일", "FILE"),
    help=t("근거 파일(UTF-8). 여러 번 쓸 수 있습니다.", "Evidence (a UTF-8 file); repeatable."),
)
@click.argument("more_evidence", metavar=t("[근거 파일]…", "[FILE]…"), nargs=-1, type=click.Path(path_type=Path))
@click.option("--question", default="", metavar=t("글", "TEXT"), help=t("질문(있으면).", "The question, if any."))
@click.option(
    "--batch",
    type=click.Path(path_type=Path),
    metavar=t("파일", "FILE"),
    help=t("JSONL 파일(id, evidence, answer, question).", "JSONL rows (id, evidence, answer, question)."),
)
@pass_session
def check_command(
    session: Session,
    answer: str | None,
    evidence: tuple[Path, ...],
    more_evidence: tuple[Path, ...],
    question: str,
    batch: Path | None,
) -> None:
    """답변의 금액·날짜·수량·조문이 근거와 맞는지 검사하고 고칩니다."""
    files = (*evidence, *more_evidence)
    if (answer is None) == (batch is None) or (answer is not None and not files):
        raise click.UsageError(
            t("--answer와 --evidence를 함께 쓰거나 --batch만 쓰세요.", "give --answer with --evidence, or --batch."),
            click.get_current_context(),
        )
    from haechi.pipeline.check import default_checkers

    checkers = default_checkers()
    if answer is not None:
        record = _check(checkers, answer, [read_text(path) for path in files], question)
        session.finish(record, _as_text(record))
        return
    assert batch is not None
    rows = read_rows(batch, {"id": (str, int), "evidence": (str, list), "answer": str})
    count: Counter[bool | None] = Counter()
    for row in each(rows, t("검사", "check")):
        passages = [row["evidence"]] if isinstance(row["evidence"], str) else [str(item) for item in row["evidence"]]
        record = _check(checkers, row["answer"], passages, str(row.get("question") or ""))
        count[record["supported"]] += 1
        session.row({"id": row["id"]} | record)
        if not session.json:
            print(f"## {row['id']} {row['answer']}\n{_as_text(record)}\n")
    session.finish(
        {"n": len(rows), "supported": count[True], "unsupported": count[False], "unchecked": count[None]},
        t(
            f"{len(rows)}건: 맞음 {count[True]}, 틀림 {count[False]}, 검사할 것 없음 {count[None]}",
            f"{len(rows)}: supported {count[True]}, unsupported {count[False]}, unchecked {count[None]}",
        ),
    )


def _check(checkers: Sequence[Checker], answer: str, evidence: Sequence[str], question: str) -> dict[str, Any]:
    from haechi.pipeline.check import check_answer, check_record

    return check_record(check_answer(checkers, answer, evidence, question))


def _as_text(record: dict[str, Any]) -> str:
    from haechi.cli.answer_text import MARKS, verdict_word

    verdict = {
        True: t("근거와 맞습니다.", "Supported."),
        False: t("근거와 다른 곳이 있습니다.", "Not supported."),
        None: t("검사할 수 있는 값이 없었습니다.", "Nothing in it could be checked."),
    }
    lines = [verdict[record["supported"]]]
    for row in record["verdicts"]:
        why = f" ({row['explanation']})" if row["explanation"] else ""
        lines.append(f"  {MARKS[row['label']]} [{row['checker']}] {row['claim']}: {verdict_word(row['label'])}{why}")
    if record["supported"] is False:
        lines.append(t(f"고친 글: {record['corrected']}", f"Corrected: {record['corrected']}"))
    return "\n".join(lines)

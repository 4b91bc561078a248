"""`haechi check`: the checkers and the corrector alone, on anyone's answer. Needs no home; the model is optional."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from haechi.cli.progress import each
from haechi.cli.rows import ResultFile, read_text, rows_of
from haechi.cli.session import HaechiCommand, Session, note, pass_session
from haechi.cli.texts import t
from haechi.errors import HaechiError, HomeError, InputError

if TYPE_CHECKING:
    from haechi.checkers.base import Checker
    from haechi.config import Config

STDIN = Path("-")
MAX_CHARS = 200_000


@click.command("check", cls=HaechiCommand)
@click.option(
    "--answer", metavar=t("글", "TEXT"), help=t("검사할 답변. -이면 표준 입력.", "The answer to check; - is stdin.")
)
@click.option(
    "--evidence",
    type=click.Path(path_type=Path, allow_dash=True),
    multiple=True,
    metavar=t("파일", "FILE"),
    help=t(
        "근거 파일(UTF-8). 여러 번 쓸 수 있습니다. -이면 표준 입력.", "Evidence (a UTF-8 file); repeatable, - is stdin."
    ),
)
@click.argument("more_evidence", metavar=t("[근거 파일]…", "[FILE]…"), nargs=-1, type=click.Path(path_type=Path))
@click.option("--question", default="", metavar=t("글", "TEXT"), help=t("질문(있으면).", "The question, if any."))
@click.option(
    "--batch",
    type=click.Path(path_type=Path, allow_dash=True),
    metavar=t("파일", "FILE"),
    help=t("JSONL 파일(id, evidence, answer, question).", "JSONL rows (id, evidence, answer, question)."),
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
@click.option(
    "--rules-only",
    is_flag=True,
    help=t("모델 없이 규칙으로만 검사합니다.", "Check by rules alone, without a model."),
)
@click.option(
    "--re-ask",
    is_flag=True,
    help=t("언어 모델에게 문장마다 한 번 더 확인시킵니다(느림).", "Let the LLM judge every sentence once more (slow)."),
)
@pass_session
def check_command(
    session: Session,
    answer: str | None,
    evidence: tuple[Path, ...],
    more_evidence: tuple[Path, ...],
    question: str,
    batch: Path | None,
    out: Path | None,
    rules_only: bool,
    re_ask: bool,
) -> int:
    """누가 쓴 답변이든 근거와 맞는지 검사하고, 근거로 정해지는 곳은 고치고 나머지는 뺍니다."""
    files = (*evidence, *more_evidence)
    _usable(answer, files, batch, out, rules_only, re_ask)
    from haechi.pipeline.build import open_checkers

    rows = [] if batch is None else _batch_rows(batch)
    with open_checkers(_config(session), rules_only=rules_only, re_ask=re_ask) as checkers:
        if batch is not None:
            return _check_batch(session, checkers, rows, out)
        passages = [_input(path) for path in files]
        record = _check(checkers, _input(STDIN) if answer == "-" else str(answer), passages, question)
    session.finish(record, _as_text(record))
    return 0


def _usable(
    answer: str | None, files: Sequence[Path], batch: Path | None, out: Path | None, rules_only: bool, re_ask: bool
) -> None:
    context = click.get_current_context()
    if (answer is None) == (batch is None) or (answer is not None and not files):
        raise click.UsageError(
            t("--answer와 --evidence를 함께 쓰거나 --batch만 쓰세요.", "give --answer with --evidence, or --batch."),
            context,
        )
    if out is not None and batch is None:
        raise click.UsageError(t("--out은 --batch와 함께 씁니다.", "--out needs --batch."), context)
    if rules_only and re_ask:
        raise click.UsageError(
            t("--rules-only와 --re-ask 가운데 하나만 쓰세요.", "give either --rules-only or --re-ask."), context
        )
    if [answer, *map(str, files)].count("-") > 1:
        raise click.UsageError(t("표준 입력(-)은 한 번만 쓸 수 있습니다.", "stdin (-) can be used once."), context)


def _config(session: Session) -> Config:
    """The settings of the home where one is named or found; else the defaults, because checking needs none."""
    from haechi.config import default_config

    try:
        return session.config()
    except HomeError:
        if session.home or os.environ.get("HAECHI_HOME"):
            raise
        return default_config()


def _input(path: Path) -> str:
    text = sys.stdin.read() if path == STDIN else read_text(path)
    if len(text) > MAX_CHARS:
        raise InputError(
            f"'{path}': 글이 너무 깁니다: {len(text):,}자(최대 {MAX_CHARS:,}자). 필요한 구절만 넣으세요",
            f"'{path}': too long: {len(text):,} characters (at most {MAX_CHARS:,}); give the passages that matter",
        )
    return text


def _batch_rows(batch: Path) -> list[dict[str, Any]]:
    """Rows of the file, or of stdin; each is checked as a whole before the first is worked on."""
    from haechi.pipeline.check import passages_of

    text = sys.stdin.read() if batch == STDIN else read_text(batch)
    rows = rows_of(text, str(batch), {"id": (str, int), "evidence": (str, list), "answer": str})
    for row in rows:
        try:
            row["evidence"] = passages_of(row["evidence"])
        except InputError as error:
            raise InputError(f"{row['id']}: {error.korean}", f"{row['id']}: {error.english}") from error
    return rows


def _check_batch(session: Session, checkers: Sequence[Checker], rows: list[dict[str, Any]], out: Path | None) -> int:
    count: Counter[bool | None] = Counter()
    skipped = failed = 0
    with ResultFile(out) as results:
        for row in each(rows, t("검사", "check")):
            if str(row["id"]) in results.done:
                skipped += 1
                continue
            try:
                record = _check(checkers, row["answer"], row["evidence"], str(row.get("question") or ""))
            except HaechiError as error:
                if not count:
                    raise  # a model that cannot work at all: one message instead of one a row
                failed += 1
                note(f"{row['id']}: {error}")
                session.row({"id": row["id"], "error": str(error)})
                continue
            count[record["supported"]] += 1
            record = {"id": row["id"]} | record
            results.add(record)
            session.row(record)
            if not session.json:
                print(f"## {row['id']} {row['answer']}\n{_as_text(record)}\n", flush=True)
    if skipped:
        note(t(f"이미 검사한 {skipped}건은 건너뛰었습니다.", f"{skipped} rows were checked before."))
    summary = {"supported": count[True], "unsupported": count[False], "unchecked": count[None], "failed": failed}
    session.finish({"n": len(rows), **summary, "skipped": skipped}, _count_text(len(rows), summary))
    return 3 if failed else 0


def _count_text(n: int, summary: dict[str, int]) -> str:
    """`3건: 근거와 맞음 2, 다름 1`; a count of nothing is not named, so that no word looks like a result."""
    words = {
        "supported": t("근거와 맞음", "supported"),
        "unsupported": t("다름", "wrong"),
        "unchecked": t("다 확인하지는 못함", "not all checked"),
        "failed": t("실패", "failed"),
    }
    parts = [f"{words[key]} {count}" for key, count in summary.items() if count]
    return t(f"{n}건: ", f"{n}: ") + (", ".join(parts) or "-")


def _check(checkers: Sequence[Checker], answer: str, evidence: Sequence[str], question: str) -> dict[str, Any]:
    from haechi.pipeline.check import check_answer, check_record

    return check_record(check_answer(checkers, answer, evidence, question))


def _as_text(record: dict[str, Any]) -> str:
    from haechi.cli.answer_text import MARKS, correction_lines, verdict_word

    head = {
        True: t("근거와 맞습니다.", "Supported."),
        False: t("근거와 다른 곳이 있습니다.", "Some of it is wrong."),
        None: t("다 확인하지는 못했습니다.", "Not all of it could be checked."),
    }
    lines = [head[record["supported"]]]
    for row in record["verdicts"]:
        why = f" ({row['explanation']})" if row["explanation"] else ""
        lines.append(f"  {MARKS[row['label']]} [{row['checker']}] {row['claim']}: {verdict_word(row['label'])}{why}")
    lines += [t(f"  ? 확인하지 못한 문장: {text}", f"  ? not checked: {text}") for text in record["unchecked"]]
    for correction in record["corrections"]:
        lines += correction_lines(correction)
    if record["supported"] is False:
        refused = t("남은 문장이 없습니다. 이 답은 쓰지 마세요.", "Nothing of it is left; do not use this answer.")
        text = record["corrected"]
        lines.append(t(f"고친 글: {text}", f"Corrected: {text}") if record["settled"] else refused)
    return "\n".join(lines)

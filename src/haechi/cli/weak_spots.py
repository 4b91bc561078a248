"""`haechi weak-spots`: which kind of value goes wrong in this home, and where, from the answers it recorded."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from haechi.cli.korean_click import PositiveInt
from haechi.cli.progress import each
from haechi.cli.rows import ResultFile, read_rows
from haechi.cli.session import HaechiCommand, Session, pass_session
from haechi.cli.texts import t

if TYPE_CHECKING:
    from haechi.pipeline.build import Home


#: What a question asks for, in the reader's words; several kinds at once stay as they are.
ASKED = {
    "when": t("언제", "when"),
    "long": t("얼마 동안", "how long"),
    "where": t("어디", "where"),
    "who": t("누구", "who"),
    "why": t("왜", "why"),
    "many": t("몇", "how many"),
    "money": t("얼마", "how much"),
    "may": t("해도 되나", "may"),
    "must": t("해야 하나", "must"),
    "other": t("그 밖", "other"),
}


@click.command("weak-spots", cls=HaechiCommand)
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar=t("날짜", "DATE"),
    help=t("이 날부터의 답변만(예: 2026-11-01).", "Only answers from this day on (2026-11-01)."),
)
@click.option("--limit", type=PositiveInt(1), help=t("가장 새로운 답변 몇 개만.", "Only the newest answers."))
@click.option("--examples", type=PositiveInt(1, 100), default=10, show_default=True, help=t("보기의 수.", "Examples."))
@click.option(
    "--questions",
    type=click.Path(path_type=Path),
    metavar=t("파일", "FILE"),
    help=t("이 질문들을 지금 물어 그 답변으로(JSONL: id, question).", "Ask these now instead (JSONL: id, question)."),
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar=t("파일", "FILE"),
    help=t(
        "--questions의 답변 파일. 이미 든 id는 다시 묻지 않습니다. haechi ask --batch의 결과 파일도 됩니다.",
        "Answers of --questions; ids already in it are not asked again. A result file of haechi ask --batch will do.",
    ),
)
@pass_session
def weak_spots_command(
    session: Session, since: Any, limit: int | None, examples: int, questions: Path | None, out: Path | None
) -> None:
    """이 홈의 답변에서 어떤 값이 어디서 잘 틀리는지 보고합니다. 기록된 답변을 읽을 뿐 다시 판정하지 않습니다."""
    if out is not None and questions is None:
        raise click.UsageError(
            t("--out은 --questions와 함께 씁니다.", "--out needs --questions."), click.get_current_context()
        )
    from haechi.evaluation.weak_spots import weak_spots

    with session.open_home() as home:
        if questions is not None:
            answers = _ask(home, read_rows(questions, {"id": (str, int), "question": str})[:limit], out)
        else:
            answers = home.store.answers(since=f"{since:%Y-%m-%d}" if since else "", limit=limit)
        report = weak_spots(answers, examples)
    session.finish(report, _as_text(report))


def _ask(home: Home, rows: Sequence[dict[str, Any]], out: Path | None) -> list[dict[str, Any]]:
    """The answers to these questions: those in `out`, and the rest asked now."""
    from haechi.records import answer_record

    with ResultFile(out) as results:
        for row in each([row for row in rows if str(row["id"]) not in results.done], t("답변", "ask")):
            results.add({**answer_record(home.chatbot().ask(row["question"])), "id": row["id"]})
        known = results.rows()
    return [known[str(row["id"])] for row in rows]


def _as_text(report: dict[str, Any]) -> str:
    from haechi.records import STATUS_WORDS

    if not report["answers"]:
        return t("기록된 답변이 없습니다. 먼저: haechi ask 질문", "No recorded answers. First: haechi ask QUESTION")
    statuses = ", ".join(f"{STATUS_WORDS.get(name, name)} {count}" for name, count in report["statuses"].items())
    lines = [t(f"답변 {report['answers']}개: {statuses}", f"{report['answers']} answers: {statuses}")]
    for key, name, head in (
        ("checkers", "checker", t("검사", "check")),
        ("documents", "document", t("문서", "document")),
        ("asked", "asked", t("질문", "question")),
    ):
        if report[key]:
            lines += ["", *_table(report[key], name, head)]
    lock = report["lock"]
    if lock["fired"]:
        values = ", ".join(f"{item['surface']}({item['kind']}) {item['count']}" for item in lock["values"]) or "-"
        count = lock["fired"]
        lines += ["", t(f"근거 잠금 {count}번: {values}", f"evidence lock fired {count} times: {values}")]
    if report["examples"]:
        lines += ["", t("보기", "Examples")]
    for example in report["examples"]:
        lines.append(f"  [{example['checker']}] {_word(example['outcome'])}: {example['claim']}")
        lines.append(t(f"      질문: {example['question']}", f"      question: {example['question']}"))
        lines.append(t(f"      답변: {example['sentence']}", f"      answer: {example['sentence']}"))
        if example["evidence"]:
            where = f" ({example['document']})" if example["document"] else ""
            source = f"{example['evidence']}{where}"
            lines.append(t(f"      근거: {source}", f"      evidence: {source}"))
    return "\n".join(lines)


def _word(outcome: str) -> str:
    return {
        "contradicted": t("근거와 다름", "contradicted"),
        "not_found": t("근거에 없음", "not found"),
        "dropped": t("뺌", "dropped"),
        "corrected": t("고침", "corrected"),
        "unchecked": t("확인 못 함", "unchecked"),
        "supported": t("근거와 일치", "supported"),
    }[outcome]


def _table(rows: Sequence[dict[str, Any]], name: str, head: str) -> list[str]:
    ends = ("contradicted", "not_found", "dropped", "corrected", "unchecked")
    table = [[head, t("주장", "claims"), t("틀린 몫", "wrong"), *(_word(end) for end in ends)]]
    for row in rows:
        shown = ASKED.get(row[name], row[name]) if name == "asked" else row[name]
        counts = [str(row[end]) for end in ends]
        table.append([shown or "-", str(row["claims"]), f"{row['wrong_share']:.1%}", *counts])
    widths = [max(_width(line[place]) for line in table) for place in range(len(table[0]))]
    return [
        "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in table
    ]


def _width(text: str) -> int:
    """Columns in a terminal: Hangul takes two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)

"""`haechi evaluate`: measure retrieval and answers on a file of questions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from haechi.cli.korean_click import PositiveInt
from haechi.cli.progress import step_bar
from haechi.cli.session import HaechiGroup, Session, pass_session
from haechi.cli.texts import t

questions_option = click.option(
    "--questions",
    required=True,
    type=click.Path(path_type=Path),
    metavar=t("파일", "FILE"),
    help=t("질문 파일(JSONL).", "The questions (JSONL)."),
)


@click.group("evaluate", cls=HaechiGroup)
def evaluate_command() -> None:
    """검색과 답변의 품질을 잽니다. 언어 모델에게 채점을 맡기지 않습니다."""


@evaluate_command.command("retrieval")
@questions_option
@click.option("-k", "--k", type=PositiveInt(1, 1000), default=10, show_default=True, help=t("찾을 수.", "Depth."))
@pass_session
def retrieval_command(session: Session, questions: Path, k: int) -> None:
    """정답 문서(gold_ids)를 찾는지 잽니다. 줄마다 id, question, gold_ids."""
    from haechi.evaluation.run import evaluate_retrieval, read_questions

    rows = read_questions(questions)
    with session.open_home() as home, step_bar(t("검색", "retrieval")) as progress:
        result = evaluate_retrieval(home, rows, k=k, progress=progress)
    session.finish(result, _as_text(result))


@evaluate_command.command("answers")
@questions_option
@click.option("--limit", type=PositiveInt(1), help=t("처음 몇 개만.", "Only the first few."))
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar=t("파일", "FILE"),
    help=t(
        "답변을 모두 적을 JSONL 파일. 이미 든 질문은 다시 묻지 않습니다.",
        "A JSONL file for every answer; questions already in it are not asked again.",
    ),
)
@click.option("--no-lock", is_flag=True, help=t("근거 잠금 없이 잽니다.", "Measure without the evidence lock."))
@pass_session
def answers_command(session: Session, questions: Path, limit: int | None, out: Path | None, no_lock: bool) -> None:
    """답변 전체를 잽니다. 줄마다 id, question, answers, gold_ids, answerable."""
    from haechi.evaluation.run import evaluate_answers, read_questions

    rows = read_questions(questions)
    with session.open_home() as home, step_bar(t("답변", "answers")) as progress:
        lock = False if no_lock else None
        result = evaluate_answers(home, rows, limit=limit, progress=progress, out=out, lock=lock)
    session.finish(result, _as_text(result))


def _as_text(result: dict[str, Any]) -> str:
    width = max(len(key) for key in result)
    lines = []
    for key, value in result.items():
        shown = f"{value:.4f}" if isinstance(value, float) else value
        lines.append(f"{key:{width}}  {'-' if shown is None else shown}")
    return "\n".join(lines)

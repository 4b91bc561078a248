"""`haechi models compare`: the same questions to a tuned model, told its role and not, and to its base."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from haechi.cli.progress import step_bar
from haechi.cli.session import HaechiCommand, Session, pass_session
from haechi.cli.texts import t


@click.command("compare", cls=HaechiCommand)
@click.argument("models", metavar=t("모델[+어댑터]…", "MODEL[+ADAPTER]…"), nargs=-1, required=True)
@click.option(
    "--questions",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar=t("파일", "FILE"),
    help=t(
        "질문 파일: 한 줄에 하나, 또는 JSONL(question과 answer, 또는 messages).",
        "Questions: one a line, or JSONL (question and answer, or messages).",
    ),
)
@click.option(
    "--system",
    default="",
    metavar=t("글", "TEXT"),
    help=t("시스템 메시지. 질문 파일에 있으면 그것을 씁니다.", "The system message of rows that bring none."),
)
@click.option(
    "--max-tokens", type=click.IntRange(1, 1024), default=120, show_default=True, help=t("답의 길이.", "Answer length.")
)
@click.option("--context", type=click.IntRange(256), default=4096, show_default=True, help=t("문맥 길이.", "Context."))
@click.option(
    "--threads", type=click.IntRange(0), default=0, show_default=True, help=t("스레드(0은 모든 코어).", "Threads.")
)
@pass_session
def compare_command(
    session: Session,
    /,
    models: tuple[str, ...],
    questions: Path,
    system: str,
    max_tokens: int,
    context: int,
    threads: int,
) -> None:
    """같은 질문에 학습한 모델(시스템 메시지 있음/없음)과 원래 모델이 무엇이라 답하는지 나란히 보입니다."""
    from haechi.config import Config, LLMConfig
    from haechi.evaluation.side_by_side import columns, read_questions, side_by_side
    from haechi.pipeline.build import make_llm

    rows = read_questions(questions, system)
    settings = LLMConfig(context=context, threads=threads)
    table = columns(models, settings, with_system=any(row.system for row in rows))
    with step_bar(t("답", "answers")) as bar:
        found = side_by_side(
            rows, table, lambda one: make_llm(Config(Path(), llm=one)), max_tokens=max_tokens, tell=bar
        )
    session.finish(found, _text(found))


def _text(found: dict[str, Any]) -> str:
    """A table for people: a block a question, a line a model."""
    heads = [_head(column) for column in found["columns"]]
    lines = []
    for row in found["rows"]:
        lines.append(t(f"질문: {row['question']}", f"Question: {row['question']}"))
        if "expected" in row:
            lines.append(t(f"  배운 답: {row['expected']}", f"  trained answer: {row['expected']}"))
        lines += [f"  {head}: {' '.join(answer.split())}" for head, answer in zip(heads, row["answers"], strict=True)]
        lines.append("")
    for head, figures in zip(heads, found["figures"], strict=True):
        told = []
        if figures["as_trained"] is not None:
            told.append(t(f"배운 답대로 {figures['as_trained']:.0%}", f"as trained {figures['as_trained']:.0%}"))
        if figures["as_last"] is not None:
            told.append(
                t(f"마지막 줄의 모델과 같은 답 {figures['as_last']:.0%}", f"as the last {figures['as_last']:.0%}")
            )
        lines.append(f"{head}: {', '.join(told) or '-'}")
    return "\n".join(lines)


def _head(column: dict[str, Any]) -> str:
    told = t("시스템 메시지 있음", "with system message") if column["system"] else t("없음", "without")
    return f"{column['model']} ({told})"

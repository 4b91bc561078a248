"""`haechi evaluate`: measure retrieval and answers on a file of questions."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from haechi.cli.korean_click import PositiveInt
from haechi.cli.progress import pair_bar, step_bar
from haechi.cli.session import HaechiGroup, Session, pass_session
from haechi.cli.texts import t
from haechi.registry import names

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


@evaluate_command.command("indexing")
@questions_option
@click.option(
    "--units",
    default="auto,sentence,page",
    show_default=True,
    metavar=t("단위,단위", "UNITS"),
    help=t("견줄 단위.", "The units to compare."),
)
@click.option(
    "--strategies",
    default="plain,small_chunks",
    show_default=True,
    metavar=t("방법,방법", "STRATEGIES"),
    help=t(
        "견줄 색인 방법. 질문·요약을 쓰는 방법은 오래 걸립니다.", "The strategies; those that use the LLM are slow."
    ),
)
@click.option("--documents", type=PositiveInt(1), help=t("처음 몇 문서만.", "Only the first few documents."))
@click.option(
    "--work",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    metavar=t("폴더", "DIR"),
    help=t("임시 색인을 둘 폴더. 기본은 홈 옆.", "Where the temporary indexes go; default is beside the home."),
)
@pass_session
def indexing_command(
    session: Session, questions: Path, units: str, strategies: str, documents: int | None, work: Path | None
) -> None:
    """단위와 색인 방법을 같은 문서로 견줍니다: 벡터 수, 색인 크기, 만드는 시간, 검색 시간, 정확도.

    홈은 읽기만 하고, 임시 색인은 끝나면 지웁니다.
    """
    from haechi.evaluation.indexing import compare_indexing
    from haechi.evaluation.run import read_questions

    rows = read_questions(questions)
    chosen = _names("--units", units, ["auto", *names("chunkers")])
    ways = _names("--strategies", strategies, names("strategies"))
    with session.open_home() as home, pair_bar() as progress:
        result = compare_indexing(home, rows, chosen, ways, documents=documents, work=work, progress=progress)
    session.finish({"rows": result}, _table(result))


def _names(option: str, text: str, known: Sequence[str]) -> list[str]:
    """Names separated by commas, each known."""
    found = list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    wrong = [name for name in found if name not in known]
    if wrong or not found:
        raise click.UsageError(
            t(
                f"{option}: '{', '.join(wrong)}'은(는) 없습니다. 쓸 수 있는 것: {', '.join(known)}",
                f"{option}: unknown '{', '.join(wrong)}'; known: {', '.join(known)}",
            ),
            click.get_current_context(),
        )
    return found


def _table(rows: Sequence[dict[str, Any]]) -> str:
    """The trade-off table, a row a pair."""
    heads = {
        "unit": t("단위", "unit"),
        "strategy": t("방법", "strategy"),
        "chunks": t("구절", "chunks"),
        "vectors": t("벡터", "vectors"),
        "index_mb": t("색인MB", "index MB"),
        "build_seconds": t("만들기(초)", "build s"),
        "query_ms": t("검색(ms)", "query ms"),
        "recall@2": "recall@2",
        "mrr": "MRR",
        "chars@2": t("두 구절 글자", "chars@2"),
    }
    table = [list(heads.values()), *([str(row[key]) for key in heads] for row in rows)]
    widths = [max(_width(line[place]) for line in table) for place in range(len(heads))]
    lines = [
        "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True))
        for line in table
    ]
    asked = t(
        f"질문 {rows[0]['n']}개, 문서 {rows[0]['documents']}건",
        f"{rows[0]['n']} questions, {rows[0]['documents']} documents",
    )
    return "\n".join([*(line.rstrip() for line in lines), asked])


def _width(text: str) -> int:
    """Columns in a terminal: Hangul takes two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _as_text(result: dict[str, Any]) -> str:
    width = max(len(key) for key in result)
    lines = []
    for key, value in result.items():
        shown = f"{value:.4f}" if isinstance(value, float) else value
        lines.append(f"{key:{width}}  {'-' if shown is None else shown}")
    return "\n".join(lines)

"""`haechi feedback`: what people said about answers, from which better ones are made."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from haechi.cli.korean_click import IsoDate, PositiveInt
from haechi.cli.session import HaechiGroup, Session, pass_session
from haechi.cli.texts import t

if TYPE_CHECKING:
    from haechi.stores.feedback_base import Opinion


@click.group("feedback", cls=HaechiGroup)
def feedback_command() -> None:
    """답에 대한 의견을 적고 봅니다. 학습 자료로 만들기: haechi data from-home."""


@feedback_command.command("add")
@click.argument("answer_id", metavar=t("답ID", "ANSWER_ID"))
@click.option("--good", "verdict", flag_value="good", help=t("맞는 답입니다.", "The answer is good."))
@click.option("--bad", "verdict", flag_value="bad", help=t("틀린 답입니다.", "The answer is bad."))
@click.option(
    "--correct",
    "correction",
    default="",
    metavar=t("글", "TEXT"),
    help=t("이렇게 답했어야 합니다(틀린 답으로 적습니다).", "What it should have been (makes it bad)."),
)
@click.option("--note", default="", metavar=t("글", "TEXT"), help=t("덧붙이는 말.", "A note."))
@click.option("--who", default="", metavar=t("이름", "NAME"), help=t("의견을 준 사람.", "Whose opinion it is."))
@pass_session
def add_command(
    session: Session, answer_id: str, verdict: Opinion | None, correction: str, note: str, who: str
) -> None:
    """답 하나에 의견을 적습니다. 답ID는 ask --json의 id(앞부분만도 됨)이거나 last(마지막 답)입니다."""
    from haechi.errors import InputError
    from haechi.pipeline.feedback import find_answer, give_feedback
    from haechi.stores.feedback_base import Feedback

    verdict = verdict or ("bad" if correction else None)
    if verdict is None:
        raise InputError(
            "--good, --bad, --correct 글 가운데 하나를 주세요", "give one of --good, --bad, --correct TEXT"
        )
    with session.open_home() as home:
        made = give_feedback(home, Feedback(answer_id, verdict, correction, note, who))
        record = find_answer(home, made.answer_id)
    word = t("맞음", "good") if made.verdict == "good" else t("틀림", "bad")
    session.finish(made.as_json(), f"{word}: {record['question']}\n  → {record['answer']}")


@feedback_command.command("list")
@click.option("--since", type=IsoDate(), default=None, metavar="YYYY-MM-DD", help=t("이 날부터.", "From this day on."))
@click.option(
    "--unrated",
    "missing",
    type=PositiveInt(1, 10_000),
    is_flag=False,
    flag_value=20,
    default=None,
    metavar=t("[개수]", "[COUNT]"),
    help=t("아직 의견이 없는 답을 새것부터 보입니다(20개).", "Answers without an opinion, newest first (20)."),
)
@pass_session
def list_command(session: Session, since: str | None, missing: int | None) -> None:
    """의견을 질문, 답과 함께 보입니다."""
    from haechi.pipeline.feedback import feedback_rows, unrated

    with session.open_home() as home:
        found = unrated(home, missing) if missing else []
        rows = [] if missing else feedback_rows(home, since or "")
    if missing:
        shown = [{name: row[name] for name in ("id", "created", "question", "answer", "status")} for row in found]
        lines = [f"{row['id'][:12]}  {row['question']}\n    {row['answer']}" for row in shown]
        none = t("의견이 없는 답이 없습니다.", "Every answer has an opinion.")
        session.finish({"answers": shown}, "\n".join(lines) or none)
        return
    none = t("의견이 없습니다. 적기: haechi feedback add last --good", "None yet: haechi feedback add last --good")
    session.finish({"feedback": rows}, "\n".join(_line(row) for row in rows) or none)


def _line(row: dict[str, Any]) -> str:
    mark = "+" if row["verdict"] == "good" else "-"
    lines = [f"{mark} {row['answer_id'][:12]}  {row['question']}", f"    {row['answer']}"]
    if row["corrected_answer"]:
        lines.append(t(f"    바른 답: {row['corrected_answer']}", f"    should be: {row['corrected_answer']}"))
    if row["forgotten"]:
        lines.append(t("    (문서를 지우며 글을 지웠습니다)", "    (words removed with a document)"))
    if row["note"]:
        lines.append(f"    {row['note']}")
    return "\n".join(lines)


@feedback_command.command("export")
@click.argument("file", metavar=t("파일", "FILE"), type=click.Path(path_type=Path, dir_okay=False))
@click.option("--since", type=IsoDate(), default=None, metavar="YYYY-MM-DD", help=t("이 날부터.", "From this day on."))
@pass_session
def export_command(session: Session, file: Path, since: str | None) -> None:
    """의견을 질문, 답과 함께 JSONL 파일에 씁니다."""
    from haechi.pipeline.feedback import feedback_rows
    from haechi.training.data_formats import write_rows

    with session.open_home() as home:
        count = write_rows(file, feedback_rows(home, since or ""))
    session.finish({"rows": count, "file": str(file)}, t(f"{count}개를 썼습니다: {file}", f"Wrote {count}: {file}"))


@feedback_command.command("remove")
@click.argument("ids", metavar="ID…", nargs=-1, required=True)
@pass_session
def remove_command(session: Session, ids: tuple[str, ...]) -> None:
    """의견을 지웁니다. ID는 feedback list --json의 id입니다."""
    from haechi.pipeline.feedback import remove_feedback

    with session.open_home() as home:
        count = remove_feedback(home, ids)
    session.finish({"removed": count}, t(f"{count}개를 지웠습니다.", f"Removed {count}."))

"""`haechi faq`: curated answers that are given before anything is searched."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from haechi.cli.faq_review import approve_command, reject_command, suggest_command
from haechi.cli.session import HaechiGroup, Session, note, pass_session
from haechi.cli.texts import t

if TYPE_CHECKING:
    from haechi.stores.faq_base import FaqPair

question_argument = click.argument("question", metavar=t("질문", "QUESTION"))


@click.group("faq", cls=HaechiGroup)
def faq_command() -> None:
    """자주 묻는 질문(FAQ)을 관리합니다. 맞는 질문에는 검색도 언어 모델도 없이 정해 둔 답을 그대로 줍니다."""


@faq_command.command("import")
@click.argument("file", metavar=t("파일", "FILE"), type=click.Path(path_type=Path, dir_okay=False))
@pass_session
def import_command(session: Session, file: Path) -> int:
    """CSV, TSV, XLSX에서 읽습니다. 열: 질문, 답변 (없어도 됨: id, 분류, 만료일, 유사질문, 출처).

    유사질문 여럿은 |로 나눕니다. 같은 파일을 다시 넣으면 아무것도 바뀌지 않고, 고친 행만 바뀝니다.
    """
    from haechi.pipeline.faq_edit import import_faq

    with session.open_home() as home:
        report = import_faq(home, file)
    for row in report.bad:
        note(t(f"{file.name} {row.line}번째 줄: {row.reason}", f"{file.name} line {row.line}: {row.reason}"))
    counts = report.record()
    session.finish(
        counts,
        t(
            f"더함 {counts['added']}, 바꿈 {counts['updated']}, 그대로 {counts['unchanged']}, "
            f"읽지 못한 행 {len(report.bad)}",
            f"added {counts['added']}, updated {counts['updated']}, unchanged {counts['unchanged']}, "
            f"bad rows {len(report.bad)}",
        ),
    )
    return 3 if report.bad else 0


@faq_command.command("add")
@question_argument
@click.argument("answer", metavar=t("답변", "ANSWER"))
@click.option(
    "--id", "identity", default="", metavar="ID", help=t("이미 있는 id면 고칩니다.", "An id that is there is changed.")
)
@click.option(
    "--variant",
    "variants",
    multiple=True,
    metavar=t("질문", "QUESTION"),
    help=t("같은 뜻의 다른 질문(여러 번).", "Another wording (may be repeated)."),
)
@click.option("--category", default="", metavar=t("분류", "NAME"), help=t("분류.", "Category."))
@click.option(
    "--expires", default="", metavar="YYYY-MM-DD", help=t("이 날까지만 답합니다.", "The last day on which it answers.")
)
@click.option(
    "--source",
    default="",
    metavar=t("출처", "SOURCE"),
    help=t("근거 문서와 자리(예: 운영규정 제9조).", "Source document and place."),
)
@pass_session
def add_command(
    session: Session,
    question: str,
    answer: str,
    identity: str,
    variants: tuple[str, ...],
    category: str,
    expires: str,
    source: str,
) -> None:
    """질문과 답변 한 쌍을 더하거나 고칩니다."""
    from haechi.pipeline.faq_edit import add_pair
    from haechi.pipeline.faq_table import make_pair

    pair = make_pair(
        question, answer, identity=identity, category=category, expires=expires, source=source, variants=variants
    )
    with session.open_home() as home:
        done = add_pair(home, pair)
    words = {
        "added": t("더했습니다", "Added"),
        "updated": t("고쳤습니다", "Changed"),
        "unchanged": t("이미 그대로 있습니다", "Already there"),
    }
    session.finish({"id": pair.id, "result": done}, f"{words[done]}: {pair.id}")


@faq_command.command("list")
@pass_session
def list_command(session: Session) -> None:
    """FAQ를 답한 횟수, 만료 여부와 함께 보입니다."""
    from haechi.pipeline.faq_gate import today

    day = today()
    with session.open_home() as home:
        pairs = home.store.faq_pairs()
    empty = t("FAQ가 없습니다. 넣기: haechi faq import 파일.csv", "No FAQ; read one in: haechi faq import FILE.csv")
    session.finish(
        {"faq": [pair.as_json(day) for pair in pairs]}, "\n".join(_line(pair, day) for pair in pairs) or empty
    )


def _line(pair: FaqPair, day: str) -> str:
    from haechi.pipeline.faq_gate import blocked

    marks = [t(f"답함 {pair.hits}", f"hits {pair.hits}")]
    if pair.last_hit:
        marks.append(pair.last_hit[:10])
    if pair.variants:
        marks.append(t(f"유사질문 {len(pair.variants)}", f"variants {len(pair.variants)}"))
    if waiting := sum(item.state == "suggested" for item in pair.wordings):
        marks.append(t(f"제안 {waiting}", f"suggested {waiting}"))
    if why := blocked(pair, day):
        marks.append(why)
    return f"{pair.id:14} {pair.question}  [{', '.join(marks)}]"


@faq_command.command("remove")
@click.argument("ids", metavar="ID…", nargs=-1, required=True)
@pass_session
def remove_command(session: Session, ids: tuple[str, ...]) -> int:
    """질문과 답변을 흔적까지 없앱니다. 이미 한 답의 기록에서도 글이 지워집니다."""
    from haechi.pipeline.faq_edit import remove_pairs

    with session.open_home() as home:
        count = remove_pairs(home, ids)
        unfinished = bool(home.store.purge_due())
    if unfinished:
        note(
            t(
                "글의 조각이 저장소 파일의 빈자리에 남아 있을 수 있습니다. 완전히 지우기: haechi verify --repair",
                "pieces may be left in the free space of the store; remove them: haechi verify --repair",
            )
        )
    session.finish({"removed": count}, t(f"{count}개를 없앴습니다.", f"Removed {count}."))
    return 3 if unfinished else 0


@faq_command.command("test")
@question_argument
@pass_session
def test_command(session: Session, question: str) -> None:
    """이 질문에 FAQ가 답하는지, 아니면 왜 넘기는지 보입니다. 횟수에는 넣지 않습니다."""
    import time

    with session.open_home() as home:
        started = time.perf_counter()
        found = home.gate().match(question)
        seconds = time.perf_counter() - started
        answer = home.gate().pair(found.faq_id).answer if found.matched else ""
    record: dict[str, Any] = {
        "matched": found.matched,
        "faq_id": found.faq_id or None,
        "score": found.score,
        "margin": found.margin,
        "reason": found.reason,
        "how": found.how or None,
        "nearest": {"faq_id": found.nearest, "question": found.wording} if found.nearest else None,
        "answer": answer or None,
        "seconds": round(seconds, 4),
    }
    head = t(f"답합니다: {found.faq_id}", f"Answers: {found.faq_id}") if found.matched else t("넘깁니다", "Passed on")
    lines = [f"{head} ({found.reason})"]
    if found.nearest:
        lines.append(
            t(
                f"가장 가까운 FAQ: {found.nearest} “{found.wording}” "
                f"(점수 {found.score:.2f}, 둘째와의 차이 {found.margin:.2f})",
                f"nearest: {found.nearest} “{found.wording}” (score {found.score:.2f}, margin {found.margin:.2f})",
            )
        )
    session.finish(record, "\n".join([*lines, *([answer] if answer else [])]))


@faq_command.command("check")
@pass_session
def check_command(session: Session) -> int:
    """FAQ 답변의 값을 문서와 맞춰 보고, 서로 어긋나는 쌍과 답하지 않는 쌍을 보입니다."""
    from haechi.cli.progress import step_bar
    from haechi.pipeline.faq_check import check_faq

    with session.open_home() as home, step_bar(t("FAQ 확인", "check")) as tell:
        found = check_faq(home, tell)
    lines = []
    for row in found["contradicted"]:
        lines.append(
            t(
                f"✗ {row['id']} {row['question']}\n    FAQ: {row['claim']}\n    {row['where']}: {row['evidence']}",
                f"✗ {row['id']} {row['question']}\n    FAQ: {row['claim']}\n    {row['where']}: {row['evidence']}",
            )
        )
    for row in found["not_found"]:
        lines.append(
            t(
                f"? {row['id']} {row['question']}\n    '{row['claim']}'을(를) {row['where']}에서 찾지 못함",
                f"? {row['id']} {row['question']}\n    '{row['claim']}' not found in {row['where']}",
            )
        )
    for row in found["twins"]:
        both = " / ".join(f"{identity} “{text}”" for identity, text in zip(row["ids"], row["questions"], strict=True))
        lines.append(t(f"! 같은 질문에 다른 답: {both}", f"! one question, two answers: {both}"))
    lines += [f"- {row['id']} {row['question']}: {row['reason']}" for row in found["off"]]
    fine = t("어긋나는 것이 없습니다.", "Nothing disagrees.")
    session.finish(found, "\n".join(lines) or fine)
    return 3 if found["contradicted"] or found["twins"] else 0


@faq_command.command("calibrate")
@pass_session
def calibrate_command(session: Session) -> None:
    """이 홈의 FAQ로 점수와 차이의 기준을 재어 홈에 적어 둡니다."""
    from haechi.pipeline.faq_calibrate import calibrate

    with session.open_home() as home:
        found = calibrate(home)
    record = found.record()
    lines = [
        t(
            f"기준: 점수 {found.limits.threshold:.2f}, 차이 {found.limits.margin:.2f}",
            f"limits: score {found.limits.threshold:.2f}, margin {found.limits.margin:.2f}",
        ),
        t(
            f"자기 쌍을 뺀 질문 {found.asked}개 가운데 잘못 답함 {found.false_hits}, "
            f"유사질문 {found.wordings}개 가운데 알아봄 {found.caught}",
            f"{found.asked} questions without their pair: {found.false_hits} answered wrongly; "
            f"{found.wordings} variants: {found.caught} recognised",
        ),
    ]
    if not found.measured:
        lines.append(t("FAQ가 적어 재지 않고 기본값을 씁니다.", "Too few pairs to measure: the defaults are used."))
    session.finish(record, "\n".join(lines))


for _command in (suggest_command, approve_command, reject_command):
    faq_command.add_command(_command)

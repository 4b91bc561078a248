"""`haechi faq suggest`, `approve` and `reject`: wordings that the local LLM proposes and a person decides on."""

from __future__ import annotations

from typing import Any

import click

from haechi.cli.korean_click import PositiveInt
from haechi.cli.session import HaechiCommand, Session, pass_session
from haechi.cli.texts import t

ids_argument = click.argument("numbers", metavar=t("[번호…]", "[NUMBER…]"), nargs=-1, type=click.IntRange(1))


@click.command("suggest", cls=HaechiCommand)
@click.option(
    "--n", "count", type=PositiveInt(1, 20), default=5, show_default=True, help=t("쌍마다 몇 개.", "How many a pair.")
)
@click.option("--id", "ids", multiple=True, metavar="ID", help=t("이 쌍만(여러 번).", "Only these pairs."))
@click.option(
    "--list", "only_list", is_flag=True, help=t("승인을 기다리는 제안만 보입니다.", "Only show what waits for review.")
)
@pass_session
def suggest_command(session: Session, count: int, ids: tuple[str, ...], only_list: bool) -> int:
    """언어 모델이 같은 뜻의 다른 질문을 제안합니다. approve로 승인하기 전에는 쓰이지 않습니다.

    멈춘 뒤 다시 실행하면 이어서 합니다. 값이나 부정이 달라진 제안은 버립니다.
    """
    from haechi.cli.progress import faq_bar
    from haechi.pipeline.faq_suggest import suggest

    record: dict[str, Any] = {}
    interrupted = False
    with session.open_home() as home:
        if not only_list:
            with faq_bar(t("유사질문 쓰기", "suggest")) as tell:
                report = suggest(home, count, ids, tell)
            record, interrupted = report.record(), report.interrupted
        waiting = [
            {"number": item.id, "faq_id": pair.id, "question": pair.question, "text": item.text}
            for pair in home.store.faq_pairs()
            for item in pair.wordings
            if item.state == "suggested" and (not ids or pair.id in ids)
        ]
    lines = [f"{row['number']:6} {row['faq_id']} {row['question']} → {row['text']}" for row in waiting]
    if record:
        dropped = sum(record["dropped"].values())
        lines.append(
            t(
                f"쌍 {record['pairs']}개에 제안 {record['suggested']}개"
                f"(버림 {dropped}, 이미 물은 쌍 {record['skipped']})",
                f"{record['suggested']} for {record['pairs']} pairs "
                f"({dropped} dropped, {record['skipped']} asked before)",
            )
        )
    if waiting:
        lines.append(
            t(
                "승인: haechi faq approve 번호…  거절: haechi faq reject 번호…",
                "Review: haechi faq approve|reject NUMBER…",
            )
        )
    session.finish(record | {"waiting": waiting}, "\n".join(lines) or t("기다리는 제안이 없습니다.", "Nothing waits."))
    return 130 if interrupted else 0


@click.command("approve", cls=HaechiCommand)
@ids_argument
@click.option("--all", "everything", is_flag=True, help=t("기다리는 제안 모두.", "All that wait."))
@pass_session
def approve_command(session: Session, numbers: tuple[int, ...], everything: bool) -> None:
    """제안된 유사질문을 승인합니다."""
    _review(session, numbers, everything, "approved")


@click.command("reject", cls=HaechiCommand)
@ids_argument
@click.option("--all", "everything", is_flag=True, help=t("기다리는 제안 모두.", "All that wait."))
@pass_session
def reject_command(session: Session, numbers: tuple[int, ...], everything: bool) -> None:
    """제안된 유사질문을 거절합니다. 다시 제안되지 않습니다."""
    _review(session, numbers, everything, "rejected")


def _review(session: Session, numbers: tuple[int, ...], everything: bool, state: Any) -> None:
    from haechi.pipeline.faq_edit import review

    if bool(numbers) == everything:
        raise click.UsageError(
            t("번호와 --all 가운데 하나만 쓰세요.", "give either numbers or --all."), click.get_current_context()
        )
    with session.open_home() as home:
        texts = review(home, numbers, state)
    word = t("승인했습니다", "Approved") if state == "approved" else t("거절했습니다", "Rejected")
    session.finish(
        {"reviewed": len(texts), "state": state, "texts": texts}, "\n".join([f"{word}: {len(texts)}", *texts])
    )

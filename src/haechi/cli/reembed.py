"""`haechi reembed`: bring the home to another embedder or analyser while it goes on serving."""

from __future__ import annotations

import click

from haechi.cli.progress import ingest_bar
from haechi.cli.session import HaechiCommand, Session, pass_session
from haechi.cli.texts import t


@click.command("reembed", cls=HaechiCommand)
@pass_session
def reembed_command(session: Session) -> int:
    """haechi.toml의 [embedder]와 analyser를 바꾼 뒤, 지금 색인 옆에 새로 만들어 한 번에 바꿉니다.

    그동안 질문과 수집은 지금 것으로 계속됩니다. 멈추었다가(Ctrl-C) 다시 실행하면 이어서 합니다.
    """
    from contextlib import nullcontext

    from haechi.cli.card import held_card
    from haechi.pipeline.reembed import reembed

    # The other back ends never compute on a card of this machine.
    on_card = session.config().embedder.backend == "sentence_transformer"
    lease = held_card("haechi reembed") if on_card else nullcontext()
    with lease, session.open_home() as home, ingest_bar() as progress:
        report = reembed(home, progress)
    if report.interrupted:
        text = t("멈추었습니다. 다시 실행하면 이어서 합니다.", "Interrupted; run it again to go on.")
    elif not report.swapped:
        text = t(f"바꿀 것이 없습니다: {report.after}", f"Nothing to change: {report.after}")
    else:
        text = t(
            f"{report.before} → {report.after}: {report.embedded}개를 새로 임베딩하고 색인을 바꾸었습니다 "
            f"({report.seconds:.1f}초).",
            f"{report.before} → {report.after}: {report.embedded} texts embedded, indexes swapped "
            f"({report.seconds:.1f} s).",
        )
    if report.over_limit:
        text += "\n" + t(
            f"주의: {report.over_limit}개 구절은 새 모델의 한도보다 길어 나누어 임베딩하고 평균했습니다. "
            "새 한도에 맞게 다시 나누기: haechi ingest --again 자료…",
            f"warning: {report.over_limit} passages are over the new model's limit; windows of them were averaged. "
            "To cut them anew: haechi ingest --again SOURCE…",
        )
    session.finish(report.record(), text)
    return 130 if report.interrupted else 0

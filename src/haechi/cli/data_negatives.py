"""`haechi data negatives`: passages that look like the answer and are not, from the home's own index."""

from __future__ import annotations

from pathlib import Path

import click

from haechi.cli.data_options import file_argument, out_file
from haechi.cli.korean_click import PositiveInt
from haechi.cli.progress import step_bar
from haechi.cli.session import HaechiCommand, Session, pass_session
from haechi.cli.texts import t


@click.command("negatives", cls=HaechiCommand)
@file_argument
@click.option(
    "--each", type=PositiveInt(1, 20), default=4, show_default=True, help=t("질문마다 몇 개.", "Of every question.")
)
@out_file
@pass_session
def negatives_command(session: Session, files: tuple[Path, ...], each: int, out: Path) -> int:
    """질문(question, gold_ids)마다 홈의 색인에서 답처럼 보이지만 답이 아닌 구절을 찾습니다. 임베더 학습에 씁니다.

    data from-documents의 grounded 파일도 읽습니다.
    """
    from haechi.cli.train import stop_on_interrupt
    from haechi.training.data_formats import write_rows
    from haechi.training.hard_negatives import mine, mined_rows
    from haechi.training.questions import read_rows

    rows = [row for path in files for row in read_rows(path) if row.get("kind") != "unanswerable"]
    with session.open_home() as home, step_bar(t("질문", "questions")) as tell, stop_on_interrupt() as stop:
        found, left = mine(home, rows, each, report=tell, stop=stop)
        interrupted = stop()
    write_rows(out, mined_rows(found))
    text = t(
        f"{len(found)}줄을 썼습니다: {out} (정답이 홈에 없음 {left['no_gold']}, 오답을 못 찾음 {left['no_negative']}, "
        f"답일 수 있어 뺀 구절 {left['too_near']})",
        f"Wrote {len(found)} rows: {out} (no gold here {left['no_gold']}, no negative {left['no_negative']}, "
        f"passages left out as possible answers {left['too_near']})",
    )
    session.finish({"rows": len(found), "file": str(out), "interrupted": interrupted, **left}, text)
    return 130 if interrupted else 0

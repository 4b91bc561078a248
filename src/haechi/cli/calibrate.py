"""`haechi calibrate`: fit the weights of the ranking to a home."""

from __future__ import annotations

from pathlib import Path

import click

from haechi.cli.korean_click import PositiveInt
from haechi.cli.progress import step_bar
from haechi.cli.session import HaechiCommand, Session, pass_session
from haechi.cli.texts import t


@click.command("calibrate", cls=HaechiCommand)
@click.option(
    "--count",
    type=PositiveInt(20, 5000),
    default=100,
    show_default=True,
    help=t("언어 모델이 질문을 쓸 구절의 수.", "Passages that the LLM writes a question about."),
)
@click.option(
    "--questions",
    type=click.Path(path_type=Path),
    metavar=t("파일", "FILE"),
    help=t("직접 쓴 질문(JSONL: question, gold_ids). 그러면 언어 모델을 쓰지 않습니다.", "Your own questions (JSONL)."),
)
@click.option("--reset", is_flag=True, help=t("기본 가중치로 되돌립니다.", "Go back to the default weights."))
@pass_session
def calibrate_command(session: Session, count: int, questions: Path | None, reset: bool) -> None:
    """검색 신호의 가중치를 이 홈의 문서에 맞추고 홈에 저장합니다. 손으로 단 정답은 필요 없습니다.

    언어 모델이 구절마다 질문을 하나씩 쓰고(haechi keys처럼 저장되어, 멈추었다가 다시 하면 이어서 합니다), 그 구절이
    앞에 오도록 맞춥니다. 맞추는 데 쓰지 않은 자료에서 나아졌을 때만 바꿉니다.
    """
    from haechi.evaluation.calibrate import calibrate, judge, own_questions, written_questions
    from haechi.evaluation.calibrate import reset as back_to_defaults
    from haechi.evaluation.run import read_questions

    with session.open_home() as home:
        if reset:
            back_to_defaults(home)
            session.finish({"reset": True}, t("기본 가중치로 되돌렸습니다.", "Back to the default weights."))
            return
        if questions is not None:
            asked = own_questions(read_questions(questions))
        else:
            with step_bar(t("질문 쓰기", "writing questions")) as progress:
                asked = written_questions(home, count, progress)
        with step_bar(t("검색", "retrieval")) as progress:
            judged = judge(home, asked, progress)
        result = calibrate(home, judged)
    before, after = result["before"], result["after"]
    figures = ", ".join(f"{name} {before[name]:.3f} → {after[name]:.3f}" for name in before)
    told = (
        t("나아져서 새 가중치를 저장했습니다.", "Better: the new weights are saved.")
        if result["kept"]
        else t("나아지지 않아 지금 가중치를 그대로 둡니다.", "No better: the weights stay as they were.")
    )
    asked_text = t(f"질문 {result['n']}개(교차 검증)", f"{result['n']} questions, cross-validated")
    session.finish(result, f"{asked_text}: {figures}\n{told}")

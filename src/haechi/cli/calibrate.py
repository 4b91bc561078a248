"""`haechi calibrate`: fit ranking and refusal to a home."""

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
    """검색과 거절(모른다)을 이 홈의 문서에 맞추고 홈에 저장합니다. 손으로 단 정답은 필요 없습니다.

    언어 모델이 구절마다 질문을 하나씩 쓰고(haechi keys처럼 저장되어, 멈추었다가 다시 하면 이어서 합니다), 그 구절이
    앞에 오도록 검색의 가중치를 맞춥니다. 거절은 그 문서를 빼고도 물어 보아, 근거가 있을 때와 없을 때를 가르도록
    맞춥니다. 가중치는 맞추는 데 쓰지 않은 자료에서 나아졌을 때만 바꿉니다. 위험-답변율 곡선을 함께 보입니다.
    """
    from haechi.evaluation.calibrate import (
        calibrate,
        calibrate_refusal,
        judge,
        own_questions,
        try_questions,
        written_questions,
    )
    from haechi.evaluation.calibrate import reset as back_to_defaults
    from haechi.evaluation.refusal_fit import curve_text
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
        with step_bar(t("거절", "refusal")) as progress:
            tried = try_questions(home, asked, progress)
        declined = calibrate_refusal(home, tried)
    before, after = result["before"], result["after"]
    figures = ", ".join(f"{name} {before[name]:.3f} → {after[name]:.3f}" for name in before)
    told = (
        t("나아져서 새 가중치를 저장했습니다.", "Better: the new weights are saved.")
        if result["kept"]
        else t("나아지지 않아 지금 가중치를 그대로 둡니다.", "No better: the weights stay as they were.")
    )
    asked_text = t(f"검색 · 질문 {result['n']}개(교차 검증)", f"Retrieval · {result['n']} questions, cross-validated")
    names = {
        "auc": t("구별력(AUC)", "AUC"),
        "refusal_recall": t("답 없는 질문을 거절", "refusal recall"),
        "over_refusal": t("답 있는 질문을 거절", "over-refusal"),
    }
    refused = ", ".join(
        f"{word} {declined['before'][name]:.3f} → {declined['after'][name]:.3f}" for name, word in names.items()
    )
    lines = [
        f"{asked_text}: {figures}",
        told,
        t(f"거절 · {declined['n']}번(교차 검증): {refused}", f"Refusal · {declined['n']} tries: {refused}"),
        t(
            "답변율  위험(답 없는 질문에 답한 몫)                   과잉 거절",
            "coverage  risk                    over-refusal",
        ),
        curve_text(declined["curve"]),
    ]
    session.finish({**result, "refusal": declined}, "\n".join(lines))

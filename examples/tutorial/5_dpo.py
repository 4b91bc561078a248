"""실습 5. DPO: 보상 모델 없이 나은 답과 못한 답의 쌍으로 배웁니다. SFT 다음에 하고, 그 차례로 합칩니다."""

from __future__ import annotations

from collections.abc import Sequence

from lesson import Lesson, questions, start, write


def main(argv: Sequence[str] | None = None) -> dict[str, float]:
    """Returns margin and accuracy on held-out pairs, and what the merged model was made of."""
    lesson = Lesson("5_dpo", __doc__ or "", argv)
    base, work = lesson.base("chat"), lesson.work
    fast = ("--batch", 8, "--accumulate", 1) if lesson.tiny else ()
    common = ("--dropout", 0, "--max-tokens", 192, "--dtype", "float32", "--threads", 1, *fast)

    lesson.step("자료: stack-exchange처럼 response_j가 response_k보다 나은 행")
    rows = questions(lesson.given.rows)
    source = write(
        work / "답둘.jsonl",
        [{"question": row["prompt"], "response_j": row["good"], "response_k": _worse(row)} for row in rows],
    )
    lesson.haechi("data", "pairs", source, "--out", work / "쌍.jsonl")
    lesson.haechi("data", "build", work / "쌍.jsonl", "--to", "sft", "--out", work / "sft.jsonl")

    lesson.step("SFT를 먼저 합니다")
    sft = lesson.haechi(
        "train", "sft", "--data", work / "sft.jsonl", "--base", base, "--out", work / "sft",
        *(("--lr", 5e-3) if lesson.tiny else ()), *common,
    )  # fmt: skip
    lesson.say(f"손실 {sft['before']['loss']:.3f} → {sft['after']['loss']:.3f}")

    lesson.step("DPO: 참조는 어댑터를 끈 같은 모델이라 메모리를 더 쓰지 않습니다")
    wrong = lesson.haechi(
        "train", "dpo", "--data", work / "쌍.jsonl", "--base", base, "--start", work / "sft", "--out", work / "틀림",
        "--targets", "q_proj,out_proj,fc_in,wte", *common, may_fail=True,
    )  # fmt: skip
    lesson.say(f"강의의 대상 모듈 이름(out_proj, fc_in, wte)은 이 모델에 없어 거절했습니다(종료 상태 {wrong['exit']})")
    dpo = lesson.haechi(
        "train", "dpo", "--data", work / "쌍.jsonl", "--base", base, "--start", work / "sft", "--out", work / "dpo",
        *(("--lr", 2e-3) if lesson.tiny else ()), *common,
    )  # fmt: skip
    before, after = dpo["before"], dpo["after"]
    lesson.say(
        f"떼어 둔 {after['pairs']}쌍: 차이 {before['margin']:.3f} → {after['margin']:.3f}, 맞힘 {after['accuracy']:.1%}"
    )

    lesson.step("합치기: 바탕 + SFT + DPO의 차례로. SFT를 빼거나 뒤바꾸면 거절합니다")
    import os

    os.environ["HAECHI_MODELS"] = str(work / "models") if lesson.tiny else os.environ.get("HAECHI_MODELS", "")
    alone = lesson.haechi("models", "export", work / "dpo", "--name", "dpo만", "--base", base, may_fail=True)
    turned = lesson.haechi(
        "models", "export", work / "dpo", work / "sft", "--name", "거꾸로", "--base", base, may_fail=True
    )
    made = lesson.haechi("models", "export", work / "sft", work / "dpo", "--name", "연습-dpo", "--base", base)
    order = [run["kind"] for run in made["runs"]]
    lesson.say(f"합친 차례: {' → '.join(order)}")
    return lesson.numbers(
        f"떼어 둔 쌍의 차이 {before['margin']:.2f} → {after['margin']:.2f}, 맞힘 {after['accuracy']:.1%}",
        margin_before=before["margin"],
        margin_after=after["margin"],
        accuracy=after["accuracy"],
        likelier_before=before["likelier"],
        likelier_after=after["likelier"],
        wrong_targets_refused=float(wrong["exit"] != 0),
        wrong_order_refused=float(alone["exit"] != 0 and turned["exit"] != 0),
        right_order=float(order == ["sft", "dpo"]),
    )


def _worse(row: dict[str, str]) -> str:
    """A polite answer that says nothing: what a model that pleases would write."""
    return f"{row['prompt'].split()[0]} 말씀이시군요. 자세한 것은 담당 부서에 문의하여 주시기 바랍니다."


if __name__ == "__main__":
    start(main)

"""실습 4. QLoRA: 바탕을 4비트(nf4)로 읽고 어댑터만 학습합니다. 강의에서는 polyglot-ko-12.8b였습니다."""

from __future__ import annotations

from collections.abc import Sequence

from lesson import Asked, Lesson, questions, start, write


def main(argv: Sequence[str] | None = None) -> dict[str, float]:
    """Returns the losses, the planned memory on a card, the share trained, and the loss of the reloaded adapter."""
    lesson = Lesson("4_qlora", __doc__ or "", argv)
    base, work = lesson.base("plain"), lesson.work

    lesson.step("자료: 모양이 다른 세 파일을 고르게 섞습니다. input 칸을 버리지 않습니다")
    rows = questions(lesson.given.rows)
    third = len(rows) // 3
    first = [{"instruction": row["prompt"], "output": row["good"]} for row in rows[:third]]
    second = [
        {"instruction": "다음 질문에 답하세요.", "input": row["prompt"], "output": row["good"]}
        for row in rows[third : 2 * third]
    ]
    last = [{"prompt": row["prompt"], "completion": row["good"]} for row in rows[2 * third :]]
    files = [
        write(work / f"{name}.jsonl", some)
        for name, some in (("알파카꼴", first), ("입력있음", second), ("질문답", last))
    ]
    mixed = lesson.haechi("data", "mix", *files, "--each", third, "--seed", 230315, "--out", work / "섞음.jsonl")
    kept = sum('"input"' in line for line in (work / "섞음.jsonl").read_text(encoding="utf-8").splitlines())
    lesson.say(f"{mixed['rows']}줄, 그 가운데 input이 있는 것 {kept}줄")

    lesson.step("계획: 같은 명령을 polyglot-ko-12.8b로 하면 24 GB 카드에 들어가는지 먼저 셈합니다")
    plan = lesson.haechi("train", "plan", "--preset", "polyglot-ko-12.8b", "--data", work / "섞음.jsonl")
    memory = plan["total_bytes"] / 1e9
    lesson.say(f"약 {memory:.1f} GB. 이 컴퓨터에서 잰 값이 아니라 셈한 값입니다")

    lesson.step("학습: 프리셋 그대로, 작은 모델과 CPU에 맞춘 것만 바꿉니다")
    fast = (
        ("--lr", 5e-3, "--batch", 8, "--optimizer", "adamw_torch", "--dtype", "float32", "--no-grad-checkpointing")
        if lesson.tiny
        else ()
    )
    card = lesson.haechi(
        "train", "sft", "--preset", "polyglot-ko-12.8b", "--data", work / "섞음.jsonl", "--base", base,
        "--out", work / "결과", *fast, "--epochs", 2, "--max-tokens", 256, "--threads", 1,
    )  # fmt: skip
    before, after = card["before"]["loss"], card["after"]["loss"]
    lesson.say(
        f"손실 {before:.3f} → {after:.3f}, 최대 메모리 {card['peak_memory_mb']:.0f} MB, "
        f"가중치의 {card['trainable_share']:.2%}(4비트 가중치를 하나씩 센 몫)"
    )

    lesson.step("어댑터를 다시 불러 물으면 같은 답이 나오고, 답만 나옵니다")
    answers = [Asked(base, work / "결과" / "adapter", quant="nf4").answer({"prompt": rows[0]["prompt"]}) for _ in "12"]
    lesson.say(f"질문: {rows[0]['prompt']}\n답: {answers[0]}")
    return lesson.numbers(
        f"손실 {before:.2f} → {after:.2f}, 가중치의 {card['trainable_share']:.2%}, 12.8B는 약 {memory:.1f} GB",
        loss_before=before,
        loss_after=after,
        share=card["trainable_share"],
        peak_mb=card["peak_memory_mb"],
        planned_gb=memory,
        inputs_kept=kept,
        same_after_reload=float(answers[0] == answers[1] and "###" not in answers[0]),
    )


if __name__ == "__main__":
    start(main)

"""실습 1. KoGPT 방식의 SFT → 보상 모델 → PPO. 강의 1부의 첫 노트북을 이 컴퓨터에서 되풀이합니다."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from lesson import Asked, Lesson, questions, start, write

SHORT = ("--max-tokens", 192, "--scheduler", "constant", "--warmup", 0, "--dtype", "float32", "--threads", 1)


def main(argv: Sequence[str] | None = None) -> dict[str, float]:
    """Returns the losses, the held-out pair accuracy and the rewards."""
    lesson = Lesson("1_sft_rm_ppo", __doc__ or "", argv)
    base, work = lesson.base("plain"), lesson.work
    rows = questions(lesson.given.rows)

    lesson.step("자료: 질문과 답, 그리고 세 등급의 답에 매긴 순위")
    sft = write(work / "sft.jsonl", [{"prompt": row["prompt"], "completion": row["good"]} for row in rows])
    ranking = write(work / "순위.jsonl", [_ranked(row) for row in rows])
    lint = lesson.haechi("data", "lint", sft, "--show", 0, may_fail=True)
    lesson.say(f"질문 {lint['rows']}개를 살폈습니다. 뺄 것 {lint['dropped']}개")
    pairs = lesson.haechi("data", "pairs", ranking, "--out", work / "쌍.jsonl")
    lesson.say(f"순위 {len(rows)}개 → 쌍 {pairs['rows']}개. ranking[i]는 답 i의 순위이고 0이 으뜸입니다")
    prompts = lesson.haechi("data", "build", sft, "--to", "prompts", "--out", work / "질문.jsonl")
    lesson.say(f"PPO에 쓸 질문 {prompts['rows']}개에는 답이 들어 있지 않습니다")

    lesson.step("SFT: 답과 끝 표시만 배웁니다")
    full = lesson.tiny  # a real base changes by an adapter only
    method = ("--method", "full", "--lr", 1e-3) if full else ("--method", "lora")
    learnt = lesson.haechi(
        "train", "sft", "--data", sft, "--base", base, "--out", work / "sft", *method,
        "--batch", 8, "--accumulate", 1, "--epochs", 3, *SHORT,
    )  # fmt: skip
    before, after = learnt["before"]["loss"], learnt["after"]["loss"]
    lesson.say(f"떼어 둔 질문의 손실 {before:.3f} → {after:.3f}")
    actor, begin = (str(work / "sft" / "model"), ()) if full else (base, ("--start", work / "sft"))

    lesson.step("보상 모델: 두 답 가운데 사람이 고를 답을 맞힙니다")
    reward = lesson.haechi(
        "train", "reward", "--data", work / "쌍.jsonl", "--base", actor, *begin, "--out", work / "보상",
        "--method", "full" if full else "lora", "--lr", 1e-3 if full else 1e-4, "--batch", 8, "--accumulate", 1,
        "--epochs", 2, "--save-every", 10, *SHORT,
    )  # fmt: skip
    found = reward["after"]
    lesson.say(
        f"떼어 둔 {found['n']}쌍 가운데 {found['accuracy']:.1%}(95% 구간 {found['low']:.1%}~{found['high']:.1%})"
    )

    lesson.step("PPO: 보상에서 β·KL을 빼고, 비평가는 따로 둡니다")
    ppo = lesson.haechi(
        "train", "ppo", "--data", work / "질문.jsonl", "--reward-model", work / "보상", "--base", actor, *begin,
        "--out", work / "ppo", "--method", "full" if full else "lora", "--lr", 3e-4 if full else 1e-5,
        "--batch", 16, "--accumulate", 1, "--max-steps", 12, "--new-tokens", 32, "--passes", 2, "--beta", 0.05,
        "--measure-every", 6, *SHORT,
    )  # fmt: skip
    first, last = ppo["before"]["reward"], ppo["after"]["reward"]
    spread = min(ppo["advantage_std"])
    lesson.say(f"떼어 둔 질문의 보상 {first:.3f} → {last:.3f}, KL {ppo['after']['kl']:.3f}")
    lesson.say(f"어드밴티지의 표준편차는 가장 작을 때 {spread:.3f}. 강의의 노트북에서는 늘 0이어서 배우지 못했습니다")

    lesson.step("저장한 모델을 다시 불러 같은 씨로 물으면 같은 답이 나옵니다")
    asked = [_load(work / "ppo", actor).answer(rows[0], seed=7) for _ in range(2)]
    lesson.say(f"질문: {rows[0]['prompt']}\n답: {asked[0]}")
    return lesson.numbers(
        f"SFT 손실 {before:.2f} → {after:.2f}, 보상 모델 {found['accuracy']:.1%}, PPO 보상 {first:.2f} → {last:.2f}",
        loss_before=before,
        loss_after=after,
        pair_accuracy=found["accuracy"],
        pair_low=found["low"],
        reward_before=first,
        reward_after=last,
        kl=ppo["after"]["kl"],
        advantage_std=spread,
        same_after_reload=float(asked[0] == asked[1]),
    )


def _load(run: Path, actor: str) -> Asked:
    return Asked(str(run / "model")) if (run / "model").is_dir() else Asked(actor, run / "adapter")


def _ranked(row: dict[str, str]) -> dict[str, object]:
    """Three tiers as in the lecture: a right answer, a vague one, and words that repeat, in an order of chance."""
    words = row["good"].split()
    dice = random.Random(row["id"])
    broken = " ".join(dice.choices(words, k=min(8, len(words) + 2)))
    tiers = [row["good"], f"{words[0]} 등에 대해서는 경우에 따라 다를 수 있습니다.", broken]
    order = [0, 1, 2]
    dice.shuffle(order)
    return {
        "prompt": row["prompt"],
        **{f"completion_{number}": tiers[tier] for number, tier in enumerate(order)},
        "ranking": order,
    }


if __name__ == "__main__":
    start(main)

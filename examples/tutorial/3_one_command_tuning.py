"""실습 3. 명령 한 줄로 튜닝합니다(AutoTrain처럼). train.csv의 text 칸만 있으면 됩니다."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path

from lesson import Asked, Lesson, questions, start, write


def main(argv: Sequence[str] | None = None) -> dict[str, float]:
    """Returns the losses, the trainable share, and how far the merged model's scores are from the adapter's."""
    lesson = Lesson("3_one_command_tuning", __doc__ or "", argv)
    base, work = lesson.base("chat"), lesson.work

    lesson.step("자료: 지시문 행을 text 칸 하나로 모아 train.csv에 씁니다")
    rows = questions(lesson.given.rows)
    source = write(
        work / "지시문.jsonl",
        [{"instruction": row["prompt"], "input": "" if n % 3 else "짧게", "output": row["good"]}
         for n, row in enumerate(rows)],
    )  # fmt: skip
    lesson.haechi("data", "build", source, "--to", "text", "--out", work / "text.jsonl")
    texts = [json.loads(line)["text"] for line in (work / "text.jsonl").read_text(encoding="utf-8").splitlines()]
    with (work / "train.csv").open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["text"])
        writer.writerows([text] for text in texts)

    lesson.step("학습: 모델을 부르기 전에 자료와 메모리와 시간을 먼저 봅니다")
    fast = ("--lr", 5e-3, "--batch", 8, "--accumulate", 1, "--epochs", 2) if lesson.tiny else ()
    command = (
        "train", "sft", "--data", work / "train.csv", "--base", base, "--out", work / "결과", *fast,
        "--dropout", 0, "--max-tokens", 256, "--dtype", "float32", "--threads", 1,
    )  # fmt: skip
    plan = lesson.haechi(*command, "--dry-run")
    lesson.say(f"설정 {len(plan['settings'])}가지를 쓴 그대로 보이고 저장합니다. 비밀번호나 토큰은 없습니다")
    card = lesson.haechi(*command)
    before, after = card["before"]["loss"], card["after"]["loss"]
    lesson.say(f"떼어 둔 행의 손실 {before:.3f} → {after:.3f}, 학습한 가중치 {card['trainable_share']:.2%}")

    lesson.step("합치기: 어댑터를 붙인 모델과 합친 모델이 같은 점수를 냅니다")
    apart = _difference(base, work / "결과", rows[0])
    lesson.say(f"다음 토큰의 점수(logit)가 가장 많이 다른 곳에서 {apart:.6f}")
    kept = (work / "결과" / "settings.json").read_text(encoding="utf-8").lower()
    return lesson.numbers(
        f"손실 {before:.2f} → {after:.2f}, 가중치의 {card['trainable_share']:.2%}만 학습, 합친 모델과 {apart:.1e} 다름",
        loss_before=before,
        loss_after=after,
        share=card["trainable_share"],
        difference=apart,
        secrets=float(any(word in kept for word in ("password", "api_key", "hf_", "secret"))),
    )


def _difference(base: str, run: Path, row: dict[str, str]) -> float:
    """The largest difference of a next-token score between adapter and merged model."""
    import torch

    from haechi.training.adapters import merged
    from haechi.training.llm_base import load_causal, quiet
    from haechi.training.prompt_format import prompt_ids

    asked = Asked(base, run / "adapter")
    ids = torch.tensor([prompt_ids(asked.tokenizer, {"prompt": row["prompt"]})])
    with torch.no_grad(), quiet():
        one = asked.model(input_ids=ids).logits
        two = merged(load_causal(base), run / "adapter").eval()(input_ids=ids).logits
    return float((one - two).abs().max())


if __name__ == "__main__":
    start(main)

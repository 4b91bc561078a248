"""실습 2. 대화 JSONL로 튜닝 작업을 만들어 돌립니다. OpenAI의 작업과 같은 형식과 상태이지만 이 컴퓨터 안에서 합니다."""

from __future__ import annotations

import csv
import difflib
import json
from collections.abc import Sequence
from pathlib import Path

from lesson import EXAMPLES, Asked, Lesson, start, write

PERSONA = "당신은 가온누리시 문화시설공단의 친절한 안내원입니다."


def main(argv: Sequence[str] | None = None) -> dict[str, float]:
    """Returns the losses and how like the trained answers the three columns of the persona table are."""
    lesson = Lesson("2_chat_tuning_job", __doc__ or "", argv)
    lesson.own_models()
    base, work = lesson.base("chat"), lesson.work

    lesson.step("대화 자료: FAQ 12개에 system 메시지를 붙입니다")
    with (EXAMPLES / "faq.csv").open(encoding="utf-8-sig", newline="") as stream:
        faq = [{"question": row["question"], "answer": row["answer"]} for row in csv.DictReader(stream)][:12]
    asked = write(work / "faq.jsonl", faq)
    chats = work / "대화.jsonl"
    lesson.haechi("data", "build", asked, "--to", "chat", "--persona", PERSONA, "--out", chats)

    lesson.step("올리기 전에 확인합니다: 강의의 첫 파일(들여 쓴 배열, 다섯 예를 두 번)은 여기서 걸립니다")
    rows = [json.loads(line) for line in chats.read_text(encoding="utf-8").splitlines()]
    wrong = work / "강의처럼.jsonl"
    wrong.write_text(json.dumps(rows[:5] * 2, ensure_ascii=False, indent=2), encoding="utf-8")
    refused = lesson.haechi("data", "validate", wrong, may_fail=True)
    lesson.say(f"거절: {refused['problems'][0]['message'] if refused.get('problems') else '형식이 다름'}")
    good = lesson.haechi("data", "validate", chats)
    lesson.say(f"받음: 예 {good['examples']}개, {good['tokens']}토큰({good['counted_by']})")
    cost = lesson.haechi("data", "estimate", chats, "--tokens-per-second", 500)
    lesson.say(f"어림: {cost['epochs']}번씩 보아 {cost['tokens']}토큰, {cost['seconds']:.0f}초(초당 500토큰이라면)")

    lesson.step("작업: 만들고, 돌리고, 있었던 일을 봅니다")
    fast = ("--epochs", 30, "--batch", 4, "--lr-multiplier", 50) if lesson.tiny else ()
    job = lesson.haechi(
        "jobs", "create", chats, "--model", base, "--suffix", "안내원", *fast,
        "--set", "max_tokens=256", "--set", "dropout=0", "--set", "dtype=float32", "--set", "threads=1", "--wait",
    )  # fmt: skip
    for event in lesson.haechi("jobs", "events", "last")["events"][-3:]:
        lesson.say(f"  {event['message']}")
    shown = lesson.haechi("jobs", "show", "last")
    card = json.loads((_run() / "run.json").read_text(encoding="utf-8"))
    before, after = card["losses"][0], card["losses"][-1]
    lesson.say(f"상태 {shown['status']}, 모델 {shown['model']}, 손실 {before:.3f} → {after:.3f}")

    lesson.step("페르소나: 같은 질문에 튜닝한 모델(system 있음, 없음)과 바탕이 어떻게 답하는지 견줍니다")
    tuned, plain = Asked(base, _run() / "adapter"), Asked(base)
    with_system = [{"role": "system", "content": PERSONA}]
    likeness = {"with_system": 0.0, "without_system": 0.0, "base": 0.0}
    for row in faq[:4]:
        told = [{"role": "user", "content": row["question"]}]
        answers = {
            "with_system": tuned.answer({"prompt": with_system + told}, tokens=64),
            "without_system": tuned.answer({"prompt": told}, tokens=64),
            "base": plain.answer({"prompt": with_system + told}, tokens=64),
        }
        lesson.say(f"질문: {row['question']}\n배운 답: {row['answer']}")
        for name, head in (("with_system", "튜닝, system 있음"), ("without_system", "튜닝, 없음"), ("base", "바탕")):
            likeness[name] += difflib.SequenceMatcher(None, row["answer"], answers[name]).ratio() / 4
            lesson.say(f"  {head}: {answers[name]}")
    return lesson.numbers(
        f"손실 {before:.2f} → {after:.2f}. 배운 답과 닮은 정도: 튜닝 {likeness['with_system']:.2f}, "
        f"system 없이 {likeness['without_system']:.2f}, 바탕 {likeness['base']:.2f}",
        loss_before=before,
        loss_after=after,
        refused=float(refused["exit"] != 0),
        succeeded=float(job["exit"] == 0 and shown["status"] == "succeeded"),
        **likeness,
    )


def _run() -> Path:
    """The run folder of the newest job."""
    from haechi.training.job_store import JobStore

    run: Path = JobStore().jobs()[0].run
    return run


if __name__ == "__main__":
    start(main)

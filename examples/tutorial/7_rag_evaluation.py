"""실습 7. RAG 평가: 검색과 답을 따로 재고, 답하면 안 되는 질문도 묻습니다. 채점을 언어 모델에게 맡기지 않습니다."""

from __future__ import annotations

import os
from collections.abc import Sequence

from lesson import EXAMPLES, Lesson, start, write


def main(argv: Sequence[str] | None = None) -> dict[str, float]:
    """Returns recall@2, the shares of right answers and of refusals, and values that stand in no passage."""
    from haechi.evaluation.run import read_questions

    lesson = Lesson("7_rag_evaluation", __doc__ or "", argv, trains=False)
    os.environ["HAECHI_LLM_MODEL"] = lesson.given.llm
    home = lesson.work / "지식"
    lesson.step("홈을 만들고 문서를 넣습니다")
    lesson.haechi("init", home)
    lesson.haechi("--home", home, "ingest", EXAMPLES / "documents")

    lesson.step("검색만 잽니다: 정답이 적힌 자리를 둘 안에 찾는가")
    everything = EXAMPLES / "questions.jsonl"
    found = lesson.haechi("--home", home, "evaluate", "retrieval", "--questions", everything)
    lesson.say(f"질문 {found['n']}개, recall@2 {found['recall@2']:.1%}, MRR {found['mrr']:.3f}")

    lesson.step("답을 잽니다: 절반은 문서에 답이 없는 질문입니다")
    rows = read_questions(everything)
    half = max(1, lesson.given.questions // 2)
    kinds = [[row for row in rows if bool(row["answerable"]) is yes] for yes in (True, False)]
    chosen = [row for kind in kinds for row in kind[:: max(1, len(kind) // half)][:half]]
    asked = write(lesson.work / "질문.jsonl", chosen)
    out = lesson.work / "답.jsonl"
    told = lesson.haechi("--home", home, "evaluate", "answers", "--questions", asked, "--out", out)
    lesson.say(
        f"정답이 든 답 {told['contains_answer']:.1%}, 없는 것을 없다고 한 몫 {told['refusal_recall']:.1%}, "
        f"괜한 거절 {told['over_refusal']:.1%}, 근거에 없는 값 {told['fabricated_values']}개"
    )
    lesson.say(f"질문마다의 답과 근거: {out}")

    lesson.step("문장을 근거와 맞춰 봅니다: 심은 오류가 걸려야 합니다")
    evidence = lesson.work / "근거.txt"
    evidence.write_text("도서 연체료는 1일 100원으로 한다.", encoding="utf-8")
    wrong = lesson.haechi(
        "check", "--answer", "도서 연체료는 1일 1,000원입니다.", "--evidence", evidence, may_fail=True
    )
    lesson.say(f"심은 오류: {'걸림' if not wrong['supported'] else '놓침'}")
    return lesson.numbers(
        f"recall@2 {found['recall@2']:.1%}, 정답 {told['contains_answer']:.1%}, 거절 {told['refusal_recall']:.1%}, "
        f"근거에 없는 값 {told['fabricated_values']}개",
        recall=found["recall@2"],
        contains_answer=told["contains_answer"],
        refusal_recall=told["refusal_recall"],
        fabricated=told["fabricated_values"],
        answers=told["n"],
        caught=float(not wrong["supported"]),
    )


if __name__ == "__main__":
    start(main)

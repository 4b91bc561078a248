"""The weak-spot report: what goes wrong in a home, from the answers it recorded."""

from __future__ import annotations

from typing import Any

from haechi.evaluation.weak_spots import asked_for, weak_spots
from haechi.records import answer_record
from haechi.types import Answer, Chunk, Correction, Document, Hit, Verdict

FEES = Document.make("요금.md", "요금표", [])
RULES = Document.make("규정.md", "운영규정", [])


def hit(document: Document, text: str) -> Hit:
    chunk = Chunk(document.id, document.id, text, 0, len(text), "article", "제1조")
    return Hit(chunk, 1.0, "hybrid", document_title=document.title, document_source=document.source)


HITS = (hit(FEES, "연체료는 100원이다. 보증금은 3억 원이다."), hit(RULES, "기간은 14일이다."))


def answer(question: str, *verdicts: Verdict, **fields: Any) -> dict[str, Any]:
    return answer_record(
        Answer(
            question, "연체료는 100원입니다. 기간은 14일입니다.", "generated", verdicts=verdicts, hits=HITS, **fields
        )
    )


def test_claims_are_counted_by_checker_document_and_question() -> None:
    report = weak_spots(
        [
            answer("얼마인가요?", Verdict("amount", "100원", "supported", "연체료는 100원이다.")),
            answer("얼마인가요?", Verdict("amount", "200원", "contradicted", "연체료는 100원이다.")),
            answer("언제까지인가요?", Verdict("date", "작년", "unchecked", "기간은 14일이다.")),
        ]
    )
    assert report["answers"] == 3
    amount = report["checkers"][0]
    assert (amount["checker"], amount["claims"], amount["contradicted"], amount["wrong_share"]) == ("amount", 2, 1, 0.5)
    assert [(row["document"], row["claims"]) for row in report["documents"]] == [("요금표", 2), ("운영규정", 1)]
    assert [(row["asked"], row["contradicted"]) for row in report["asked"]] == [("money", 1), ("when", 0)]
    assert report["statuses"] == {"supported": 1, "contradicted": 1, "unproven": 1}


def test_what_the_corrector_changed_or_dropped_went_wrong_too() -> None:
    changed = Correction("연체료는 500원입니다.", "연체료는 100원입니다.", "고침", "연체료는 100원이다.", "amount")
    dropped = Correction("회비는 5유로입니다.", "", "뺌", "", "amount,entailment")
    moved = Correction("가 [1]", "가 [2]", "인용을 맞는 근거로 옮겼습니다")  # no checker, no wrong claim
    report = weak_spots(
        [answer("얼마?", Verdict("amount", "100원", "supported"), corrections=(changed, dropped, moved))]
    )
    rows = {row["checker"]: row for row in report["checkers"]}
    assert (rows["amount"]["corrected"], rows["amount"]["dropped"], rows["amount"]["claims"]) == (1, 1, 3)
    assert (rows["entailment"]["dropped"], rows["entailment"]["wrong_share"]) == (1, 1.0)
    assert len(rows) == 2
    example = next(item for item in report["examples"] if item["outcome"] == "corrected")
    assert (example["sentence"], example["evidence"]) == ("연체료는 500원입니다.", "연체료는 100원이다.")


def test_what_the_lock_fired_on_is_listed() -> None:
    redo = Correction("연체료는 700원입니다.", "연체료는 100원입니다.", "다시 생성했습니다")
    report = weak_spots([answer("얼마?", corrections=(redo,), lock_fired=True)] * 2)
    assert report["lock"] == {"fired": 2, "values": [{"kind": "amount", "surface": "700원", "count": 2}]}


def test_examples_take_the_checkers_in_turn() -> None:
    wrong = [Verdict("amount", f"{number}원", "contradicted") for number in range(5)]
    report = weak_spots([answer("얼마?", *wrong, Verdict("name", "한들은행", "not_found"))], examples=3)
    assert [item["checker"] for item in report["examples"]] == ["amount", "name", "amount"]
    assert report["examples"][0]["question"] == "얼마?"


def test_kinds_of_questions() -> None:
    questions = ("얼마인가요?", "언제 여나요?", "빌려도 되나요?", "꼭 신고해야 하나요?", "알려 주세요")
    assert [asked_for(question) for question in questions] == ["money", "when", "may", "must", "other"]

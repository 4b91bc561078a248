"""A sentence against the evidence, judged by a model that is told what to say."""

from __future__ import annotations

import pytest

from haechi.checkers.base import Evidence
from haechi.checkers.entailment import EntailmentChecker
from haechi.checkers.value_checker import OCR_ONLY
from haechi.models.base import Thresholds
from haechi.models.scripted import ScriptedGrounder

RULE = Evidence(
    "① 연체료는 권당 1일 100원으로 한다. 다만, 어린이 자료는 연체료를 받지 아니한다.\n② 대출 기간은 14일로 한다.",
    "제3조",
    "도서관 운영 규정",
)


def judging(supported: float, contradicted: float = 0.0) -> ScriptedGrounder:
    return ScriptedGrounder(lambda passage, sentence: (supported, contradicted, 1 - supported - contradicted))


@pytest.mark.parametrize(
    ("chances", "label"),
    [((0.9, 0.05), "supported"), ((0.05, 0.9), "contradicted"), ((0.05, 0.1), "not_found"), ((0.3, 0.6), "unchecked")],
)
def test_the_label_follows_the_thresholds_and_what_is_between_is_not_judged(chances, label) -> None:
    (verdict,) = EntailmentChecker(judging(*chances)).check("대출 기간은 14일입니다.", [RULE])
    assert (verdict.label, verdict.checker) == (label, "entailment")
    assert verdict.score == pytest.approx(chances[0])
    assert verdict.evidence == "② 대출 기간은 14일로 한다."
    assert verdict.explanation


def test_every_sentence_has_its_span_in_the_answer_without_its_citations() -> None:
    answer = "대출 기간은 14일입니다. [1] 연체료는 하루 100원입니다. [1]"
    verdicts = EntailmentChecker(judging(0.9)).check(answer, [RULE])
    assert [answer[verdict.start : verdict.end] for verdict in verdicts] == [verdict.claim for verdict in verdicts]
    assert [verdict.claim for verdict in verdicts] == ["대출 기간은 14일입니다.", "연체료는 하루 100원입니다."]


def test_the_proviso_and_the_title_are_read_with_the_sentence() -> None:
    # The trap: without its proviso, a rule supports what is false for the exception.
    grounder = judging(0.9)
    EntailmentChecker(grounder).check("연체료는 하루에 100원입니다.", [RULE])
    passage, sentence = grounder.calls[0]
    assert "어린이 자료는" in passage
    assert passage.startswith("도서관 운영 규정 제3조")
    assert sentence == "연체료는 하루에 100원입니다."


def test_one_supporting_window_is_enough() -> None:
    other = Evidence("도서관의 대출 기간은 관장이 정한다.", "제9조")
    grounder = ScriptedGrounder(lambda passage, sentence: (0.95, 0, 0.05) if "14일" in passage else (0.01, 0.9, 0.09))
    (verdict,) = EntailmentChecker(grounder).check("도서관의 대출 기간은 14일입니다.", [other, RULE])
    assert verdict.label == "supported"
    assert len(grounder.calls) == 2


def test_a_window_stays_within_its_room_and_holds_the_sentence_that_is_meant() -> None:
    lines = [f"제{number}조의 {number}번 창구에서는 서류 {number}종을 접수한다." for number in range(1, 80)]
    grounder = judging(0.9)
    EntailmentChecker(grounder).check("제41조의 41번 창구에서 서류 41종을 접수합니다.", [Evidence("\n".join(lines))])
    assert all("41번 창구" in passage or "41종" in passage for passage, _ in grounder.calls[:1])
    assert all(grounder.count_tokens(passage, sentence) < 400 for passage, sentence in grounder.calls)


@pytest.mark.parametrize(
    "nothing", ["", "안녕하세요.", "근거에서 찾을 수 없어 모른다.", "더 궁금하신 점이 있나요?", "감사합니다.", "[1]"]
)
def test_what_claims_nothing_is_not_judged(nothing: str) -> None:
    grounder = judging(0.0)
    assert EntailmentChecker(grounder).check(nothing, [RULE]) == []
    assert grounder.calls == []


def test_without_a_model_every_sentence_is_unchecked_and_says_why() -> None:
    (verdict,) = EntailmentChecker().check("대출 기간은 14일입니다.", [RULE])
    assert verdict.label == "unchecked"
    assert "haechi models install haechi-grounding" in verdict.explanation


def test_without_evidence_nothing_is_checked() -> None:
    (verdict,) = EntailmentChecker(judging(0.9)).check("대출 기간은 14일입니다.", [])
    assert verdict.label == "unchecked"


def test_text_read_from_a_picture_settles_nothing_alone() -> None:
    scan = Evidence(RULE.text, ocr=0.8)
    for chances in ((0.95, 0.0), (0.01, 0.95)):
        (verdict,) = EntailmentChecker(judging(*chances)).check("대출 기간은 14일입니다.", [scan])
        assert (verdict.label, verdict.explanation) == ("unchecked", OCR_ONLY)


def test_a_model_brings_its_own_thresholds() -> None:
    class Strict(ScriptedGrounder):
        thresholds = Thresholds(supported=0.99, alarm=0.5)

    (verdict,) = EntailmentChecker(Strict(lambda passage, sentence: (0.4, 0.5, 0.1))).check(
        "대출은 14일입니다.", [RULE]
    )
    assert verdict.label == "contradicted"
    (verdict,) = EntailmentChecker(Strict(lambda passage, sentence: (0.9, 0.0, 0.1))).check(
        "대출은 14일입니다.", [RULE]
    )
    assert verdict.label == "unchecked"

"""Refusal is a decision with a probability and a reason that helps."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from haechi.checkers.amount import AmountChecker
from haechi.config import AnswerConfig, RefusalConfig
from haechi.korean.computing import asks_to_compute, states_a_result
from haechi.korean.morphology import MecabAnalyser
from haechi.pipeline.answerability import assess
from haechi.pipeline.chatbot import Chatbot
from haechi.pipeline.refusal import RefusalWeights
from haechi.pipeline.refusal_reason import Reason, message, reason_for
from haechi.types import Block, Chunk, Document, Hit
from tests.pipeline.conftest import calls

Say = Callable[..., Chatbot]
SURE = {"relevance": 2.0, "lead": 3.0, "sentence": 0.9, "nouns": 1.0}
DOUBTFUL = {"relevance": -2.5, "lead": 0.1, "sentence": 0.2, "nouns": 0.4}


@pytest.fixture(scope="module")
def analyser() -> MecabAnalyser:
    return MecabAnalyser()


def hit(text: str, title: str = "수수료 규정") -> Hit:
    document = Document.make("규정.md", title, [Block(text)])
    return Hit(Chunk.make(document, 0, len(text), unit="x", label="제3조"), 0.3, "h", document_title=title)


def kind(question: str, hits: Sequence[Hit], analyser: MecabAnalyser, **changed: float) -> Reason:
    can = assess(question, hits, analyser)
    return reason_for(question, hits, can, {**DOUBTFUL, **changed}, [AmountChecker()], analyser)


def test_the_probability_grows_with_every_signal() -> None:
    weights = RefusalWeights()
    assert weights.before(SURE) > 0.9 > 0.4 > weights.before(DOUBTFUL)
    for name in ("relevance", "lead", "sentence"):
        assert weights.before({**SURE, name: SURE[name] - 0.5}) < weights.before(SURE)


def test_an_unsure_draft_lowers_the_probability_and_a_missing_measure_does_not() -> None:
    # Trap: a back end without log-probabilities must not look like a doubtful model.
    weights = RefusalWeights()
    assert weights.after(SURE, None, None) == weights.before(SURE)
    assert weights.after(SURE, -1.5, None) < weights.after(SURE, -0.1, None)
    assert weights.after(SURE, None, 0.1) < weights.after(SURE, None, 0.9)


def test_weights_survive_the_store_and_forget_names_of_other_versions() -> None:
    weights = RefusalWeights(sentence=4.5, threshold=0.7)
    assert RefusalWeights.of_text(weights.to_text()) == weights
    assert RefusalWeights.of_text('{"sentence": 3.0, "gone": 1}').sentence == 3.0


def test_a_wrong_amount_in_the_question_is_named_with_the_right_one(analyser: MecabAnalyser) -> None:
    found = kind("발급 수수료 5천 원은 언제 내나요?", [hit("발급 수수료는 3천 원으로 한다.")], analyser, sentence=0.8)
    assert found.kind == "false_premise"
    assert "5천 원" in found.sentence
    assert "3천 원" in found.sentence


def test_a_day_of_another_matter_is_no_wrong_premise(analyser: MecabAnalyser) -> None:
    # Trap: 2002년 and 2010년 are two dates; only where a sentence says the rest of the question is one of them wrong.
    passage = hit("수수료 규정은 2010년에 만들었다.")
    assert (
        kind("2002년 수수료 규정 개정 회의에서 정한 것은?", [passage], analyser, sentence=0.3).kind != "false_premise"
    )


def test_another_field_is_out_of_scope(analyser: MecabAnalyser) -> None:
    found = kind("두통약은 하루 몇 알까지 먹나요?", [hit("발급 수수료는 3천 원으로 한다.")], analyser, relevance=-5.0)
    assert found.kind == "out_of_scope"


def test_what_moves_with_the_day_is_told(analyser: MecabAnalyser) -> None:
    found = kind("내일 수수료 창구의 대기 인원은?", [hit("수수료 창구는 1층에 둔다.")], analyser)
    assert found.kind == "as_of"
    assert "내일" in found.sentence


def test_a_passage_that_leaves_it_to_a_decree_says_which(analyser: MecabAnalyser) -> None:
    passage = hit("발급 수수료의 면제 대상은 대통령령으로 정한다.")
    found = kind("발급 수수료 면제 대상은 누구인가요?", [passage], analyser)
    assert found.kind == "needs_document"
    assert "대통령령" in found.sentence


def test_one_word_that_fits_several_documents_is_ambiguous(analyser: MecabAnalyser) -> None:
    hits = [hit("수수료는 3천 원이다.", "발급 규정"), hit("수수료는 5천 원이다.", "열람 규정")]
    assert kind("수수료는요?", hits, analyser).kind == "ambiguous"


@pytest.mark.parametrize(
    ("question", "computes"),
    [
        ("지난달 민원은 모두 몇 건인가요?", True),
        ("두 수수료를 합하면 얼마인가요?", True),
        ("평균 처리 기간은 며칠인가요?", False),
        ("마감일까지 며칠 남았나요?", True),
        ("연체료는 하루에 얼마인가요?", False),
        ("대출은 한 번에 몇 권까지 되나요?", False),
        ("신청하고 며칠 뒤에 받나요?", False),
        ("멤버는 총 몇 명인가요?", False),
        ("종합계획은 어느 부서가 세우나요?", False),
        ("지난달 접수된 민원은 몇 건인가요?", True),
    ],
)
def test_questions_that_ask_for_a_sum_are_known(question: str, computes: bool) -> None:
    assert asks_to_compute(question) is computes


def test_a_stated_total_may_be_read_out() -> None:
    assert states_a_result("2025년 민원은 합계 1,204건이다.")
    assert not states_a_result("발급 수수료는 3천 원으로 한다.")


def test_a_sum_is_refused_without_asking_the_model(say: Say) -> None:
    chatbot = say("연체료는 모두 200원입니다. [1]")
    answer = chatbot.ask("연체료와 대출 기간을 합하면 얼마인가요?")
    assert (answer.origin, answer.refusal) == ("refused", "calculation")
    assert calls(chatbot) == []


def test_a_refusal_names_the_department_and_its_telephone() -> None:
    reason = Reason("out_of_scope", "이곳의 문서가 다루지 않는 내용입니다.")
    text = message(reason, RefusalConfig(department="민원실", phone="02-000-0000"), AnswerConfig())
    assert text == "모른다. 이곳의 문서가 다루지 않는 내용입니다. 민원실(02-000-0000)에 문의해 주세요."


def test_a_refusal_below_the_threshold_says_how_likely_and_costs_no_model_call(say: Say) -> None:
    chatbot = say("대출 기간은 14일입니다. [1]")
    chatbot.refusal = RefusalConfig(threshold=0.999)
    answer = chatbot.ask("대출 기간은 며칠인가요?")
    assert answer.origin == "refused"
    assert answer.confidence is not None
    assert "0.999" in answer.reason or "1.00" in answer.reason
    assert calls(chatbot) == []

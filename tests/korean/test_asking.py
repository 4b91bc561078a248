"""What a question asks for, read from its forms."""

from __future__ import annotations

import pytest

from haechi.korean.asking import frame, skeleton, squeezed, stem, without_courtesy
from haechi.korean.jamo import one_apart


@pytest.mark.parametrize(
    ("question", "negations"),
    [
        ("환불이 안 되나요?", 1),
        ("환불안되나요", 1),
        ("취소할 수 없나요?", 1),
        ("등록하지 않아도 되나요?", 1),
        ("못 들어가나요?", 1),
        ("입장이 불가한가요?", 1),
        ("촬영 금지인가요?", 1),
        # These only look like a negation.
        ("대출기간 동안 되나요?", 0),
        ("안내해 주세요", 0),
        ("잘못 신청했어요", 0),
        ("연못에 가도 되나요?", 0),
        ("불가피하게 늦으면 어떻게 되나요?", 0),
        ("카드 아니면 현금으로 내나요?", 0),
        # 하지 않으면 안 되다 is 해야 하다.
        ("가입하지 않으면 안 되나요?", 0),
    ],
)
def test_a_negation_is_told_from_words_that_look_like_one(question: str, negations: int) -> None:
    assert frame(question).negations == negations


@pytest.mark.parametrize(
    ("question", "kinds"),
    [
        ("대관료는 얼마인가요?", {"money"}),
        ("얼마나 걸리나요?", {"long"}),
        ("며칠 동안 빌리나요?", {"long"}),
        ("언제 쉬나요?", {"when"}),
        ("몇 시에 여나요?", {"when"}),
        ("몇 시간 걸리나요?", {"long"}),
        ("몇 권까지 되나요?", {"many"}),
        ("어디에서 타나요?", {"where"}),
        ("누구에게 말하나요?", {"who"}),
        ("예약은 어떻게 하나요?", set()),
    ],
)
def test_the_kind_of_answer_is_read_from_the_question_word(question: str, kinds: set[str]) -> None:
    assert frame(question).kinds == kinds


def test_may_and_must_are_told_apart() -> None:
    may, must = frame("등록할 수 있나요?"), frame("꼭 등록해야 하나요?")
    assert (may.may, may.must, must.may, must.must) == (True, False, False, True)
    # The idiom of two negations is a must.
    assert frame("등록하지 않으면 안 되나요?").must
    # 꼭 alone does not turn a may into a must.
    assert not frame("꼭 등록할 수 있나요?").must


def test_courtesy_says_nothing() -> None:
    assert without_courtesy("안녕하세요. 혹시 주차 되나요? 감사합니다.") == "주차 되나요?"
    # A text that is nothing else stays.
    assert without_courtesy("안녕하세요") == "안녕하세요"


def test_letters_alone_are_compared() -> None:
    assert squeezed("  A동 3층, 맞나요?! ") == "a동3층맞나요"
    assert stem("운영시간 알려 주세요") == stem("운영시간이 궁금합니다") == "운영시간"
    # Trap: an analyser reads 문 여나요 as 묻다.
    assert skeleton("문을 여나요?") == skeleton("문 여나요")


def test_one_letter_apart_is_one_letter_of_a_syllable() -> None:
    assert one_apart("환블", "환불")
    assert one_apart("대츨", "대출")
    assert not one_apart("휴직", "복직")
    assert not one_apart("환불", "환불")

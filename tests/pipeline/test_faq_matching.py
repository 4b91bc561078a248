"""What the gate answers and what it passes on, with the analyser and without a model.

The pairs are of an invented office; the limits are the defaults.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from haechi.korean.morphology import MecabAnalyser
from haechi.models.base import Vectors
from haechi.pipeline.faq_matcher import Asked, Limits, Matcher

PAIRS = {
    "camp": "캠핑장 입실 시간은 몇 시인가요?",
    "fee": "도서 연체료는 얼마인가요?",
    "books": "책은 한 번에 5권까지 빌릴 수 있나요?",
    "leave": "육아휴직을 신청하려면 어떻게 하나요?",
    "driver": "동승 운전자를 꼭 등록해야 하나요?",
    "refund": "공연 당일에 표를 환불받을 수 있나요?",
    "article": "제12조에 따른 감면은 누가 받나요?",
    "year": "2026년 하계휴가비는 얼마인가요?",
    "bus": "캠핑장 가는 셔틀버스는 어디에서 타나요?",
    "change": "정규직에서 계약직으로 전환하면 연차가 없어지나요?",
    "until": "회비는 언제까지 내나요?",
}
ANALYSER = MecabAnalyser()


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return Matcher([Asked(identity, text) for identity, text in PAIRS.items()], lambda: ANALYSER)


@pytest.mark.parametrize(
    ("question", "pair"),
    [
        ("캠핑장 입실 시간은 몇 시인가요", "camp"),
        ("캠핑장입실시간은몇시인가요?", "camp"),
        ("캠핑장 입실 몇 시예요?", "camp"),
        ("안녕하세요, 캠핑장 입실 시간 알려 주세요.", "camp"),
        ("몇 시예요 캠핑장 입실은?", "camp"),
        ("도서 연체료 금액이 궁금합니다", "fee"),
        ("도서 연채료는 얼마인가요?", "fee"),  # a slip
        ("책 한번에 다섯 권까지 대여할 수 있나요?", "books"),
        ("육아휴직 신청 방법 알려줘", "leave"),
        ("동승 운전자 등록은 필수인가요?", "driver"),
        ("공연 당일 티켓 환불 되나요?", "refund"),
        ("12조에 따른 감면은 누가 받습니까?", "article"),
        ("2026년 하계휴가비 얼마임", "year"),
        ("셔틀버스 캠핑장 가는 거 어디서 타요?", "bus"),
    ],
)
def test_the_same_question_in_other_words_is_answered(matcher: Matcher, question: str, pair: str) -> None:
    found = matcher.match(question)
    assert (found.matched, found.faq_id) == (True, pair), found


@pytest.mark.parametrize(
    ("question", "why"),
    [
        ("책은 한 번에 7권까지 빌릴 수 있나요?", "7권"),
        ("2025년 하계휴가비는 얼마인가요?", "2025년"),
        ("하계휴가비는 얼마인가요?", "2026년"),
        ("2026년 동계휴가비는 얼마인가요?", "동계"),
        ("제13조에 따른 감면은 누가 받나요?", "제13조"),
        ("공연 당일에 표를 환불받을 수 없나요?", "부정"),
        ("공연 전날에 표를 환불받을 수 있나요?", "전날"),
        ("동승 운전자를 등록할 수 있나요?", "해야 하는지"),
        ("육아휴직을 취소하려면 어떻게 하나요?", "취소"),
        ("육아휴직에서 복직하려면 어떻게 하나요?", "복직"),
        ("도서 연체료는 언제 내나요?", "때"),
        ("디브이디 연체료는 얼마인가요?", "디브이디"),
        ("캠핑장 퇴실 시간은 몇 시인가요?", "퇴실"),
        ("캠핑장 가는 셔틀버스는 어디에서 내리나요?", "내리다"),
        ("계약직에서 정규직으로 전환하면 연차가 없어지나요?", "방향"),
        ("회비는 언제부터 내나요?", "부터"),
        ("캠핑장", ""),
        ("내일 날씨 어때요?", ""),
    ],
)
def test_a_near_miss_is_passed_on_with_the_reason(matcher: Matcher, question: str, why: str) -> None:
    found = matcher.match(question)
    assert not found.matched, found
    assert found.faq_id == ""
    assert why in found.reason


def test_another_word_is_not_taken_for_a_slip() -> None:
    # 시간 and 기간 are one letter apart, and so are 연장 and 연강: only what no dictionary has is mended.
    pairs = [Asked("a", "상담시간은 어떻게 되나요?"), Asked("b", "신청인은 누구인가요?")]
    matcher = Matcher(pairs, lambda: ANALYSER)
    assert not matcher.match("상담기간은 어떻게 되나요?").matched
    assert not matcher.match("신청일은 누구인가요?").matched
    assert matcher.match("상담시걘은 어떻게 되나요?").faq_id == "a"


def test_two_pairs_that_fit_equally_well_are_passed_on() -> None:
    question = "회의실을 예약하고 싶어요"
    found = Matcher([Asked("a", "회의실 예약"), Asked("b", "예약 회의실")], lambda: ANALYSER).match(question)
    assert not found.matched
    assert found.margin < 0.06
    assert "둘 이상" in found.reason
    # Wordings of one pair are no rivals.
    assert (
        Matcher([Asked("a", "회의실 예약"), Asked("a", "예약 회의실")], lambda: ANALYSER)
        .match("회의실을 예약하고 싶어요")
        .matched
    )


def test_the_same_question_in_two_pairs_is_not_answered() -> None:
    matcher = Matcher([Asked("a", "주차 되나요?"), Asked("b", "주차 되나요")], lambda: ANALYSER)
    assert not matcher.match("주차 되나요?").matched


def test_a_blocked_pair_says_why_and_lets_another_answer() -> None:
    old = Asked("old", "주차 되나요?", blocked="만료된 FAQ입니다")
    found = Matcher([old], lambda: ANALYSER).match("주차되나요?")
    assert (found.matched, found.reason, found.nearest) == (False, "만료된 FAQ입니다", "old")
    assert Matcher([old, Asked("new", "주차 되나요?")], lambda: ANALYSER).match("주차 되나요").faq_id == "new"


def test_an_empty_faq_and_odd_questions_are_no_error() -> None:
    assert "비어" in Matcher([], lambda: ANALYSER).match("무엇?").reason
    matcher = Matcher([Asked("a", "주차 되나요?")], lambda: ANALYSER)
    for question in ("?", "ㅋㅋㅋ", "\ud800", "a" * 2000, "‍"):
        assert not matcher.match(question).matched


class Counting:
    """A meaning that says how near every wording is."""

    def __init__(self, cosines: Sequence[float]) -> None:
        self.cosines = cosines
        self.asked = 0

    def question(self, text: str) -> Vectors:
        self.asked += 1
        return np.array([1.0, 0.0], np.float32)

    def wordings(self) -> Vectors:
        return np.array([[cosine, (1 - cosine**2) ** 0.5] for cosine in self.cosines], np.float32)


def test_the_model_is_asked_only_when_words_leave_a_doubt() -> None:
    meaning = Counting([0.9, 0.1])
    matcher = Matcher(
        [Asked("a", "체육관 정기 점검 일정이 궁금해요"), Asked("b", "식당 메뉴")], lambda: ANALYSER, meaning
    )
    assert matcher.match("체육관 정기 점검 일정이 궁금해요!").how == "exact"
    assert matcher.match("정기 점검 일정 체육관 알려 주세요").how == "words"
    assert not matcher.match("체육관 정기 점검 비용은 얼마인가요?").matched  # forbidden: no model can lift that
    assert meaning.asked == 0
    assert matcher.match("체육관 정기 점검 일정을 적어 두었는데요").how == "near"
    assert meaning.asked == 1


def test_threshold_and_margin_both_decide() -> None:
    wordings = [Asked("a", "체육관 정기 점검 일정이 궁금해요"), Asked("b", "식당 메뉴")]
    question = "체육관 정기 점검 일정을 적어 두었는데요"
    score = Matcher(wordings, lambda: ANALYSER).match(question).score
    assert "점수" in Matcher(wordings, lambda: ANALYSER, None, Limits(score + 0.01, 0.0)).match(question).reason
    assert Matcher(wordings, lambda: ANALYSER, None, Limits(score, 0.0)).match(question).matched

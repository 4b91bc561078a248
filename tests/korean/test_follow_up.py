"""Follow-ups written out by rule, and questions that lean on nothing left alone."""

from __future__ import annotations

import pytest

from haechi.korean.follow_up import topic_of, write_out
from haechi.korean.morphology import MecabAnalyser
from haechi.korean.stated_day import stated_day

ANALYSER = MecabAnalyser()


@pytest.mark.parametrize(
    ("previous", "question", "written"),
    [
        ("솔빛홀 대관료는 평일 오전에 얼마인가요?", "그럼 두레홀은요?", "두레홀 대관료는 평일 오전에 얼마인가요?"),
        ("중앙도서관은 언제 쉬나요?", "강변도서관은?", "강변도서관은 언제 쉬나요?"),
        ("수영장 일일권은 얼마인가요?", "어린이는요?", "어린이의 경우 수영장 일일권은 얼마인가요?"),
        ("두레홀 사용보증금은 얼마인가요?", "그건 언제 돌려받나요?", "두레홀 사용보증금은 언제 돌려받나요?"),
        ("중앙도서관 열람실은 몇 석인가요?", "거기 주차장은 몇 면인가요?", "중앙도서관 주차장은 몇 면인가요?"),
        ("캠핑장 예약은 언제 여나요?", "이 경우 취소는 어떻게 하나요?", "캠핑장 예약의 경우 취소는 어떻게 하나요?"),
        ("근로기준법 제60조는 무엇을 정하나요?", "같은 조 제3항은요?", "근로기준법 제60조제3항은요?"),
    ],
)
def test_what_is_left_to_the_question_before_is_written_out(previous: str, question: str, written: str) -> None:
    found = write_out(question, previous, ANALYSER)
    assert (found.text, found.leaning) == (written, "rule")


@pytest.mark.parametrize("question", ["글램핑 성수기 요금은 얼마인가요?", "체육센터 개인 사물함 보증금은 얼마예요?"])
def test_a_question_with_a_topic_of_its_own_leans_on_nothing(question: str) -> None:
    found = write_out(question, "솔빛홀 대관료는 얼마인가요?", ANALYSER)
    assert (found.text, found.leaning) == (question, "no")


def test_a_short_question_with_one_noun_may_lean() -> None:
    found = write_out("연장은 몇 번까지 되나요?", "도서관 책은 몇 권까지 빌리나요?", ANALYSER)
    assert (found.text, found.leaning) == ("도서관 책 연장은 몇 번까지 되나요?", "unsure")


def test_a_topic_is_what_stands_before_the_first_particle() -> None:
    assert topic_of("그럼 광역시로 출장 갈 때 숙박비는 얼마예요?", ANALYSER) == "광역시로 출장 갈 때 숙박비"
    assert topic_of("", ANALYSER) == ""


@pytest.mark.parametrize(
    ("question", "day"),
    [
        ("2023년 기준 대출 기간은?", "2023-12-31"),
        ("2024. 3. 1. 당시의 연체료는?", "2024-03-01"),
        ("2022년 2월 기준으로 알려 주세요", "2022-02-28"),
        ("2026년 현재 수당은?", "2026-11-25"),  # not the end of a year that is not over
        ("2023년에 태어난 아이", None),
        ("2023년 2월 30일 기준", None),
        ("대출 기간은?", None),
    ],
)
def test_the_day_a_question_speaks_of(question: str, day: str | None) -> None:
    found = stated_day(question, "2026-11-25")
    assert (found.day if found else None) == day

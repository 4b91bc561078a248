"""A question that is two is cut into its parts; one that only looks like it stays whole."""

from __future__ import annotations

import pytest

from haechi.korean.sub_questions import sub_questions


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        (
            "1) 여권은 몇 년 쓸 수 있나요? 2) 주민등록증은 어디서 다시 받나요?",
            ["여권은 몇 년 쓸 수 있나요?", "주민등록증은 어디서 다시 받나요?"],
        ),
        (
            "첫째, 경비업 허가는 누가 하나요? 둘째, 미용실 신고는 어디에 하나요?",
            ["경비업 허가는 누가 하나요?", "미용실 신고는 어디에 하나요?"],
        ),
        (
            "연체료는 하루에 얼마이고 팀장 직책수당은 한 달에 얼마인가요?",
            ["연체료는 하루에 얼마이고", "팀장 직책수당은 한 달에 얼마인가요?"],
        ),
        (
            "해고 예고는 며칠 전인지와 실업 신고는 어디에 하는지 알려 주세요.",
            ["해고 예고는 며칠 전인지", "실업 신고는 어디에 하는지 알려 주세요."],
        ),
        (
            "텐트 대여료는 얼마인가요? 그리고 순환버스 요금은 얼마인가요?",
            ["텐트 대여료는 얼마인가요?", "순환버스 요금은 얼마인가요?"],
        ),
        ("특수경비원과 청원경찰의 차이가 무엇인가요?", ["특수경비원", "청원경찰"]),
        ("솔빛홀과 두레홀의 대관료는 각각 얼마인가요?", ["솔빛홀 대관료는 얼마인가요?", "두레홀 대관료는 얼마인가요?"]),
        ("직원 보수의 지급일과 강사료 금액을 둘 다 알려 주세요.", ["직원 보수의 지급일", "강사료 금액"]),
    ],
)
def test_the_parts_of_a_question_that_is_two(question: str, parts: list[str]) -> None:
    assert sub_questions(question) == parts


@pytest.mark.parametrize(
    "question",
    [
        "연체료는 하루에 얼마인가요?",
        "연체료는 얼마인가요? 언제까지 내야 하나요?",
        # The second clause speaks of the first one's matter: one passage answers both.
        "지원 대상은 누구이며, 이를 위해 어떤 서류가 필요한가요?",
        "2020년과 2022년에 각각 어떤 변화가 있었나요?",
        "블루스와 공통점이 많은 음악은 무엇인가요?",
        "임대차계약서상의 임차인과 사업자등록증상의 사업자가 다른 경우의 처리 방법",
        "도서관과 캠핑장을 모두 이용하는 시민은 누구인가요?",
        "안녕하세요. 감사합니다.",
        "",
    ],
)
def test_a_question_that_is_one_stays_whole(question: str) -> None:
    assert sub_questions(question) == []


def test_items_share_the_topic_that_stood_before_them() -> None:
    parts = sub_questions("육아휴직은 궁금한 것이 많습니다. 1) 얼마를 받나요? 2) 언제까지 신청하나요?")
    assert parts == ["육아휴직 얼마를 받나요?", "육아휴직 언제까지 신청하나요?"]


def test_a_told_case_goes_with_the_part_behind_it() -> None:
    parts = sub_questions("책을 잃어버렸습니다. 변상은 어떻게 하나요? 그리고 캠핑장 예약은 언제 열리나요?")
    assert parts == ["책을 잃어버렸습니다. 변상은 어떻게 하나요?", "캠핑장 예약은 언제 열리나요?"]

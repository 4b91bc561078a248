"""Where the letters beside a value decide, what a bound changes, and what a rule checker must leave open."""

import pytest

from haechi.checkers.base import Evidence
from haechi.registry import load

FEES = Evidence(
    "① 시정명령을 위반한 사용자에게는 500만원 이하의 과태료를 부과한다.\n"
    "② 자금을 목적 외 용도에 사용한 자에게는 300만원 이하의 과태료를 부과한다.\n"
    "③ 이의는 통지를 받은 날부터 30일 이내에 하여야 한다. 제3항에 따른 이의는 다음 달 10일까지 처리한다.\n"
    "④ 재직 기간이 1년 이상 3년 미만인 직원의 연가는 14일로 한다. 신고는 2024. 3. 1.부터 받는다.\n"
    "⑤ 문의는 총무과(전화 02-123-4567, help@haechi.kr, 문서번호 총무과-1234)로 한다."
)


def verdict(name, answer):
    (found,) = load("checkers", name)().check(answer, [FEES])
    return found


@pytest.mark.parametrize(
    ("name", "answer", "claim", "suggestion"),
    [
        # trap: 300만원 stands in the evidence too, in another sentence
        ("amount", "시정명령을 위반한 사용자에게는 300만원 이하의 과태료를 부과합니다.", "300만원", "500만원"),
        ("quantity", "이의는 통지를 받은 날부터 30일에 하여야 한다.", "30일", "30일 이내"),
        ("date", "제3항에 따른 이의는 다음 달 25일까지 처리한다.", "다음 달 25일", "다음 달 10일"),
        ("date", "신고는 2024. 3. 1.까지 받는다.", "2024. 3. 1.", ""),
        ("code", "문의는 총무과(전화 02-123-4576)로 한다.", "02-123-4576", "02-123-4567"),
        ("code", "문의는 총무과 전자우편(hlep@haechi.kr)으로 한다.", "hlep@haechi.kr", "help@haechi.kr"),
        ("code", "문의는 문서번호 총무과-1243으로 한다.", "총무과-1243", "총무과-1234"),
    ],
)  # fmt: skip
def test_a_copied_sentence_with_one_detail_changed(name, answer, claim, suggestion):
    found = verdict(name, answer)
    assert (found.label, found.claim, found.suggestion) == ("contradicted", claim, suggestion)
    assert answer[found.start : found.end] == claim


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("amount", "과태료는 최대 5,000,000원입니다."),
        ("quantity", "통지를 받고 30일 안에 이의를 하세요."),
        ("quantity", "연가는 2주입니다."),
        ("code", "총무과 전화는 02)123-4567입니다."),
        ("date", "2024년 3월 1일부터 신고를 받습니다."),
    ],
)
def test_equal_forms_are_supported(name, answer):
    assert verdict(name, answer).label == "supported"


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        # a case that the rule decides, not a number of the rule
        ("quantity", "재직 기간이 2년인 직원은 연가를 씁니다."),
        # a month may be 30 days, nobody says so
        ("quantity", "통지를 받은 지 한 달 안에 이의를 하세요."),
        # a way of speaking
        ("quantity", "과태료는 한 번에 내야 합니다."),
    ],
)
def test_what_needs_reasoning_is_said_to_be_unchecked(name, answer):
    assert verdict(name, answer).label == "unchecked"


def test_a_name_with_digits_is_not_called_invented():
    assert verdict("code", "신청서는 A4 용지에 씁니다.").label == "unchecked"


def test_an_amount_that_is_no_number_is_caught():
    assert (
        verdict("amount", "시정명령을 위반한 사용자에게는 4천8천만원 이하의 과태료를 부과한다.").label == "contradicted"
    )


def test_a_paragraph_of_another_article_does_not_answer_for_it():
    other = Evidence("제35조제6항에 따라 처리한다.")
    own = Evidence("제3항의 경우 가정법원의 허가를 받아야 한다.")
    (found,) = load("checkers", "law_article")().check("제6항의 경우 가정법원의 허가를 받아야 합니다.", [other, own])
    assert (found.label, found.suggestion) == ("contradicted", "제3항")


def test_same_law_of_a_shortened_answer_is_any_law():
    source = Evidence("「상속세및증여세법」 제35조 및 같은법시행령 제26조제4항에 따른다.")
    (found,) = load("checkers", "law_article")().check("같은법시행령 제26조 제4항에 따릅니다.", [source])
    assert found.label == "supported"

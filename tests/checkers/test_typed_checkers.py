"""The amount, date, quantity and law checkers: the named confusions, equal forms, bounds, and what stays unchecked."""

import pytest

from haechi.checkers.base import Evidence
from haechi.registry import load

RULES = Evidence(
    "제32조(연차휴가) ① 위원회는 1년간 80퍼센트 이상 출석한 위원에게 15일의 휴가를 준다.\n"
    "② 휴가 신청은 2023년 3월 1일부터 30일 이내에 하여야 한다. 지원금은 3억 원을 한도로 한다.\n"
    "  1. 대상자 50명 이하\n"
    "  2. 수수료 1억여 원",
    "제32조",
    "해치재단 복무규정",
)


def check(name, answer, *evidence, question=""):
    return load("checkers", name)().check(answer, evidence or (RULES,), question)


def label(name, answer, *evidence, question=""):
    (verdict,) = check(name, answer, *evidence, question=question)
    return verdict.label


def test_article_23_is_not_article_32():
    (verdict,) = check("law_article", "제23조에 따라 위원에게 휴가를 준다 [1].")
    assert (verdict.claim, verdict.label, verdict.suggestion) == ("제23조", "contradicted", "제32조")


def test_three_hundred_million_is_not_three_billion():
    (verdict,) = check("amount", "지원금은 30억 원을 한도로 합니다.")
    assert (verdict.label, verdict.suggestion) == ("contradicted", "3억 원")
    assert verdict.evidence == "지원금은 3억 원을 한도로 한다."
    assert "3억 원" in verdict.explanation


def test_2021_is_not_2023():
    (verdict,) = check("date", "휴가 신청은 2021년부터 합니다.")
    assert verdict.label == "contradicted"
    assert "2023년" in verdict.suggestion


@pytest.mark.parametrize("form", ["3억 원", "300,000,000원", "3억원", "삼억 원", "３억 원"])
def test_equal_amounts_in_another_form_are_not_flagged(form):
    assert label("amount", f"지원금은 {form}이 한도입니다.") == "supported"


@pytest.mark.parametrize(
    ("name", "answer", "expected"),
    [
        ("date", "신청은 2023. 3. 1.부터입니다.", "supported"),
        ("date", "신청은 2023년에 시작합니다.", "supported"),
        ("date", "신청은 3월 1일부터입니다.", "supported"),
        ("date", "신청은 3월 2일부터입니다.", "contradicted"),
        ("date", "작년 5월에 신청했습니다.", "unchecked"),
        ("quantity", "휴가는 15일입니다.", "supported"),
        ("quantity", "휴가 신청은 30일 이내입니다.", "supported"),
        ("quantity", "휴가 신청은 30일 이상 지나야 합니다.", "contradicted"),
        ("quantity", "대상자는 50명 이상입니다.", "contradicted"),
        ("quantity", "대상자는 최대 50명입니다.", "supported"),
        ("quantity", "대상자는 쉰 명입니다.", "supported"),
        ("quantity", "주차장은 7층입니다.", "not_found"),
        ("amount", "수수료는 1억 원입니다.", "supported"),
        # 1억여 원 may be 130 million, never 230
        ("amount", "수수료는 1억 3천만 원입니다.", "unchecked"),
        ("amount", "수수료는 2억 3천만 원입니다.", "contradicted"),
        ("amount", "위원은 80% 이상 출석해야 합니다.", "supported"),
        ("amount", "위원은 100분의 80 이상 출석해야 합니다.", "supported"),
        ("law_article", "제32조제1항에 따릅니다.", "supported"),
        ("law_article", "제32조제2항제1호에 따릅니다.", "supported"),
        ("law_article", "복무규정 제32조에 따릅니다.", "supported"),
    ],
)  # fmt: skip
def test_verdicts(name, answer, expected):
    assert label(name, answer) == expected


def test_an_opposite_bound_is_named_with_the_source():
    (verdict,) = check("quantity", "대상자는 50명 이상입니다.")
    assert (verdict.claim, verdict.suggestion) == ("50명 이상", "50명 이하")


def test_an_article_is_supported_by_a_passage_that_is_a_part_of_it():
    part = Evidence("② 위원은 매년 보고한다.", "제12조제2항", "해치재단 복무규정")
    assert label("law_article", "제12조에 따라 보고합니다.", part) == "supported"
    assert label("law_article", "제12조제2항에 따라 보고합니다.", part) == "supported"


def test_the_same_number_in_another_law_is_not_support():
    labour = Evidence("① 사용자는 근로자에게 휴가를 준다.", "제60조", "근로기준법")
    assert label("law_article", "「근로기준법」 제60조에 따라 휴가를 준다.", labour) == "supported"
    assert label("law_article", "「민법」 제60조에 따라 근로자에게 휴가를 준다.", labour) == "contradicted"
    # the decree is another law than its parent
    assert label("law_article", "「근로기준법 시행령」 제60조에 따라 근로자에게 휴가를 준다.", labour) == "contradicted"


def test_the_supplement_never_answers_for_the_body():
    supplement = Evidence("이 규정은 공포한 날부터 시행한다.", "부칙 제1조", "복무규정")
    assert label("law_article", "제1조에 따라 공포한 날부터 시행한다.", supplement) != "supported"


def test_an_article_within_a_cited_range_is_supported():
    text = Evidence("제3조부터 제7조까지의 규정을 준용한다.", "제20조", "복무규정")
    assert label("law_article", "제5조를 준용한다.", text) == "supported"
    assert label("law_article", "제9조를 준용한다.", text) != "supported"


def test_a_value_of_the_question_alone_is_not_supported():
    (verdict,) = check("amount", "네, 지원금은 5억 원입니다.", question="지원금이 5억 원인가요?")
    assert verdict.label != "supported"
    assert "질문에만" in verdict.explanation


def test_denying_a_wrong_value_is_right():
    wrong, right = check("amount", "지원금은 30억 원이 아니라 3억 원을 한도로 합니다.")
    assert (wrong.label, right.label) == ("supported", "supported")


def test_a_value_without_any_shared_word_is_noted():
    (verdict,) = check("amount", "벌칙으로는 3억 원까지 부과됩니다.")
    assert verdict.label == "supported"
    assert "확인하지 못했습니다" in verdict.explanation


def test_nothing_to_compare_with_is_not_found():
    assert load("checkers", "amount")().check("지원금은 3억 원입니다.", [])[0].label == "not_found"


def test_citation_markers_are_no_values():
    for name in ("amount", "date", "quantity", "law_article"):
        assert check(name, "휴가를 줍니다 [1][2, 3].") == []

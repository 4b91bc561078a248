"""The name checker: swapped, misspelt and made-up names are stopped; other writings and common nouns are not."""

import pytest

from haechi.checkers.base import Evidence
from haechi.checkers.name import NameChecker
from haechi.korean.gazetteer import learn

LOAN = "새솔은행의 전세자금대출은 임차보증금의 80% 이내에서 최대 2억 원까지 빌려 드립니다. 대출 기간은 2년입니다."
MINISTRY = "보건복지부장관은 국민건강보험공단에 자료를 요청할 수 있다. 이 경우 김민수 과장이 담당한다."


def check(answer, *evidence, question="", **options):
    return NameChecker(**options).check(answer, [Evidence(text) for text in evidence], question)


def bad(answer, *evidence, question=""):
    return [
        (verdict.claim, verdict.label)
        for verdict in check(answer, *evidence, question=question)
        if verdict.label in ("contradicted", "not_found")
    ]


def test_a_bank_in_the_place_of_another_is_named_with_the_right_one():
    answer = "한들은행의 전세자금대출은 최대 2억 원까지 빌릴 수 있습니다."
    (verdict,) = check(answer, LOAN)
    assert (verdict.label, verdict.claim, verdict.suggestion) == ("contradicted", "한들은행", "새솔은행")
    assert answer[verdict.start : verdict.end] == "한들은행"
    assert verdict.evidence.startswith("새솔은행의")


@pytest.mark.parametrize(
    ("answer", "claim"),
    [
        ("행정안전부장관은 국민건강보험공단에 자료를 요청할 수 있습니다.", "행정안전부"),
        ("보건복지부장관은 국민연금공단에 자료를 요청할 수 있습니다.", "국민연금공단"),
        ("보건복지부장관은 국민건강보험곰단에 자료를 요청할 수 있습니다.", "국민건강보험곰단"),
        ("이 경우 김민주 과장이 담당합니다.", "김민주"),
        ("이 경우 박서준 과장이 담당합니다.", "박서준"),
        ("자료는 금융감독원에도 요청할 수 있습니다.", "금융감독원"),
        ("자료는 경찰서장에게도 요청할 수 있습니다.", "경찰서장"),
        ("부산광역시에서도 자료를 요청할 수 있습니다.", "부산광역시"),
        ("「의료법」에 따라 자료를 요청할 수 있습니다.", "「의료법」"),
    ],
)
def test_changed_names_are_stopped(answer, claim):
    assert claim in [name for name, _ in bad(answer, MINISTRY)]


@pytest.mark.parametrize(
    "answer",
    [
        "복지부 장관은 건보공단에 자료를 달라고 할 수 있어요.",
        "복지부는 국민건강 보험공단에 자료를 요청합니다.",
        "담당자는 김민수 과장님입니다.",
        "담당 공무원은 관할 관청에 신청서를 낼 수 있습니다.",
        "장관이 공단에 자료를 요청하면 담당 과장이 처리합니다.",
        "신청인은 가까운 병원이나 은행에서 신청하시면 됩니다.",
        "자료 요청은 의무가 아니라 할 수 있는 일입니다.",
    ],
)
def test_other_words_for_the_same_are_not_stopped(answer):
    assert bad(answer, MINISTRY) == []


def test_a_made_up_name_is_not_found_where_the_evidence_names_nobody():
    passage = "외래 진료비는 진료를 받기 전에 수납하는 것이 원칙이다. 진료 기록은 5년간 보관한다."
    assert bad("소담치과병원의 외래 진료비는 진료 전에 수납합니다.", passage) == [("소담치과병원", "not_found")]
    # 동네 병원 is a class, and names nobody
    assert bad("동네 병원의 외래 진료비는 진료 전에 수납합니다.", passage) == []


def test_an_unknown_name_is_found_by_its_place():
    passage = "제3기 은솔구 주민자치학교 수강생을 모집합니다. 수강료는 무료입니다."
    (verdict, _) = check("단미구 주민자치학교의 수강료는 무료입니다.", passage)
    assert (verdict.label, verdict.suggestion) == ("contradicted", "은솔구")


def test_a_quoted_title_that_is_no_law_may_be_told_in_other_words():
    assert bad("「권리를 얻는 때」가 언제인지 봅니다.", "「권리를 취득하는 때」가 언제인지 본다.") == []


def test_a_misspelt_class_is_stopped_too():
    assert bad("창작궁방은 일요일에 쉽니다.", "창작공방은 일요일에 쉰다.") == [("창작궁방", "contradicted")]


def test_the_title_and_the_label_are_evidence():
    passage = Evidence("사업주는 이를 신고하여야 한다.", "제5조", "고용보험법")
    (verdict,) = NameChecker().check("고용보험법에서는 사업주가 신고하여야 합니다.", [passage])
    assert verdict.label == "supported"


def test_a_law_inside_a_reference_is_left_to_the_law_checker():
    assert check("「의료법」 제5조에 따릅니다.", "「약사법」 제5조에 따른다.") == []


def test_the_full_name_of_the_home_is_unchecked_where_the_passage_says_only_its_class():
    (verdict,) = check("국민연금공단은 회계연도마다 결산보고서를 냅니다.", "공단은 회계연도마다 결산보고서를 제출한다.")
    assert verdict.label == "unchecked"


def test_the_gazetteer_of_the_home_knows_who_that_is():
    passage = "공단은 회계연도마다 결산보고서를 제출한다."
    home = learn(['국민연금공단(이하 "공단"이라 한다)의 정관'])
    answer = "국민연금공단은 회계연도마다 결산보고서를 냅니다."
    (verdict,) = check(answer, passage, gazetteer=lambda: home)
    assert verdict.label == "supported"


def test_an_abbreviation_of_two_names_speaks_for_neither():
    home = learn(['국민연금공단(이하 "공단"이라 한다)', '근로복지공단(이하 "공단"이라 한다)'])
    (verdict,) = check("국민연금공단은 결산보고서를 냅니다.", "공단은 결산보고서를 제출한다.", gazetteer=lambda: home)
    assert verdict.label == "unchecked"


def test_a_name_that_only_the_question_has():
    passage = "본 기관의 민원은 7일 안에 처리한다."
    question = "한국해치진흥원의 민원은 언제 처리되나요?"
    (verdict,) = check("한국해치진흥원의 민원은 7일 안에 처리합니다.", passage, question=question)
    assert verdict.label == "unchecked"
    # as what is told, not as the topic
    (verdict,) = check("민원은 한국해치진흥원이 처리합니다.", passage, question=question)
    assert verdict.label == "not_found" and "질문에만" in verdict.explanation


def test_a_denied_name_is_unchecked():
    answer = "이 업무는 교육부가 아니라 보건복지부가 맡습니다."
    assert [verdict.label for verdict in check(answer, "이 업무는 보건복지부가 맡는다.")] == ["unchecked", "supported"]


def test_text_read_from_a_picture_settles_nothing():
    scanned = [Evidence(LOAN, ocr=0.7)]
    for answer in ("새솔은행의 대출입니다.", "한들은행의 전세자금대출은 최대 2억 원입니다."):
        (verdict,) = NameChecker().check(answer, scanned)
        assert verdict.label == "unchecked" and "OCR" in verdict.explanation


def test_numbers_and_amounts_are_no_names():
    assert (
        check(
            "벌금은 1,000,000,000원 이하이고 22시까지 이천억원을 냅니다.",
            "벌금은 10억원 이하이고 10시까지 2000억원을 낸다.",
        )
        == []
    )

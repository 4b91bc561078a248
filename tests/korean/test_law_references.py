"""Law references: canonical form, anaphora, chains, and what only looks like one."""

import pytest

from haechi.korean.law_references import LawReference, reference
from haechi.korean.values import parse_values


def forms(text):
    return [value.normalised for value in parse_values(text) if value.kind == "law_reference"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("제43조의2제1항제3호가목", "제43조의2제1항제3호가목"),
        ("제43조의2 제1항 제3호 가목", "제43조의2제1항제3호가목"),
        ("제 12 조", "제12조"),
        ("제168조의 8 제2항", "제168조의8제2항"),
        ("「근로기준법」 제60조제2항", "근로기준법/제60조제2항"),
        ("근로기준법 제60조", "근로기준법/제60조"),
        ("근로기준법 시행령 제5조", "근로기준법시행령/제5조"),
        ('「소득세법」(이하 "법"이라 한다) 제4조', "소득세법/제4조"),
        ("「개인정보 보호법」 제15조", "개인정보보호법/제15조"),
        ("취업규칙 제12조", "취업규칙/제12조"),
        ("법 제28조", "법/제28조"),
        ("이 법 제4조", "제4조"),
        ("이 규정 제4조", "제4조"),
        ("별표 3", "별표3"),
        ("별표 3의2 제2호", "별표3의2제2호"),
        ("별지 제3호서식", "별지제3호서식"),
        ("부칙 제3조제2항", "부칙제3조제2항"),
        ("부칙 <제12345호,2020.1.1> 제2조", "부칙제2조"),
        ("제3장", "제3장"),
        ("12조 2항에 따르면", "제12조제2항"),
        ("23조에 따라", "제23조"),
        ("방법 제3조", "제3조"),
        ("및 시행령 제46조", "시행령/제46조"),
        ("[별표 2 ]", "별표2"),
        ("대통령령 규정 제5조", "제5조"),
    ],
)
def test_canonical_form(text, expected):
    assert forms(text) == [expected]


def test_same_law_same_article_same_paragraph_are_resolved():
    text = "「근로기준법」 제60조제2항에 따른다. 같은 법 제61조와 같은 조 제2항을 보며, 같은 항 제3호 가목도 본다."
    assert forms(text) == [
        "근로기준법/제60조제2항",
        "근로기준법/제61조",
        "근로기준법/제61조제2항",
        "근로기준법/제61조제2항제3호가목",
    ]


def test_same_law_after_its_decree_is_the_act():
    assert forms("소득세법시행령 제46조에 따른다. 같은 법 시행령 제47조, 같은 법 제9조") == [
        "소득세법시행령/제46조",
        "소득세법시행령/제47조",
        "소득세법/제9조",
    ]


def test_members_of_a_chain_take_the_head_of_the_first():
    assert forms("제12조제1항 및 제2항") == ["제12조제1항", "제12조제2항"]
    assert forms("「민법」 제3조부터 제5조까지") == ["민법/제3조", "민법/제5조"]


@pytest.mark.parametrize(
    "text", ["법률 제11690호", "고시 제2024-15호", "예산 23조원", "제3관리과", "제1절차", "전 조사"]
)
def test_these_are_no_references(text):
    assert forms(text) == []


def test_a_title_line_is_not_drawn_into_the_article_below():
    # the span would cross the line break
    (value,) = [value for value in parse_values("취업규칙\n제1조(목적)") if value.kind == "law_reference"]
    assert value.surface == "제1조"


def test_reference_reads_labels_and_canonical_forms():
    assert reference("제12조의2제1항") == LawReference(("제12조의2", "제1항"))
    assert reference("근로기준법/제60조제2항") == LawReference(("제60조", "제2항"), "근로기준법")
    assert reference("부칙 제2조") == LawReference(("제2조",), "", True)
    assert reference("연차 휴가") is None


def test_an_article_covers_its_paragraphs_but_not_its_namesake_in_the_supplement():
    article = LawReference(("제12조",))
    assert article.covers(LawReference(("제12조", "제2항")))
    assert not article.covers(LawReference(("제12조의2",)))
    assert not article.covers(LawReference(("제12조",), supplement=True))

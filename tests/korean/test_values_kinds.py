"""Telephone numbers, e-mail, codes, other numerals, and how sure a value is."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haechi.korean.bounds import bound_of
from haechi.korean.values import parse_values, surface_variants


def only(text):
    (value,) = parse_values(text)
    return value


@pytest.mark.parametrize(
    ("kind", "canonical", "spellings"),
    [
        ("phone", "tel:0212345678", ["02-1234-5678", "(02) 1234-5678", "02)1234-5678", "+82-2-1234-5678",
                                     "02.1234.5678"]),
        ("phone", "tel:01012345678", ["010-1234-5678", "01012345678", "０１０-１２３４-５６７８"]),
        ("phone", "tel:15881234", ["1588-1234"]),
        ("phone", "tel:120", ["국번 없이 120", "☎ 120"]),
        ("email", "mail:help@example.go.kr", ["help@example.go.kr", "Help@Example.go.kr"]),
        ("code", "code:2012두1234", ["대법원 2012두1234 판결"]),
        ("code", "code:고시제2024-15호", ["고시 제2024-15호", "고시제2024-15호"]),
        ("code", "code:123-45-67890", ["사업자등록번호 123-45-67890"]),
        ("code", "code:재산세과-4176", ["재산세과-4176"]),
        ("code", "code:A-12", ["A-12 구역"]),
    ],
)  # fmt: skip
def test_contacts_and_codes(kind, canonical, spellings):
    assert {(only(text).kind, only(text).normalised) for text in spellings} == {(kind, canonical)}


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("三千萬 圓", "KRW:30000000"),
        ("第二條", "제2조"),
        ("二〇二四年 三月 一日", "date:2024-03-01"),
        ("제Ⅲ장", "제3장"),
        ("1½시간", "1.5시간"),
        ("½", "PCT:50"),
        ("만 6천 원", "KRW:16000"),
        ("2할 5푼", "PCT:25"),
        ("반년", "6개월"),
        ("다섯 번", "5회"),
        ("시속 10km", "10km/h"),
        ("2월 말", "date:--02-end"),
        ("정오", "time:12:00"),
        ("5영업일", "5영업일"),
        ("제육십조제이항", "제60조제2항"),
        ("60조2항", "제60조제2항"),
        ("2조 3호", "제2조제3호"),
        ("소득세법 35조", "소득세법/제35조"),
        ("『민법』 제3조", "민법/제3조"),
    ],
)
def test_other_numerals_and_spellings(text, canonical):
    assert only(text).normalised == canonical


def test_a_particle_is_no_part_of_a_fraction():
    # trap: "2분의 1만" was read as one half of ten thousand
    assert only("2분의 1만 지급한다").normalised == "PCT:50"


def test_what_an_act_in_brackets_says_stays_a_value():
    values = parse_values("부칙(2002.12.11. 법률 제6762호) 제29조 제1항")
    assert [value.normalised for value in values] == ["date:2002-12-11", "code:법률제6762호", "부칙제29조제1항"]


@pytest.mark.parametrize(
    ("text", "certainty"),
    [
        ("3천만 원", "certain"),
        ("9시", "ambiguous"),
        ("09:00", "certain"),
        ("오후 9시", "certain"),
        ("24년 3월", "ambiguous"),
        ("1억 2천", "ambiguous"),
        ("1억 2천만 원", "certain"),
        ("절반", "ambiguous"),
        ("한 번", "ambiguous"),
        ("세 번", "certain"),
        ("A4", "ambiguous"),
        ("작년", "unresolved"),
        ("다음 달 말일", "unresolved"),
        ("2월 30일", "unresolved"),
        ("전항의 규정", "unresolved"),
        ("같은 법 제5조", "unresolved"),
        ("4천8천만 원", "unresolved"),
    ],
)
def test_certainty(text, certainty):
    assert only(text).certainty == certainty


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("3년 이상", "이상"),
        ("3년을 초과", "초과"),
        ("3년을 초과할 수 없다", "이하"),
        ("3년을 넘지 못한다", "이하"),
        ("3년이 안 된", "미만"),
        ("3년까지", "이하"),
        ("3년부터", "이상"),
        ("최대 3년", "이하"),
        ("3년(종전은 1년) 이내", "이하"),
        ("3년 정도", "안팎"),
    ],
)
def test_bounds(text, kind):
    value = parse_values(text)[0]
    bound = bound_of(text, value)
    assert bound is not None and bound.kind == kind


@settings(max_examples=150, deadline=None)
@given(
    st.integers(1, 999),
    st.one_of(st.none(), st.integers(2, 20)),
    st.one_of(st.none(), st.integers(1, 30)),
    st.one_of(st.none(), st.integers(1, 30)),
    st.sampled_from(["", " "]),
    st.booleans(),
)
def test_any_article_survives_every_spelling(article, sub, paragraph, item, gap, short):
    form = f"제{article}조" + (f"의{sub}" if sub else "")
    parts = [form, *([f"제{paragraph}항"] if paragraph else []), *([f"제{item}호"] if item else [])]
    # 1조의21항 without a space may be 의2 and 1항 or 의21.
    spelled = (" " if short and sub else gap).join(parts)
    if short and paragraph:
        spelled = spelled.replace("제", "")
    (value,) = parse_values(spelled + "에 따라")
    assert value.normalised == "".join(parts)
    for variant in surface_variants(value):
        assert only(variant).normalised == value.normalised

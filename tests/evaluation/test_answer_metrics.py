"""Metrics of whole answers, worked by hand."""

from __future__ import annotations

import pytest

from haechi.evaluation.answer_metrics import char_f1, contains_answer, fabricated, golds_of, is_gold, numbers

SUPPLEMENT = {"document": "a.md", "label": "부칙 제1조", "heading": "부칙 <2026. 1. 2.>"}


@pytest.mark.parametrize(
    ("answer", "gold", "expected"),
    [
        ("연체료는 1일 100원입니다. [1]", "1일100원", True),
        ("보증금은 3,000 원입니다.", "3,000원", True),
        # Trap: a short number inside a longer one is another number.
        ("사용료는 45,000원입니다.", "5,000원", False),
        ("14일입니다.", "4일", False),
        ("제12조의2에 따릅니다.", "제12조의2", True),
        ("모른다", "100원", False),
    ],
)
def test_a_gold_stands_in_an_answer_spaces_and_commas_aside(answer: str, gold: str, expected: bool) -> None:
    assert contains_answer(answer, [gold]) is expected


def test_character_f1_is_korquads() -> None:
    assert char_f1("100원", ["100원"]) == 1.0
    assert char_f1("가나", ["가다"]) == pytest.approx(0.5)
    assert char_f1("모른다", ["100"]) == 0.0


@pytest.mark.parametrize(
    ("place", "gold", "expected"),
    [
        ({"source": "운영규정.md", "label": "제12조제2항"}, {"document": "운영규정.md", "label": "제12조"}, True),
        ({"source": "운영규정.md", "label": "제12조의2"}, {"document": "운영규정.md", "label": "제12조"}, False),
        ({"source": "여비규정.md", "label": "제12조"}, {"document": "운영규정.md", "label": "제12조"}, False),
        ({"source": "부칙.md", "label": "부칙 제1조"}, {"document": "부칙.md", "label": "제1조"}, False),
        ({"source": "안내.pdf", "page": 5}, {"document": "안내.pdf", "page": 5}, True),
        ({"source": "안내.pdf", "page": 4}, {"document": "안내.pdf", "page": 5}, False),
        # Every revision of a regulation has its own 부칙 제1조; the heading tells them apart.
        ({"source": "a.md", "label": "부칙 제1조", "headings": ["부칙 <2026. 1. 2.>"]}, SUPPLEMENT, True),
        ({"source": "a.md", "label": "부칙 제1조", "headings": ["부칙 <2021. 3. 2.>"]}, SUPPLEMENT, False),
        ({"document": "ab12", "external_id": "kq-1"}, {"id": "kq-1"}, True),
        ({"document": "ab12", "external_id": None}, {"id": "ab12"}, True),
        ({"source": "하위/운영규정.md", "label": "제1조"}, {"document": "운영규정.md", "label": "제1조"}, True),
    ],
)
def test_a_citation_is_gold_by_its_article_or_page(
    place: dict[str, object], gold: dict[str, object], expected: bool
) -> None:
    assert is_gold(place, gold) is expected


def test_gold_places_and_gold_ids_are_one_list() -> None:
    assert golds_of({"gold": [{"document": "a"}], "gold_ids": ["x"]}) == [{"document": "a"}, {"id": "x"}]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("연체료 3,000원, 2024. 3. 1.", ["3000원", "2024", "3", "1"]),
        ("[1] 14일 [2]", ["14일"]),
        ("٣개와 Ⅳ권", ["٣개", "IV"]),
        ("삼십일 이내, 오백 원", ["삼십", "오백"]),
        ("제12조의2에 따라", ["12조", "2"]),
    ],
)
def test_every_number_is_seen_whatever_its_script(text: str, expected: list[str]) -> None:
    if "Ⅳ" in text:  # NFKC turns the Roman numeral into letters
        expected = expected[:1]
    assert numbers(text) == expected


@pytest.mark.parametrize(
    ("answer", "passage", "expected"),
    [
        ("연체료는 100원입니다. [1]", "연체료는 1일 100원", []),
        ("연체료는 500원입니다.", "연체료는 1일 100원", ["500원"]),
        ("3천만 원입니다.", "30,000,000원", []),
        ("3억 원입니다.", "30,000,000원", ["3억"]),
        ("17시까지입니다.", "오후 5시까지", []),
        ("제13조에 따릅니다.", "제12조", ["13조"]),
        ("오백 원입니다.", "100원", ["오백"]),
        # Trap: the number stands in the passage, but of something else.
        ("3명까지입니다.", "3일 이내", ["3명"]),
        ("2024년 3월 1일입니다.", "2024년 3월 1일", []),
    ],
)
def test_a_number_that_stands_in_no_passage_is_fabricated(answer: str, passage: str, expected: list[str]) -> None:
    assert fabricated(answer, [passage]) == expected

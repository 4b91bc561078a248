"""The lock's tripwire."""

import time

import pytest

from haechi.checkers.base import Evidence
from haechi.checkers.values_in_evidence import unsupported_values

EVIDENCE = (
    Evidence("① 지원금은 3천만 원이고 회원은 17명이며 등급은 Ⅲ이다. 전화 02-123-4567", "제12조제2항", "해치 규정 2024"),
)


def missing(answer):
    return [value.surface for value in unsupported_values(answer, EVIDENCE)]


@pytest.mark.parametrize(
    "answer",
    [
        "30,000,000원입니다 [1].",
        "삼천만원을 줍니다 [1][12].",
        "17",
        "１７명",
        "전화는 02-123-4567입니다.",
        "제12조에 따릅니다.",
        "등급 Ⅲ",
        "1. 신청서\n2. 신분증",
        "다음 날부터 올해 말일까지",
        "",
    ],
)
def test_what_the_evidence_states_passes(answer):
    assert missing(answer) == []


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("5천만 원입니다.", ["5천만 원"]),
        ("오천만 원입니다.", ["오천만 원"]),
        ("회원은 18명", ["18명"]),
        ("회원은 18", ["18"]),
        ("번호 １８", ["１８"]),
        ("등급 Ⅳ, ½, ⑰", ["Ⅳ", "½", "⑰"]),
        ("두 명", ["두 명"]),
        # Trap: a run of syllables that ends in a digit is a word to the parsers (사원), and letters to the lock.
        ("이백삼십사원입니다.", ["이백삼십사원"]),
        ("이백 배입니다.", ["이백 배"]),
        ("조사원과 구조 원칙", []),
        ("제21조와 2025년", ["제21조", "2025년"]),
        ("三十", ["三", "十"]),
    ],
)
def test_what_it_does_not_state_trips(answer, expected):
    assert missing(answer) == expected


def test_one_endless_line_of_values_is_read_in_linear_time():
    # every value once read its whole sentence, here the whole text: 20 seconds for 100,000 characters
    start = time.process_time()
    unsupported_values("17", [Evidence("3억 원 " * 20_000)])
    assert time.process_time() - start < 10

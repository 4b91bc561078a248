"""Relation: a value of the evidence told of another thing, and names in each other's place."""

from __future__ import annotations

import pytest

from haechi.checkers.base import Evidence
from haechi.registry import load
from haechi.types import Verdict

FEES = (
    "수영장 요금은 어른이 4,000원, 청소년이 3,000원, 어린이가 2,000원이다.\n"
    "정회원은 한 번에 5권을 21일 동안 빌릴 수 있고, 준회원은 한 번에 3권을 14일 동안 빌릴 수 있다."
)
TABLE = (
    "입주 공간 사용료\n공간 | 면적 | 월 사용료 | 보증금\n1인실 | 10㎡ | 8만 원 | 50만 원\n"
    "3인실 | 24㎡ | 18만 원 | 100만 원\n6인실 | 45㎡ | 32만 원 | 200만 원"
)
ROLES = "위원장은 위원회의 결과를 관장에게 보고하여야 한다.\n관장은 매년 운영 계획을 수립하여야 한다."


def check(answer: str, passage: str) -> list[Verdict]:
    verdicts: list[Verdict] = load("checkers", "relation")().check(answer, [Evidence(passage)])
    return verdicts


@pytest.mark.parametrize(
    ("answer", "passage", "claim", "suggestion"),
    [
        ("수영장 요금은 청소년이 2,000원입니다.", FEES, "2,000원", "3,000원"),
        ("준회원은 한 번에 5권을 빌릴 수 있어요.", FEES, "5권", "3권"),
        ("3인실의 보증금은 50만 원입니다.", TABLE, "50만 원", "100만 원"),
        # The right row, the wrong column.
        ("6인실의 월 사용료는 200만 원이에요.", TABLE, "200만 원", "32만 원"),
        # A row may be named by another of its values.
        ("45㎡인 방의 보증금은 100만 원입니다.", TABLE, "100만 원", "200만 원"),
    ],
)
def test_the_value_of_another_thing(answer: str, passage: str, claim: str, suggestion: str) -> None:
    (verdict,) = check(answer, passage)
    assert (verdict.label, verdict.claim, verdict.suggestion) == ("contradicted", claim, suggestion)
    assert answer[verdict.start : verdict.end] == claim
    assert suggestion in verdict.evidence


@pytest.mark.parametrize(
    ("answer", "passage"),
    [
        ("청소년은 수영장 요금이 삼천 원입니다.", FEES),
        ("어린이는 2천원, 어른은 4천원을 냅니다.", FEES),
        ("21일 동안 빌릴 수 있는 사람은 정회원이다.", FEES),
        ("보증금이 100만 원인 공간은 3인실입니다.", TABLE),
        ("6인실은 한 달에 32만 원이에요.", TABLE),
        # Words that the evidence does not have cannot be placed.
        ("외국인의 보증금은 50만 원입니다.", TABLE),
        ("", TABLE),
    ],
)
def test_true_sentences_are_left_alone(answer: str, passage: str) -> None:
    assert check(answer, passage) == []


def test_a_sentence_repeated_with_a_value_from_elsewhere() -> None:
    passage = (
        "이의신청은 처분을 안 날부터 30일 이내에 하여야 한다.\n"
        "위원회는 이의신청을 받은 날부터 14일 이내에 결과를 통지하여야 한다."
    )
    (verdict,) = check("위원회는 이의신청을 받은 날부터 30일 이내에 결과를 통지해야 합니다.", passage)
    assert (verdict.claim, verdict.suggestion) == ("30일 이내", "14일 이내")
    assert check("위원회는 이의신청을 받은 날부터 2주 이내에 결과를 통지해야 합니다.", passage) == []


def test_an_article_from_elsewhere() -> None:
    passage = "제7조에 따라 등록한 단체는 제9조에 따른 지원을 받을 수 있다.\n제12조를 위반하면 등록을 취소한다."
    (verdict,) = check("제7조에 따라 등록한 단체는 제12조에 따른 지원을 받을 수 있습니다.", passage)
    assert (verdict.claim, verdict.suggestion) == ("제12조", "제9조")


def test_names_in_each_others_place() -> None:
    verdicts = check("관장은 위원회의 결과를 위원장에게 보고하여야 한다.", ROLES)
    assert [verdict.label for verdict in verdicts] == ["contradicted"]
    assert check("위원장은 관장에게 위원회의 결과를 보고해야 합니다.", ROLES) == []


def test_the_duty_of_another_subject() -> None:
    (verdict,) = check("위원장은 매년 운영 계획을 수립하여야 합니다.", ROLES)
    assert (verdict.claim, verdict.suggestion) == ("위원장", "관장")


def test_a_scan_alone_contradicts_nothing() -> None:
    checker = load("checkers", "relation")()
    (verdict,) = checker.check("3인실의 보증금은 50만 원입니다.", [Evidence(TABLE, ocr=0.9)])
    assert verdict.label == "unchecked"

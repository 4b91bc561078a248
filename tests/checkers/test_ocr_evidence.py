"""What OCR read may be misread: alone it neither supports nor contradicts a value."""

from __future__ import annotations

import pytest

from haechi.checkers.base import Evidence
from haechi.checkers.value_checker import OCR_ONLY
from haechi.registry import load
from haechi.types import Verdict

RULE = "제32조(지원) 위원회의 지원금은 3억 원을 한도로 하고, 2023년 3월 1일부터 30일 이내에 지급한다."
SCANNED = Evidence(RULE, "제32조", "복무규정", ocr=0.93)
CLEAR = Evidence(RULE, "제32조", "복무규정")


def check(name: str, answer: str, *evidence: Evidence) -> Verdict:
    (verdict,) = load("checkers", name)().check(answer, evidence)
    return verdict


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("amount", "지원금은 3억 원이 한도입니다."),
        ("date", "지급은 2023. 3. 1.부터입니다."),
        ("quantity", "지급은 30일 이내입니다."),
        ("law_article", "복무규정 제32조에 따릅니다."),
    ],
)
def test_a_value_that_only_a_scan_states_is_unchecked_and_says_why(name: str, answer: str) -> None:
    verdict = check(name, answer, SCANNED)
    assert (verdict.label, verdict.explanation, verdict.suggestion) == ("unchecked", OCR_ONLY, "")
    assert verdict.evidence  # what it would rest on is still shown
    assert check(name, answer, CLEAR).label == "supported"


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("amount", "지원금은 8억 원이 한도입니다."),
        ("date", "지급은 2028. 3. 1.부터입니다."),
        ("quantity", "지급은 80일 이내입니다."),
        # the same value with the opposite bound
        ("quantity", "지급은 30일 이상 지나서 합니다."),
        ("law_article", "위원회의 지원금은 복무규정 제82조에 따라 지급합니다."),
    ],
)
def test_a_scan_does_not_contradict_and_corrects_nothing(name: str, answer: str) -> None:
    # trap: the 3 of the scan may be a misread 8, and "corrected" would make a true answer false
    verdict = check(name, answer, SCANNED)
    assert (verdict.label, verdict.explanation, verdict.suggestion) == ("unchecked", OCR_ONLY, "")
    assert check(name, answer, CLEAR).label == "contradicted"


def test_text_that_was_text_decides_beside_a_scan() -> None:
    assert check("amount", "지원금은 3억 원이 한도입니다.", SCANNED, CLEAR).label == "supported"
    wrong = check("amount", "지원금은 8억 원이 한도입니다.", SCANNED, CLEAR)
    assert (wrong.label, wrong.suggestion) == ("contradicted", "3억 원")


def test_where_scan_and_text_disagree_nothing_is_asserted() -> None:
    other = Evidence("제32조(지원) 위원회의 지원금은 8억 원을 한도로 한다.", "제32조", "복무규정")
    assert check("amount", "지원금은 3억 원이 한도입니다.", SCANNED, other).label == "unchecked"


def test_a_value_of_no_passage_is_still_not_found() -> None:
    assert check("amount", "수수료는 500원입니다.", Evidence("정산은 부서장이 한다.", ocr=0.9)).label == "not_found"

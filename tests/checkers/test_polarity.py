"""Polarity: a denial, a may or a must turned round, and an exception left out; silent where something else differs."""

from __future__ import annotations

import pytest

from haechi.checkers.base import Evidence
from haechi.registry import load
from haechi.types import Verdict

RULES = (
    "관장은 회원이 시설을 훼손한 경우에는 이용을 정지할 수 있다.\n"
    "회원은 회원증을 다른 사람에게 빌려주어서는 아니 된다.\n"
    "이용자는 정당한 사유 없이 예약을 취소하여서는 아니 된다.\n"
    "수강료는 개강 전까지 납부하여야 한다. 다만, 65세 이상인 사람은 납부하지 아니할 수 있다.\n"
    "반려동물과 함께 입장할 수 없다. 다만, 안내견은 그러하지 아니하다."
)


def check(answer: str, passage: str = RULES, question: str = "") -> list[Verdict]:
    verdicts: list[Verdict] = load("checkers", "polarity")().check(answer, [Evidence(passage)], question)
    return verdicts


@pytest.mark.parametrize(
    ("answer", "suggestion"),
    [
        ("회원이 시설을 훼손하면 관장은 이용을 정지해야 합니다.", "정지할 수 있습니다"),
        ("회원이 시설을 훼손한 경우에 관장은 이용을 정지할 수 없다.", "정지할 수 있다"),
        ("회원은 회원증을 다른 사람에게 빌려줄 수 있어요.", ""),
        ("이용자는 정당한 사유가 없어도 예약을 취소할 수 있습니다.", "취소할 수 없습니다"),
    ],
)
def test_what_is_turned_round_is_contradicted(answer: str, suggestion: str) -> None:
    (verdict,) = check(answer)
    assert verdict.label == "contradicted"
    assert answer[verdict.start : verdict.end] == verdict.claim
    assert verdict.evidence in RULES
    assert verdict.suggestion.endswith(suggestion) and bool(verdict.suggestion) == bool(suggestion)


@pytest.mark.parametrize(
    "answer",
    [
        "시설을 망가뜨린 회원은 이용이 정지될 수 있습니다.",
        "회원증은 남에게 빌려주면 안 돼요.",
        # Both the condition and the statement are turned round: that is the same rule.
        "정당한 사유가 있으면 예약을 취소할 수 있습니다.",
        # 한다 and 하여야 한다 are one in rules.
        "수강료는 개강 전까지 납부합니다.",
        # What the proviso says goes against the rule before it.
        "65세 이상인 사람은 수강료를 납부하지 않아도 됩니다.",
        "안내견은 함께 입장할 수 있어요.",
        # Speaks of nothing that the evidence has.
        "주차장은 이용할 수 없습니다.",
        "",
    ],
)
def test_paraphrases_are_left_alone(answer: str) -> None:
    assert check(answer) == []


def test_an_absolute_word_against_an_exception() -> None:
    (verdict,) = check("반려동물과는 어떤 경우에도 함께 입장할 수 없습니다.")
    assert verdict.label == "contradicted"
    assert "안내견" in verdict.explanation


def test_a_quotation_without_its_proviso() -> None:
    (verdict,) = check("반려동물과 함께 입장할 수 없다.")
    assert verdict.label == "contradicted"
    assert verdict.suggestion == "반려동물과 함께 입장할 수 없다. 다만, 안내견은 그러하지 아니하다."
    # Told in the next sentence, or asked about, it is not left out.
    assert check("반려동물과 함께 입장할 수 없다. 안내견은 예외이다.") == []
    assert check("반려동물과 함께 입장할 수 없다.", question="안내견이 아닌 개도 되나요?") == []


def test_opposites_and_only() -> None:
    assert check("이 계약은 유효입니다.", "서면이 없는 이 계약은 무효이다.") == []
    (verdict,) = check("가족 관람료는 할인 대상에 포함됩니다.", "가족 관람료는 할인 대상에서 제외된다.")
    assert verdict.label == "contradicted"
    passage = "노트북은 제2열람실에서만 사용할 수 있다."
    assert check("제1열람실에서는 노트북을 사용할 수 없습니다.", passage) == []


def test_a_scan_alone_contradicts_nothing() -> None:
    checker = load("checkers", "polarity")()
    scan = Evidence("음식물은 반입할 수 없다.", ocr=0.8)
    (verdict,) = checker.check("음식물은 반입할 수 있습니다.", [scan, Evidence("주차는 두 시간까지 무료이다.")])
    assert verdict.label == "unchecked" and "OCR" in verdict.explanation

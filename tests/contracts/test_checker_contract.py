"""What every checker in the registry must hold to."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haechi.checkers.base import Evidence
from haechi.registry import load, names

EVIDENCE = [Evidence("제32조 지원금은 3억 원, 기한은 2023년 3월 1일부터 30일 이내이다.", "제32조", "해치 규정")]
ANSWERS = st.lists(
    st.sampled_from(
        ["제23조에 따라 ", "지원금은 30억 원", "3억여 원이 ", "2021년 ", "작년 ", "30일 이상 ",
         "최대 두 명 ", "아니라 ", "[1] ", "50% ", "다. ", "모른다", "\n"]
    ),
    max_size=8,
).map("".join)  # fmt: skip


@pytest.fixture(params=names("checkers"))
def checker(request):
    return load("checkers", request.param)()


def test_an_answer_without_values_gives_no_verdict(checker):
    assert checker.check("근거에서 찾을 수 없어 모른다.", EVIDENCE) == []
    assert checker.check("", []) == []


@pytest.mark.parametrize("name", names("checkers"))
@settings(max_examples=60, deadline=None)
@given(answer=ANSWERS)
def test_verdicts_are_legal_and_deterministic(name, answer):
    checker = load("checkers", name)()
    verdicts = checker.check(answer, EVIDENCE, "지원금은 30억 원인가요?")
    assert verdicts == checker.check(answer, EVIDENCE, "지원금은 30억 원인가요?")
    for verdict in verdicts:
        assert verdict.checker == checker.name == name
        assert verdict.label in ("supported", "contradicted", "not_found", "unchecked")
        assert verdict.claim and verdict.claim in answer
        assert verdict.explanation
        if verdict.label == "contradicted":
            assert verdict.evidence
            assert verdict.suggestion or verdict.score is not None  # a model knows that it is wrong, not what is right


def test_evidence_is_not_changed(checker):
    before = list(EVIDENCE)
    checker.check("제23조, 30억 원, 2021년, 30일 이상", EVIDENCE)
    assert before == EVIDENCE

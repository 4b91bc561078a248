"""Anyone's answer over anyone's evidence."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from haechi.checkers.base import Evidence
from haechi.pipeline.check import check_answer, check_record, default_checkers
from haechi.types import Verdict, VerdictLabel

EVIDENCE = ["제3조(연체료) ① 연체료는 권당 1일 100원으로 한다. ② 보증금은 3억 원으로 한다."]


class Says:
    """A checker with one opinion on one claim, or on every sentence's whole."""

    name = "says"

    def __init__(self, label: VerdictLabel, claim: str = "") -> None:
        self.label, self.claim = label, claim

    def check(self, answer: str, evidence: Sequence[Evidence], question: str = "") -> list[Verdict]:
        claim = self.claim or answer
        start = answer.find(claim)
        return [Verdict(self.name, claim, self.label, start=start, end=start + len(claim))] if start >= 0 else []


def test_equal_values_in_other_spellings_are_supported() -> None:
    report = check_answer(default_checkers(), "보증금은 300,000,000원입니다.", EVIDENCE)
    assert report.supported is True
    assert report.corrected == "보증금은 300,000,000원입니다."


def test_a_wrong_value_is_corrected_to_the_evidences() -> None:
    report = check_answer(default_checkers(), "보증금은 30억 원입니다.", EVIDENCE)
    assert report.supported is False
    assert report.corrected == "보증금은 3억 원입니다."


def test_what_became_of_a_wrong_value_is_told() -> None:
    (correction,) = check_answer(default_checkers(), "보증금은 30억 원입니다.", EVIDENCE).corrections
    assert (correction.before, correction.after) == ("보증금은 30억 원입니다.", "보증금은 3억 원입니다.")
    assert "3억 원" in correction.source


def test_an_answer_of_which_nothing_holds_is_to_be_refused() -> None:
    report = check_answer([Says("not_found")], "회비는 5유로입니다.", EVIDENCE)
    assert (report.supported, report.corrected, report.settled) == (False, "", False)


def test_one_unchecked_sentence_keeps_an_answer_from_being_supported() -> None:
    # One true value says nothing of the sentence beside it.
    report = check_answer([Says("supported", "100원")], "연체료는 100원입니다. 회비는 해마다 오릅니다.", EVIDENCE)
    assert report.supported is None
    assert report.unchecked == ("회비는 해마다 오릅니다.",)


def test_an_unchecked_value_keeps_its_sentence_unchecked() -> None:
    checkers = [Says("supported", "100원"), Says("unchecked", "작년")]
    report = check_answer(checkers, "연체료는 작년부터 100원입니다.", EVIDENCE)
    assert (report.supported, report.unchecked) == (None, ("연체료는 작년부터 100원입니다.",))


@pytest.mark.parametrize("courtesy", ["안녕하세요.", "도움이 되셨기를 바랍니다.", "더 궁금한 점이 있으신가요?"])
def test_a_greeting_claims_nothing(courtesy: str) -> None:
    report = check_answer([Says("supported", "100원")], f"연체료는 100원입니다. {courtesy}", EVIDENCE)
    assert (report.supported, report.unchecked) == (True, ())


def test_an_answer_without_values_is_neither_true_nor_false() -> None:
    report = check_answer(default_checkers(), "친절히 안내해 드립니다.", EVIDENCE)
    assert (report.supported, report.verdicts) == (None, ())


def test_the_record_has_the_keys_of_the_contract() -> None:
    record = check_record(check_answer(default_checkers(), "연체료는 500원입니다.", EVIDENCE))
    assert {"supported", "verdicts", "corrected", "corrections", "unchecked", "settled"} == set(record)
    wanted = {"checker", "claim", "label", "evidence", "explanation", "suggestion", "start", "end", "score"}
    assert set(record["verdicts"][0]) == wanted
    assert set(record["corrections"][0]) == {"before", "after", "reason", "source", "checker", "diff"}

"""Anyone's answer over anyone's evidence."""

from __future__ import annotations

from haechi.pipeline.check import check_answer, check_record, default_checkers

EVIDENCE = ["제3조(연체료) ① 연체료는 권당 1일 100원으로 한다. ② 보증금은 3억 원으로 한다."]


def test_equal_values_in_other_spellings_are_supported() -> None:
    report = check_answer(default_checkers(), "보증금은 300,000,000원입니다.", EVIDENCE)
    assert report.supported is True
    assert report.corrected == "보증금은 300,000,000원입니다."


def test_a_wrong_value_is_corrected_to_the_evidences() -> None:
    report = check_answer(default_checkers(), "보증금은 30억 원입니다.", EVIDENCE)
    assert report.supported is False
    assert report.corrected == "보증금은 3억 원입니다."


def test_a_wrong_article_is_flagged_but_not_rewritten() -> None:
    report = check_answer(default_checkers(), "연체료는 제32조에 따라 100원입니다.", EVIDENCE)
    assert report.supported is False
    assert "제32조" in report.corrected


def test_an_answer_without_values_is_neither_true_nor_false() -> None:
    report = check_answer(default_checkers(), "친절히 안내해 드립니다.", EVIDENCE)
    assert (report.supported, report.verdicts) == (None, ())


def test_the_record_has_the_keys_of_the_contract() -> None:
    record = check_record(check_answer(default_checkers(), "연체료는 500원입니다.", EVIDENCE))
    assert set(record) == {"supported", "verdicts", "corrected"}
    assert set(record["verdicts"][0]) == {"checker", "claim", "label", "evidence", "explanation", "suggestion"}

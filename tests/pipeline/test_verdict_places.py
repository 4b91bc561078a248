"""Verdicts stand where their claim stands in the answer shown, and none speaks for another sentence."""

from __future__ import annotations

from haechi.pipeline.citations import Cited
from haechi.pipeline.verification import verdicts_of
from haechi.types import Citation, Verdict


def cited() -> Cited:
    sentences = ("기간은 3일입니다.", "3일 뒤에는 문을 닫습니다.")
    text = f"{sentences[0]} [1] {sentences[1]} [1]"
    source = Citation(1, 0, 3, "c", "기간은 3일로 한다.")
    return Cited(text, sentences, (source, source), (), (0, text.index(sentences[1])))


def test_a_verdict_moves_with_its_sentence() -> None:
    shown = cited()
    joined = " ".join(shown.sentences)
    place = joined.rindex("3일")
    found = verdicts_of(shown, [Verdict("quantity", "3일", "supported", start=place, end=place + 2)], True)
    assert shown.text[found[0].start : found[0].end] == "3일"
    assert found[0].start > shown.starts[1] - 1


def test_a_verdict_on_one_sentence_is_none_on_another_that_holds_the_same_value() -> None:
    # Trap: 3일 stands in both; only the first was checked.
    found = verdicts_of(cited(), [Verdict("quantity", "3일", "supported", start=4, end=6)], True)
    assert [(one.claim, one.label) for one in found[1:]] == [("3일 뒤에는 문을 닫습니다.", "unchecked")]

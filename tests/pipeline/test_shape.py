"""The answer's form: its end, its length, its language, and the many ways to say 모른다."""

from __future__ import annotations

import pytest

from haechi.pipeline.citations import Sentence
from haechi.pipeline.shape import foreign_letters, says_unknown, shorten, whole_sentences


def sentences(*texts: str) -> list[Sentence]:
    return [Sentence(text, ()) for text in texts]


@pytest.mark.parametrize(
    "draft", ["모른다", "모른다.", "모르겠습니다.", "근거에서 알 수 없습니다. [1]", "문서에 근거가 없습니다."]
)
def test_refusals_are_recognised(draft: str) -> None:
    assert says_unknown(draft)


@pytest.mark.parametrize("draft", ["14일입니다. [1]", "신청할 수 없습니다. [1]", "연장할 수 없다.", ""])
def test_denials_are_answers(draft: str) -> None:
    # Trap: 연장할 수 없다 denies, it doesn't refuse.
    assert not says_unknown(draft)


def test_a_sentence_cut_off_by_the_token_limit_is_dropped() -> None:
    assert whole_sentences(sentences("14일입니다.", "또한 연체료는"), cut_off=True) == sentences("14일입니다.")
    assert whole_sentences(sentences("14일입니다.", "또한 연체료는"), cut_off=False) == sentences(
        "14일입니다.", "또한 연체료는"
    )
    assert whole_sentences(sentences("연체료는 권당"), cut_off=True) == sentences("연체료는 권당")


def test_the_answer_is_cut_at_a_sentence_never_before_a_proviso() -> None:
    base = "가" * 60 + "."
    assert shorten(sentences(base, base), 100) == sentences(base)
    assert shorten(sentences(base, "다만, " + base), 100) == sentences(base, "다만, " + base)
    assert shorten(sentences("가" * 200), 100) == sentences("가" * 200)
    assert shorten(sentences("가" * 60, "나" * 60, "다만, 라"), 100) == sentences("가" * 60)


def test_letters_of_other_scripts_count_only_when_the_evidence_lacks_them() -> None:
    assert foreign_letters("대출期間은 14일입니다", ["대출 기간"]) == "期間"
    assert foreign_letters("소정(所定)근로시간", ["소정(所定)근로시간"]) == ""
    assert foreign_letters("ABC 자료 14일", [""]) == ""

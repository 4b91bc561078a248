"""What a question asks for by number, alone and after another question."""

from __future__ import annotations

import pytest

from haechi.korean.law_followup import resolve
from haechi.korean.named_articles import mentions
from haechi.korean.protect import clean


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("근로기준법 제60조 제2항", [("제60조", ("제2항",))]),
        ("제60조제2항제3호", [("제60조", ("제2항", "제3호"))]),
        ("제2조제1항제5호가목에서", [("제2조", ("제1항", "제5호", "가목"))]),
        # 10호차 is a car, 제10호차목 the tenth 목.
        ("제2조제1항제10호차목의 내용", [("제2조", ("제1항", "제10호", "차목"))]),
        ("60조의2 1항", [("제60조의2", ("제1항",))]),
        ("제10조제1항제2호의2", [("제10조", ("제1항", "제2호의2"))]),
        ("별표 2", [("별표 2", ())]),
        ("별표2 제3호", [("별표 2", ("제3호",))]),
        ("별표 1의2 제3호가목", [("별표 1의2", ("제3호", "가목"))]),
        ("별지 제3호서식", [("별지 제3호서식", ())]),
        ("제60조제2항과 같은 조 제3항", [("제60조", ("제2항",)), ("", ("제3항",))]),
        # Money, numbers of acts, and words that only look like units.
        ("예산 3조 원", []),
        ("법률 제11690호", []),
        ("2호선과 3항목, 위조 방지", []),
    ],
)
def test_mentions(question: str, expected: list[tuple[str, tuple[str, ...]]]) -> None:
    assert [(item.article, item.parts) for item in mentions(clean(question))] == expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("같은 조 제3항은?", "근로기준법 제60조제3항은?"),
        ("제3항은?", "근로기준법 제60조제3항은?"),
        ("같은 항 제2호는?", "근로기준법 제60조제2항제2호는?"),
        ("같은 법 제5조는?", "근로기준법 제5조는?"),
        ("같은 법 시행령 제5조는?", "근로기준법 시행령 제5조는?"),
        ("제61조는?", "근로기준법 제61조는?"),
        ("민법 제3조는?", "민법 제3조는?"),
        ("휴가는 며칠인가요?", "휴가는 며칠인가요?"),
    ],
)
def test_a_follow_up_takes_law_and_article_from_the_question_before(question: str, expected: str) -> None:
    assert resolve(question, "근로기준법 제60조제2항 알려줘") == expected


def test_nothing_is_filled_in_from_a_question_without_a_reference() -> None:
    assert resolve("같은 조 제3항은?", "연차는 며칠인가요?") == "같은 조 제3항은?"

"""Can these passages answer the question? Decided from the evidence, before the model is asked.

The share of the question's nouns that the passages contain separates answerable from unanswerable questions far better
than the default model's own yes or no. Verbs are paraphrased freely, interrogatives never stand in documents, and
values in a question are often the asker's own case, so they don't count. The threshold is a setting
([answer] min_coverage), not yet fitted per home.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from haechi.korean.base import Analyser
from haechi.korean.values import parse_values
from haechi.pipeline.lock_atoms import has_numeral
from haechi.retrievers.terms import question_terms
from haechi.types import Hit

#: Words of asking and counting, not of topic.
ASKING = frozenset(
    "얼마 얼마나 언제 언제까지 어디 누구 누가 무엇 뭐 뭘 어떤 어느 어찌 몇 며칠 몇일 왜 무슨 궁금 말씀 문의 질문 안내 "
    "설명 부탁 가능 좀 혹시 정도 경우 때 수 것 거 건 데 줄 번 그 이 저 제 내 우리 안 밖 전 후 뒤 다음 "
    "권 명 회 개 장 대 시간 개월 달 년 일 원".split()
)


@dataclass(frozen=True)
class Answerability:
    """`coverage`: share of the question's nouns found in the passages, 0 to 1; parts of compounds count half."""

    coverage: float
    missing: tuple[str, ...]


def assess(question: str, hits: Sequence[Hit], analyser: Analyser) -> Answerability:
    """How much of the question the passages talk about, and which of its nouns are in none of them.

    A question without a noun says nothing about its topic: it passes, and the model decides.
    """
    for value in reversed(parse_values(question)):
        question = f"{question[: value.start]} {question[value.end :]}"
    nouns = set(analyser.nouns(question)) - ASKING
    weights = {
        token: weight
        for token, weight in question_terms(analyser, question).weights.items()
        if token in nouns and not has_numeral(token)
    }
    found: set[str] = set()
    for hit in hits:
        found.update(analyser.tokens(f"{hit.document_title}\n{hit.matched_text}\n{hit.chunk.text}"))
    missing = tuple(token for token in weights if token not in found)
    total = sum(weights.values())
    if total == 0:
        return Answerability(1.0, ())
    return Answerability(1.0 - sum(weights[token] for token in missing) / total, missing)

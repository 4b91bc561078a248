"""Can these passages answer the question? Decided before the model is asked, from evidence rather than from its opinion.

The default 1.5B model's own yes/no separates answerable from unanswerable questions far worse than the share of the
question's terms that the passages contain, so that share decides. Interrogatives and politeness carry no topic and
never stand in documents; they are left out. The threshold is a setting ([answer] min_coverage), not yet fitted per
home.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from haechi.indexes.base import FullTextIndex
from haechi.korean.base import Analyser
from haechi.retrievers.terms import question_terms
from haechi.types import Hit

#: Words of asking, not of topic.
ASKING = frozenset(
    "얼마 얼마나 언제 언제까지 어디 누구 누가 무엇 무어 뭐 뭘 어떻 어떻게 어떠 어떤 어느 어찌 몇 며칠 몇일 왜 무슨 궁금 "
    "알 알려 알리 말하 말씀 가르치 주 드리 문의 질문 안내 설명 부탁 가능 좀 혹시 정도 경우 때 "
    "하 되 있 없 싶 보 받 나오 들 가 오 수 것 거 건 데 줄 번 그 이 저 제 내 우리".split()
)


@dataclass(frozen=True)
class Answerability:
    """`coverage`: idf-weighted share of the question's topic words found in the passages, 0 to 1."""

    coverage: float
    missing: tuple[str, ...]


def assess(question: str, hits: Sequence[Hit], analyser: Analyser, index: FullTextIndex) -> Answerability:
    """How much of the question the passages talk about, and which of its words are in none of them."""
    terms = question_terms(analyser, question)
    shares = {token: share for token, share in terms.shares(index).items() if token not in ASKING}
    total = sum(shares.values())
    if total <= 0:
        return Answerability(0.0, ())
    found: set[str] = set()
    for hit in hits:
        found.update(analyser.tokens(f"{hit.document_title}\n{hit.matched_text}\n{hit.chunk.text}"))
    missing = tuple(token for token in shares if token not in found)
    covered = sum(share for token, share in shares.items() if token in found)
    return Answerability(covered / total, missing)

"""Why there is no answer, in a sentence that helps: what is missing, what is wrong with the question, whom to ask.

The kinds follow UAEval4RAG (arXiv 2412.12300), with two of our own: a number that would have to be worked out, and an
answer that hangs on a day. The first that fits is told; `not_in_documents` is what remains.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from haechi.checkers.base import Checker, Evidence
from haechi.checkers.value_checker import repr_ko
from haechi.config import AnswerConfig, RefusalConfig
from haechi.korean.base import Analyser
from haechi.korean.computing import asks_to_compute, states_a_result
from haechi.korean.josa import with_josa
from haechi.korean.law_references import reference
from haechi.korean.sentences import split_sentences
from haechi.korean.values import is_uncertain, parse_values
from haechi.pipeline.answerability import Answerability
from haechi.types import Hit

RefusalKind = Literal[
    "not_in_documents",
    "false_premise",
    "out_of_scope",
    "ambiguous",
    "needs_document",
    "as_of",
    "calculation",
    "unsupported",
]
KINDS: tuple[str, ...] = get_args(RefusalKind)

UNKNOWN = "모른다."
_SAYS: dict[str, str] = {
    "not_in_documents": "문서에서 이 질문의 답을 찾지 못했습니다.",
    "out_of_scope": "이곳의 문서가 다루지 않는 내용입니다.",
    "ambiguous": "질문이 여러 내용에 걸립니다. 무엇에 대한 것인지 조금 더 적어 주세요.",
    "calculation": "헤아리거나 셈해야 하는 값은 문서에 그 결과가 적혀 있을 때만 답합니다.",
    "unsupported": "답을 뒷받침하는 근거를 확인하지 못했습니다.",
}
#: A day that moves: its answer is another one tomorrow.
_NOW = re.compile(
    r"오늘|내일|모레|지금 ?(?:몇|환율|시세|날씨|기온)|현재 ?(?:환율|시세|주가|기온|날씨|금리)|실시간|이번 ?주|요즘"
)
_DELEGATES = re.compile(
    r"(대통령령|총리령|[가-힣]{2,10}부령|조례|시행령|시행규칙|훈령|예규|고시|내규|세칙|지침|별표 ?\d*"
    r"|별도의? ?(?:규정|지침|기준|공고))"
    r"(?:으로|로|에서|에|이|가)? ?(?:따로 ?)?(?:정|따른|따라|고시|공고)"
)
#: Below these a question shares next to nothing with the home.
_FOREIGN_NOUNS, _FOREIGN_RELEVANCE = 0.34, -3.0
_FULL = 0.6
#: One sentence must say this much of a question before its value can correct the question's.
_SAME_MATTER = 0.6
_CLOSE = 0.3


@dataclass(frozen=True)
class Reason:
    """`sentence` is what the asker reads after 모른다."""

    kind: RefusalKind
    sentence: str


def reason_for(
    question: str,
    hits: Sequence[Hit],
    can: Answerability,
    signals: dict[str, float],
    checkers: Sequence[Checker],
    analyser: Analyser,
) -> Reason:
    """The kind that fits first. `hits` are the passages that were looked at, `signals` those of `answer_signals.py`."""
    moving = next((value.surface for value in parse_values(question) if is_uncertain(value)), "")
    if needs_computing(question, hits):
        return _plain("calculation")
    if premise := _false_premise(question, hits, can, signals["sentence"], checkers):
        return Reason("false_premise", premise)
    if can.coverage < _FOREIGN_NOUNS and signals["relevance"] < _FOREIGN_RELEVANCE:
        return _plain("out_of_scope")
    if moving or (now := _NOW.search(question)) is not None:
        word = moving or (now[0] if now else "")
        return Reason("as_of", f"'{word}'처럼 날에 따라 달라지는 내용은 문서만으로 정할 수 없습니다.")
    if can.coverage >= _FULL and (elsewhere := _delegated(question, hits, analyser)):
        return Reason("needs_document", f"자세한 내용은 {elsewhere}에서 정하는데, 그 부분을 찾지 못했습니다.")
    nouns = set(analyser.nouns(question))
    if len(nouns) <= 1 and len({hit.document_title for hit in hits}) > 1 and signals["lead"] < _CLOSE:
        return _plain("ambiguous")
    return _plain("not_in_documents")


def needs_computing(question: str, hits: Sequence[Hit]) -> bool:
    """Whether the question asks for a sum, a count or a difference that no passage states as such."""
    if not asks_to_compute(question):
        return False
    texts = (hit.chunk.text for hit in hits)
    return not any(states_a_result(text[start:end]) for text in texts for start, end in split_sentences(text))


def unsupported() -> Reason:
    """A draft was there, but nothing of it could be shown to be true."""
    return _plain("unsupported")


def message(reason: Reason, refusal: RefusalConfig, answer: AnswerConfig) -> str:
    """What the asker reads: 모른다, why, and whom to ask."""
    where = ""
    if refusal.department:
        phone = f"({refusal.phone})" if refusal.phone else ""
        where = f"{refusal.department}{phone}에 문의해 주세요."
    elif refusal.phone:
        where = f"{refusal.phone}번으로 문의해 주세요."
    return " ".join(part for part in (UNKNOWN, reason.sentence, where, answer.contact) if part)


def _plain(kind: RefusalKind) -> Reason:
    return Reason(kind, _SAYS[kind])


def _false_premise(
    question: str, hits: Sequence[Hit], can: Answerability, sentence: float, checkers: Sequence[Checker]
) -> str:
    """A value of the question that the passages contradict, or an article that none of them is; else empty.

    Only where one sentence says nearly all of the question: a day in a question is mostly about something else.
    """
    if can.coverage < _FULL:
        return ""
    evidence = [Evidence(hit.chunk.text, hit.chunk.label, hit.document_title, hit.ocr) for hit in hits]
    asked = reference(question)
    if asked is not None and asked.parts and hits and not any("reference" in hit.signals for hit in hits):
        return f"문서에서 {with_josa(repr_ko(''.join(asked.parts)), '을/를')} 찾지 못했습니다. 번호를 확인해 주세요."
    for checker in checkers:
        if checker.name not in ("amount", "quantity", "date") or sentence < _SAME_MATTER:
            continue
        for verdict in checker.check(question, evidence):
            if verdict.label == "contradicted" and verdict.suggestion:
                stated = with_josa(repr_ko(verdict.suggestion), "으로/로")
                claimed = with_josa(repr_ko(verdict.claim), "은/는")
                return f"질문의 {claimed} 문서와 다릅니다. 문서에는 {stated} 되어 있습니다."
    return ""


def _delegated(question: str, hits: Sequence[Hit], analyser: Analyser) -> str:
    """Where the sentence nearest to the question leaves it to be settled: 대통령령, 별표 2; empty when it does not."""
    wanted = set(analyser.tokens(question))
    sentences = [
        hit.chunk.text[start:end] for hit in hits[:1] for start, end in split_sentences(hit.chunk.text) if end > start
    ]
    if not sentences:
        return ""
    nearest = max(sentences, key=lambda sentence: len(wanted & set(analyser.tokens(sentence))))
    found = _DELEGATES.search(nearest)
    return found[1].strip() if found else ""

"""Self re-ask: the LLM is asked once more whether the passages say a sentence, and how sure it is decides.

supported   the model gives 예 by far
not_found   it gives 아니오 by far: the passages say something else, or nothing
unchecked   it is not sure, gives no clear word, or is missing; or only passages that OCR read from a picture were asked

What counts is the probability of 예 against that of 아니오 as the first word, not the word alone; a server that tells
no probabilities is taken at its word. Off unless asked for: it costs a call of the LLM for every sentence.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from haechi.checkers.base import Evidence
from haechi.checkers.stated import without_citations
from haechi.checkers.value_checker import OCR_ONLY
from haechi.korean.politeness import asks, is_empty_talk
from haechi.korean.sentences import split_sentences
from haechi.models.base import LLM
from haechi.prompts.defuse import defuse
from haechi.prompts.loader import load_prompt
from haechi.types import GenerateOptions, Generation, Message, Verdict, VerdictLabel

#: From these probabilities of 예 on (or down) the model is believed; between them nothing is said.
SURE_YES, SURE_NO = 0.9, 0.1
#: 예 and 아니오 together must be at least so likely, or the model answered something else.
_LEAST = 0.3
_YES, _NO = ("예", "네", "yes"), ("아니", "아", "no")
_RIVALS = 20
_LONGEST_EVIDENCE = 3000
_NO_ANSWER = ("모른다", "모릅니다", "모르겠습니다")
_MISSING = "언어 모델 없이 검사하여, 다시 물어 확인하지 못했습니다."


class ReAskChecker:
    """One verdict per sentence that claims something. `llm` is called on first use; without one all is unchecked."""

    name = "re_ask"

    def __init__(self, llm: Callable[[], LLM] | None = None) -> None:
        self._llm = llm

    def check(self, answer: str, evidence: Sequence[Evidence], question: str = "") -> list[Verdict]:
        """Sentences in the order of the answer; `score` is the probability of 예. Raises ModelError."""
        text = without_citations(answer)
        passages = [passage for passage in evidence if passage.text.strip()]
        spans = [(start, end) for start, end in split_sentences(text) if _claims(text[start:end])]
        return [self._judge(answer, start, end, passages) for start, end in spans]

    def _judge(self, answer: str, start: int, end: int, passages: Sequence[Evidence]) -> Verdict:
        def verdict(label: VerdictLabel, why: str, score: float | None = None) -> Verdict:
            return Verdict(self.name, answer[start:end], label, "", why, start=start, end=end, score=score)

        if self._llm is None:
            return verdict("unchecked", _MISSING)
        if not passages:
            return verdict("unchecked", "근거가 없어 다시 물어보지 않았습니다.")
        shown = "\n".join(f"{passage.title} {passage.label}\n{passage.text}".strip() for passage in passages)
        if len(shown) > _LONGEST_EVIDENCE:
            return verdict("unchecked", f"근거가 {_LONGEST_EVIDENCE:,}자를 넘어 다시 물어보지 않았습니다.")
        told = {"evidence": defuse(shown), "sentence": without_citations(answer[start:end])}
        messages = [
            Message("system", load_prompt("re_ask_system")),
            Message("user", load_prompt("re_ask_user", told)),
        ]
        chance = chance_of_yes(self._llm().generate(messages, GenerateOptions(max_tokens=3, top_logprobs=_RIVALS)))
        if chance is None:
            return verdict("unchecked", "언어 모델이 예·아니오로 답하지 않아 확인하지 못했습니다.")
        if SURE_NO < chance < SURE_YES:
            why = f"언어 모델이 확신하지 못해 확인하지 못했습니다(예일 확률 {chance:.0%})."
            return verdict("unchecked", why, chance)
        if all(passage.ocr is not None for passage in passages):
            return verdict("unchecked", OCR_ONLY, chance)
        if chance >= SURE_YES:
            return verdict("supported", f"언어 모델에 다시 물었더니 근거에 있다고 합니다(확률 {chance:.0%}).", chance)
        why = f"언어 모델에 다시 물었더니 근거에 없거나 다르다고 합니다(예일 확률 {chance:.0%})."
        return verdict("not_found", why, chance)


def chance_of_yes(reply: Generation) -> float | None:
    """How likely 예 is against 아니오 as the first word (0..1); the word itself without probabilities; else None."""
    if not reply.chances:
        word = reply.text.strip().lower()
        return 1.0 if word.startswith(_YES) else 0.0 if word.startswith(_NO[::2]) else None
    first = reply.chances[0]
    rivals = dict(first.rivals) or {first.token: first.logprob}
    yes = sum(math.exp(chance) for token, chance in rivals.items() if token.strip().lower().startswith(_YES))
    no = sum(math.exp(chance) for token, chance in rivals.items() if token.strip().lower().startswith(_NO))
    return yes / (yes + no) if yes + no >= _LEAST else None


def _claims(sentence: str) -> bool:
    """Whether a sentence says something that passages could bear out."""
    refused = sentence.rstrip(" .").endswith(_NO_ANSWER)
    return bool(sentence.strip()) and not (asks(sentence) or is_empty_talk(sentence) or refused)

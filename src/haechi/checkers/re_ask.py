"""Self re-ask: the LLM is asked once more whether the passages say a sentence, and how sure it is decides.

not_found   아니오 is likelier than 예: the passages say something else, or nothing
supported   예 from `sure_yes` on, where one is given; by default never
unchecked   anything else: a 예 that proves nothing, no clear word, no model, or only passages that OCR read

What counts is the probability of 예 against that of 아니오 as the first word; a server that tells no probabilities is
taken at its word. The shipped 1.5B model says 예 to nearly everything (with .9 or more to 18 of 25 false sentences and
to 17 of 25 true ones), so that its 예 passes nothing; its 아니오 was right both times. Off unless asked for: it costs a
call of the LLM for every sentence.
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

#: Down from this probability of 예 the model is believed to mean 아니오.
SURE_NO = 0.5
#: 예 and 아니오 together must be at least so likely, or the model answered something else.
_LEAST = 0.3
_YES, _NO = ("예", "네", "yes"), ("아니", "아", "no")
_RIVALS = 20
_LONGEST_EVIDENCE = 3000
_NO_ANSWER = ("모른다", "모릅니다", "모르겠습니다")
_MISSING = "언어 모델 없이 검사하여, 다시 물어 확인하지 못했습니다."


class ReAskChecker:
    """One verdict per sentence that claims something. `llm` is called on first use; without one all is unchecked.

    `sure_yes` is the probability from which a 예 counts, for a model on which it was measured; None: never.
    """

    name = "re_ask"

    def __init__(self, llm: Callable[[], LLM] | None = None, *, sure_yes: float | None = None) -> None:
        self._llm = llm
        self._sure_yes = sure_yes

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
        passes = self._sure_yes is not None and chance >= self._sure_yes
        if (passes or chance <= SURE_NO) and all(passage.ocr is not None for passage in passages):
            return verdict("unchecked", OCR_ONLY, chance)
        if passes:
            return verdict("supported", f"언어 모델에 다시 물었더니 근거에 있다고 합니다(확률 {chance:.0%}).", chance)
        if chance <= SURE_NO:
            why = f"언어 모델에 다시 물었더니 근거에 없거나 다르다고 합니다(예일 확률 {chance:.0%})."
            return verdict("not_found", why, chance)
        why = f"언어 모델은 근거에 있다고 하지만(확률 {chance:.0%}) 그 말만으로 확인한 것으로 치지 않습니다."
        return verdict("unchecked", why, chance)


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

"""Does the evidence support each sentence of an answer? Asked of a model that reads both (`models/base.py: Grounder`).

supported     some window of the evidence supports the sentence with at least the model's threshold
contradicted  no window does, by far; the best one says otherwise
not_found     no window does, by far; the evidence does not speak of it
unchecked     the model is not sure, is missing, or only passages that OCR read from a picture speak of it

The thresholds come with the weights, chosen so that few true sentences are called false: between them nothing is said.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from haechi.checkers.base import Evidence
from haechi.checkers.stated import without_citations
from haechi.checkers.value_checker import OCR_ONLY
from haechi.checkers.windows import EvidenceWindows, Window, content_tokens
from haechi.korean.politeness import asks, is_empty_talk
from haechi.korean.sentences import split_sentences
from haechi.models.base import Calibrated, Grounder, Thresholds, Vectors
from haechi.types import Verdict, VerdictLabel

#: Tokens of one window of the evidence.
WINDOW = 220
#: A sentence longer than this many tokens is not one claim.
LONGEST = 160
#: Says that nothing is claimed.
_NO_CLAIM = re.compile(
    r"(?:모른다|모릅니다|모르겠습니다|찾을 수 없(?:습니다|어요|다)|찾지 못했(?:습니다|어요|다)"
    r"|확인할 수 없(?:습니다|어요|다)"
    r"|답변(?:드리기|하기) 어렵습니다|문의(?:하세요|해 주세요|하시기 바랍니다|바랍니다))[.\s]*$"
)
_MISSING = "근거 확인 모델이 없어 문장의 뜻을 확인하지 못했습니다. 설치: haechi models install haechi-grounding"


class EntailmentChecker:
    """One verdict per sentence that claims something; without a grounder every one is `unchecked`, with the reason."""

    name = "entailment"

    def __init__(self, grounder: Grounder | None = None, *, missing: str = _MISSING) -> None:
        self._grounder = grounder
        self._missing = missing
        self._thresholds = grounder.thresholds if isinstance(grounder, Calibrated) else Thresholds()

    def check(self, answer: str, evidence: Sequence[Evidence], question: str = "") -> list[Verdict]:
        """Sentences in the order of the answer. `score` is the probability that the evidence supports the sentence."""
        text = without_citations(answer)
        claims = [(start, end) for start, end in split_sentences(text) if _claims(text[start:end])]
        if not claims:
            return []
        grounder = self._grounder
        if grounder is None:
            return [_verdict(answer, span, "unchecked", self._missing) for span in claims]
        readable = [passage for passage in evidence if passage.text.strip()]
        if not readable:
            return [_verdict(answer, span, "unchecked", "근거가 없어 확인하지 못했습니다.") for span in claims]
        windows = EvidenceWindows(readable, lambda part: grounder.count_tokens(part, ""))
        room = min(WINDOW, grounder.max_tokens - LONGEST)
        chosen: list[list[Window]] = []
        pairs: list[tuple[str, str]] = []
        for start, end in claims:
            claim = text[start:end]
            fits = grounder.count_tokens("", claim) <= LONGEST
            found = windows.find(claim, room) if fits else []
            found = [window for window in found if grounder.count_tokens(window.text, claim) <= grounder.max_tokens]
            chosen.append(found)
            pairs += [(window.text, claim) for window in found]
        rows = grounder.probabilities(pairs) if pairs else np.empty((0, 3), np.float32)
        verdicts, position = [], 0
        for span, found in zip(claims, chosen, strict=True):
            own = rows[position : position + len(found)]
            position += len(found)
            verdicts.append(self._judged(answer, span, found, own, readable))
        return verdicts

    def _judged(
        self, answer: str, span: tuple[int, int], windows: Sequence[Window], rows: Vectors, evidence: Sequence[Evidence]
    ) -> Verdict:
        if not windows:
            return _verdict(
                answer, span, "unchecked", "문장이나 근거가 모델이 읽을 수 있는 길이를 넘어 확인하지 못했습니다."
            )
        best = int(rows[:, 0].argmax())
        chance = float(rows[best, 0])
        if chance >= self._thresholds.supported:
            label: VerdictLabel = "supported"
            why = f"근거가 이 문장을 뒷받침합니다(확률 {chance:.0%})."
        elif chance <= self._thresholds.alarm:
            # The window that shares most with the sentence is the one that would speak of it.
            best = 0
            label = "contradicted" if rows[0, 1] > rows[0, 2] else "not_found"
            why = (
                f"근거와 어긋납니다(뒷받침할 확률 {chance:.0%})."
                if label == "contradicted"
                else f"근거에서 이 문장을 뒷받침하는 내용을 찾지 못했습니다(확률 {chance:.0%})."
            )
        else:
            why = f"근거가 이 문장을 뒷받침하는지 모델이 확신하지 못해 확인하지 못했습니다(확률 {chance:.0%})."
            return _verdict(answer, span, "unchecked", why, windows[best].sentence, chance)
        if evidence[windows[best].passage].ocr is not None and label != "not_found":
            return _verdict(answer, span, "unchecked", OCR_ONLY, windows[best].sentence, chance)
        return _verdict(answer, span, label, why, windows[best].sentence, chance)


def _claims(sentence: str) -> bool:
    """Whether a sentence says something that evidence could support."""
    if asks(sentence) or is_empty_talk(sentence) or _NO_CLAIM.search(sentence):
        return False
    return len(set(content_tokens(sentence))) >= 2


def _verdict(
    answer: str,
    span: tuple[int, int],
    label: VerdictLabel,
    why: str,
    evidence: str = "",
    score: float | None = None,
) -> Verdict:
    start, end = span
    return Verdict("entailment", answer[start:end], label, evidence, why, start=start, end=end, score=score)

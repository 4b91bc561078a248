"""What the amount, date, quantity and law checkers share: each value of an answer is judged against the evidence.

supported     an equal value stands in the evidence, and no bound (이상, 이하 …) goes against it
contradicted  the evidence has another value of the same unit where it speaks of the same thing, or the opposite bound
not_found     the evidence has nothing to compare with
unchecked     the value, or what it would be compared with, is not resolved (작년, 3억여 원 against 3억 2천만 원), or
              only passages that OCR read from a picture speak for or against it

"Speaks of the same thing" is shared content words (`context.py`), not meaning: a true value in the wrong place is only
noted in the explanation. A value that stands in the question alone is not supported by it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from haechi.checkers.base import Evidence
from haechi.checkers.comparison import Relation, relation
from haechi.checkers.context import content_words, shared
from haechi.checkers.stated import Stated, stated_in, stated_in_evidence, without_citations
from haechi.korean.josa import with_josa
from haechi.korean.values import is_uncertain
from haechi.types import ValueKind, Verdict, VerdictLabel

#: Why a value is not checked when only text read from a picture speaks of it.
OCR_ONLY = "문자 인식(OCR)으로 읽은 근거라 값을 확인하지 못했습니다."

_DENIED = re.compile(r"\s?(?:이|가|은|는)?\s?(?:아니|아닌|아닙|않)")


class ValueChecker:
    """Judges every value of one kind in an answer, one verdict each, in the order of the answer."""

    name: str
    kind: ValueKind

    def check(self, answer: str, evidence: Sequence[Evidence], question: str = "") -> list[Verdict]:
        """One verdict per value of this kind; `claim` is the value with its bound, as the answer writes it."""
        text = without_citations(answer)
        claims = [claim for claim in stated_in(text) if claim.value.kind == self.kind]
        if not claims:
            return []
        sources = self.sources(evidence)
        asked = [item.value for item in stated_in(question) if item.value.kind == self.kind]
        topic = content_words(question)
        said = {claim.value.normalised for claim in claims}
        scanned = frozenset(number for number, passage in enumerate(evidence) if passage.ocr is not None)
        verdicts = []
        for claim in claims:
            related = [(source, self.relate(claim, source)) for source in sources]
            verdict = self._judge(text, claim, related, topic, said)
            if verdict.label in ("supported", "contradicted") and scanned:
                verdict = self._without_ocr(verdict, text, claim, related, topic, said, scanned)
            open_by_ocr = verdict.explanation == OCR_ONLY  # a scan does hold the value, or another in its place
            if (
                verdict.label != "supported"
                and not open_by_ocr
                and any(relation(claim.value, value) == "equal" for value in asked)
            ):
                verdict = self._verdict(
                    claim,
                    verdict.label,
                    verdict.evidence,
                    f"{verdict.explanation} 질문에만 있고 근거에는 없는 값입니다.",
                    verdict.suggestion,
                )
            verdicts.append(verdict)
        return verdicts

    def sources(self, evidence: Sequence[Evidence]) -> list[Stated]:
        """The values of the evidence that a claim of this kind may rest on."""
        return [source for source in stated_in_evidence(evidence) if source.value.kind == self.kind]

    def relate(self, claim: Stated, source: Stated) -> Relation:
        """How one value of the evidence bears on the claim."""
        return relation(claim.value, source.value)

    def _judge(
        self,
        answer: str,
        claim: Stated,
        related: list[tuple[Stated, Relation]],
        topic: frozenset[str],
        said: set[str],
    ) -> Verdict:
        same = [source for source, how in related if how in ("equal", "implied")]
        rival = self._rival(claim, [source for source, how in related if how == "different"], topic, said)
        if _DENIED.match(answer, claim.bound.end if claim.bound else claim.value.end):
            return self._denied(claim, same, rival)
        if same:
            return self._supported(claim, same)
        open_sources = [source for source, how in related if how in ("unknown", "partial")]
        if is_uncertain(claim.value):
            return self._verdict(
                claim,
                "unchecked",
                "",
                f"'{claim.value.surface}'은(는) 기준일이 없어 날짜를 확정할 수 없으므로 확인하지 못했습니다.",
            )
        if rival is not None:
            explanation = f"근거에는 {with_josa(repr_ko(rival.value.surface), '으로/로')} 되어 있습니다."
            return self._verdict(claim, "contradicted", rival.sentence, explanation, self.suggestion(claim, rival))
        if open_sources:
            source = open_sources[0]
            explanation = (
                f"근거의 {repr_ko(source.value.surface)}만으로는 같은 값인지 정할 수 없어 확인하지 못했습니다."
            )
            return self._verdict(claim, "unchecked", source.sentence, explanation)
        return self._verdict(claim, "not_found", "", f"근거에 {repr_ko(claim.value.surface)}에 해당하는 값이 없습니다.")

    def _without_ocr(
        self,
        verdict: Verdict,
        answer: str,
        claim: Stated,
        related: list[tuple[Stated, Relation]],
        topic: frozenset[str],
        said: set[str],
        scanned: frozenset[int],
    ) -> Verdict:
        """The verdict where text that was text gives the same one by itself; else `unchecked`."""
        clear = [(source, how) for source, how in related if source.passage not in scanned]
        again = self._judge(answer, claim, clear, topic, said)
        if again.label == verdict.label:
            return again
        return self._verdict(claim, "unchecked", verdict.evidence, OCR_ONLY)

    def suggestion(self, claim: Stated, rival: Stated) -> str:
        """What the source writes in the claim's place, with its bound where the claim has one."""
        return rival.bounded if claim.bound else rival.value.surface

    def _supported(self, claim: Stated, same: list[Stated]) -> Verdict:
        best = max(same, key=lambda source: (shared(claim.words, source.words), shared(claim.near, source.near)))
        if claim.bound:
            agreeing = [source for source in same if source.bound is None or source.bound.kind == claim.bound.kind]
            if not agreeing:
                stated = with_josa(repr_ko(best.bounded), "으로/로")
                explanation = f"값은 같지만 범위가 다릅니다. 근거에는 {stated} 되어 있습니다."
                return self._verdict(claim, "contradicted", best.sentence, explanation, best.bounded)
            best = max(agreeing, key=lambda source: (source.bound is not None, shared(claim.words, source.words)))
        notes = ["근거에 같은 값이 있습니다."]
        if claim.bound and best.bound is None:
            notes.append(f"다만 근거에는 {repr_ko(claim.bounded)}처럼 범위를 정한 말이 없습니다.")
        elif best.bound and not claim.bound:
            notes.append(f"근거에는 {with_josa(repr_ko(best.bounded), '으로/로')} 되어 있습니다.")
        if claim.value.normalised != best.value.normalised:
            notes.append(f"근거의 표기는 {repr_ko(best.value.surface)}입니다.")
        if claim.words and not any(shared(claim.words, source.words) for source in same):
            notes.append(
                "다만 그 값이 나온 문장과 답의 문장이 같은 낱말을 쓰지 않으므로, 같은 내용인지는 확인하지 못했습니다."
            )
        return self._verdict(claim, "supported", best.sentence, " ".join(notes))

    def _denied(self, claim: Stated, same: list[Stated], rival: Stated | None) -> Verdict:
        """ "30억 원이 아니라": the claim is that the value is wrong."""
        if rival is not None and not same:
            explanation = f"근거의 값은 {repr_ko(rival.value.surface)}이므로 부정하는 말이 맞습니다."
            return self._verdict(claim, "supported", rival.sentence, explanation)
        return self._verdict(claim, "unchecked", "", "부정하는 문장에 쓰인 값이라 값만으로는 확인하지 못했습니다.")

    def _rival(self, claim: Stated, others: list[Stated], topic: frozenset[str], said: set[str]) -> Stated | None:
        """The value of the evidence that stands in the claim's slot, or None where none speaks of the same thing."""
        words = claim.words or topic

        def rank(source: Stated) -> tuple[bool, int, float]:
            score = 2 * shared(claim.near, source.near) + shared(words, source.words) + shared(topic, source.words)
            alike = SequenceMatcher(None, claim.value.normalised, source.value.normalised).ratio()
            # A value that the answer states as well is hardly what this claim should have been.
            return source.value.normalised not in said, score, alike

        candidates = [source for source in others if self._same_topic(words, topic, claim, source)]
        return max(candidates, key=rank, default=None)

    @staticmethod
    def _same_topic(words: frozenset[str], topic: frozenset[str], claim: Stated, source: Stated) -> bool:
        common = shared(words, source.words)
        if common >= 2 or (words and 2 * common >= len(words)):
            return True
        return shared(claim.near, source.near) >= 1 or shared(topic, source.words) >= 2

    def _verdict(
        self, claim: Stated, label: VerdictLabel, evidence: str, explanation: str, suggestion: str = ""
    ) -> Verdict:
        return Verdict(self.name, claim.bounded, label, evidence, explanation, suggestion)


def repr_ko(text: str) -> str:
    """`text` in the quotes that explanations use."""
    return f"'{text}'"

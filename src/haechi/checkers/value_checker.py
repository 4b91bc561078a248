"""What the amount, date, quantity, law and code checkers share: each value of an answer is judged against the evidence.

supported     an equal value stands in the evidence, and no bound (이상, 이하 …) goes against it
contradicted  the evidence has another value of the same unit where it speaks of the same thing, or the opposite bound
not_found     the evidence has nothing to compare with
unchecked     the value, or what it would be compared with, is not resolved (작년, 3억여 원 against 3억 2천만 원); it is
              rounded, worked out, or an example of a rule (`loose.py`); or only passages that OCR read from a picture
              speak for or against it

"Speaks of the same thing" is letters and words, not meaning. Where the letters on both sides of a value are those of a
place in the evidence (`alignment.py`), that place decides, also against an equal value elsewhere in the evidence. Else
shared content words (`context.py`) decide, and a true value in the wrong place is only noted in the explanation.
A value that stands in the question alone is not supported by it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from haechi.checkers.alignment import Closeness, closeness
from haechi.checkers.base import Evidence
from haechi.checkers.comparison import BoundRelation, Relation, bound_relation, is_moving, moving_days_differ, relation
from haechi.checkers.context import content_words, shared
from haechi.checkers.loose import why_open
from haechi.checkers.stated import Stated, stated_in, stated_in_evidence, without_citations
from haechi.korean.josa import with_josa
from haechi.types import ValueKind, Verdict, VerdictLabel

#: Why a value is not checked when only text read from a picture speaks of it.
OCR_ONLY = "문자 인식(OCR)으로 읽은 근거라 값을 확인하지 못했습니다."

#: From so many equal letters on (`closeness`) a place in the evidence is what the claim is about …

CLOSE = 8
#: … also where the bound alone differs (30일 and 30일 이내), …
CLOSE_BOUND = 7
#: … and also against an equal value that stands elsewhere, less close by `APART`.
MISPLACED, APART = 11, 4

_DENIED = re.compile(r"\s?(?:이|가|은|는)?\s?(?:아니|아닌|아닙|않)")
_NEGATION = re.compile(r"없(?!이)|않|아니|아닌|못|안 |말아|금지")


_Near = tuple[Stated, Closeness]


@dataclass(frozen=True)
class _Case:
    """One claim with what the evidence says of it. `near` is the `closeness` of each source."""

    answer: str
    claim: Stated
    related: list[tuple[Stated, Relation, Closeness]]
    topic: frozenset[str]
    said: frozenset[str]
    claims: list[Stated]

    def sources(self, *how: Relation) -> list[_Near]:
        return [(source, near) for source, relation_, near in self.related if relation_ in how]


class ValueChecker:
    """Judges every value of its kinds in an answer, one verdict each, in the order of the answer."""

    name: str
    kinds: tuple[ValueKind, ...]

    def check(self, answer: str, evidence: Sequence[Evidence], question: str = "") -> list[Verdict]:
        """One verdict per value; `claim` is the value with its bound, as the answer writes it at `start`."""
        text = without_citations(answer)
        stated = stated_in(text)
        claims = [claim for claim in stated if claim.value.kind in self.kinds]
        if not claims:
            return []
        sources = self.sources(evidence)
        asked = [item.value for item in stated_in(question) if item.value.kind in self.kinds] if question else []
        topic = content_words(question)
        said = frozenset(claim.value.normalised for claim in claims)
        scanned = frozenset(number for number, passage in enumerate(evidence) if passage.ocr is not None)
        verdicts = []
        for claim in claims:
            related = [(source, self.relate(claim, source), closeness(claim, source)) for source in sources]
            case = _Case(text, claim, related, topic, said, stated)
            verdict = self._judge(case)
            if verdict.label in ("supported", "contradicted") and scanned:
                verdict = self._without_ocr(verdict, case, scanned)
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
                    bounded=verdict.claim != claim.value.surface,
                )
            verdicts.append(verdict)
        return verdicts

    def sources(self, evidence: Sequence[Evidence]) -> list[Stated]:
        """The values of the evidence that a claim of these kinds may rest on."""
        return [source for source in stated_in_evidence(evidence) if source.value.kind in self.kinds]

    def relate(self, claim: Stated, source: Stated) -> Relation:
        """How one value of the evidence bears on the claim."""
        return relation(claim.value, source.value)

    def suggestion(self, claim: Stated, rival: Stated) -> str:
        """What the source writes in the claim's place; "" where nothing can be put there."""
        return rival.value.surface

    def sure_without_rival(self, claim: Stated) -> bool:
        """Whether a value that the evidence has nothing like is `not_found`; else it is said to be unchecked."""
        return True

    def _judge(self, case: _Case) -> Verdict:
        claim = case.claim
        same = case.sources("equal", "implied")
        rivals = case.sources("different")
        if _DENIED.match(case.answer, claim.stretch[1]):
            return self._denied(case, same, rivals)
        closest = max(rivals, key=lambda item: item[1].letters, default=None)
        if same:
            nearest = max((near for _, near in same), key=sum)
            if closest and closest[1].letters >= MISPLACED and closest[1].beats(nearest, APART):
                return self._contradicted(claim, closest[0])
            return self._supported(claim, same)
        if closest and closest[1].letters >= CLOSE:
            return self._contradicted(claim, self._closest(claim, rivals, closest[1].letters))
        unresolved = [item for item in case.sources("unknown") if is_moving(item[0].value)]
        if is_moving(claim.value):
            other = max(unresolved, key=lambda item: item[1].letters, default=None)
            if other and other[1].letters >= CLOSE_BOUND and moving_days_differ(claim.value, other[0].value):
                return self._contradicted(claim, other[0])
            why = f"'{claim.value.surface}'은(는) 기준일이 없어 날짜를 확정할 수 없으므로 확인하지 못했습니다."
            return self._verdict(claim, "unchecked", "", why)
        rival = self._rival(case, [source for source, _ in rivals])
        if opened := case.sources("unknown", "partial"):
            source = max(opened, key=lambda item: (item[1].letters, shared(claim.words, item[0].words)))[0]
            if rival is None or self._rank(case, source)[1] >= self._rank(case, rival)[1]:
                why = f"근거의 {repr_ko(source.value.surface)}만으로는 같은 값인지 정할 수 없어 확인하지 못했습니다."
                return self._verdict(claim, "unchecked", source.sentence, why)
        if why := why_open(claim, [source for source, *_ in case.related], case.claims):
            return self._verdict(claim, "unchecked", rival.sentence if rival else "", why)
        if rival is not None:
            return self._contradicted(claim, rival)
        if not self.sure_without_rival(claim):
            why = f"{repr_ko(claim.value.surface)}와(과) 견줄 만한 것이 근거에 없어 확인하지 못했습니다."
            return self._verdict(claim, "unchecked", "", why)
        return self._verdict(claim, "not_found", "", f"근거에 {repr_ko(claim.value.surface)}에 해당하는 값이 없습니다.")

    def _without_ocr(self, verdict: Verdict, case: _Case, scanned: frozenset[int]) -> Verdict:
        """The verdict where text that was text gives the same one by itself; else `unchecked`."""
        clear = [item for item in case.related if item[0].passage not in scanned]
        again = self._judge(_Case(case.answer, case.claim, clear, case.topic, case.said, case.claims))
        if again.label == verdict.label:
            return again
        return self._verdict(case.claim, "unchecked", verdict.evidence, OCR_ONLY)

    def _contradicted(self, claim: Stated, rival: Stated) -> Verdict:
        why = f"근거에는 {with_josa(repr_ko(rival.value.surface), '으로/로')} 되어 있습니다."
        return self._verdict(claim, "contradicted", rival.sentence, why, self.suggestion(claim, rival))

    def _supported(self, claim: Stated, same: list[_Near]) -> Verdict:
        held = [(source, near.letters, bound_relation(claim.bound, source.bound)) for source, near in same]
        agreeing = max((near for _, near, how in held if how == "agree"), default=-1)
        conflict = self._bound_conflict(claim, held, agreeing)
        if conflict is not None:
            return conflict

        def fits(item: tuple[Stated, int, BoundRelation]) -> tuple[bool, int, int, bool]:
            source, near, how = item
            return how == "agree", near, shared(claim.words, source.words), source.bound is not None

        best = max(held, key=fits)[0]
        notes = ["근거에 같은 값이 있습니다."]
        if claim.bound and not claim.bound.edge and best.bound is None:
            notes.append(f"다만 근거에는 {repr_ko(claim.bounded)}처럼 범위를 정한 말이 없습니다.")
        elif best.bound and not best.bound.edge and not claim.bound:
            notes.append(f"근거에는 {with_josa(repr_ko(best.bounded), '으로/로')} 되어 있습니다.")
        if claim.value.normalised != best.value.normalised:
            notes.append(f"근거의 표기는 {repr_ko(best.value.surface)}입니다.")
        if claim.words and not any(shared(claim.words, source.words) for source, _ in same):
            notes.append(
                "다만 그 값이 나온 문장과 답의 문장이 같은 낱말을 쓰지 않으므로, 같은 내용인지는 확인하지 못했습니다."
            )
        return self._verdict(claim, "supported", best.sentence, " ".join(notes))

    def _bound_conflict(
        self, claim: Stated, held: list[tuple[Stated, int, BoundRelation]], agreeing: int
    ) -> Verdict | None:
        """The verdict where the value is right and its bound is not; None where a place as close agrees."""
        for source, near, how in sorted(held, key=lambda item: -item[1]):
            if how == "agree" or (agreeing >= 0 and (near < CLOSE_BOUND or near <= agreeing)):
                continue
            close = near >= CLOSE_BOUND
            if not close and how in ("missing", "added"):
                continue
            if not close and (how == "complement" or _negated(claim) != _negated(source)):
                # 30% 미만이면 주지 않는다, 30% 이상이어야 준다: one rule from both sides.
                why = f"근거의 {repr_ko(_shown(source))}와(과) 같은 범위인지 정할 수 없어 확인하지 못했습니다."
                return self._verdict(claim, "unchecked", source.sentence, why, bounded=True)
            stated = with_josa(repr_ko(_shown(source)), "으로/로")
            why = f"값은 같지만 범위가 다릅니다. 근거에는 {stated} 되어 있습니다."
            suggestion = _shown(source) if claim.bound is None or not claim.bound.edge else ""
            return self._verdict(claim, "contradicted", source.sentence, why, suggestion, bounded=True)
        return None

    def _denied(self, case: _Case, same: list[_Near], rivals: list[_Near]) -> Verdict:
        """ "30억 원이 아니라": the claim is that the value is wrong."""
        rival = self._rival(case, [source for source, _ in rivals])
        if rival is not None and not same:
            explanation = f"근거의 값은 {repr_ko(rival.value.surface)}이므로 부정하는 말이 맞습니다."
            return self._verdict(case.claim, "supported", rival.sentence, explanation)
        return self._verdict(case.claim, "unchecked", "", "부정하는 문장에 쓰인 값이라 값만으로는 확인하지 못했습니다.")

    def _closest(self, claim: Stated, rivals: list[_Near], most: int) -> Stated:
        """The closest rival; among equally close ones the one whose form is most like the claim's."""
        return max(
            (source for source, near in rivals if near.letters == most),
            key=lambda source: (shared(claim.words, source.words), _likeness(claim, source)),
        )

    def _rival(self, case: _Case, others: list[Stated]) -> Stated | None:
        """The value of the evidence that stands in the claim's slot, or None where none speaks of the same thing."""
        words = case.claim.words or case.topic
        candidates = [source for source in others if self._same_topic(words, case.topic, case.claim, source)]
        if not candidates:
            return None
        ranked = [(self._rank(case, source), source) for source in candidates]
        best = max(rank for rank, _ in ranked)
        return max((source for rank, source in ranked if rank == best), key=lambda item: _likeness(case.claim, item))

    @staticmethod
    def _rank(case: _Case, source: Stated) -> tuple[bool, int]:
        claim, topic = case.claim, case.topic
        score = (
            2 * shared(claim.near, source.near)
            + shared(claim.words or topic, source.words)
            + shared(topic, source.words)
            + closeness(claim, source).letters
        )
        # A value that the answer states as well is hardly what this claim should have been.
        return source.value.normalised not in case.said, score

    @staticmethod
    def _same_topic(words: frozenset[str], topic: frozenset[str], claim: Stated, source: Stated) -> bool:
        common = shared(words, source.words)
        if common >= 2 or (words and 2 * common >= len(words)):
            return True
        return shared(claim.near, source.near) >= 1 or shared(topic, source.words) >= 2

    def _verdict(
        self,
        claim: Stated,
        label: VerdictLabel,
        evidence: str,
        explanation: str,
        suggestion: str = "",
        *,
        bounded: bool | None = None,
    ) -> Verdict:
        """`bounded`: the claim is the value with its bound; a wrong value is shown alone, so that it can be
        replaced."""
        if bounded is None:
            bounded = label != "contradicted"
        start, end = claim.stretch if bounded else (claim.value.start, claim.value.end)
        text = claim.bounded if bounded else claim.value.surface
        return Verdict(self.name, text, label, evidence, explanation, suggestion, start, end)


def repr_ko(text: str) -> str:
    """`text` in the quotes that explanations use."""
    return f"'{text}'"


def _shown(source: Stated) -> str:
    """The value with its bound; 부터 and 까지 are shown where they are what differs."""
    if source.bound is not None and source.bound.edge:
        return source.value.surface + {"from": "부터", "until": "까지"}[source.bound.edge]
    return source.bounded or source.value.surface


def _negated(item: Stated) -> bool:
    return _NEGATION.search(item.after) is not None


def _likeness(claim: Stated, source: Stated) -> float:
    return SequenceMatcher(None, claim.value.normalised, source.value.normalised).ratio()

"""Whether a question is worth asking the model, and how sure one may be of its draft: before it and after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from haechi.indexes.base import FullTextIndex
from haechi.korean.base import Analyser
from haechi.pipeline.answer_signals import signals as signals_of
from haechi.pipeline.answerability import Answerability, assess
from haechi.pipeline.refusal import RefusalWeights
from haechi.pipeline.refusal_reason import needs_computing
from haechi.types import Generation, Hit, Verdict


@dataclass(frozen=True)
class Prospect:
    """What was known before the model was asked: what the passages cover, and how likely they answer."""

    can: Answerability
    signals: dict[str, float]
    weights: RefusalWeights
    threshold: float

    @staticmethod
    def of(
        question: str,
        hits: Sequence[Hit],
        analyser: Analyser,
        index: FullTextIndex,
        weights: RefusalWeights,
        threshold: float,
    ) -> Prospect:
        """`threshold` 0 takes that of the weights."""
        can = assess(question, hits, analyser)
        found = signals_of(question, hits, analyser, index, can.coverage)
        return Prospect(can, found, weights, threshold or weights.threshold)

    @property
    def likely(self) -> float:
        """The probability, 0 to 1, that the passages answer."""
        return self.weights.before(self.signals)

    def hopeless(self, question: str, hits: Sequence[Hit], min_coverage: float) -> str:
        """Why the model need not be asked; empty when it should be."""
        missing = ", ".join(self.can.missing[:3])
        if not hits or self.can.coverage < min_coverage:
            return f"문서에 없는 내용입니다(찾지 못한 말: {missing or '전부'})"
        if needs_computing(question, hits):
            return "셈해야 하는 질문인데 그 결과를 적은 문서가 없습니다"
        if self.likely < self.threshold:
            told = f", 찾지 못한 말: {missing}" if missing else ""
            return f"근거로 답할 수 있을 확률이 낮습니다({self.likely:.2f} < {self.threshold:.2f}{told})"
        return ""

    def after(self, draft: Generation, verdicts: Sequence[Verdict]) -> float:
        """The same with the draft: how sure the model was of its words, and what the grounding model says of them."""
        chances = [chance.logprob for chance in draft.chances]
        scores = [one.score for one in verdicts if one.checker == "entailment" and one.score is not None]
        certainty = sum(chances) / len(chances) if chances else None
        return self.weights.after(self.signals, certainty, sum(scores) / len(scores) if scores else None)

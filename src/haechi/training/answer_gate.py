"""Whether an answer is good enough to train on: Haechi's own checkers say, never whoever wrote it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from haechi.checkers.base import Checker
from haechi.korean.base import Analyser
from haechi.pipeline.check import check_answer
from haechi.pipeline.citations import cite, read_draft
from haechi.pipeline.correct import BAD
from haechi.pipeline.shape import says_unknown, shorten
from haechi.pipeline.verification import strays
from haechi.training.grounded_rows import evidence_of
from haechi.types import Hit

#: The only words of an answer that refuses.
UNKNOWN = "모른다"


@dataclass(frozen=True)
class Judged:
    """`text` is the answer with its citations, UNKNOWN for a refusal; `why` says what is wrong with it, "" for nothing.

    `why` is empty, long, foreign_value, contradicted, not_found, uncited or unchecked; `cited` are the passages it
    rests on, counted from 1.
    """

    text: str
    why: str = ""
    detail: str = ""
    cited: tuple[int, ...] = ()

    @property
    def good(self) -> bool:
        return not self.why

    @property
    def refuses(self) -> bool:
        return self.text == UNKNOWN


@dataclass(frozen=True)
class AnswerGate:
    """The checkers and the analyser of a home, and how long an answer may be (characters without citations).

    `strict` refuses a sentence that no checker bore out: for a model's answers, not for a person's.
    """

    checkers: Sequence[Checker]
    analyser: Analyser
    max_chars: int
    strict: bool = False

    def judge(self, question: str, draft: str, hits: Sequence[Hit]) -> Judged:
        """Judge an answer to a question over these passages. Nothing is mended: what is wrong is not trained on."""
        if not draft.strip():
            return Judged("", "empty")
        if says_unknown(draft):
            return Judged(UNKNOWN)
        sentences = read_draft(draft)
        evidence = evidence_of(hits)
        if foreign := strays(draft, evidence):
            return Judged(draft, "foreign_value", ", ".join(foreign))
        if len(shorten(sentences, self.max_chars)) < len(sentences) or len(sentences[0].text) > 2 * self.max_chars:
            return Judged(draft, "long", str(sum(len(sentence.text) for sentence in sentences)))
        report = check_answer(self.checkers, " ".join(sentence.text for sentence in sentences), evidence, question)
        if bad := [verdict for verdict in report.verdicts if verdict.label in BAD]:
            return Judged(draft, bad[0].label, f"{bad[0].checker}: {bad[0].claim}")
        cited = cite(sentences, hits, self.analyser)
        if None in cited.sources:
            return Judged(draft, "uncited", cited.sentences[cited.sources.index(None)])
        if self.strict and report.unchecked:
            return Judged(draft, "unchecked", report.unchecked[0])
        return Judged(cited.text, cited=tuple(sorted({citation.marker for citation in cited.citations})))

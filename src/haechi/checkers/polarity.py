"""Negation, may and must: is what the answer says is allowed, demanded or denied what the evidence says of it?

Speaks only where one sentence of the evidence has the same predicate and nearly all words of the answer's clause, with
the same conditions and values; then two forces that cannot both be true are `contradicted`. All else is left to the
other checkers: no verdict is no pass.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from haechi.checkers.base import Evidence
from haechi.checkers.polarity_compare import in_conflict, open_question
from haechi.checkers.polarity_omission import Omission, omission
from haechi.checkers.polarity_passage import Said, passage_sentences
from haechi.checkers.polarity_wording import reworded
from haechi.checkers.stated import without_citations
from haechi.checkers.without_scans import without_scans
from haechi.korean.clauses import Clause, Sentence, Word, read_sentence
from haechi.korean.clauses_match import coverage
from haechi.korean.sentences import split_sentences
from haechi.types import Verdict

_DUTY = frozenset({"의무이다"})
_SAID = 0.7
_NEAR = 0.5
_MARGIN = 0.3
_FEWEST = 2


@dataclass(frozen=True)
class _Match:
    said: Said
    clause: Clause
    share: float
    near: float
    conflict: bool

    @property
    def weight(self) -> float:
        return self.share + self.near


class PolarityChecker:
    """One verdict per clause of the answer that the evidence contradicts."""

    name = "polarity"

    def check(self, answer: str, evidence: Sequence[Evidence], question: str = "") -> list[Verdict]:
        """Verdicts in the order of the answer; `claim` is the clause, `start`/`end` its span."""
        return without_scans(lambda passages: self._check(answer, passages, question), evidence)

    def _check(self, answer: str, evidence: Sequence[Evidence], question: str) -> list[Verdict]:
        text = without_citations(answer)
        sources = [said for passage in evidence for said in passage_sentences(passage.text)]
        spans = split_sentences(text)
        sentences = [read_sentence(text[start:end]) for start, end in spans]
        told = [*sentences, *([read_sentence(question)] if question else [])]
        verdicts = []
        for (start, end), sentence in zip(spans, sentences, strict=True):
            found: list[Verdict] = []
            claims = list(claims_of(sentence))
            for clause, words in claims:
                verdict = self._judge(sentence, clause, words, sources, start)
                if verdict is not None:
                    found.append(verdict)
            for clause, words in claims if not found else ():
                left_out = omission(told, sentence, clause, words, sources)
                if left_out is not None:
                    found.append(self._left_out(left_out, text[start:end], start))
                    break
            verdicts += found
        return verdicts

    def _left_out(self, left_out: Omission, claim: str, start: int) -> Verdict:
        explanation = f"근거에는 예외나 조건이 있는데 답에는 없습니다: {left_out.limit.strip()}"
        suggestion = f"{claim} {left_out.limit.strip()}" if left_out.repeated else ""
        return Verdict(
            self.name, claim, "contradicted", left_out.rule, explanation, suggestion, start, start + len(claim)
        )

    def _judge(
        self, sentence: Sentence, clause: Clause, words: list[Word], sources: list[Said], offset: int
    ) -> Verdict | None:
        matches = sorted(_matches(sentence, clause, words, sources), key=lambda match: -match.weight)
        best = next((match for match in matches if match.share >= _SAID and match.near >= _NEAR), None)
        if best is None or not best.conflict:
            return None
        if any(not match.conflict and match.weight >= best.weight - _MARGIN for match in matches):
            return None
        claim = sentence.text[clause.start : clause.end].strip(" ,")
        finish = offset + clause.end
        begin = finish - len(claim)
        suggestion = reworded(sentence.text, clause, best.clause)
        stated = best.said.sentence.text[best.clause.head_start : best.clause.end]
        explanation = f"근거는 '{stated.strip()}'라고 하여, 답과 뜻이 반대이거나 다릅니다."
        source = best.said.sentence.text
        return Verdict(self.name, claim, "contradicted", source, explanation, suggestion, begin, finish)


def claims_of(sentence: Sentence) -> Iterator[tuple[Clause, list[Word]]]:
    """The clauses that say something of their own, each with its words, its conditions' and the topic's."""
    begin = 0
    topic: Word | None = None
    before: tuple[Clause, list[Word]] | None = None
    for clause in sentence.clauses:
        words = [word for word in sentence.words if begin <= word.start < clause.head_start]
        own_topic = next((word for word in words if word.role in ("topic", "subject", "also")), None)
        if clause.join != "main":
            continue
        if before is not None and clause.lemmas == _DUTY and clause.force == "not":
            # ... 할 수 있을 뿐 의무는 아닙니다
            clause, words = replace(before[0], force="need_not", end=clause.end), before[1]
        elif before is not None and not words and not before[0].lemmas.isdisjoint(clause.lemmas):
            # ... 명할 수 있으나 명하지 않아도 됩니다
            words = before[1]
        elif own_topic is None and topic is not None:
            words.insert(0, topic)
        topic = own_topic or topic
        begin = clause.end
        if clause.force != "unsure":
            before = clause, words
            yield clause, words


def _plain_pair(ours: Sentence, theirs: Sentence, share: float) -> bool:
    """Whether one word and the predicate are all that both sentences have (음식물은 반입할 수 없다)."""
    return share == 1 and len(ours.clauses) == len(theirs.clauses) == 1


def _matches(sentence: Sentence, clause: Clause, words: list[Word], sources: list[Said]) -> Iterator[_Match]:
    for said in sources:
        for other in said.claims:
            conflict = in_conflict(clause, other.clause)
            if conflict is None:
                continue
            share, weight = coverage(words, said.bag, said.letters)
            if share < _SAID - _MARGIN or (weight < _FEWEST and not _plain_pair(sentence, said.sentence, share)):
                continue
            if conflict and open_question(sentence, clause, words, said, other):
                conflict = False
            yield _Match(said, other.clause, share, coverage(words, other.bag, other.letters)[0], conflict)

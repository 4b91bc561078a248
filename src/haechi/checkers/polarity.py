"""Negation, may and must: is what the answer says is allowed, demanded or denied what the evidence says of it?

Speaks only where one sentence of the evidence has the same predicate and nearly all words of the answer's clause, with
the same conditions and values; then two forces that cannot both be true are `contradicted`. All else is left to the
other checkers: no verdict is no pass.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from haechi.checkers.base import Evidence
from haechi.checkers.polarity_passage import Said, passage_sentences
from haechi.checkers.stated import without_citations
from haechi.korean.clauses import Clause, Sentence, Word, read_sentence
from haechi.korean.clauses_force import Force
from haechi.korean.clauses_match import coverage, matched, same_predicate
from haechi.korean.opposites import opposition
from haechi.korean.sentences import split_sentences
from haechi.types import Verdict

#: Forces that cannot both be true of one thing. 한다 and 하여야 한다 are one in rules, and who may need not.
_CONFLICTS: frozenset[frozenset[Force]] = frozenset(
    frozenset(pair)
    for pair in (
        ("may", "must"),
        ("may", "cannot"),
        ("may", "not"),
        ("must", "need_not"),
        ("must", "cannot"),
        ("must", "not"),
        ("plain", "not"),
        ("plain", "cannot"),
        ("plain", "need_not"),
    )
)
_SAID = 0.8
_NEAR = 0.5
_MARGIN = 0.15
_ONLY = re.compile(r"(?<=[가-힣])만(?=[ ,을은이의])|뿐(?=[ 이만])|밖에|한하여|한정|제외|외에|함께|같이|동시에|한꺼번에|각각|아니라|아닌 |말고|빼고|불구하고")


@dataclass(frozen=True)
class _Match:
    said: Said
    clause: Clause
    share: float
    conflict: bool


class PolarityChecker:
    """One verdict per clause of the answer that the evidence contradicts."""

    name = "polarity"

    def check(self, answer: str, evidence: Sequence[Evidence], question: str = "") -> list[Verdict]:
        """Verdicts in the order of the answer; `claim` is the clause, `start`/`end` its span."""
        text = without_citations(answer)
        sources = [said for passage in evidence for said in passage_sentences(passage.text)]
        verdicts = []
        for start, end in split_sentences(text):
            sentence = read_sentence(text[start:end])
            for clause, words in claims_of(sentence):
                verdict = self._judge(sentence, clause, words, sources, start)
                if verdict is not None:
                    verdicts.append(verdict)
        return verdicts

    def _judge(
        self, sentence: Sentence, clause: Clause, words: list[Word], sources: list[Said], offset: int
    ) -> Verdict | None:
        matches = sorted(_matches(sentence, clause, words, sources), key=lambda match: -match.share)
        if not matches or not matches[0].conflict:
            return None
        best = matches[0]
        if any(not match.conflict and match.share >= best.share - _MARGIN for match in matches):
            return None
        begin, finish = offset + clause.start, offset + clause.end
        claim = sentence.text[clause.start : clause.end].strip(" ,")
        begin += len(sentence.text[clause.start : clause.end]) - len(sentence.text[clause.start : clause.end].lstrip(" ,"))
        stated = best.said.sentence.text[best.clause.head_start : best.clause.end]
        explanation = f"근거는 '{stated.strip()}'라고 하여, 답과 뜻이 반대이거나 다릅니다."
        return Verdict(
            self.name, claim, "contradicted", best.said.sentence.text, explanation, start=begin, end=finish
        )


def claims_of(sentence: Sentence) -> Iterator[tuple[Clause, list[Word]]]:
    """The clauses that say something of their own, each with its words, its conditions' and the topic's."""
    begin = 0
    topic: Word | None = None
    for clause in sentence.clauses:
        words = [word for word in sentence.words if begin <= word.start < clause.head_start]
        own_topic = next((word for word in words if word.role in ("topic", "subject", "also")), None)
        if clause.join != "main":
            continue
        if own_topic is None and topic is not None:
            words.insert(0, topic)
        topic = own_topic or topic
        begin = clause.end
        if clause.force != "unsure":
            yield clause, words


def _matches(sentence: Sentence, clause: Clause, words: list[Word], sources: list[Said]) -> Iterator[_Match]:
    for said in sources:
        for other, near in said.claims:
            conflict = _conflict(clause, other)
            if conflict is None:
                continue
            share, weight = coverage(words, said.bag, said.letters)
            if weight < 2 or share < _SAID or coverage(words, *near)[0] < _NEAR:
                continue
            if conflict and _open_question(sentence, words, said):
                conflict = False
            yield _Match(said, other, share, conflict)


def _conflict(ours: Clause, theirs: Clause) -> bool | None:
    """Whether the two forces exclude each other; None where the predicates are not about the same."""
    if same_predicate(ours.lemmas, theirs.lemmas):
        return frozenset((ours.force, theirs.force)) in _CONFLICTS
    kinds = {opposition(left, right) for left in ours.lemmas for right in theirs.lemmas} - {None}
    if not kinds:
        return None
    sure = {"plain", "must"}
    if ours.force in sure and theirs.force in sure:
        return True
    return "complement" in kinds and ours.force == theirs.force == "not"


def _negative(clause: Clause) -> bool:
    return clause.force in ("not", "cannot", "need_not")


def _open_question(sentence: Sentence, words: list[Word], said: Said) -> bool:
    """Whether something else than the force differs, so that both can be true: conditions, values, 만, a proviso."""
    if not said.values_said(sentence.text):
        return True
    if bool(_ONLY.search(sentence.text)) != bool(_ONLY.search(said.sentence.text)):
        return True
    for condition in sentence.clauses:
        if condition.join == "main":
            continue
        same = {_negative(other) for other in said.sentence.clauses if same_predicate(condition.lemmas, other.lemmas)}
        if (not _negative(condition)) in same or (_negative(condition) and not same):
            return True
    for proviso in said.beside:
        if any(matched(word, proviso.bag, proviso.letters) and not matched(word, said.sentence.bag, said.sentence.letters) for word in words):
            return True
    return False

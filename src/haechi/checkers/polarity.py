"""Negation, may and must: is what the answer says is allowed, demanded or denied what the evidence says of it?

Speaks only where one sentence of the evidence has the same predicate and nearly all words of the answer's clause, with
the same conditions and values; then two forces that cannot both be true are `contradicted`. All else is left to the
other checkers: no verdict is no pass.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from haechi.checkers.base import Evidence
from haechi.checkers.polarity_passage import Claim, Said, passage_sentences
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
_DUTY = frozenset({"의무이다"})
_EXCEEDING = frozenset("넘 초과 경과 지나 미달".split())
_SAID = 0.7
_NEAR = 0.5
_MARGIN = 0.3
_FEWEST = 2
#: Words that make a rule say something of all others as well; those of `_TOGETHER` do so in the answer alone.
_ONLY = re.compile(r"(?<=[가-힣])(?<![다까지])만(?=[ ,을은이의])|(?<!을 )(?<!ㄹ )뿐(?=[ 이만])|밖에|한하여|한정|빼고|제하고|제외하고|[아어여해]야 (?![하한합해할함된됩돼되])|아니라|아닌 |말고")
_TOGETHER = re.compile(r"함께|같이|동시에|한꺼번에|따로")


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
        matches = sorted(_matches(sentence, clause, words, sources), key=lambda match: -match.weight)
        best = next((match for match in matches if match.share >= _SAID and match.near >= _NEAR), None)
        if best is None or not best.conflict:
            return None
        if any(not match.conflict and match.weight >= best.weight - _MARGIN for match in matches):
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


def _matches(sentence: Sentence, clause: Clause, words: list[Word], sources: list[Said]) -> Iterator[_Match]:
    for said in sources:
        for other in said.claims:
            conflict = _conflict(clause, other.clause)
            if conflict is None:
                continue
            share, weight = coverage(words, said.bag, said.letters)
            if weight < _FEWEST or share < _SAID - _MARGIN:
                continue
            if conflict and _open_question(sentence, clause, words, said, other):
                conflict = False
            yield _Match(said, other.clause, share, coverage(words, other.bag, other.letters)[0], conflict)


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


def _open_question(sentence: Sentence, clause: Clause, words: list[Word], said: Said, other: Claim) -> bool:
    """Whether something else than the force differs, so that both can be true: conditions, values, 만, a proviso."""
    if not said.values_said(sentence.text, bounds=clause.lemmas.isdisjoint(_EXCEEDING)):
        return True
    ours = sentence.text[clause.start : clause.end]
    theirs = other.region
    only = bool(_ONLY.search(ours))
    if only != bool(_ONLY.search(theirs)) or (only and {clause.force, other.clause.force} == {"may", "must"}):
        return True
    if _TOGETHER.search(ours) and not _TOGETHER.search(theirs):
        return True
    return _conditions_differ(sentence, said.sentence) or _beside(clause, words, said)


def _conditions_differ(ours: Sentence, theirs: Sentence) -> bool:
    for condition in ours.clauses:
        if condition.join == "main":
            continue
        denied = _negative(condition)
        same = {_negative(one) for one in theirs.clauses if same_predicate(condition.lemmas, one.lemmas)}
        if same and denied not in same:
            return True
        if denied and not same and condition.join != "though":
            return True
    return False


def _beside(clause: Clause, words: list[Word], said: Said) -> bool:
    """Whether the proviso of `said`, or the rule it is the proviso of, may be what the answer means."""
    missing = [word for word in words if not matched(word, said.bag, said.letters)]
    if any(matched(word, other.bag, other.letters) for word in missing for other in said.exceptions):
        return True
    for beside in said.beside:
        only_there = only_here = 0
        for word in words:
            there = matched(word, beside.bag, beside.letters)
            here = matched(word, said.bag, said.letters)
            only_there += there > here
            only_here += here > there
        if only_there:
            return True
        same = any(_conflict(clause, other) is False for other in beside.clauses if other.join == "main")
        if same and not (said.proviso and only_here):
            return True
    return False

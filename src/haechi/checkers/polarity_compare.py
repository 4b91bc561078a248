"""Whether two clauses about the same thing exclude each other, and whether something else than their force differs."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from haechi.checkers.polarity_passage import Claim, Said
from haechi.korean.clauses import Clause, Sentence, Word
from haechi.korean.clauses_force import Force
from haechi.korean.clauses_match import matched, same_predicate
from haechi.korean.opposites import opposition

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
_EXCEEDING = frozenset("넘 초과 경과 지나 미달".split())
#: How alike two sentences are before their predicates where one repeats the other.
_REPEATED = 0.92
_LETTERS = re.compile(r"[^0-9A-Za-z가-힣]")
#: Words that make a rule say something of all others as well; those of `_TOGETHER` do so in the answer alone.
_ONLY = re.compile(
    r"(?<=[가-힣])(?<![다까지])만(?=[ ,을은이의])|(?<!을 )(?<!ㄹ )뿐(?=[ 이만])|밖에|한하여|한정|빼고|이외|외의 |제하고"
    r"|제외하고|[아어여해]야 (?![하한합해할함된됩돼되])|아니라|아닌 |말고"
)
_TOGETHER = re.compile(r"함께|같이|동시에|한꺼번에|따로|관계없이|상관없이")
_LATER = re.compile(r"(?:뒤|후|다음)(?:에|로|부터|$|[는 ,])|이후|지나|넘[어은으]")
_EARLIER = re.compile(r" 전(?:에|까지|$|[는 ,])|이전|까지|이내|안에")


def in_conflict(ours: Clause, theirs: Clause) -> bool | None:
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


def open_question(sentence: Sentence, clause: Clause, words: list[Word], said: Said, other: Claim) -> bool:
    """Whether something else than the force differs, so that both can be true: conditions, values, 만, a proviso."""
    if repeats(sentence, clause, said, other):
        return False
    if not said.values_said(sentence.text, bounds=clause.lemmas.isdisjoint(_EXCEEDING)):
        return True
    if clause.force in ("not", "need_not") and other.clause.ending == "거나":
        # 제공하거나 위탁하여야 한다: either will do.
        return True
    topic = next((word for word in reversed(words) if word.role == "topic"), None)
    if topic is not None and matched(topic, said.bag, said.letters) and not matched(topic, other.bag, other.letters):
        return True
    begin = max((one.end for one in sentence.clauses if one.join == "main" and one.end <= clause.head_start), default=0)
    ours = sentence.text[begin : clause.end]
    theirs = other.region
    only = bool(_ONLY.search(ours))
    if only != bool(_ONLY.search(theirs)) or (only and {clause.force, other.clause.force} == {"may", "must"}):
        return True
    if _TOGETHER.search(ours) and not _TOGETHER.search(theirs):
        return True
    return _conditions_differ(sentence, said.sentence) or _beside(clause, words, said)


def repeats(sentence: Sentence, clause: Clause, said: Said, other: Claim) -> bool:
    """Whether the answer repeats the evidence's sentence up to the predicate, so that nothing else can differ."""
    ours = _LETTERS.sub("", sentence.text[: clause.head_start])
    theirs = _LETTERS.sub("", said.sentence.text[: other.clause.head_start])
    if min(len(ours), len(theirs)) < 12 or abs(len(ours) - len(theirs)) > 0.16 * len(ours):
        return False
    matcher = SequenceMatcher(None, ours, theirs, autojunk=False)
    return (
        matcher.quick_ratio() >= _REPEATED
        and matcher.ratio() >= _REPEATED
        and said.values_said(sentence.text[: clause.head_start], bounds=False)
    )


def _conditions_differ(ours: Sentence, theirs: Sentence) -> bool:
    """허가를 받으면 may where 허가 없이 cannot; a denied condition that the evidence does not have; 뒤 against 전."""
    times = [(bool(_LATER.search(text)), bool(_EARLIER.search(text))) for text in (ours.text, theirs.text)]
    if times in ([(True, False), (False, True)], [(False, True), (True, False)]):
        return True
    lacking = {_noun(lemma) for one in theirs.clauses if _negative(one) for lemma in one.lemmas if "있다" in lemma}
    for condition in ours.clauses:
        if condition.join == "main":
            continue
        denied = _negative(condition)
        lemmas = frozenset(_noun(lemma) for lemma in condition.lemmas)
        if not denied and lacking & {*lemmas, *(word.stem for word in condition.words)}:
            return True
        same = {_negative(one) for one in theirs.clauses if same_predicate(lemmas, frozenset(map(_noun, one.lemmas)))}
        if same and denied not in same:
            return True
        if denied and not same and condition.join != "though":
            return True
    return False


def _noun(lemma: str) -> str:
    return lemma.removesuffix("있다")


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
        same = any(in_conflict(clause, other) is False for other in beside.clauses if other.join == "main")
        if same and not (said.proviso and only_here):
            return True
    return False

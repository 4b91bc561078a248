"""How near a question is to a wording of the FAQ, and what forbids the answer however near it is.

A near miss shares every word but one, and that one decides: another amount, year or article, a negation, another
object. So nearness alone never answers: `objection` names the first thing that differs, for a reader.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from haechi.korean.asking import WEAK_WORDS
from haechi.pipeline.faq_profile import Profile, direction

#: Shares of the score. Chosen on the example FAQ and a second invented one; see docs/experiments.md.
WORDS, LETTERS, DENSE = 0.5, 0.2, 0.3
_VERB = 0.5
_WEAK = 0.3
#: A word in so many pairs, and in such a share of them, names the place rather than the question.
_COMMON_PAIRS, _COMMON_SHARE = 4, 0.2


class Rarity:
    """How telling a word is among the pairs of an FAQ."""

    def __init__(self, pairs: Iterable[frozenset[str]]) -> None:
        sets = list(pairs)
        self._count = len(sets)
        self._pairs = Counter(word for words in sets for word in words)

    def weight(self, word: str, is_noun: bool) -> float:
        """Inverse document frequency, at least 0.2; less for verbs and for nouns that come and go."""
        idf = max(0.2, math.log((self._count + 1) / (self._pairs[word] + 0.5)) / math.log(self._count + 2))
        return idf * (_WEAK if word in WEAK_WORDS else 1.0 if is_noun else _VERB)

    def common(self, word: str) -> bool:
        """Whether it names the place (the institution, its service) rather than one question."""
        return self._pairs[word] >= max(_COMMON_PAIRS, _COMMON_SHARE * self._count)


@dataclass(frozen=True)
class Comparison:
    """Shares from 0 to 1: words of the question that the wording has, the other way round, letters in common.

    `missing` are words of the question that the wording lacks, `lost` words of the wording that the question lacks.
    """

    asked: float
    answered: float
    letters: float
    missing: tuple[str, ...]
    lost: tuple[str, ...]

    @property
    def words(self) -> float:
        """Harmonic mean of both directions."""
        total = self.asked + self.answered
        return 2 * self.asked * self.answered / total if total else 0.0

    @property
    def same_words(self) -> bool:
        """Every content word stands on both sides: nothing is left for a model to judge."""
        return not self.missing and not self.lost

    def score(self, dense: float | None) -> float:
        """0 to 1. `dense` is the rescaled cosine; None where the model was not needed."""
        lexical = WORDS * self.words + LETTERS * self.letters
        return lexical / (WORDS + LETTERS) if dense is None else lexical + DENSE * dense


def compare(question: Profile, wording: Profile, rarity: Rarity) -> Comparison:
    """Compare content words and letters; the same letters but for particles are the same words."""
    if question.skeleton == wording.skeleton:
        return Comparison(1.0, 1.0, 1.0, (), ())
    asked, missing = _covered(question, wording, rarity)
    answered, lost = _covered(wording, question, rarity)
    shared = len(question.bigrams & wording.bigrams)
    letters = 2 * shared / (len(question.bigrams) + len(wording.bigrams))
    return Comparison(asked, answered, letters, missing, lost)


def _covered(side: Profile, other: Profile, rarity: Rarity) -> tuple[float, tuple[str, ...]]:
    """Weighted share of a side's content words that the other has, and the words it lacks, the most telling first."""
    total = found = 0.0
    lacking: list[tuple[float, str]] = []
    whole: list[str] = []  # longest first: the parts of a compound that was found are found with it
    for word in sorted(side.words, key=len, reverse=True):
        is_noun = word in side.nouns
        weight = rarity.weight(word, is_noun)
        total += weight
        if any(word in longer for longer in whole) or other.covers(word, is_noun):
            found += weight
            whole.append(word)
        else:
            lacking.append((weight, word))
    lacking.sort(reverse=True)
    return (found / total if total else 0.0), tuple(word for _, word in lacking)


def objection(question: Profile, wording: Profile, found: Comparison, rarity: Rarity) -> str:
    """Why this wording's answer must not be given to this question, in Korean; "" when nothing forbids it."""
    return (
        _values_differ(question, wording)
        or _frames_differ(question, wording)
        or _words_differ(question, wording, found, rarity)
        or _directions_differ(question, wording)
    )


def _values_differ(question: Profile, wording: Profile) -> str:
    ours, theirs = _only(question.values, wording.values), _only(wording.values, question.values)
    if ours and theirs:
        return f"값이 다릅니다(질문 '{ours[0]}', FAQ '{theirs[0]}')"
    if ours:
        return f"질문의 값 '{ours[0]}'이(가) FAQ에 없습니다"
    if theirs:
        return f"FAQ의 값 '{theirs[0]}'이(가) 질문에 없습니다"
    if question.soft_values - wording.soft_values and wording.soft_values - question.soft_values:
        return "단위가 다릅니다(하루, 한 주, 한 달, 한 명…)"
    return ""


def _only(ours: Mapping[str, str], theirs: Mapping[str, str]) -> list[str]:
    return [surface for normalised, surface in ours.items() if normalised not in theirs]


_KIND_WORDS = {"when": "때", "long": "기간", "where": "곳", "who": "사람", "why": "까닭", "many": "수", "money": "금액"}


def _frames_differ(question: Profile, wording: Profile) -> str:
    ours, theirs = question.frame, wording.frame
    if ours.negations != theirs.negations:
        return "한쪽만 부정하는 물음입니다(안·못·않·없·불가)"
    other = ours.kinds - theirs.kinds - wording.noun_kinds
    if other:
        return f"묻는 것이 다릅니다(질문은 {_KIND_WORDS[min(other)]}을(를) 묻습니다)"
    if ours.bounds - theirs.bounds and theirs.bounds - ours.bounds:
        return "한쪽은 '부터', 한쪽은 '까지'를 묻습니다"
    asks_whether = not ours.is_open and not ours.kinds and (ours.may or ours.must)
    if asks_whether and theirs.kinds:
        return "질문은 되는지를 묻고 FAQ는 다른 것을 묻습니다"
    one_each = (ours.may, ours.must) == (theirs.must, theirs.may) and ours.may != ours.must
    if one_each and not ours.is_open and not theirs.is_open:
        return "한쪽은 해도 되는지, 한쪽은 해야 하는지를 묻습니다"
    return ""


def _words_differ(question: Profile, wording: Profile, found: Comparison, rarity: Rarity) -> str:
    missing = [word for word in found.missing if word in question.nouns]
    lost = [word for word in found.lost if word in wording.nouns]
    for word in missing:
        if word not in WEAK_WORDS and (len(word) > 1 or lost):
            return f"질문의 '{word}'이(가) FAQ에 없습니다"
    for word in lost:
        # The name of the place may be left out, unless something else was put in.
        if word not in WEAK_WORDS and len(word) > 1 and (missing or not rarity.common(word)):
            return f"FAQ의 '{word}'이(가) 질문에 없습니다"
    verbs = [word for word in found.missing if word in question.verbs]
    theirs = [word for word in found.lost if word in wording.verbs]
    if verbs and theirs:
        return f"하려는 일이 다릅니다(질문 '{verbs[0]}', FAQ '{theirs[0]}')"
    return ""


def _directions_differ(question: Profile, wording: Profile) -> str:
    start, end = direction(question)
    other_start, other_end = direction(wording)
    if start & other_end or end & other_start:
        return "방향이 반대입니다(…에서 …(으)로)"
    return ""

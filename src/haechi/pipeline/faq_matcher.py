"""From a question to the one pair that answers it, or to the reason why none does. Knows no store and no clock.

    exact: the same letters (spaces, punctuation, courtesy aside) → same content words both ways, asked alike
    → near: score of words, letters and, only where those leave a doubt, the embedder; above a threshold, by a margin

An exact hit analyses nothing, and one with the same words asks no model.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from haechi.korean.asking import KIND_NOUNS, squeezed, without_courtesy
from haechi.korean.base import Analyser
from haechi.models.base import Vectors
from haechi.pipeline.faq_match import Comparison, Rarity, compare, objection
from haechi.pipeline.faq_profile import Profile, profile
from haechi.pipeline.faq_spelling import Spelling

#: Chosen on the example FAQ and a second invented one, never on a set that judges; `haechi faq calibrate` measures
#: them for a home's own FAQ.
THRESHOLD, MARGIN = 0.76, 0.06
#: Wordings that are looked at closely.
_CANDIDATES = 16
#: Without the model no score can be lifted above the threshold from here.
_HOPELESS = 0.45
_KIND_WORDS = frozenset("얼마인가요 언제인가요 어디인가요 어떻게 무엇인가요".split())


@dataclass(frozen=True)
class Asked:
    """One wording of a pair. `blocked` says why the pair may not answer now (expired, switched off), or ""."""

    faq_id: str
    text: str
    blocked: str = ""


@dataclass(frozen=True)
class Limits:
    """A score at least `threshold`, and at least `margin` above the best other pair's."""

    threshold: float = THRESHOLD
    margin: float = MARGIN


@dataclass(frozen=True)
class Match:
    """What the gate decided. `margin` is the distance to the best other pair, `score` where there is none.

    `how` is exact, words, near or "" ; `nearest` is the pair and `wording` the text that came nearest, also on a miss.
    """

    matched: bool
    faq_id: str
    score: float
    margin: float
    reason: str
    how: str = ""
    nearest: str = ""
    wording: str = ""


class Meaning(Protocol):
    """Vectors of wordings and questions; asked only when letters and words leave a doubt."""

    def question(self, text: str) -> Vectors: ...

    def wordings(self) -> Vectors:
        """Shape (number of wordings, dimension), in the matcher's order."""
        ...


@dataclass(frozen=True)
class _Candidate:
    place: int
    found: Comparison
    objection: str


class Matcher:
    """All wordings of an FAQ, made once and asked often. Safe to share between threads once made."""

    def __init__(
        self,
        wordings: Sequence[Asked],
        analyser: Callable[[], Analyser],
        meaning: Meaning | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.wordings = tuple(wordings)
        self.limits = limits or Limits()
        self._analyser = analyser
        self._meaning = meaning
        self._exact: dict[str, list[int]] = {}
        for place, item in enumerate(self.wordings):
            self._exact.setdefault(_letters(item.text), []).append(place)

    def places_of(self, faq_id: str) -> frozenset[int]:
        """Where a pair's wordings stand in `wordings`."""
        return frozenset(place for place, item in enumerate(self.wordings) if item.faq_id == faq_id)

    def match(self, question: str, hidden: frozenset[int] = frozenset()) -> Match:
        """Decide about one question, as if the wordings at the places `hidden` were not there."""
        if not self.wordings:
            return Match(False, "", 0.0, 0.0, "FAQ가 비어 있습니다")
        places = [place for place in self._exact.get(_letters(question), ()) if place not in hidden]
        if len({self.wordings[place].faq_id for place in places if not self.wordings[place].blocked}) == 1:
            place = next(place for place in places if not self.wordings[place].blocked)
            item = self.wordings[place]
            return Match(True, item.faq_id, 1.0, 1.0, "같은 질문입니다", "exact", item.faq_id, item.text)
        asked = profile(question, self._analyser())
        match = self._near(asked, places, hidden)
        if match.matched:
            return match
        mended = self._spelling.mend(asked.text)
        return match if mended == asked.text else self._near(profile(mended, self._analyser()), places, hidden)

    def _near(self, asked: Profile, exact: Sequence[int], hidden: frozenset[int]) -> Match:
        candidates = [self._look(asked, place) for place in self._candidates(asked) if place not in hidden]
        if not candidates:
            return Match(False, "", 0.0, 0.0, "비슷한 FAQ가 없습니다")
        open_ones = [item for item in candidates if not item.objection and not self.wordings[item.place].blocked]
        if not open_ones:
            return self._passed_on(candidates, exact)
        doubtful = not any(item.found.same_words for item in open_ones)
        best_lexical = max(item.found.score(None) for item in open_ones)
        dense = (
            self._dense(asked.text, [item.place for item in open_ones])
            if doubtful and best_lexical > _HOPELESS and self._meaning is not None
            else None
        )
        scores: dict[str, tuple[float, int, bool]] = {}
        for number, item in enumerate(open_ones):
            score = item.found.score(None if dense is None else float(dense[number]))
            identity = self.wordings[item.place].faq_id
            scores[identity] = max(scores.get(identity, (-1.0, 0, False)), (score, item.place, item.found.same_words))
        return self._decide(scores)

    def _decide(self, scores: Mapping[str, tuple[float, int, bool]]) -> Match:
        ranked = sorted(scores.items(), key=lambda item: -item[1][0])
        identity, (score, place, same_words) = ranked[0]
        margin = score - ranked[1][1][0] if len(ranked) > 1 else score
        wording = self.wordings[place].text
        rounded = (round(score, 4), round(margin, 4))
        if score < self.limits.threshold:
            reason = f"점수가 낮습니다({score:.2f}, 기준 {self.limits.threshold:.2f})"
        elif margin < self.limits.margin:
            reason = f"비슷한 FAQ가 둘 이상입니다({identity}, {ranked[1][0]}, 차이 {margin:.2f})"
        else:
            how = "words" if same_words else "near"
            reason = "같은 말로 물었습니다" if same_words else "뜻이 같은 질문입니다"
            return Match(True, identity, *rounded, reason, how, identity, wording)
        return Match(False, "", *rounded, reason, "", identity, wording)

    def _passed_on(self, candidates: Sequence[_Candidate], exact: Sequence[int]) -> Match:
        """The reason of the nearest: an expired pair that fits comes before one that does not."""
        fits = [item for item in candidates if not item.objection or item.place in exact]
        nearest = max(fits or candidates, key=lambda item: item.found.score(None))
        wording = self.wordings[nearest.place]
        score = round(nearest.found.score(None), 4)
        reason = wording.blocked if fits else nearest.objection
        return Match(False, "", score, 0.0, reason, "", wording.faq_id, wording.text)

    def _look(self, asked: Profile, place: int) -> _Candidate:
        wording = self._profiles[place]
        found = compare(asked, wording, self._rarity)
        return _Candidate(place, found, objection(asked, wording, found, self._rarity))

    def _candidates(self, asked: Profile) -> list[int]:
        """The wordings with most letters or most telling words in common."""
        letters: Counter[int] = Counter()
        for pair in asked.bigrams:
            letters.update(self._by_bigram.get(pair, ()))
        words: dict[int, float] = {}
        for word in asked.words:
            weight = self._rarity.weight(word, word in asked.nouns)
            for place in self._by_word.get(word, ()):
                words[place] = words.get(place, 0.0) + weight
        near = sorted(letters, key=lambda place: -2 * letters[place] / self._sizes(asked, place))[:_CANDIDATES]
        telling = sorted(words, key=lambda place: -words[place] / (2 + len(self._profiles[place].words)))[:_CANDIDATES]
        return list(dict.fromkeys([*near, *telling]))

    def _sizes(self, asked: Profile, place: int) -> int:
        return len(asked.bigrams) + len(self._profiles[place].bigrams)

    def _dense(self, question: str, places: Sequence[int]) -> list[float]:
        """Cosines rescaled: 0 is how near unlike wordings of this FAQ are to each other, 1 is equal."""
        assert self._meaning is not None
        vector = self._meaning.question(question)
        vectors = self._meaning.wordings()
        floor = self._floor
        return [min(1.0, max(0.0, (float(vectors[place] @ vector) - floor) / (1 - floor))) for place in places]

    @cached_property
    def _floor(self) -> float:
        """The mean cosine between wordings of different pairs; 0.8 (e5) where there is only one pair."""
        assert self._meaning is not None
        vectors = self._meaning.wordings()
        owners = np.array([item.faq_id for item in self.wordings])
        step = max(1, len(vectors) // 200)
        sample, names = vectors[::step], owners[::step]
        unlike = names[:, None] != names[None, :]
        return float((sample @ sample.T)[unlike].mean()) if unlike.any() else 0.8

    @cached_property
    def _profiles(self) -> list[Profile]:
        analyser = self._analyser()
        return [profile(item.text, analyser) for item in self.wordings]

    @cached_property
    def _rarity(self) -> Rarity:
        pairs: dict[str, frozenset[str]] = {}
        for item, asked in zip(self.wordings, self._profiles, strict=True):
            pairs[item.faq_id] = pairs.get(item.faq_id, frozenset()) | asked.words
        return Rarity(pairs.values())

    @cached_property
    def _spelling(self) -> Spelling:
        return Spelling({word for asked in self._profiles for word in asked.nouns} | set(KIND_NOUNS) | _KIND_WORDS)

    @cached_property
    def _by_bigram(self) -> dict[str, list[int]]:
        return _postings([asked.bigrams for asked in self._profiles])

    @cached_property
    def _by_word(self) -> dict[str, list[int]]:
        return _postings([asked.words for asked in self._profiles])


def _letters(question: str) -> str:
    """What an exact match compares. A question of marks alone is itself."""
    return squeezed(without_courtesy(question)) or question.strip()


def _postings(sets: Sequence[frozenset[str]]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for place, items in enumerate(sets):
        for item in items:
            found.setdefault(item, []).append(place)
    return found

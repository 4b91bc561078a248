"""Threshold and margin measured on a home's own FAQ, without anybody's test set.

Every wording is asked as if it, or its whole pair, were not there. With the pair gone any answer is a false hit; with
only the wording gone its pair should answer. Near misses cannot be made from an FAQ alone, so the limits are never
below the defaults, which were chosen on near misses; they rise until no more than one in a hundred questions gets a
false answer.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from haechi.pipeline.faq_gate import StoredMeaning, keep_limits
from haechi.pipeline.faq_matcher import MARGIN, THRESHOLD, Asked, Limits, Matcher

if TYPE_CHECKING:
    from haechi.pipeline.build import Home

#: Share of false answers that is accepted.
BUDGET = 0.01
#: Nothing is measured on fewer pairs than these.
LEAST_PAIRS = 10
_NO_LIMITS = Limits(0.0, 0.0)


@dataclass(frozen=True)
class Calibration:
    """`asked` questions without their pair, of which `false_hits` are answered; `caught` of `wordings` are."""

    limits: Limits
    asked: int
    false_hits: int
    wordings: int
    caught: int
    measured: bool

    def record(self) -> dict[str, Any]:
        """The JSON of `haechi faq calibrate`."""
        return {
            "threshold": self.limits.threshold,
            "margin": self.limits.margin,
            "measured": self.measured,
            "left_out": {"n": self.asked, "false_hits": self.false_hits},
            "wordings": {"n": self.wordings, "caught": self.caught},
        }


def calibrate(home: Home) -> Calibration:
    """Measure and keep the limits; too small an FAQ gets the defaults. Raises ModelError."""
    asked = [
        Asked(pair.id, item.text)
        for pair in home.store.faq_pairs()
        for item in pair.wordings
        if item.state in ("question", "approved")
    ]
    strangers = _scores_without_pair(home, asked)
    own = _scores_without_wording(home, asked)
    measured = len({item.faq_id for item in asked}) >= LEAST_PAIRS
    limits = _lowest(strangers) if measured else Limits()
    keep_limits(home.store, limits)
    return Calibration(
        limits,
        len(strangers),
        sum(_passes(item, limits) for item in strangers),
        len(own),
        sum(_passes(item, limits) for item in own),
        measured,
    )


def _scores_without_pair(home: Home, asked: list[Asked]) -> list[tuple[float, float]]:
    """(score, margin) of what answers each question once its pair is gone; (0, 0) for nothing."""
    matcher = _matcher(home, asked)
    found = [matcher.match(item.text, matcher.places_of(item.faq_id)) for item in asked]
    return [(match.score, match.margin) if match.matched else (0.0, 0.0) for match in found]


def _scores_without_wording(home: Home, asked: list[Asked]) -> list[tuple[float, float]]:
    """The same for wordings of pairs that have another one, with only the wording gone and the right pair found."""
    counts = Counter(item.faq_id for item in asked)
    matcher = _matcher(home, asked)
    scores = []
    for place, item in enumerate(asked):
        if counts[item.faq_id] > 1:
            match = matcher.match(item.text, frozenset({place}))
            right = match.matched and match.faq_id == item.faq_id
            scores.append((match.score, match.margin) if right else (0.0, 0.0))
    return scores


def _matcher(home: Home, asked: list[Asked]) -> Matcher:
    meaning = StoredMeaning(home.store, home.embedder, [item.text for item in asked])
    return Matcher(asked, home.analyser, meaning, _NO_LIMITS)


def _passes(found: tuple[float, float], limits: Limits) -> bool:
    return found[0] >= limits.threshold and found[1] >= limits.margin and found[0] > 0


def _lowest(strangers: list[tuple[float, float]]) -> Limits:
    """The lowest threshold at which the budget holds with the default margin."""
    for step in range(round(THRESHOLD * 100), 100):
        limits = Limits(step / 100, MARGIN)
        if sum(_passes(item, limits) for item in strangers) <= BUDGET * len(strangers):
            return limits
    return Limits(1.0, MARGIN)

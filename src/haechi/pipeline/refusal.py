"""Refusal as a calibrated decision: how likely the passages answer the question, and from where on that is too little.

Before the model is asked, `RefusalWeights.before` turns the signals of `answer_signals.py` into a probability. When a
draft is there, `after` adds how sure the model was of its own words and what the grounding model says of them. Both are
logistic; the defaults hold for a home that nothing is known about, and `haechi calibrate` fits them to a home and keeps
them in its store, with the threshold that loses no more answerable questions than [refusal] over_refusal allows.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from haechi.pipeline.answer_signals import SIGNALS

#: Key in the store's state.
STATE_KEY = "refusal"


@dataclass(frozen=True)
class RefusalWeights:
    """One weight for every signal, and the threshold (a probability). `certainty` and `grounding` count after a draft.

    The defaults lose at most a tenth of the answerable questions of two homes whose askers use the documents' words,
    and a fifth where nearly every question is put in everyday words (docs/experiments.md, 26 November 2026).
    """

    relevance: float = 1.0
    lead: float = 0.25
    sentence: float = 2.0
    nouns: float = 0.0
    offset: float = 1.2
    certainty: float = 2.0
    grounding: float = 1.0
    threshold: float = 0.5

    def before(self, signals: Mapping[str, float]) -> float:
        """The probability, 0 to 1, that the passages answer the question."""
        return _sigmoid(self._odds(signals))

    def after(self, signals: Mapping[str, float], certainty: float | None, grounded: float | None) -> float:
        """The same with a draft: `certainty` is its mean log-probability a token, `grounded` P(supported).

        None where the back end gives none, or no grounding model is there: that part is then left out.
        """
        odds = self._odds(signals)
        if certainty is not None:
            odds += self.certainty * (max(certainty, -2.0) - _USUAL_CERTAINTY)
        if grounded is not None:
            odds += self.grounding * (grounded - 0.5)
        return _sigmoid(odds)

    def _odds(self, signals: Mapping[str, float]) -> float:
        return self.offset + sum(float(getattr(self, name)) * signals[name] for name in SIGNALS)

    def to_text(self) -> str:
        return json.dumps(asdict(self))

    @staticmethod
    def of_text(text: str | None) -> RefusalWeights:
        """The weights a home keeps; the defaults where it keeps none. A name no longer known is left out."""
        known = {item.name for item in fields(RefusalWeights)}
        return RefusalWeights(**{name: value for name, value in json.loads(text or "{}").items() if name in known})


#: Mean log-probability of the default model's right answers.
_USUAL_CERTAINTY = -0.2


def _sigmoid(odds: float) -> float:
    return 1 / (1 + math.exp(-max(-500.0, min(500.0, odds))))

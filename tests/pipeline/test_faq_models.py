"""The gate with the bundled embedder, on the way people write; what it must never do comes first.

The sets are our own and were used to choose the limits, so these numbers guard against a loss and prove nothing more.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from haechi.korean.morphology import MecabAnalyser
from haechi.models.base import Embedder, Vectors
from haechi.models.e5 import E5Embedder
from haechi.pipeline.faq_matcher import Asked, Matcher
from tests.pipeline.faq_natural import OTHER, PAIRS, SAME

pytestmark = pytest.mark.models


class Meaning:
    def __init__(self, embedder: Embedder) -> None:
        self.embedder = embedder
        self.vectors = embedder.embed(list(PAIRS.values()), "query")

    def question(self, text: str) -> Vectors:
        vector: Vectors = self.embedder.embed([text], "query")[0]
        return vector

    def wordings(self) -> Vectors:
        return self.vectors


@pytest.fixture
def matcher(embedder_weights: Path) -> Matcher:
    analyser = MecabAnalyser()
    embedder = E5Embedder(embedder_weights, threads=1)
    return Matcher([Asked(*item) for item in PAIRS.items()], lambda: analyser, Meaning(embedder))


def test_nothing_that_only_looks_alike_is_answered_and_six_in_ten_free_wordings_are(matcher: Matcher) -> None:
    assert [question for question in OTHER if matcher.match(question).matched] == []
    found = [(identity, matcher.match(question)) for identity, question in SAME]
    assert all(match.faq_id == identity for identity, match in found if match.matched)
    assert sum(match.matched for _, match in found) >= 0.6 * len(found)

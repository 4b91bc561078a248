"""The FAQ gate of a home: its pairs and vectors behind a `Matcher`, kept up with the store, and the hits counted.

Opening it reads the pairs and nothing else; the analyser and the embedder are asked for when a question needs them.
A home without pairs has an open gate that costs one look at the store.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import asdict
from datetime import date

import numpy as np

from haechi.korean.base import Analyser
from haechi.models.base import Embedder, Vectors
from haechi.pipeline.faq_matcher import Asked, Limits, Match, Matcher
from haechi.stores.base import Store
from haechi.stores.faq_base import SOURCE_REMOVED, FaqPair, faq_hash

#: Key in the store's state of what `haechi faq calibrate` measured.
LIMITS_KEY = "faq_limits"


def today() -> str:
    """This machine's day, ISO."""
    return date.today().isoformat()


def limits_of(store: Store) -> Limits:
    """The home's measured limits, or the defaults."""
    kept = store.state(LIMITS_KEY)
    if kept is None:
        return Limits()
    raw = json.loads(kept)
    return Limits(float(raw["threshold"]), float(raw["margin"]))


def keep_limits(store: Store, limits: Limits) -> None:
    """Store the home's limits."""
    store.set_state(LIMITS_KEY, json.dumps(asdict(limits)))


class FaqGate:
    """`match` decides, `hit` gives the pair that answers and counts it."""

    def __init__(
        self,
        store: Store,
        analyser: Callable[[], Analyser],
        embedder: Callable[[], Embedder],
        day: Callable[[], str] = today,
    ) -> None:
        self._store = store
        self._analyser = analyser
        self._embedder = embedder
        self._day = day
        self._guard = threading.Lock()
        self._made_for: tuple[object, ...] = ()
        self._pairs: dict[str, FaqPair] = {}
        self._matcher = Matcher((), analyser)

    def match(self, question: str, without: str = "") -> Match:
        """Decide about a question without counting it; as if the pair `without` were not there."""
        matcher = self._current()
        return matcher.match(question, matcher.places_of(without))

    def hit(self, question: str) -> tuple[Match, FaqPair | None]:
        """Decide, and count a hit."""
        matcher = self._current()
        found = matcher.match(question)
        if not found.matched:
            return found, None
        pair = self._pairs[found.faq_id]
        self._store.faq_hit(pair.id)
        return found, pair

    def pair(self, identity: str) -> FaqPair:
        """A pair by id, as `match` knows it."""
        self._current()
        return self._pairs[identity]

    def _current(self) -> Matcher:
        day = self._day()
        limits = limits_of(self._store)
        # The generation as well: a restored home may have other pairs under the same version.
        state = (self._store.faq_version(), self._store.generation(), day, limits)
        with self._guard:
            if state != self._made_for:
                pairs = self._store.faq_pairs()
                wordings = [
                    Asked(pair.id, item.text, blocked(pair, day))
                    for pair in pairs
                    for item in pair.wordings
                    if item.state in ("question", "approved")
                ]
                self._pairs = {pair.id: pair for pair in pairs}
                if (tuple(wordings), limits) != (self._matcher.wordings, self._matcher.limits):
                    meaning = StoredMeaning(self._store, self._embedder, [item.text for item in wordings])
                    self._matcher = Matcher(wordings, self._analyser, meaning, limits)
                self._made_for = state
            return self._matcher


def blocked(pair: FaqPair, day: str) -> str:
    """Why a pair may not answer on a day, in Korean; "" when it may."""
    if pair.expired(day):
        return f"만료된 FAQ입니다({pair.id}, {pair.expires}까지)"
    if not pair.enabled:
        why = ": 근거 문서가 삭제됨" if pair.note == SOURCE_REMOVED else ""
        return f"꺼 둔 FAQ입니다({pair.id}{why})"
    return ""


class StoredMeaning:
    """Vectors of wordings, from the store, or made now and kept there: another embedder simply makes its own."""

    def __init__(self, store: Store, embedder: Callable[[], Embedder], texts: list[str]) -> None:
        self._store = store
        self._embedder = embedder
        self._texts = texts
        self._vectors: Vectors | None = None

    def question(self, text: str) -> Vectors:
        vector: Vectors = self._embedder().embed([text], "query")[0]
        return vector

    def wordings(self) -> Vectors:
        if self._vectors is None:
            self._vectors = self._load()
        return self._vectors

    def _load(self) -> Vectors:
        embedder = self._embedder()
        embed_wordings(self._store, embedder, self._texts)
        hashes = [faq_hash(text) for text in self._texts]
        found = self._store.faq_vectors(embedder.name, hashes)
        return np.stack([found[text_hash] for text_hash in hashes])


def embed_wordings(store: Store, embedder: Embedder, texts: list[str]) -> int:
    """Embed wordings that have no vector of this model yet; returns how many."""
    wanted = {faq_hash(text): text for text in texts}
    missing = store.missing_vectors(embedder.name, list(wanted))
    if missing:
        store.put_vectors(embedder.name, missing, embedder.embed([wanted[item] for item in missing], "query"))
    return len(missing)

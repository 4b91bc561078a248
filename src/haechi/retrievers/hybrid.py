"""The default: BM25 and cosine fused by score over one pool, then terms close together, then named articles first.

score = (1 - dense_weight) · bm25 / best bm25 + dense_weight · cosine rescaled over the dense pool + coverage +
proximity

Every candidate gets its real BM25 and its real cosine, whichever method found it. Coverage is the idf-weighted
share of the question's terms that occur in the entry; proximity is the largest share within 30 tokens, for the
first few only. Weights were chosen on round numbers where KorQuAD, AutoRAG-ko and fire-safety agree; see
benchmarks/korquad_retrieval.py.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from haechi.config import RetrievalConfig
from haechi.indexes.manager import IndexManager
from haechi.korean.base import Analyser
from haechi.models.base import Embedder
from haechi.retrievers.base import Filters
from haechi.retrievers.reference import ReferenceFinder, preferred, titled
from haechi.retrievers.selection import Ranked, candidates, check, first_chunks, passes
from haechi.retrievers.terms import Terms, proximity, question_terms
from haechi.stores.base import Store
from haechi.types import Hit

_COVERAGE_WEIGHT = 0.4
_PROXIMITY_WEIGHT = 0.4
#: Proximity needs the candidates' tokens, about 1 ms each, so only the first few are looked at.
_CLOSE_LOOK = 6
_REMEMBERED = 2000
#: Lifts a named article over everything that was merely scored (those scores stay at or below 2).
_NAMED = 2.5


class HybridRetriever:
    """Hit.signals: bm25, dense (cosine), coverage, proximity, fused; `reference` = 1 for an article asked by name."""

    name = "hybrid"

    def __init__(
        self, store: Store, indexes: IndexManager, embedder: Embedder, analyser: Analyser, config: RetrievalConfig
    ) -> None:
        self._store = store
        self._indexes = indexes
        self._embedder = embedder
        self._analyser = analyser
        self._config = config
        self._finder = ReferenceFinder(store)
        self._tokens: OrderedDict[str, list[str]] = OrderedDict()
        self._guard = threading.Lock()

    def retrieve(self, question: str, k: int, filters: Filters | None = None) -> Sequence[Hit]:
        check(filters)
        self._indexes.refresh()
        terms = question_terms(self._analyser, question)
        vector = self._embedder.embed([question], "query")[0]
        references = self._finder.find(question)
        named = [
            {entry: hit for entry, hit in self._finder.entries(reference).items() if passes(hit, filters)}
            for reference in references
        ]
        hits = {entry: hit for group in named for entry, hit in group.items()}
        ids = dict.fromkeys([*self._pool(terms, vector, k, filters), *hits])
        ranked = self._fuse(terms, vector, list(ids))
        head = ranked[: max(_CLOSE_LOOK, k)]
        hits.update(self._store.hits([item.entry for item in head if item.entry not in hits]))
        ranked = [*self._look_closer(terms, head[:_CLOSE_LOOK], hits), *ranked[_CLOSE_LOOK:]]
        if references:
            # A table with one article a row has no article in its metadata, but the row's title names it.
            groups = [(list(group), preferred(group, one)) for group, one in zip(named, references, strict=True)]
            ranked = _named_first(ranked, [*groups, *((rows, rows) for rows in titled(hits, references))])
        ranked.sort(key=lambda item: -item.score)
        return first_chunks(ranked, self._store, k, self.name, hits)

    def _pool(self, terms: Terms, vector: NDArray[np.float32], k: int, filters: Filters | None) -> list[int]:
        vectors, full_text = self._indexes.vectors, self._indexes.full_text
        pool, total = max(self._config.pool, 2 * k), len(vectors)
        boosted = terms.boosted
        dense = candidates(lambda n: vectors.search(vector, n)[1].tolist(), self._store, filters, pool, total)
        sparse = candidates(lambda n: full_text.search(boosted, n)[1].tolist(), self._store, filters, pool, total)
        return list(dict.fromkeys([*sparse, *dense]))

    def _fuse(self, terms: Terms, vector: NDArray[np.float32], ids: Sequence[int]) -> list[Ranked]:
        if not ids:
            return []
        full_text = self._indexes.full_text
        lexical = full_text.scores(terms.boosted, ids)
        cosine = self._indexes.vectors.scores(vector, ids)
        coverage = full_text.shares(terms.shares(full_text), ids)
        weight = self._config.dense_weight
        fused = (
            (1 - weight) * lexical / max(float(lexical.max()), 1e-9)
            + weight * _rescaled(cosine, self._config.pool)
            + _COVERAGE_WEIGHT * coverage
        )
        return [
            Ranked(
                ids[place],
                float(fused[place]),
                {
                    "bm25": float(lexical[place]),
                    "dense": float(cosine[place]),
                    "coverage": float(coverage[place]),
                    "fused": float(fused[place]),
                },
            )
            for place in np.argsort(-fused, kind="stable")
        ]

    def _look_closer(self, terms: Terms, head: Sequence[Ranked], hits: dict[int, Hit]) -> list[Ranked]:
        """Add proximity to the first few."""
        shares = terms.shares(self._indexes.full_text)
        looked = []
        for item in head:
            hit = hits.get(item.entry)
            near = proximity(shares, self._tokens_of(hit)) if hit else 0.0
            fused = item.score + _PROXIMITY_WEIGHT * near
            looked.append(Ranked(item.entry, fused, {**item.signals, "proximity": near, "fused": fused}))
        return looked

    def _tokens_of(self, hit: Hit) -> list[str]:
        """The entry's tokens, the last couple of thousand remembered."""
        with self._guard:
            tokens = self._tokens.pop(hit.matched_text, None)
            if tokens is None:
                tokens = self._analyser.tokens(hit.matched_text)
            self._tokens[hit.matched_text] = tokens
            while len(self._tokens) > _REMEMBERED:
                self._tokens.popitem(last=False)
        return tokens


def _rescaled(cosine: NDArray[np.float32], pool: int) -> NDArray[np.float32]:
    """Cosines of e5 lie in a narrow band: 1 for the best, 0 for the last of the dense pool and below."""
    highest = float(cosine.max())
    lowest = float(np.sort(cosine)[-min(pool, len(cosine))])
    rescaled: NDArray[np.float32] = np.maximum((cosine - lowest) / max(highest - lowest, 1e-9), 0.0)
    return rescaled


def _named_first(ranked: Sequence[Ranked], groups: Sequence[tuple[list[int], list[int]]]) -> list[Ranked]:
    """Lift named articles (all their entries, the preferred ones): the best preferred of each above all the others."""
    score = {item.entry: item.score for item in ranked}
    lifts = {entry: _NAMED for entries, _ in groups for entry in entries}
    for _, best in groups:
        if best:
            lifts[max(best, key=lambda entry: score[entry])] = 2 * _NAMED
    return [
        Ranked(item.entry, item.score + lifts[item.entry], {**item.signals, "reference": 1.0})
        if item.entry in lifts
        else item
        for item in ranked
    ]

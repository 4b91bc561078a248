"""The default: BM25 and cosine fused by score over one pool, a closer look at the best, then named articles first.

    score = (1 - dense_weight) · bm25 / best bm25 + dense_weight · cosine rescaled over the dense pool
            + .6 coverage + (first six only) .4 proximity + .4 spelling

A chunk with several keys (sentences, questions) is one candidate: each part of its score is that of its best key.
Every candidate gets its real BM25 and its real cosine, whichever method found it. Coverage is the idf-weighted share of
the question's terms that occur in the entry; the other two are in `closeness.py`. The weights are round numbers chosen
while looking at KorQuAD, where dense_weight .4 to .5 with coverage .4 to .8 stays within .003 of recall@2. AutoRAG-ko
(58 questions) and fire-safety (99) were only a check that the whole beats either method alone; they are too small to
rank single parts, and coverage may cost a question or two on fire-safety (benchmarks/korquad_retrieval.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from haechi.config import RetrievalConfig
from haechi.indexes.manager import IndexManager
from haechi.korean.base import Analyser
from haechi.models.base import Embedder
from haechi.retrievers.base import Filters
from haechi.retrievers.closeness import letters, proximity, spelling
from haechi.retrievers.reference import ReferenceFinder, preferred, titled
from haechi.retrievers.selection import Ranked, Selection, candidates, first_chunks, widened
from haechi.retrievers.terms import Terms, question_terms
from haechi.retrievers.units import unit_hits
from haechi.retrievers.versions import Versions
from haechi.stores.base import Store
from haechi.types import Hit

_COVERAGE_WEIGHT = 0.6
_PROXIMITY_WEIGHT = 0.4
_SPELLING_WEIGHT = 0.4
#: How many of the best get the closer look.
_CLOSE_LOOK = 6
#: Lifts a named article over everything that was merely scored (those scores stay at or below 2.4).
_NAMED = 2.5


class HybridRetriever:
    """Signals: bm25, dense (cosine), coverage, fused; proximity and spelling of the best; reference of named ones."""

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
        self._versions = Versions(store)

    def retrieve(self, question: str, k: int, filters: Filters | None = None) -> Sequence[Hit]:
        self._indexes.refresh()
        selection = Selection(filters, self._versions)
        terms = question_terms(self._analyser, question)
        vector = self._embedder.embed([question], "query")[0]
        references = self._finder.find(question)
        named = [self._finder.entries(reference, selection.passes) for reference in references]
        hits = {entry: hit for group in named for entry, hit in group.items()}
        units = [
            unit_hits(self._store, group, reference) if reference.parts or reference.in_supplement else {}
            for group, reference in zip(named, references, strict=True)
        ]
        shares = terms.shares(self._indexes.full_text)
        ids = list(dict.fromkeys([*self._pool(terms, vector, k, selection), *hits]))
        chunks = self._store.chunk_ids(ids) if self._store.keys_per_chunk() > 1 else {}
        ranked = self._fuse(terms, shares, vector, ids, chunks)
        head = ranked[: max(_CLOSE_LOOK, k)]
        hits.update(self._store.hits([item.entry for item in head if item.entry not in hits]))
        ranked = [*self._look_closer(question, shares, head[:_CLOSE_LOOK], hits), *ranked[_CLOSE_LOOK:]]
        if references:
            # A table with one article a row has no article in its metadata, but the row's title names it.
            groups = [
                (list(group), list(exact) or preferred(group, one))
                for group, exact, one in zip(named, units, references, strict=True)
            ]
            groups += [(rows, rows) for rows in titled(hits, references)]
            stands_for = {chunks.get(item.entry, str(item.entry)): item.entry for item in ranked}

            def leaders(entries: Iterable[int]) -> list[int]:
                found = (stands_for.get(chunks.get(entry, str(entry))) for entry in entries)
                return list(dict.fromkeys(entry for entry in found if entry is not None))

            ranked = _named_first(ranked, [(leaders(entries), leaders(best)) for entries, best in groups])
        ranked.sort(key=lambda item: -item.score)
        exact = self._exact(ranked, units, chunks)
        shown = {hit.chunk.id for hit in exact}
        rest = first_chunks(ranked, self._store, k + len(shown), self.name, hits)
        return selection.finish([*exact, *(hit for hit in rest if hit.chunk.id not in shown)][:k])

    def _exact(
        self, ranked: Sequence[Ranked], units: Sequence[Mapping[int, Hit]], chunks: Mapping[int, str]
    ) -> list[Hit]:
        """The units a question names, each once, in the question's order."""
        # Of several keys of a chunk, the one that stands for it carries the score.
        made = {chunks.get(item.entry, str(item.entry)): item for item in ranked}
        found: dict[tuple[str, str], Hit] = {}
        for group in units:
            for entry, hit in group.items():
                item = made[chunks.get(entry, str(entry))]
                key = (hit.chunk.document_id, hit.chunk.label)
                found.setdefault(key, replace(hit, score=item.score, retriever=self.name, signals=dict(item.signals)))
        return list(found.values())

    def _pool(self, terms: Terms, vector: NDArray[np.float32], k: int, selection: Selection) -> list[int]:
        vectors, full_text = self._indexes.vectors, self._indexes.full_text
        pool, total = widened(max(self._config.pool, 2 * k), self._store), len(vectors)
        boosted = terms.boosted
        dense = candidates(lambda n: vectors.search(vector, n)[1].tolist(), self._store, selection, pool, total)
        sparse = candidates(lambda n: full_text.search(boosted, n)[1].tolist(), self._store, selection, pool, total)
        return list(dict.fromkeys([*sparse, *dense]))

    def _weighted(
        self, lexical: NDArray[np.float32], cosine: NDArray[np.float32], coverage: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        weight = self._config.dense_weight
        fused: NDArray[np.float32] = (
            (1 - weight) * lexical / max(float(lexical.max()), 1e-9)
            + weight * _rescaled(cosine, self._config.pool)
            + _COVERAGE_WEIGHT * coverage
        )
        return fused

    def _fuse(
        self,
        terms: Terms,
        shares: Mapping[str, float],
        vector: NDArray[np.float32],
        ids: Sequence[int],
        chunks: Mapping[int, str],
    ) -> list[Ranked]:
        """One candidate a chunk, best first; its entry is the key that stands for it."""
        if not ids:
            return []
        by_chunk: dict[str, list[int]] = {}
        for place, entry in enumerate(ids):
            by_chunk.setdefault(chunks.get(entry, str(entry)), []).append(place)
        groups = list(by_chunk.values())
        full_text = self._indexes.full_text
        lexical = full_text.scores(terms.boosted, ids)
        cosine = self._indexes.vectors.scores(vector, ids)
        coverage = full_text.shares(shares, ids)
        fused = self._weighted(lexical, cosine, coverage)
        if len(groups) < len(ids):
            # The key that stands for its chunk is the best one; the parts are those of any of its keys.
            best = [max(group, key=lambda place: float(fused[place])) for group in groups]
            lexical, cosine, coverage = (
                np.array([signal[group].max() for group in groups], np.float32)
                for signal in (lexical, cosine, coverage)
            )
            ids = [ids[place] for place in best]
            fused = self._weighted(lexical, cosine, coverage)
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

    def _look_closer(
        self, question: str, shares: Mapping[str, float], head: Sequence[Ranked], hits: Mapping[int, Hit]
    ) -> list[Ranked]:
        """Add proximity and spelling to the first few."""
        asked = letters(question)
        looked = []
        for item in head:
            passage = letters(hits[item.entry].matched_text) if item.entry in hits else ""
            near, alike = proximity(shares, passage), spelling(asked, passage)
            fused = item.score + _PROXIMITY_WEIGHT * near + _SPELLING_WEIGHT * alike
            signals = {**item.signals, "proximity": near, "spelling": alike, "fused": fused}
            looked.append(Ranked(item.entry, fused, signals))
        return looked


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

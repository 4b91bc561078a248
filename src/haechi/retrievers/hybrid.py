"""The default: BM25 and cosine over one pool, a closer look at the best, then named articles first.

Every candidate gets its real BM25 and its real cosine, whichever method found it; coverage is the idf-weighted share of
the question's terms that occur in the entry. `ranking.py` says how the signals become a score, `closeness.py` what the
closer look sees. A chunk with several keys (sentences, questions) is one candidate: each part of its score is that of
its best key. The score of a hit is its relevance, 0 to 1; a passage that the question names scores 1.
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
from haechi.retrievers.closeness import look_closer
from haechi.retrievers.ranking import FIRST, STATE_KEY, Weights, above_background, reach, score
from haechi.retrievers.reference import ReferenceFinder, preferred, titled
from haechi.retrievers.rerank import Rerank
from haechi.retrievers.selection import Ranked, Selection, candidates, first_chunks, widened
from haechi.retrievers.terms import Terms, question_terms
from haechi.retrievers.units import unit_hits
from haechi.retrievers.versions import Versions
from haechi.stores.base import Store
from haechi.types import Hit

#: How many of the best get the closer look.
CLOSE_LOOK = 20
#: Lifts a named article over everything that was merely scored: relevances end at 1.
_NAMED = 1.0


class HybridRetriever:
    """Signals: those of `ranking.py`, `score` (their weighted sum), `cosine`; `reranker` and `reference` where used."""

    name = "hybrid"

    def __init__(
        self,
        store: Store,
        indexes: IndexManager,
        embedder: Embedder,
        analyser: Analyser,
        config: RetrievalConfig,
        *,
        weights: Weights | None = None,
        rerank: Rerank | None = None,
    ) -> None:
        """`weights` None: those that the home keeps, read anew whenever its indexes change."""
        self._store = store
        self._indexes = indexes
        self._embedder = embedder
        self._analyser = analyser
        self._config = config
        self._weights = weights
        self._rerank = rerank
        self._finder = ReferenceFinder(store)
        self._versions = Versions(store)

    def retrieve(self, question: str, k: int, filters: Filters | None = None) -> Sequence[Hit]:
        self._indexes.refresh()
        selection = Selection(filters, self._versions)
        weights = self._weights or Weights.of_text(self._store.state(STATE_KEY))
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
        ranked = self._fuse(terms, shares, vector, ids, chunks, weights)
        look = max(CLOSE_LOOK, k)
        head, tail = ranked[:look], ranked[look:]
        hits.update(self._store.hits([item.entry for item in head if item.entry not in hits]))
        head = self._look_closer(question, shares, head, hits, weights)
        if self._rerank is not None:
            head = self._rerank(question, head, hits)
        ranked = [*head, *tail]
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
        chosen = [*exact, *(hit for hit in rest if hit.chunk.id not in shown)][:k]
        return selection.finish([replace(hit, score=min(hit.score, _NAMED)) for hit in chosen])

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

    def _fuse(
        self,
        terms: Terms,
        shares: Mapping[str, float],
        vector: NDArray[np.float32],
        ids: Sequence[int],
        chunks: Mapping[int, str],
        weights: Weights,
    ) -> list[Ranked]:
        """One candidate a chunk, best first; its entry is the key that stands for it."""
        if not ids:
            return []
        by_chunk: dict[str, list[int]] = {}
        for place, entry in enumerate(ids):
            by_chunk.setdefault(chunks.get(entry, str(entry)), []).append(place)
        groups = list(by_chunk.values())
        full_text, vectors = self._indexes.full_text, self._indexes.vectors
        lexical = full_text.scores(terms.boosted, ids)
        cosine = vectors.scores(vector, ids)
        weight, best_lexical = self._config.dense_weight, max(float(lexical.max()), 1e-9)
        dense = 2 * weight * above_background(cosine, self._indexes.background() @ vector)
        coverage = full_text.shares(shares, ids)
        signals = np.stack([2 * (1 - weight) * lexical / best_lexical, dense, coverage, reach(dense, coverage)])
        raw = np.stack([lexical, cosine])
        vector_of_weights = weights.vector(FIRST)
        fused = vector_of_weights @ signals
        if len(groups) < len(ids):
            # The key that stands for its chunk is the best one; the parts are those of any of its keys.
            best = [max(group, key=lambda place: float(fused[place])) for group in groups]
            signals = np.stack([signals[:, group].max(axis=1) for group in groups], axis=1)
            raw = np.stack([raw[:, group].max(axis=1) for group in groups], axis=1)
            ids = [ids[place] for place in best]
            fused = vector_of_weights @ signals
        return [
            Ranked(
                ids[place],
                weights.relevance(float(fused[place])),
                {
                    **{name: float(value) for name, value in zip(FIRST, signals[:, place], strict=True)},
                    "bm25_score": float(raw[0, place]),
                    "cosine": float(raw[1, place]),
                },
            )
            for place in np.argsort(-fused, kind="stable")
        ]

    def _look_closer(
        self,
        question: str,
        shares: Mapping[str, float],
        head: Sequence[Ranked],
        hits: Mapping[int, Hit],
        weights: Weights,
    ) -> list[Ranked]:
        """The best again, with what their letters say."""
        passages = [hits[item.entry].matched_text if item.entry in hits else "" for item in head]
        looked = []
        for item, seen in zip(head, look_closer(question, shares, passages), strict=True):
            signals = {**item.signals, **seen}
            total = score(weights, signals)
            looked.append(Ranked(item.entry, weights.relevance(total), {**signals, "score": total}))
        return sorted(looked, key=lambda item: -item.signals["score"])


def _named_first(ranked: Sequence[Ranked], groups: Sequence[tuple[list[int], list[int]]]) -> list[Ranked]:
    """Lift named articles (all their entries, the preferred ones): the best preferred of each above all the others."""
    score_of = {item.entry: item.score for item in ranked}
    lifts = {entry: _NAMED for entries, _ in groups for entry in entries}
    for _, best in groups:
        if best:
            lifts[max(best, key=lambda entry: score_of[entry])] = 2 * _NAMED
    return [
        Ranked(item.entry, item.score + lifts[item.entry], {**item.signals, "reference": 1.0})
        if item.entry in lifts
        else item
        for item in ranked
    ]

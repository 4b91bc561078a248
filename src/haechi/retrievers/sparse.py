"""Lexical retrieval alone: BM25 over Korean morphemes."""

from __future__ import annotations

from collections.abc import Sequence

from haechi.config import RetrievalConfig
from haechi.indexes.manager import IndexManager
from haechi.korean.base import Analyser
from haechi.models.base import Embedder
from haechi.retrievers.base import Filters
from haechi.retrievers.selection import Ranked, Selection, candidates, first_chunks, widened
from haechi.retrievers.terms import question_terms
from haechi.retrievers.versions import Versions
from haechi.stores.base import Store
from haechi.types import Hit


class SparseRetriever:
    """Scores are BM25. `embedder` is not used; it may be None."""

    name = "sparse"

    def __init__(
        self,
        store: Store,
        indexes: IndexManager,
        embedder: Embedder | None,
        analyser: Analyser,
        config: RetrievalConfig,
    ) -> None:
        self._store = store
        self._indexes = indexes
        self._analyser = analyser
        self._config = config
        self._versions = Versions(store)

    def retrieve(self, question: str, k: int, filters: Filters | None = None) -> Sequence[Hit]:
        self._indexes.refresh()
        selection = Selection(filters, self._versions)
        index = self._indexes.full_text
        terms = question_terms(self._analyser, question)
        pool = widened(max(self._config.pool, k), self._store)
        ids = candidates(lambda n: index.search(terms.boosted, n)[1].tolist(), self._store, selection, pool, len(index))
        scores = index.scores(terms.boosted, ids)
        coverage = index.shares(terms.shares(index), ids)
        ranked = [
            Ranked(entry, float(score), {"bm25": float(score), "coverage": float(share)})
            for entry, score, share in zip(ids, scores, coverage, strict=True)
        ]
        return selection.finish(first_chunks(ranked, self._store, k, self.name))

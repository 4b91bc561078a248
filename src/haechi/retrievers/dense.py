"""Dense retrieval alone: the nearest vectors by cosine."""

from __future__ import annotations

from collections.abc import Sequence

from haechi.config import RetrievalConfig
from haechi.indexes.manager import IndexManager
from haechi.korean.base import Analyser
from haechi.models.base import Embedder
from haechi.retrievers.base import Filters
from haechi.retrievers.selection import Ranked, Selection, candidates, first_chunks, widened
from haechi.retrievers.versions import Versions
from haechi.stores.base import Store
from haechi.types import Hit


class DenseRetriever:
    """Scores are cosines."""

    name = "dense"

    def __init__(
        self, store: Store, indexes: IndexManager, embedder: Embedder, analyser: Analyser, config: RetrievalConfig
    ) -> None:
        self._store = store
        self._indexes = indexes
        self._embedder = embedder
        self._config = config
        self._versions = Versions(store)

    def retrieve(self, question: str, k: int, filters: Filters | None = None) -> Sequence[Hit]:
        self._indexes.refresh()
        selection = Selection(filters, self._versions)
        index = self._indexes.vectors
        vector = self._embedder.embed([question], "query")[0]
        pool = widened(max(self._config.pool, k), self._store)
        ids = candidates(lambda n: index.search(vector, n)[1].tolist(), self._store, selection, pool, len(index))
        scores = index.scores(vector, ids)
        ranked = [
            Ranked(entry, float(score), {"dense": float(score)}) for entry, score in zip(ids, scores, strict=True)
        ]
        return selection.finish(first_chunks(ranked, self._store, k, self.name))

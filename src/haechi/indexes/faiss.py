"""FAISS: every vector compared in half precision up to `exact_limit` entries, lists of 8-bit vectors above it.

Lists are trained once, on vectors spread over the whole home, when an index is built from the store. What is added
later goes into the nearest list; after the home has doubled (or fell below half of `exact_limit`) the index says that
it is outgrown, and the manager builds a new one. Training has a fixed seed and runs on one thread: the same store gives
the same lists, and a build that was interrupted simply starts again.

Quantised vectors only find candidates: twice as many as asked for are scored again with the half-precision vectors of
the store. HNSW is left out because it cannot remove. So is the 4-bit product quantiser of faiss 1.15: what is added
after a removal is mixed with the removed code and not found. Measured by benchmarks/vector_index.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from haechi.config import RetrievalConfig
from haechi.indexes import faiss_gpu
from haechi.indexes.base import Ids, StoredVectors
from haechi.indexes.files import damaged, seal, verify, write_whole

_FILE = "vectors.faiss"
_FACTORY = {"int8": "SQ8", "float16": "SQfp16"}
#: Candidates for each wanted hit, before they are scored again.
_OVER = 2
#: √entries lists; each is trained on so many vectors.
_PER_LIST = 64
_SEED = 1


class FaissIndex:
    """Inner product over normalised vectors. `stored` reads the store's vectors of given entries."""

    def __init__(
        self, dimension: int, config: RetrievalConfig | None = None, stored: StoredVectors | None = None
    ) -> None:
        import faiss

        # One query never gains from OpenMP here, and idle OpenMP threads spin on a busy machine.
        faiss.omp_set_num_threads(1)
        self._faiss: Any = faiss
        self._dimension = dimension
        self._config = config or RetrievalConfig()
        self._stored = stored
        self._gpu: faiss_gpu.GpuCopy | None = None
        self._index: Any = faiss.IndexIDMap2(
            faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
        )

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def _is_inverted(self) -> bool:
        return not isinstance(self._index, self._faiss.IndexIDMap2)

    @property
    def _precision(self) -> str:
        """Of the lists; without the store's vectors nothing may be lost."""
        return self._config.precision if self._stored is not None else "float16"

    @property
    def _refines(self) -> bool:
        """Whether the index holds less than the store does."""
        return self._is_inverted and self._precision != "float16"

    def prepare(self, total: int, sample: Callable[[int], NDArray[np.float32]]) -> None:
        if total <= self._config.exact_limit:
            return
        lists = _lists(total)
        rows = np.ascontiguousarray(sample(_PER_LIST * lists), np.float32).reshape(-1, self._dimension)
        if len(rows) < lists:
            return  # entries without vectors; whoever fills the index finds and says that
        kind = f"IVF{lists},{_FACTORY[self._precision]}"
        index: Any = self._faiss.index_factory(self._dimension, kind, self._faiss.METRIC_INNER_PRODUCT)
        index.cp.seed = _SEED
        index.cp.max_points_per_centroid = _PER_LIST
        index.cp.min_points_per_centroid = 1
        index.train(rows)
        self._index = index
        self._set_probes()

    @property
    def outgrown(self) -> bool:
        total = len(self)
        if not self._is_inverted:
            return total > self._config.exact_limit
        return _lists(total) > math.sqrt(2) * self._index.nlist or total < self._config.exact_limit / 2

    def add(self, ids: Sequence[int], vectors: NDArray[np.float32]) -> None:
        if len(ids):
            self._drop_gpu()
            rows = np.ascontiguousarray(vectors, np.float32).reshape(-1, self._dimension)
            self._index.add_with_ids(rows, np.asarray(ids, np.int64))

    def remove(self, ids: Sequence[int]) -> None:
        if len(ids):
            self._drop_gpu()
            if self._is_inverted:
                # With the map, faiss takes only ids that are there; without it, it looks through the lists.
                self._index.set_direct_map_type(self._faiss.DirectMap.NoMap)
            self._index.remove_ids(np.asarray(ids, np.int64))

    def search(self, vector: NDArray[np.float32], k: int) -> tuple[NDArray[np.float32], Ids]:
        wanted = min(k, len(self))
        if wanted <= 0:
            return np.zeros(0, np.float32), np.zeros(0, np.int64)
        query = np.asarray(vector, np.float32).reshape(1, -1)
        scores, ids = self._searching().search(query, min(wanted * (_OVER if self._refines else 1), len(self)))
        found = ids[0] >= 0
        scores, ids = scores[0][found], ids[0][found].astype(np.int64)
        if self._refines:
            ids, scores = self._from_store(query[0], ids)
        order = np.lexsort((ids, -scores))[:wanted]
        return scores[order], ids[order]

    def scores(self, vector: NDArray[np.float32], ids: Sequence[int]) -> NDArray[np.float32]:
        query = np.asarray(vector, np.float32).reshape(-1)
        if self._refines:
            known, found = self._from_store(query, np.asarray(ids, np.int64))
            by_id = dict(zip(known.tolist(), found.tolist(), strict=True))
            return np.array([by_id.get(int(entry), 0.0) for entry in ids], np.float32)
        if self._is_inverted:
            self._index.set_direct_map_type(self._faiss.DirectMap.Hashtable)
        rows = [self._vector(int(entry)) for entry in ids]
        return np.array([0.0 if row is None else float(row @ query) for row in rows], np.float32)

    def _from_store(self, query: NDArray[np.float32], ids: Ids) -> tuple[Ids, NDArray[np.float32]]:
        """Exact cosines of those entries that the store still has."""
        assert self._stored is not None
        known, rows = self._stored(ids.tolist())
        return np.asarray(known, np.int64), (rows @ query).astype(np.float32)

    def _vector(self, entry: int) -> NDArray[np.float32] | None:
        try:
            row: NDArray[np.float32] = self._index.reconstruct(entry)
        except RuntimeError:  # faiss has no "contains"
            return None
        return row

    def _searching(self) -> Any:
        """What answers searches: a copy on the graphics card where one is wanted and there, else the index itself."""
        if self._gpu is None and faiss_gpu.wanted(self._faiss, self._config.device):
            self._gpu = faiss_gpu.GpuCopy(self._faiss, self._index)
        return self._gpu or self._index

    def _set_probes(self) -> None:
        if self._is_inverted:
            self._index.nprobe = max(1, round(self._config.probe_share * self._index.nlist))

    def _drop_gpu(self) -> None:
        self._gpu = None

    def save(self, folder: Path) -> None:
        if self._is_inverted:
            self._index.set_direct_map_type(self._faiss.DirectMap.NoMap)
        write_whole(folder / _FILE, lambda path: self._faiss.write_index(self._index, str(path)))
        seal(folder)

    def load(self, folder: Path) -> None:
        verify(folder)
        try:
            index = self._faiss.read_index(str(folder / _FILE))
        except RuntimeError as error:
            raise damaged(folder) from error
        if index.d != self._dimension:
            raise damaged(folder)
        self._index = index
        self._drop_gpu()
        self._set_probes()
        self._searching()  # a card that answers differently is refused here, not at the first question


def _lists(total: int) -> int:
    return max(1, round(math.sqrt(total)))

"""The NumPy reference: exact cosine over float32 rows. For tests, and for homes of a few thousand passages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from haechi.config import RetrievalConfig
from haechi.indexes.base import Ids, StoredVectors
from haechi.indexes.files import damaged, seal, verify, write_whole

_FILE = "vectors.npz"


class ExactIndex:
    """Every vector is compared; equal scores are ordered by id."""

    #: It is exact at every size.
    outgrown = False

    def __init__(
        self, dimension: int, config: RetrievalConfig | None = None, stored: StoredVectors | None = None
    ) -> None:
        self._dimension = dimension
        self._rows: dict[int, NDArray[np.float32]] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def prepare(self, total: int, sample: Callable[[int], NDArray[np.float32]]) -> None:
        pass

    def add(self, ids: Sequence[int], vectors: NDArray[np.float32]) -> None:
        for entry, vector in zip(ids, np.asarray(vectors, np.float32).reshape(-1, self._dimension), strict=True):
            self._rows[int(entry)] = vector

    def remove(self, ids: Sequence[int]) -> None:
        for entry in ids:
            self._rows.pop(int(entry), None)

    def search(self, vector: NDArray[np.float32], k: int) -> tuple[NDArray[np.float32], Ids]:
        ids = np.array(sorted(self._rows), np.int64)
        scores = self.scores(vector, ids.tolist())
        order = np.argsort(-scores, kind="stable")[: max(k, 0)]
        return scores[order], ids[order]

    def scores(self, vector: NDArray[np.float32], ids: Sequence[int]) -> NDArray[np.float32]:
        query = np.asarray(vector, np.float32).reshape(-1)
        absent = np.zeros(self._dimension, np.float32)
        return np.array([float(self._rows.get(int(entry), absent) @ query) for entry in ids], np.float32)

    def save(self, folder: Path) -> None:
        ids = sorted(self._rows)
        matrix = np.array([self._rows[entry] for entry in ids], np.float32).reshape(-1, self._dimension)

        def write(path: Path) -> None:
            with path.open("wb") as file:
                np.savez(file, ids=np.array(ids, np.int64), vectors=matrix)

        write_whole(folder / _FILE, write)
        seal(folder)

    def load(self, folder: Path) -> None:
        verify(folder)
        with np.load(folder / _FILE) as data:
            ids, vectors = data["ids"], data["vectors"]
        if vectors.shape[1] != self._dimension:
            raise damaged(folder)
        self._rows = {int(entry): vector for entry, vector in zip(ids, vectors, strict=True)}

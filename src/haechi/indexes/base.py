"""What an index must do. Indexes are caches over the store: ids are entry ids of the store (positive integers)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from haechi.types import Chunk, Document, IndexEntry

Ids = NDArray[np.int64]
#: Entry ids → those of them that the store has, and their vectors in that order, float32 (n, dimension).
StoredVectors = Callable[[Sequence[int]], tuple[list[int], NDArray[np.float32]]]


class VectorIndex(Protocol):
    """Cosine search over normalised vectors. `search` returns (scores, ids), best first, fewer if fewer exist.

    Made as `Index(dimension, config, stored)`: the retrieval settings, and the store's own vectors for an index that
    keeps less than it was given.
    """

    def prepare(self, total: int, sample: Callable[[int], NDArray[np.float32]]) -> None:
        """Before `total` entries are added to an empty index: `sample(n)` gives about n vectors, spread out."""
        ...

    @property
    def outgrown(self) -> bool:
        """Whether the entries became so many, or so few, that an index built anew would serve better."""
        ...

    def add(self, ids: Sequence[int], vectors: NDArray[np.float32]) -> None: ...

    def remove(self, ids: Sequence[int]) -> None: ...

    def search(self, vector: NDArray[np.float32], k: int) -> tuple[NDArray[np.float32], Ids]: ...

    def scores(self, vector: NDArray[np.float32], ids: Sequence[int]) -> NDArray[np.float32]:
        """Cosine of the given entries, in their order; an id that is not in the index scores 0."""
        ...

    def save(self, folder: Path) -> None:
        """Write atomically (temporary name, fsync, rename)."""
        ...

    def load(self, folder: Path) -> None:
        """Read what `save` wrote. Raises IndexMismatchError when missing or damaged."""
        ...

    def __len__(self) -> int: ...


class FullTextIndex(Protocol):
    """BM25 over pre-analysed tokens (the analyser lives outside). `search` takes query tokens."""

    def add(self, ids: Sequence[int], tokens: Sequence[Sequence[str]]) -> None: ...

    def remove(self, ids: Sequence[int]) -> None: ...

    def search(self, tokens: Sequence[str], k: int) -> tuple[NDArray[np.float32], Ids]: ...

    def scores(self, tokens: Sequence[str], ids: Sequence[int]) -> NDArray[np.float32]:
        """BM25 of the given entries, in their order; 0 where no token occurs."""
        ...

    def shares(self, weights: Mapping[str, float], ids: Sequence[int]) -> NDArray[np.float32]:
        """The summed weight of those tokens that occur in each given entry, in their order."""
        ...

    def document_frequencies(self, tokens: Sequence[str]) -> list[int]:
        """In how many entries each token occurs."""
        ...

    def save(self, folder: Path) -> None: ...

    def load(self, folder: Path) -> None: ...

    def __len__(self) -> int: ...


class IndexStrategy(Protocol):
    """Which search texts point at a chunk."""

    name: str

    def entries(self, document: Document, chunks: Sequence[Chunk]) -> list[IndexEntry]: ...

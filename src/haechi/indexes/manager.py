"""Keeps a home's indexes in step with its store: opens, checks, follows changes, rebuilds.

An index is a cache. Whatever is missing, damaged or made from something else is rebuilt from the texts and vectors
in the store; nothing is ever embedded here. Order of commits: the store (by its own writer), full text, vectors,
manifest. A crash in between leaves a manifest that disagrees, which means a rebuild. Every rebuild goes to a folder
of its own, so a reader keeps the one it has open.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from haechi.config import RetrievalConfig
from haechi.errors import HomeError, IndexMismatchError
from haechi.indexes.base import FullTextIndex, VectorIndex
from haechi.indexes.files import disk_errors
from haechi.indexes.manifest import Manifest, Recipe, read_manifest, write_manifest
from haechi.korean.base import Analyser
from haechi.registry import load
from haechi.stores.base import Change, Store

log = logging.getLogger(__name__)

_BATCH = 2048
_BACKGROUND = 256
_LOCK_NAME = "lock"


class IndexManager:
    """`refresh()` before reading; `apply(changes)` after writing. `vectors` and `full_text` are then usable."""

    def __init__(
        self,
        store: Store,
        folder: Path,
        analyser: Analyser,
        embedder_name: str,
        dimension: int,
        config: RetrievalConfig,
        superseded: Callable[[], bool] = lambda: False,
    ) -> None:
        """`superseded` says whether the home is served by other parts by now; then nothing is rebuilt with these."""
        self.store = store
        self.superseded = superseded
        self.folder = folder
        self.analyser = analyser
        self.recipe = Recipe(
            embedder_name,
            dimension,
            analyser.fingerprint,
            config.vector_index,
            config.full_text_index,
            f"{config.precision} > {config.exact_limit}",
        )
        self._config = config
        #: Generation of the store that the open indexes belong to; None while none is open.
        self.generation: int | None = None
        #: Why the last rebuild was needed; empty when nothing was rebuilt.
        self.rebuilt_because = ""
        self._vectors: VectorIndex | None = None
        self._full_text: FullTextIndex | None = None
        self._background: tuple[int | None, NDArray[np.float32]] | None = None
        self._guard = threading.RLock()

    @property
    def vectors(self) -> VectorIndex:
        self._ensure_open()
        assert self._vectors is not None
        return self._vectors

    @property
    def full_text(self) -> FullTextIndex:
        self._ensure_open()
        assert self._full_text is not None
        return self._full_text

    def background(self) -> NDArray[np.float32]:
        """Vectors of up to 256 entries spread over the home, (n, dimension): what any question stands before."""
        self._ensure_open()
        if self._background is None or self._background[0] != self.generation:
            ids = self.store.entry_ids()
            chosen = ids[:: max(1, len(ids) // _BACKGROUND)][:_BACKGROUND]
            batches = [rows for _, rows in self.store.entry_vectors(self.recipe.embedder, chosen)]
            rows = np.concatenate(batches) if batches else np.zeros((0, self.recipe.dimension), np.float32)
            self._background = (self.generation, rows)
        return self._background[1]

    def _ensure_open(self) -> None:
        if self.generation is None:
            self.refresh()

    def refresh(self) -> None:
        """For readers: follow the store. While another process writes, the last good indexes go on serving."""
        with self._guard:
            if self.generation == self.store.generation() or (self.generation is not None and self.superseded()):
                return
            with self._lock(fcntl.LOCK_SH, wait=self.generation is None) as held:
                if not held or self._load_current():
                    return
            try:
                with self.store.writer():
                    self.repair()
            except HomeError:
                # The writer brings the indexes up to date itself when it is done.
                if self.generation is None and not self._load_stale():
                    raise

    def apply(self, changes: Sequence[Change]) -> None:
        """For the writer, who holds the store's writer lock: follow these changes, or rebuild if they don't connect."""
        with self._guard, self._lock(fcntl.LOCK_EX):
            manifest = read_manifest(self.folder)
            if manifest is not None and self._connects(manifest, changes) and (parts := self._read(manifest)):
                self._follow(manifest, changes, *parts)
            else:
                self._repair_locked()

    def _connects(self, manifest: Manifest, changes: Sequence[Change]) -> bool:
        """Whether the changes lead, step by step, from the manifest's generation to the store's."""
        steps = [manifest.generation, *(change.generation for change in changes)]
        return len(steps) > 1 and steps == list(range(steps[0], self.store.generation() + 1))

    def repair(self) -> None:
        """Make the indexes match the store, rebuilding if they don't. The caller holds the store's writer lock."""
        with self._guard, self._lock(fcntl.LOCK_EX):
            self._repair_locked()

    def refresh_locked(self) -> None:
        """Like `refresh`, for a caller who holds the store's writer lock."""
        if self.generation != self.store.generation():
            self.repair()

    def disagreement(self, samples: int = 200) -> str:
        """Why the indexes on disk can't be trusted: manifest, checksums, counts, some entries. Rebuilds nothing."""
        with self._guard, self._lock(fcntl.LOCK_SH):
            manifest = read_manifest(self.folder)
            if reason := self.problem():
                return reason
            parts = self._read(manifest) if manifest is not None else None
        if parts is None:
            return "missing or damaged files"
        vectors, full_text = parts
        every = self.store.entry_ids()
        chosen = dict(self.store.entry_texts(every[:: max(1, len(every) // samples)]))
        for ids, rows in self.store.entry_vectors(self.recipe.embedder, list(chosen)):
            for entry, row in zip(ids, rows, strict=True):
                if vectors.scores(row, [entry])[0] < 0.98:
                    return f"vectors: entry {entry}"
                words = self.analyser.tokens(chosen[entry])[:8]
                if words and full_text.scores(words, [entry])[0] <= 0:
                    return f"full_text: entry {entry}"
        return ""

    def rebuild(self, reason: str) -> None:
        """Build from the store whatever the state on disk. The caller holds the store's writer lock."""
        with self._guard, self._lock(fcntl.LOCK_EX):
            self._rebuild(reason)

    def swap(self, commit: Callable[[], int]) -> None:
        """Build beside the indexes that serve, then replace them: `commit` records it and returns the generation.

        The caller holds the store's writer lock. Before `commit` nothing has changed for anyone; after it the manifest
        is written, and a crash between the two is healed by a rebuild from the vectors, which are all there.
        """
        with self._guard, self._lock(fcntl.LOCK_EX):
            vectors, full_text, name = self._build(self.store.generation() + 1)
            self._replace(vectors, full_text, commit(), name)

    def problem(self) -> str:
        """What keeps the indexes on disk from being used as they are; empty when they match the store."""
        manifest = read_manifest(self.folder)
        if manifest is None:
            return "no manifest"
        if different := manifest.mismatch(self.recipe):
            return different
        if manifest.generation != self.store.generation():
            return f"generation: {manifest.generation} → {self.store.generation()}"
        if manifest.entries != self.store.entry_count():
            return f"entries: {manifest.entries} → {self.store.entry_count()}"
        return ""

    def _repair_locked(self) -> None:
        if not self._load_current():
            self._rebuild(self.problem() or "missing or damaged files")

    def _load_current(self) -> bool:
        """Open what is on disk if it belongs to the store's present state."""
        manifest = read_manifest(self.folder)
        return not self.problem() and manifest is not None and self._open(manifest)

    def _load_stale(self) -> bool:
        """Open what is on disk although the store has moved on; only while another process is writing."""
        with self._lock(fcntl.LOCK_SH):
            manifest = read_manifest(self.folder)
            return manifest is not None and self._open(manifest)

    def _open(self, manifest: Manifest) -> bool:
        if self.generation == manifest.generation:
            return True
        parts = self._read(manifest)
        if parts is None:
            return False
        self._serve(*parts, manifest.generation)
        return True

    def _read(self, manifest: Manifest) -> tuple[VectorIndex, FullTextIndex] | None:
        """Fresh objects for what the manifest names, or None when it cannot be used."""
        if manifest.mismatch(self.recipe):
            return None
        vectors, full_text = self._new()
        folder = self.folder / manifest.folder
        try:
            full_text.load(folder / "full_text")
            vectors.load(folder / "vectors")
        except IndexMismatchError as error:
            log.warning("%s", error.english)
            return None
        if len(full_text) != manifest.entries or len(vectors) != manifest.entries:
            return None
        return vectors, full_text

    def _new(self) -> tuple[VectorIndex, FullTextIndex]:
        full_text: FullTextIndex = load("full_text_indexes", self.recipe.full_text_index)()
        return self._new_vectors(), full_text

    def _new_vectors(self) -> VectorIndex:
        make = load("vector_indexes", self.recipe.vector_index)
        vectors: VectorIndex = make(self.recipe.dimension, self._config, self._stored)
        return vectors

    def _stored(self, ids: Sequence[int]) -> tuple[list[int], NDArray[np.float32]]:
        """Those of the entries that the store has, and their vectors."""
        batches = list(self.store.entry_vectors(self.recipe.embedder, ids))
        if not batches:
            return [], np.zeros((0, self.recipe.dimension), np.float32)
        return [entry for batch, _ in batches for entry in batch], np.concatenate([rows for _, rows in batches])

    def _sample(self, count: int) -> NDArray[np.float32]:
        """Vectors of about `count` entries, every n-th of the home."""
        ids = self.store.entry_ids()
        return self._stored(ids[:: max(1, len(ids) // count)])[1]

    def _serve(self, vectors: VectorIndex, full_text: FullTextIndex, generation: int) -> None:
        self._vectors, self._full_text, self.generation = vectors, full_text, generation

    def _follow(
        self, manifest: Manifest, changes: Sequence[Change], vectors: VectorIndex, full_text: FullTextIndex
    ) -> None:
        """Bring freshly read indexes from the manifest's generation to the last change's, then serve them."""
        added: dict[int, None] = {}
        removed: dict[int, None] = {}
        for change in changes:
            for entry in change.removed:
                added.pop(entry, None)
                removed[entry] = None
            added.update(dict.fromkeys(change.added))
        full_text.remove(list(removed))
        vectors.remove(list(removed))
        self._fill_vectors(vectors, list(added))
        self._fill_texts(full_text, list(added))
        if vectors.outgrown:
            log.info("building the vector index anew for %d entries", len(vectors))
            vectors = self._new_vectors()
            self._fill_vectors(vectors, None)
        folder = self.folder / manifest.folder
        full_text.save(folder / "full_text")
        vectors.save(folder / "vectors")
        generation = changes[-1].generation
        write_manifest(self.folder, Manifest(self.recipe, generation, len(full_text), manifest.folder))
        self._serve(vectors, full_text, generation)

    def _rebuild(self, reason: str) -> None:
        log.info("rebuilding indexes in %s: %s", self.folder, reason)
        self.rebuilt_because = reason
        generation = self.store.generation()
        vectors, full_text, name = self._build(generation)
        self._replace(vectors, full_text, generation, name)

    def _build(self, generation: int) -> tuple[VectorIndex, FullTextIndex, str]:
        """Both indexes over the whole store in a folder of their own, which no manifest names yet."""
        vectors, full_text = self._new()
        self._fill_vectors(vectors, None)
        self._fill_texts(full_text, None)
        name = f"{generation}-{uuid4().hex[:8]}"
        full_text.save(self.folder / name / "full_text")
        vectors.save(self.folder / name / "vectors")
        return vectors, full_text, name

    def _replace(self, vectors: VectorIndex, full_text: FullTextIndex, generation: int, name: str) -> None:
        """Name the folder in the manifest, serve from it, and drop all others."""
        write_manifest(self.folder, Manifest(self.recipe, generation, len(full_text), name))
        self._serve(vectors, full_text, generation)
        for old in self.folder.iterdir():
            if old.is_dir() and old.name != name:
                shutil.rmtree(old, ignore_errors=True)

    def _fill_vectors(self, vectors: VectorIndex, ids: Sequence[int] | None) -> None:
        """Add these entries (None: all) from the store. Raises IndexMismatchError when some were never embedded."""
        if ids is None:
            vectors.prepare(self.store.entry_count(), self._sample)
        before = len(vectors)
        for batch, rows in self.store.entry_vectors(self.recipe.embedder, ids):
            vectors.add(batch, rows)
        wanted = self.store.entry_count() if ids is None else len(ids)
        missing = wanted - (len(vectors) - before)
        if missing:
            raise IndexMismatchError(
                f"'{self.recipe.embedder}' 벡터가 없는 항목이 {missing}개 있습니다(임베더를 바꾸었거나 "
                "수집이 끝나지 않음). 채우기: haechi ingest 로 같은 원본을 다시 넣으세요",
                f"{missing} entries have no '{self.recipe.embedder}' vector (another embedder, or an "
                "unfinished ingest); run haechi ingest with the same sources again",
            )

    def _fill_texts(self, full_text: FullTextIndex, ids: Sequence[int] | None) -> None:
        pending: list[tuple[int, str]] = []
        for item in self.store.entry_texts(ids):
            pending.append(item)
            if len(pending) >= _BATCH:
                self._add_texts(full_text, pending)
        self._add_texts(full_text, pending)

    def _add_texts(self, full_text: FullTextIndex, pending: list[tuple[int, str]]) -> None:
        full_text.add([entry for entry, _ in pending], [self.analyser.tokens(text) for _, text in pending])
        pending.clear()

    @contextlib.contextmanager
    def _lock(self, kind: int, *, wait: bool = True) -> Iterator[bool]:
        """Readers share the folder, a writer has it alone; it dies with its process. Yields whether it is held."""
        with disk_errors(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            handle = (self.folder / _LOCK_NAME).open("a")
        with handle:
            try:
                fcntl.flock(handle, kind if wait else kind | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True

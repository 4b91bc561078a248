"""Another embedder or analyser for a home, blue/green: made beside what serves, then swapped in at once.

    texts without a vector of the new model → embedded in committed batches, while everything goes on
    → writer lock: what came in meanwhile, new indexes in a folder of their own
    → one transaction names the new parts, then the manifest → the old model's vectors are dropped

A kill before the swap changes nothing but what the next run need not embed again. A text over the new model's limit is
never cut silently: it is embedded window by window and the mean is kept, and the report says how many there were.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from haechi.indexes.manager import IndexManager
from haechi.models.base import Embedder, Vectors
from haechi.pipeline.faq_gate import embed_wordings
from haechi.pipeline.ingest import EMBED_BATCH
from haechi.pipeline.live import KEY, Live, lexicon, wanted
from haechi.pipeline.report import Progress
from haechi.registry import load
from haechi.stores.lock import writer_lock

if TYPE_CHECKING:
    from haechi.pipeline.build import Home


@dataclass
class ReembedReport:
    """What a run did. `over_limit` counts texts embedded in windows; `swapped` is False when nothing was to be done."""

    before: str
    after: str
    embedded: int = 0
    reused: int = 0
    over_limit: int = 0
    dropped: int = 0
    swapped: bool = False
    interrupted: bool = False
    seconds: float = 0.0

    def record(self) -> dict[str, Any]:
        """The JSON of `haechi reembed`."""
        return {**self.__dict__, "seconds": round(self.seconds, 3)}


def reembed(home: Home, progress: Callable[[Progress], None] | None = None) -> ReembedReport:
    """Bring the home to the parts of its settings. Raises ModelError, HomeError (another one runs, or writes)."""
    from haechi.pipeline.build import make_embedder

    started = time.monotonic()
    now, asked = home.live(), wanted(home.config, home.store)
    report = ReembedReport(now.describe(), asked.describe())
    if now.identity == asked.identity and home.store.state(KEY) is not None:
        return report
    with writer_lock(home.config.home / "reembed.lock"):
        embedder = make_embedder(asked.embedder)
        run = _Run(home, embedder, report, progress)
        try:
            run.embed_missing()
            with home.store.writer(wait=True):
                run.embed_missing()  # what an ingest wrote in the meantime
                _swap(home, asked, embedder)
                report.swapped = True
                report.dropped = home.store.drop_vectors_except(embedder.name)
        except KeyboardInterrupt:
            report.interrupted = not report.swapped
    report.seconds = time.monotonic() - started
    return report


def _swap(home: Home, asked: Live, embedder: Embedder) -> None:
    analyser = load("analysers", asked.analyser)(lexicon(asked, home.store))
    manager = IndexManager(
        home.store, home.config.index_dir, analyser, embedder.name, embedder.dimension, home.config.retrieval
    )
    manager.swap(lambda: home.store.set_state(KEY, asked.to_text(), bump=True))


class _Run:
    def __init__(
        self, home: Home, embedder: Embedder, report: ReembedReport, progress: Callable[[Progress], None] | None
    ) -> None:
        self.store = home.store
        self.embedder = embedder
        self.report = report
        self.progress = progress
        self.started = time.monotonic()

    def embed_missing(self) -> None:
        """Embed every entry text that has no vector of this model, in committed batches."""
        missing = {text_hash: text for _, text_hash, text in self.store.entries_without_vector(self.embedder.name)}
        if not self.report.embedded:
            self.report.reused = self.store.entry_count() - len(missing)
        total = self.report.embedded + len(missing)
        longest_first = sorted(missing.items(), key=lambda item: -len(item[1]))
        for start in range(0, len(longest_first), EMBED_BATCH):
            batch = longest_first[start : start + EMBED_BATCH]
            vectors = self._embed([text for _, text in batch])
            self.store.put_vectors(self.embedder.name, [text_hash for text_hash, _ in batch], vectors)
            self.report.embedded += len(batch)
            self._tell(total)
        wordings = [item.text for pair in self.store.faq_pairs() for item in pair.wordings]
        self.report.embedded += embed_wordings(self.store, self.embedder, wordings)

    def _embed(self, texts: Sequence[str]) -> Vectors:
        """One vector a text, shape (len(texts), dimension), float32, norm 1; a long text is the mean of its windows."""
        windows = [_windows(text, self.embedder) for text in texts]
        self.report.over_limit += sum(len(parts) > 1 for parts in windows)
        flat = self.embedder.embed([part for parts in windows for part in parts], "passage")
        starts = np.cumsum([0, *(len(parts) for parts in windows)])
        means = np.stack([flat[first:last].mean(axis=0) for first, last in pairwise(starts)])
        vectors: Vectors = (means / np.linalg.norm(means, axis=1, keepdims=True)).astype(np.float32)
        return vectors

    def _tell(self, total: int) -> None:
        if self.progress is None:
            return
        done = self.report.embedded
        left = (time.monotonic() - self.started) / done * (total - done)
        self.progress(Progress("embed", self.embedder.name, done, total, done, left))


def _windows(text: str, embedder: Embedder) -> list[str]:
    """The text whole when the model reads it whole, else halves of it at a space, as often as needed."""
    if len(text) < 2 or embedder.count_tokens(text) <= embedder.max_tokens:
        return [text]
    middle = text.rfind(" ", 1, len(text) // 2 + 1)
    middle = middle if middle > 0 else len(text) // 2
    return [*_windows(text[:middle], embedder), *_windows(text[middle:], embedder)]

"""The store: the single source of truth of a home. The only wide protocol; everything else is a cache over it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from haechi.types import Answer, Chunk, Document, Hit, IndexEntry

SourceStatus = Literal["ok", "failed", "ignored"]


@dataclass(frozen=True)
class SourceRecord:
    """One ingested file. `path` is absolute and NFC; `options` is the text of the ingest options it was made with."""

    path: str
    status: SourceStatus
    sha256: str = ""
    size: int = 0
    mtime_ns: int = 0
    parser: str = ""
    unit: str = ""
    unit_reason: str = ""
    options: str = ""
    error: str = ""
    warnings: tuple[str, ...] = ()
    updated: str = ""
    documents: int = 0
    chunks: int = 0
    pages: int = 0


@dataclass(frozen=True)
class PreparedDocument:
    """A document with everything that will be stored for it."""

    document: Document
    chunks: Sequence[Chunk]
    entries: Sequence[IndexEntry]


@dataclass(frozen=True)
class Change:
    """What a write did, so that indexes can follow without a rebuild. Ids are entry ids."""

    generation: int
    added: tuple[int, ...] = ()
    removed: tuple[int, ...] = ()


@dataclass(frozen=True)
class LawRecord:
    """One document that says which law it is; `effective` and `promulgated` are ISO days or ""."""

    document_id: str
    title: str
    law: str
    kind: str = ""
    promulgated: str = ""
    effective: str = ""
    version: str = ""


@dataclass(frozen=True)
class DocumentRecord:
    """One row of `haechi documents list`."""

    id: str
    external_id: str | None
    source: str
    title: str
    chunks: int
    path: str
    status: SourceStatus
    meta: dict[str, Any] = field(default_factory=dict)


class Store(Protocol):
    """One writer at a time (`writer()`), any number of readers. All writes bump `generation`."""

    def generation(self) -> int: ...

    def writer(self) -> Any:
        """Context manager that holds the home's writer lock; raises HomeError naming the other process."""
        ...

    # sources and documents
    def source(self, path: str) -> SourceRecord | None: ...

    def sources(self) -> list[SourceRecord]: ...

    def documents(self, path: str | None = None) -> list[DocumentRecord]: ...

    def document(self, document_id: str) -> Document | None: ...

    def chunks(self, document_id: str) -> list[Chunk]: ...

    def write_source(self, source: SourceRecord, prepared: Sequence[PreparedDocument]) -> Change:
        """Replace a source's documents in one transaction; documents that did not change keep their entries."""
        ...

    def mark_source(self, source: SourceRecord) -> None:
        """Record a failed or ignored source; documents of an earlier good version stay."""
        ...

    def remove_source(self, path: str) -> Change: ...

    # vectors, keyed by the hash of the embedded text, so that equal texts are embedded once
    def missing_vectors(self, model: str, hashes: Sequence[str]) -> list[str]: ...

    def put_vectors(self, model: str, hashes: Sequence[str], vectors: NDArray[np.float32]) -> None: ...

    def drop_unused_vectors(self) -> int: ...

    # what indexes are built from
    def entry_count(self) -> int: ...

    def entry_texts(self, ids: Sequence[int] | None = None) -> Iterator[tuple[int, str]]: ...

    def entry_vectors(
        self, model: str, ids: Sequence[int] | None = None
    ) -> Iterator[tuple[list[int], NDArray[np.float32]]]: ...

    def entries_without_vector(self, model: str) -> Iterator[tuple[int, str, str]]:
        """(entry id, text hash, text) of every entry that this model has not embedded yet."""
        ...

    # what retrievers read
    def hits(self, entry_ids: Sequence[int]) -> dict[int, Hit]:
        """Hits (score 0) by entry id, each with document title, source and external id."""
        ...

    def chunks_by_article(self, article: str) -> list[int]:
        """Entry ids of chunks whose `meta["article"]` equals `article` (for example `제43조의2`)."""
        ...

    def article_chunks(self, document_id: str, article: str) -> list[Chunk]:
        """A document's chunks whose `meta["article"]` equals `article`, in reading order."""
        ...

    def laws(self) -> list[LawRecord]:
        """Documents whose metadata names the law they are (see `chunkers/law_facts.py`)."""
        ...

    def document_titles(self) -> list[str]: ...

    # the record of every answer
    def record_answer(self, answer: Answer) -> str:
        """Store an answer and return its id."""
        ...

    def close(self) -> None: ...

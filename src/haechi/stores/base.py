"""The store: the single source of truth of a home. The only wide protocol; everything else is a cache over it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from haechi.korean.lexicon import Synonyms, Word
from haechi.stores.faq_base import FaqStore
from haechi.stores.feedback_base import FeedbackStore
from haechi.stores.improvements_base import ImprovementStore
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

    @property
    def name(self) -> str:
        """A file's own name; a database source has its whole key."""
        return self.path.rpartition("/")[2] if self.path.startswith("/") else self.path

    def as_json(self) -> dict[str, Any]:
        """What the API and `haechi documents sources` show of it."""
        return {
            "path": self.path,
            "name": self.name,
            "status": self.status,
            "parser": self.parser,
            "unit": self.unit,
            "unit_reason": self.unit_reason,
            "pages": self.pages,
            "documents": self.documents,
            "chunks": self.chunks,
            "warnings": list(self.warnings),
            "error": self.error,
            "updated": self.updated,
        }


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
class Removal:
    """What a removal did: the change that indexes follow, and how many rows went, by place."""

    change: Change
    counts: dict[str, int]


@dataclass(frozen=True)
class BackupRecord:
    """A backup that was made: `documents` are the ids it holds, `sources` the hashes of their paths."""

    id: str
    created: str
    path: str
    generation: int
    size: int
    documents: frozenset[str]
    sources: frozenset[str]


@dataclass(frozen=True)
class Problem:
    """Something `verify` found. `fix` is the command that mends it; `code` is stable, the rest is for a reader.

    `mendable`: `verify --repair` can mend it without losing anything.
    """

    code: str
    what: str
    where: str
    fix: str
    mendable: bool = False


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


@dataclass(frozen=True)
class GeneratedKeys:
    """Search keys written for one text by a model (`model`, `prompt` version) or, when `edited`, by a person."""

    texts: tuple[str, ...]
    model: str
    prompt: str
    edited: bool


@dataclass(frozen=True)
class KeyRecord:
    """One generated key of a chunk. `id` is its entry id; `edited` says that a person changed this chunk's keys."""

    id: int
    kind: str
    text: str
    edited: bool
    chunk_id: str
    chunk_text: str
    label: str
    page: int | None
    document_id: str
    title: str
    source: str


class Store(FaqStore, FeedbackStore, ImprovementStore, Protocol):
    """One writer at a time (`writer()`), any number of readers. All writes bump `generation`."""

    def generation(self) -> int: ...

    def writer(self, *, wait: bool = False) -> Any:
        """Context manager that holds the home's writer lock; raises HomeError naming the other process, or waits."""
        ...

    def state(self, key: str) -> str | None:
        """A value of the home's own bookkeeping; None when it was never set."""
        ...

    def set_state(self, key: str, value: str, *, bump: bool = False) -> int:
        """Set it, with a new generation in the same transaction when `bump`; returns the generation."""
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

    def versions(self, path: str, external_ids: Sequence[str]) -> dict[str, tuple[str, str]]:
        """External id → (document id, `version` of its meta) of those documents of the source that exist."""
        ...

    def document_keys(self, path: str) -> Iterator[tuple[str, str]]:
        """(document id, external id) of every document of the source."""
        ...

    def write_part(
        self,
        source: SourceRecord,
        prepared: Sequence[PreparedDocument],
        removed: Sequence[str],
        versions: Mapping[str, str],
    ) -> Change:
        """One batch of a source that is too large for one transaction: documents out, documents in, new versions."""
        ...

    def mark_source(self, source: SourceRecord) -> None:
        """Record a failed or ignored source; documents of an earlier good version stay."""
        ...

    def remove_source(self, path: str) -> Change: ...

    # removing for good
    def remove_documents(self, ids: Sequence[str]) -> Removal:
        """Remove documents from every table that holds their words, in one transaction; unknown ids are no error.

        Answers that were given from them lose their evidence and their text. The file is not rewritten: see `purge`.
        """
        ...

    def redact_dangling(self) -> int:
        """Take words that stand in no document any more out of recorded answers; how many answers changed."""
        ...

    def purge_due(self) -> str:
        """Since when something removed may have left traces in the file's free space; empty when nothing has."""
        ...

    def purge(self, *, compact: bool = True) -> bool:
        """Rewrite the file without its free space and empty the log; without `compact` only the latter.

        True when no trace can be left; False when a reader kept the log from being emptied, or nothing was rewritten.
        """
        ...

    def stands_in_living(self, text: str) -> bool:
        """Whether a text occurs in what is still in the home (answers' evidence does not count)."""
        ...

    def vectors_of(self, ids: Sequence[str]) -> list[bytes]:
        """The stored vectors of documents, as they lie on disk."""
        ...

    def has_vector(self, vector: bytes) -> bool:
        """Whether some text of the home has exactly this vector."""
        ...

    def add_receipt(self, record: dict[str, Any]) -> None: ...

    def receipts(self) -> list[dict[str, Any]]: ...

    def add_backup(self, backup: BackupRecord) -> None: ...

    def drop_backup(self, identity: str) -> None: ...

    def backups(self) -> list[BackupRecord]: ...

    # checking
    def audit(self, model: str, dimension: int) -> list[Problem]:
        """Read every row and say what does not agree; vectors are looked at when a model is named."""
        ...

    def drop_bad_vectors(self, model: str, dimension: int) -> int:
        """Drop vectors that cannot be right, so that they are embedded again."""
        ...

    def format(self) -> int:
        """The number of migrations the store has been through."""
        ...

    # the file as a whole
    def copy_to(self, target: Path, progress: Callable[[int, int], None] | None = None) -> None:
        """Write one consistent snapshot to a file, while others read and write."""
        ...

    def replace_with(self, other: Path, progress: Callable[[int, int], None] | None = None) -> None:
        """Replace everything by the content of another store file of the same format, in one transaction."""
        ...

    # vectors, keyed by the hash of the embedded text, so that equal texts are embedded once
    def missing_vectors(self, model: str, hashes: Sequence[str]) -> list[str]: ...

    def put_vectors(self, model: str, hashes: Sequence[str], vectors: NDArray[np.float32]) -> None: ...

    def drop_unused_vectors(self) -> int: ...

    def drop_vectors_except(self, model: str) -> int:
        """Drop the vectors of all other models; returns how many."""
        ...

    # keys that a model or a person wrote, by the hash of the text they were written for
    def generated(self, kind: str, text_hash: str) -> GeneratedKeys | None: ...

    def put_generated(self, kind: str, text_hash: str, made: GeneratedKeys) -> None: ...

    def keys(self, document_id: str | None = None, entry_id: int | None = None) -> list[KeyRecord]:
        """Generated keys: of all documents, of one, or one key."""
        ...

    def set_keys(self, chunk_id: str, kind: str, texts: Sequence[str]) -> Change:
        """Make these the chunk's keys of a kind; they stay when the unchanged text is read again."""
        ...

    # what indexes are built from
    def words(self, *, serving: bool = False) -> tuple[Word, ...]:
        """The home's own words: those wanted, or those that the index in use was made with."""
        ...

    def edit_words(self, add: Sequence[Word], remove: Sequence[str], *, settled: bool) -> None:
        """Want other words. `settled`: the index in use was made with those wanted until now."""
        ...

    def synonyms(self) -> Synonyms:
        """Word → what is looked for with it; cheap, asked at every question."""
        ...

    def edit_synonyms(self, add: Sequence[tuple[str, str]], remove: Sequence[tuple[str, str]]) -> int:
        """Add and remove (word, other) pairs; how many there were to remove."""
        ...

    def entry_count(self) -> int: ...

    def entry_ids(self) -> list[int]:
        """Every entry, in order."""
        ...

    def entry_texts(self, ids: Sequence[int] | None = None) -> Iterator[tuple[int, str]]: ...

    def entry_vectors(
        self, model: str, ids: Sequence[int] | None = None
    ) -> Iterator[tuple[list[int], NDArray[np.float32]]]: ...

    def chunk_vectors(self, model: str, chunk_ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """One vector a chunk, that of its own text where it has one; chunks without a vector are left out."""
        ...

    def entries_without_vector(self, model: str) -> Iterator[tuple[int, str, str]]:
        """(entry id, text hash, text) of every entry that this model has not embedded yet."""
        ...

    # what retrievers read
    def hits(self, entry_ids: Sequence[int]) -> dict[int, Hit]:
        """Hits (score 0) by entry id, each with document title, source and external id."""
        ...

    def chunks_by_article(
        self, article: str, documents: Sequence[str] | None = None, limit: int | None = None
    ) -> list[int]:
        """Entry ids of chunks whose `meta["article"]` equals `article` (`제43조의2`), in these documents or in all.

        With `limit` (in all documents only) any so many of them.
        """
        ...

    def documents_named(self, names: Sequence[str]) -> list[str]:
        """Ids of the documents with one of these titles, or with one of these as `law` in their metadata."""
        ...

    def chunk_ids(self, entry_ids: Sequence[int]) -> dict[int, str]:
        """The chunk that each entry points at."""
        ...

    def keys_per_chunk(self) -> float:
        """Entries per searchable chunk, 1.0 for plain indexes and an empty store."""
        ...

    def article_chunks(self, document_id: str, article: str) -> list[Chunk]:
        """A document's chunks whose `meta["article"]` equals `article`, in reading order."""
        ...

    def laws(self) -> list[LawRecord]:
        """Documents whose metadata names the law they are (see `chunkers/law_facts.py`)."""
        ...

    def document_titles(self) -> list[str]: ...

    def law_names(self) -> list[str]:
        """Every `law` that a document's metadata names, dated or not."""
        ...

    # the record of every answer
    def record_answer(self, answer: Answer) -> str:
        """Store an answer and return its id."""
        ...

    def answers(self, since: str = "", limit: int | None = None) -> list[dict[str, Any]]:
        """Recorded answers, newest first, each with the time it was `created`; `since` is an ISO day or time."""
        ...

    def conversation(self, identity: str) -> list[dict[str, Any]]:
        """The recorded answers of a conversation, oldest first; empty for an unknown one."""
        ...

    def close(self) -> None: ...

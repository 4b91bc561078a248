"""The store in one SQLite file (WAL): text, vectors and answers of a home. The single source of truth.

Deleted text is overwritten (`secure_delete`). One writer process per home, held by a lock file that names its owner;
readers never wait. A write is one transaction, so a crash leaves the last good state.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from haechi.errors import StoreError
from haechi.records import answer_record, with_status
from haechi.stores import keys, part, rows
from haechi.stores.base import (
    Change,
    DocumentRecord,
    GeneratedKeys,
    KeyRecord,
    LawRecord,
    PreparedDocument,
    SourceRecord,
)
from haechi.stores.erasure import forget_unused_vectors, gone_among, mark_purge, redact
from haechi.stores.faq import FaqTables
from haechi.stores.feedback import FeedbackTables
from haechi.stores.improvements import ImprovementTables
from haechi.stores.ledger import Ledger
from haechi.stores.vocabulary import Vocabulary
from haechi.types import Answer, Chunk, Document, Hit, block_of_row, block_row, content_hash


class SQLiteStore(Ledger, FaqTables, FeedbackTables, ImprovementTables, Vocabulary):
    """`SQLiteStore(path)` opens and migrates; `create=False` refuses a missing file with StoreError."""

    #: (generation, entries a chunk): asked for by every search.
    _per_chunk: tuple[int, float] | None = None

    # -- sources and documents -----------------------------------------------------------------------------------

    def source(self, path: str) -> SourceRecord | None:
        found = self._sources(path)
        return found[0] if found else None

    def sources(self) -> list[SourceRecord]:
        return self._sources(None)

    def _sources(self, path: str | None) -> list[SourceRecord]:
        return [rows.source_record(row) for row in self._db.execute(rows.SOURCES, (path,))]

    def documents(self, path: str | None = None) -> list[DocumentRecord]:
        return [rows.document_record(row) for row in self._db.execute(rows.DOCUMENTS, (path,))]

    def document(self, document_id: str) -> Document | None:
        row = self._db.execute("SELECT * FROM documents WHERE id = ?", (document_id,)).fetchone()
        if row is None:
            return None
        blocks = tuple(block_of_row(item) for item in json.loads(row["blocks"]))
        return Document(row["id"], row["source"], row["title"], blocks, json.loads(row["meta"]))

    def chunks(self, document_id: str) -> list[Chunk]:
        found = self._db.execute("SELECT * FROM chunks WHERE document_id = ? ORDER BY position", (document_id,))
        return [rows.chunk(row) for row in found]

    def write_source(self, source: SourceRecord, prepared: Sequence[PreparedDocument]) -> Change:
        with self._transaction() as db:
            source_id = self._put_source(db, source)
            there = {row[0] for row in db.execute("SELECT id FROM documents WHERE source_id = ?", (source_id,))}
            kept = {item.document.id for item in prepared if item.document.id in there and self._same(db, item)}
            removed = self._delete_documents(db, source_id, kept)
            added: list[int] = []
            for position, item in enumerate(prepared):
                if item.document.id in kept:
                    # The text is the same; a day in the front matter may not be.
                    db.execute(
                        "UPDATE documents SET position = ?, meta = ? WHERE id = ?",
                        (position, rows.to_json(dict(item.document.meta)), item.document.id),
                    )
                else:
                    added += self._put_document(db, source_id, position, item)
            generation = self._bump(db)
        return Change(generation, tuple(added), tuple(removed))

    def versions(self, path: str, external_ids: Sequence[str]) -> dict[str, tuple[str, str]]:
        return part.versions(self._db, path, external_ids)

    def document_keys(self, path: str) -> Iterator[tuple[str, str]]:
        return part.document_keys(self._db, path)

    def write_part(
        self,
        source: SourceRecord,
        prepared: Sequence[PreparedDocument],
        removed: Sequence[str],
        versions: Mapping[str, str],
    ) -> Change:
        added: list[int] = []
        with self._transaction() as db:
            source_id = self._put_source(db, source)
            gone = part.delete(db, removed)
            first = part.next_position(db, source_id)
            for position, item in enumerate(prepared, first):
                added += self._put_document(db, source_id, position, item)
            part.set_versions(db, versions)
            generation = self._bump(db)
        return Change(generation, tuple(added), tuple(gone))

    def mark_source(self, source: SourceRecord) -> None:
        with self._transaction() as db:
            self._put_source(db, source)

    def remove_source(self, path: str) -> Change:
        with self._transaction() as db:
            row = db.execute("SELECT id FROM sources WHERE path = ?", (path,)).fetchone()
            if row is None:
                raise StoreError(
                    f"'{path}'은(는) 이 홈에 없습니다. 목록: haechi documents list",
                    f"'{path}' is not in this home; see: haechi documents list",
                )
            removed = self._delete_documents(db, row["id"], set())
            db.execute("DELETE FROM sources WHERE id = ?", (row["id"],))
            generation = self._bump(db)
        self.drop_unused_vectors()
        return Change(generation, (), tuple(removed))

    @staticmethod
    def _put_source(db: sqlite3.Connection, source: SourceRecord) -> int:
        row = db.execute(
            "INSERT INTO sources (path, status, sha256, size, mtime_ns, parser, unit, unit_reason, options, error, "
            "warnings, pages, updated) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (path) DO UPDATE SET "
            "status=excluded.status, sha256=excluded.sha256, size=excluded.size, mtime_ns=excluded.mtime_ns, "
            "parser=excluded.parser, unit=excluded.unit, unit_reason=excluded.unit_reason, options=excluded.options, "
            "error=excluded.error, warnings=excluded.warnings, pages=excluded.pages, updated=excluded.updated "
            "RETURNING id",
            (
                source.path,
                source.status,
                source.sha256,
                source.size,
                source.mtime_ns,
                source.parser,
                source.unit,
                source.unit_reason,
                source.options,
                source.error,
                json.dumps(list(source.warnings), ensure_ascii=False),
                source.pages,
                source.updated or rows.now(),
            ),
        ).fetchone()
        return int(row[0])

    @staticmethod
    def _delete_documents(db: sqlite3.Connection, source_id: int, kept: set[str]) -> list[int]:
        removed: list[int] = []
        for (document_id,) in db.execute("SELECT id FROM documents WHERE source_id = ?", (source_id,)).fetchall():
            if document_id in kept:
                continue
            removed += [
                row[0]
                for row in db.execute(
                    "SELECT e.id FROM entries e JOIN chunks c ON c.id = e.chunk_id WHERE c.document_id = ?",
                    (document_id,),
                )
            ]
            db.execute("DELETE FROM documents WHERE id = ?", (document_id,))
        if removed:
            mark_purge(db)
        return removed

    @staticmethod
    def _same(db: sqlite3.Connection, item: PreparedDocument) -> bool:
        """Whether a stored document was cut and indexed just as it would be now; equal text alone does not say so."""
        chunks = db.execute(
            "SELECT id, label, page, headings, meta FROM chunks WHERE document_id = ? ORDER BY position",
            (item.document.id,),
        )
        now = [(c.id, c.label, c.page, rows.to_json(c.headings), rows.to_json(dict(c.meta))) for c in item.chunks]
        if [tuple(row) for row in chunks] != now:
            return False
        entries = db.execute(
            "SELECT e.chunk_id, e.kind, e.text FROM entries e JOIN chunks c ON c.id = e.chunk_id "
            "WHERE c.document_id = ? ORDER BY e.id",
            (item.document.id,),
        )
        return [tuple(row) for row in entries] == [(entry.chunk_id, entry.kind, entry.text) for entry in item.entries]

    @staticmethod
    def _put_document(db: sqlite3.Connection, source_id: int, position: int, item: PreparedDocument) -> list[int]:
        document = item.document
        db.execute(
            "INSERT INTO documents (id, source_id, position, external_id, source, title, blocks, meta) "
            "VALUES (?,?,?,?,?,?,?,?)",
            (
                document.id,
                source_id,
                position,
                document.external_id,
                document.source,
                document.title,
                rows.to_json([block_row(block) for block in document.blocks]),
                rows.to_json(dict(document.meta)),
            ),
        )
        db.executemany(
            'INSERT INTO chunks (id, document_id, position, text, start, "end", unit, label, article, page, headings, '
            "meta) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
            (
                (
                    chunk.id,
                    document.id,
                    number,
                    chunk.text,
                    chunk.start,
                    chunk.end,
                    chunk.unit,
                    chunk.label,
                    chunk.meta.get("article"),
                    chunk.page,
                    rows.to_json(chunk.headings),
                    rows.to_json(dict(chunk.meta)),
                )
                for number, chunk in enumerate(item.chunks)
            ),
        )
        return [
            int(
                db.execute(
                    "INSERT INTO entries (chunk_id, kind, text, text_hash) VALUES (?,?,?,?) RETURNING id",
                    (entry.chunk_id, entry.kind, entry.text, content_hash(entry.text)),
                ).fetchone()[0]
            )
            for entry in item.entries
        ]

    # -- vectors -------------------------------------------------------------------------------------------------

    def missing_vectors(self, model: str, hashes: Sequence[str]) -> list[str]:
        wanted = list(dict.fromkeys(hashes))
        found = self._db.execute(
            "SELECT text_hash FROM vectors WHERE model = ? AND text_hash IN (SELECT value FROM json_each(?))",
            (model, rows.to_json(wanted)),
        )
        present = {row[0] for row in found}
        return [text_hash for text_hash in wanted if text_hash not in present]

    def put_vectors(self, model: str, hashes: Sequence[str], vectors: NDArray[np.float32]) -> None:
        if len(hashes) != len(vectors):
            raise ValueError(f"{len(hashes)} hashes for {len(vectors)} vectors")
        packed = np.ascontiguousarray(vectors, dtype="<f2")
        with self._transaction() as db:
            db.executemany(
                "INSERT OR REPLACE INTO vectors (model, text_hash, vector) VALUES (?,?,?)",
                ((model, text_hash, row.tobytes()) for text_hash, row in zip(hashes, packed, strict=True)),
            )

    def drop_unused_vectors(self) -> int:
        with self._transaction() as db:
            written = keys.drop_unused(db)
            dropped = forget_unused_vectors(db)
            if dropped or written:
                mark_purge(db)
        return dropped

    def drop_vectors_except(self, model: str) -> int:
        with self._transaction() as db:
            return db.execute("DELETE FROM vectors WHERE model != ?", (model,)).rowcount

    # -- generated keys ------------------------------------------------------------------------------------------

    def generated(self, kind: str, text_hash: str) -> GeneratedKeys | None:
        return keys.generated(self._db, kind, text_hash)

    def put_generated(self, kind: str, text_hash: str, made: GeneratedKeys) -> None:
        with self._transaction() as db:
            keys.put_generated(db, kind, text_hash, made)

    def keys(self, document_id: str | None = None, entry_id: int | None = None) -> list[KeyRecord]:
        return keys.records(self._db, document_id, entry_id)

    def set_keys(self, chunk_id: str, kind: str, texts: Sequence[str]) -> Change:
        with self._transaction() as db:
            added, removed = keys.set_keys(db, chunk_id, kind, texts)
            generation = self._bump(db)
        return Change(generation, tuple(added), tuple(removed))

    # -- what indexes are built from -----------------------------------------------------------------------------

    def entry_count(self) -> int:
        return int(self._db.execute("SELECT count(*) FROM entries").fetchone()[0])

    def entry_ids(self) -> list[int]:
        return [int(row[0]) for row in self._db.execute("SELECT id FROM entries ORDER BY id")]

    def entry_texts(self, ids: Sequence[int] | None = None) -> Iterator[tuple[int, str]]:
        for row in self._db.execute(
            *((rows.ENTRY_TEXTS,) if ids is None else (rows.ENTRY_TEXTS_OF, (rows.ids_json(ids),)))
        ):
            yield int(row[0]), str(row[1])

    def entry_vectors(
        self, model: str, ids: Sequence[int] | None = None
    ) -> Iterator[tuple[list[int], NDArray[np.float32]]]:
        if ids is None:
            cursor = self._db.execute(rows.ENTRY_VECTORS, (model,))
        else:
            cursor = self._db.execute(rows.ENTRY_VECTORS_OF, (model, rows.ids_json(ids)))
        while batch := cursor.fetchmany(4096):
            yield rows.vector_batch(batch)

    def chunk_vectors(self, model: str, chunk_ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        found: dict[str, NDArray[np.float32]] = {}
        for row in self._db.execute(rows.CHUNK_VECTORS, (model, rows.to_json(list(chunk_ids)))):
            found.setdefault(str(row[0]), np.frombuffer(row[1], dtype="<f2").astype(np.float32))
        return found

    def entries_without_vector(self, model: str) -> Iterator[tuple[int, str, str]]:
        cursor = self._db.execute(
            "SELECT e.id, e.text_hash, e.text FROM entries e LEFT JOIN vectors v "
            "ON v.text_hash = e.text_hash AND v.model = ? WHERE v.model IS NULL ORDER BY e.id",
            (model,),
        )
        for row in cursor:
            yield int(row[0]), str(row[1]), str(row[2])

    # -- what retrievers read ------------------------------------------------------------------------------------

    def hits(self, entry_ids: Sequence[int]) -> dict[int, Hit]:
        found: dict[int, Hit] = {}
        for row in self._db.execute(rows.HITS, (rows.ids_json(entry_ids),)):
            found[int(row["entry_id"])] = rows.hit(row)
        return found

    def chunks_by_article(
        self, article: str, documents: Sequence[str] | None = None, limit: int | None = None
    ) -> list[int]:
        if documents is None:
            found = self._db.execute(rows.ARTICLE, (article, -1 if limit is None else limit))
        else:
            found = self._db.execute(rows.ARTICLE_OF, (article, rows.to_json(documents)))
        return [int(row[0]) for row in found]

    def documents_named(self, names: Sequence[str]) -> list[str]:
        return [str(row[0]) for row in self._db.execute(rows.DOCUMENTS_NAMED, (rows.to_json(names),))]

    def chunk_ids(self, entry_ids: Sequence[int]) -> dict[int, str]:
        found = self._db.execute(
            "SELECT id, chunk_id FROM entries WHERE id IN (SELECT value FROM json_each(?))", (rows.ids_json(entry_ids),)
        )
        return {int(row[0]): str(row[1]) for row in found}

    def keys_per_chunk(self) -> float:
        generation = self.generation()
        if self._per_chunk is None or self._per_chunk[0] != generation:
            entries, chunks = self._db.execute("SELECT count(*), count(DISTINCT chunk_id) FROM entries").fetchone()
            self._per_chunk = (generation, entries / chunks if chunks else 1.0)
        return self._per_chunk[1]

    def article_chunks(self, document_id: str, article: str) -> list[Chunk]:
        found = self._db.execute(
            "SELECT * FROM chunks WHERE article = ? AND document_id = ? ORDER BY position", (article, document_id)
        )
        return [rows.chunk(row) for row in found]

    def laws(self) -> list[LawRecord]:
        return [rows.law_record(row) for row in self._db.execute(rows.LAWS)]

    def document_titles(self) -> list[str]:
        return [str(row[0]) for row in self._db.execute("SELECT DISTINCT title FROM documents ORDER BY title")]

    def law_names(self) -> list[str]:
        return [str(row[0]) for row in self._db.execute(rows.LAW_NAMES)]

    # -- the record of every answer ------------------------------------------------------------------------------

    def record_answer(self, answer: Answer) -> str:
        identity = answer.id or uuid4().hex
        record = answer_record(replace(answer, id=identity))
        with self._transaction() as db:
            # A document can be removed between the search and the end of the answer.
            redact(record, gone_among(db, [hit.chunk.document_id for hit in answer.hits]))
            db.execute(
                "INSERT INTO answers (id, created, question, origin, model, record, conversation) "
                "VALUES (?,?,?,?,?,?,?)",
                (
                    identity,
                    rows.now(),
                    answer.question,
                    answer.origin,
                    answer.model,
                    rows.to_json(record),
                    answer.conversation_id or None,
                ),
            )
        return identity

    def answers(self, since: str = "", limit: int | None = None) -> list[dict[str, Any]]:
        found = self._db.execute(
            "SELECT created, record FROM answers WHERE created >= ? ORDER BY created DESC, rowid DESC LIMIT ?",
            (since, -1 if limit is None else limit),
        )
        return [{**with_status(json.loads(record)), "created": created} for created, record in found]

    def conversation(self, identity: str) -> list[dict[str, Any]]:
        found = self._db.execute("SELECT record FROM answers WHERE conversation = ? ORDER BY rowid", (identity,))
        return [with_status(json.loads(row[0])) for row in found]

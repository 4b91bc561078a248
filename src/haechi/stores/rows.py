"""Rows of haechi.db ↔ core types: the long statements and what their rows become."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from haechi.stores.base import DocumentRecord, LawRecord, SourceRecord
from haechi.types import Chunk, Hit

# Lists of ids are bound as one JSON array (`json_each`): no statement is ever built from values.
SOURCES = """
    SELECT s.*,
        (SELECT count(*) FROM documents d WHERE d.source_id = s.id) AS n_documents,
        (SELECT count(*) FROM chunks c JOIN documents d ON d.id = c.document_id WHERE d.source_id = s.id) AS n_chunks
    FROM sources s WHERE ?1 IS NULL OR s.path = ?1 ORDER BY s.path
"""
DOCUMENTS = """
    SELECT d.id, d.external_id, d.source, d.title, d.meta, s.path, s.status,
        (SELECT count(*) FROM chunks c WHERE c.document_id = d.id) AS n_chunks
    FROM documents d JOIN sources s ON s.id = d.source_id
    WHERE ?1 IS NULL OR s.path = ?1 ORDER BY s.path, d.position
"""
HITS = """
    SELECT e.id AS entry_id, e.text AS matched, e.kind AS matched_kind, c.*, d.title, d.source AS document_source,
        d.external_id, d.meta AS document_meta
    FROM entries e JOIN chunks c ON c.id = e.chunk_id JOIN documents d ON d.id = c.document_id
    WHERE e.id IN (SELECT value FROM json_each(?))
"""
LAWS = """
    SELECT id, title, meta FROM documents
    WHERE json_extract(meta, '$.law') IS NOT NULL AND json_extract(meta, '$.effective_reason') IS NOT NULL ORDER BY id
"""
LAW_NAMES = """
    SELECT DISTINCT json_extract(meta, '$.law') FROM documents WHERE json_extract(meta, '$.law') IS NOT NULL
"""
DOCUMENTS_NAMED = """
    SELECT id FROM documents WHERE title IN (SELECT value FROM json_each(?1))
    UNION SELECT id FROM documents WHERE json_extract(meta, '$.law') IS NOT NULL
        AND json_extract(meta, '$.law') IN (SELECT value FROM json_each(?1))
"""
ARTICLE = """
    SELECT id FROM (
        SELECT e.id FROM chunks c JOIN entries e ON e.chunk_id = c.id WHERE c.article = ?1 LIMIT ?2
    ) ORDER BY id
"""
# The plus keeps SQLite from looking at the article in every law of the home.
ARTICLE_OF = """
    SELECT e.id FROM json_each(?2) wanted CROSS JOIN chunks c ON c.document_id = wanted.value AND +c.article = ?1
        JOIN entries e ON e.chunk_id = c.id ORDER BY e.id
"""
ENTRY_VECTORS = """
    SELECT e.id, v.vector FROM entries e JOIN vectors v ON v.text_hash = e.text_hash AND v.model = ?1 ORDER BY e.id
"""
# Statements of their own: with `? IS NULL OR id IN …` SQLite reads every entry of the home for a hundred of them.
ENTRY_VECTORS_OF = """
    SELECT e.id, v.vector FROM entries e JOIN vectors v ON v.text_hash = e.text_hash AND v.model = ?1
    WHERE e.id IN (SELECT value FROM json_each(?2)) ORDER BY e.id
"""
CHUNK_VECTORS = """
    SELECT e.chunk_id, v.vector FROM entries e JOIN vectors v ON v.text_hash = e.text_hash AND v.model = ?1
    WHERE e.chunk_id IN (SELECT value FROM json_each(?2)) ORDER BY e.kind != 'plain', e.id
"""
ENTRY_TEXTS = "SELECT id, text FROM entries ORDER BY id"
ENTRY_TEXTS_OF = "SELECT id, text FROM entries WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id"


def source_record(row: sqlite3.Row) -> SourceRecord:
    """One row of `SOURCES`."""
    return SourceRecord(
        path=row["path"],
        status=row["status"],
        sha256=row["sha256"],
        size=row["size"],
        mtime_ns=row["mtime_ns"],
        parser=row["parser"],
        unit=row["unit"],
        unit_reason=row["unit_reason"],
        options=row["options"],
        error=row["error"],
        warnings=tuple(json.loads(row["warnings"])),
        updated=row["updated"],
        documents=row["n_documents"],
        chunks=row["n_chunks"],
        pages=row["pages"],
    )


def document_record(row: sqlite3.Row) -> DocumentRecord:
    """One row of `DOCUMENTS`."""
    return DocumentRecord(
        id=row["id"],
        external_id=row["external_id"],
        source=row["source"],
        title=row["title"],
        chunks=row["n_chunks"],
        path=row["path"],
        status=row["status"],
        meta=json.loads(row["meta"]),
    )


def law_record(row: sqlite3.Row) -> LawRecord:
    """One row of `LAWS`."""
    meta = json.loads(row["meta"])
    names = ("law", "kind", "promulgated", "effective", "version")
    return LawRecord(row["id"], row["title"], *(str(meta.get(name) or "") for name in names))


def hit(row: sqlite3.Row) -> Hit:
    """One row of `HITS`; the document's metadata shows through the chunk's."""
    found = chunk(row)
    return Hit(
        chunk=replace(found, meta={**json.loads(row["document_meta"]), **found.meta}),
        score=0.0,
        retriever="",
        matched_text=row["matched"],
        matched_kind=row["matched_kind"],
        document_title=row["title"],
        document_source=row["document_source"],
        external_id=row["external_id"],
    )


def now() -> str:
    """UTC, ISO 8601, seconds."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def to_json(value: Any) -> str:
    """Compact JSON, Hangul as it is."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def ids_json(ids: Sequence[int] | None) -> str | None:
    """Ids as one bound value for `json_each`."""
    return None if ids is None else to_json([int(item) for item in ids])


def vector_batch(rows: Sequence[sqlite3.Row]) -> tuple[list[int], NDArray[np.float32]]:
    """Rows of `ENTRY_VECTORS`: entry ids and float32 vectors of shape (n, dimension)."""
    vectors = np.stack([np.frombuffer(row[1], dtype="<f2") for row in rows]).astype(np.float32)
    return [int(row[0]) for row in rows], vectors


def chunk(row: sqlite3.Row) -> Chunk:
    """One row of the table `chunks`."""
    return Chunk(
        id=row["id"],
        document_id=row["document_id"],
        text=row["text"],
        start=row["start"],
        end=row["end"],
        unit=row["unit"],
        label=row["label"],
        page=row["page"],
        headings=tuple(json.loads(row["headings"])),
        meta=json.loads(row["meta"]),
    )

"""Does the store agree with itself? Every row is read; nothing is changed."""

from __future__ import annotations

import contextlib
import json
import math
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from haechi.stores.base import Problem
from haechi.types import BLOCK_SEPARATOR, content_hash

_CHUNKS = 'SELECT id, text, start, "end" FROM chunks WHERE document_id = ? ORDER BY position'
_DOCUMENTS = "SELECT d.id, d.blocks, s.path FROM documents d JOIN sources s ON s.id = d.source_id"
_BARE = """
    SELECT c.document_id, count(*) FROM chunks c LEFT JOIN entries e ON e.chunk_id = c.id
    WHERE e.id IS NULL GROUP BY c.document_id
"""
_UNUSED = (
    "SELECT count(*) FROM vectors WHERE text_hash NOT IN (SELECT text_hash FROM entries) "
    "AND text_hash NOT IN (SELECT text_hash FROM faq_wordings)"
)
_EMPTY = """
    SELECT path FROM sources s WHERE status = 'ok' AND path LIKE '/%'
        AND NOT EXISTS (SELECT 1 FROM documents d WHERE d.source_id = s.id)
"""
#: float16 keeps three digits of each component.
NORM_TOLERANCE = 0.02


def check_file(path: Path) -> list[str]:
    """What SQLite itself finds wrong with a store file; empty when it is sound. Never creates or migrates one."""
    try:
        with contextlib.closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as db:
            found = [str(row[0]) for row in db.execute("PRAGMA integrity_check(20)") if row[0] != "ok"]
            found += [f"{row[0]} {row[1]} → {row[2]}" for row in db.execute("PRAGMA foreign_key_check").fetchmany(20)]
            db.execute("SELECT value FROM state WHERE key = 'generation'").fetchone()[0]
    except (sqlite3.Error, TypeError) as error:
        return [str(error) or "no generation"]
    return found


def audit_rows(db: sqlite3.Connection) -> Iterator[Problem]:
    """Sources, documents, chunks and entries."""
    again = "haechi documents remove '{0}', haechi ingest '{1}'"
    for identity, blocks, path in db.execute(_DOCUMENTS):
        text = BLOCK_SEPARATOR.join(block[0] for block in json.loads(blocks))
        # The length says it where an end beyond the document's cuts off nothing.
        wrong = [
            row[0]
            for row in db.execute(_CHUNKS, (identity,))
            if text[row[2] : row[3]] != row[1] or row[3] - row[2] != len(row[1])
        ]
        if wrong:
            what = f"구절 {len(wrong)}개의 글이 문서의 그 자리와 다릅니다"
            yield Problem("chunk_text", what, f"{path} ({identity})", again.format(identity, path))
    for identity, count in db.execute(_BARE):
        yield Problem("chunk_entries", f"검색 항목이 없는 구절 {count}개", identity, again.format(identity, "…"))
    wrong = [row[0] for row in db.execute("SELECT id, text, text_hash FROM entries") if content_hash(row[1]) != row[2]]
    if wrong:
        what = f"검색 항목 {len(wrong)}개의 글이 해시와 다릅니다"
        yield Problem("entry_hash", what, f"entries {wrong[0]}…", "haechi restore 백업파일")
    for (path,) in db.execute(_EMPTY):
        yield Problem("source_empty", "읽었다고 적혀 있는데 문서가 없습니다", path, f"haechi ingest '{path}'")


def audit_vectors(db: sqlite3.Connection, model: str, dimension: int) -> Iterator[Problem]:
    """Vectors of the model that serves, and vectors that no text uses."""
    mend = "haechi verify --repair"
    bad = bad_vectors(db, model, dimension)
    if bad:
        what = f"벡터 {len(bad)}개가 잘못되었습니다(차원 {dimension}, 유한한 값, 길이 1이어야 함)"
        yield Problem("vector_bad", what, model, mend, True)
    missing = db.execute(
        "SELECT count(*) FROM entries e LEFT JOIN vectors v ON v.text_hash = e.text_hash AND v.model = ? "
        "WHERE v.model IS NULL",
        (model,),
    ).fetchone()[0]
    if missing:
        yield Problem("vector_missing", f"벡터가 없는 검색 항목 {missing}개", model, mend, True)
    unused = db.execute(_UNUSED).fetchone()[0]
    if unused:
        what = f"쓰는 글이 없는 벡터 {unused}개(멈춘 ingest가 남겼다면 다음 ingest가 이어서 씁니다)"
        yield Problem("vector_unused", what, "vectors", mend, True)


def bad_vectors(db: sqlite3.Connection, model: str, dimension: int) -> list[str]:
    """Text hashes of vectors that cannot be right."""
    found = []
    for text_hash, raw in db.execute("SELECT text_hash, vector FROM vectors WHERE model = ?", (model,)):
        if len(raw) != 2 * dimension:
            found.append(str(text_hash))
            continue
        norm = float(np.linalg.norm(np.frombuffer(raw, "<f2").astype(np.float32)))
        if not math.isfinite(norm) or abs(norm - 1) > NORM_TOLERANCE:
            found.append(str(text_hash))
    return found

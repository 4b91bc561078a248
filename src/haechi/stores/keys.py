"""Generated keys in haechi.db: what an LLM or a person wrote for a text, and the entries made of it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

from haechi.errors import StoreError
from haechi.stores import rows
from haechi.stores.base import GeneratedKeys, KeyRecord
from haechi.types import content_hash

#: Kinds of entries that are written, not cut from the text.
WRITTEN = ("question", "summary")

_KEYS = """
    SELECT e.id, e.kind, e.text, c.id AS chunk_id, c.label, c.page, c.text AS chunk_text, d.id AS document_id, d.title,
        d.source, coalesce(g.edited, 0) AS edited
    FROM entries e JOIN chunks c ON c.id = e.chunk_id JOIN documents d ON d.id = c.document_id
        LEFT JOIN entries p ON p.chunk_id = c.id AND p.kind = 'plain'
        LEFT JOIN generated_keys g ON g.kind = e.kind AND g.text_hash = p.text_hash
    WHERE e.kind IN ('question', 'summary') AND (?1 IS NULL OR d.id = ?1) AND (?2 IS NULL OR e.id = ?2)
    ORDER BY d.source, d.position, c.position, e.id
"""


def generated(db: sqlite3.Connection, kind: str, text_hash: str) -> GeneratedKeys | None:
    """What was written for a text, or None."""
    row = db.execute(
        "SELECT texts, model, prompt, edited FROM generated_keys WHERE kind = ? AND text_hash = ?", (kind, text_hash)
    ).fetchone()
    return None if row is None else GeneratedKeys(tuple(json.loads(row[0])), row[1], row[2], bool(row[3]))


def put_generated(db: sqlite3.Connection, kind: str, text_hash: str, keys: GeneratedKeys) -> None:
    """Keep what was written for a text; it replaces what was there."""
    db.execute(
        "INSERT OR REPLACE INTO generated_keys (kind, text_hash, texts, model, prompt, edited, updated) "
        "VALUES (?,?,?,?,?,?,?)",
        (kind, text_hash, rows.to_json(list(keys.texts)), keys.model, keys.prompt, int(keys.edited), rows.now()),
    )


def drop_unused(db: sqlite3.Connection) -> int:
    """Forget what was written for texts that are gone."""
    return db.execute("DELETE FROM generated_keys WHERE text_hash NOT IN (SELECT text_hash FROM entries)").rowcount


def records(db: sqlite3.Connection, document_id: str | None, entry_id: int | None) -> list[KeyRecord]:
    """Generated keys with the chunk they point at, in the order of the documents."""
    return [
        KeyRecord(
            id=int(row["id"]),
            kind=row["kind"],
            text=row["text"],
            edited=bool(row["edited"]),
            chunk_id=row["chunk_id"],
            chunk_text=row["chunk_text"],
            label=row["label"],
            page=row["page"],
            document_id=row["document_id"],
            title=row["title"],
            source=row["source"],
        )
        for row in db.execute(_KEYS, (document_id, entry_id))
    ]


def set_keys(db: sqlite3.Connection, chunk_id: str, kind: str, texts: Sequence[str]) -> tuple[list[int], list[int]]:
    """Make these the chunk's keys of a kind, marked as edited; (added, removed) entry ids."""
    plain = db.execute("SELECT text_hash FROM entries WHERE chunk_id = ? AND kind = 'plain'", (chunk_id,)).fetchone()
    if plain is None or kind not in WRITTEN:
        raise StoreError(
            f"구절 '{chunk_id}'에는 '{kind}' 키를 둘 수 없습니다. 먼저 넣기: haechi ingest --strategy "
            "hypothetical_questions 또는 summaries",
            f"chunk '{chunk_id}' cannot have keys of the kind '{kind}'; ingest it with --strategy "
            "hypothetical_questions or summaries",
        )
    there = {
        row["text"]: int(row["id"])
        for row in db.execute("SELECT id, text FROM entries WHERE chunk_id = ? AND kind = ?", (chunk_id, kind))
    }
    wanted = list(dict.fromkeys(texts))
    removed = [entry for text, entry in there.items() if text not in wanted]
    for entry in removed:
        db.execute("DELETE FROM entries WHERE id = ?", (entry,))
    added = [
        int(
            db.execute(
                "INSERT INTO entries (chunk_id, kind, text, text_hash) VALUES (?,?,?,?) RETURNING id",
                (chunk_id, kind, text, content_hash(text)),
            ).fetchone()[0]
        )
        for text in wanted
        if text not in there
    ]
    kept = generated(db, kind, plain[0])
    model, prompt = (kept.model, kept.prompt) if kept else ("", "")
    put_generated(db, kind, plain[0], GeneratedKeys(tuple(wanted), model, prompt, True))
    return added, removed

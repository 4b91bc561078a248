"""A source that is too large for one transaction (a table of a database): parts of it are read and replaced.

Documents are told apart by their external id; `rows_version` in a document's meta says which state of its rows it
holds.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence


def versions(db: sqlite3.Connection, path: str, external_ids: Sequence[str]) -> dict[str, tuple[str, str]]:
    """External id → (document id, version) of those documents of the source that exist."""
    found = db.execute(
        "SELECT d.external_id, d.id, json_extract(d.meta, '$.rows_version') FROM json_each(?2) wanted "
        # The plus keeps SQLite from looking at all documents of the source for each wanted one.
        "CROSS JOIN documents d ON d.external_id = wanted.value JOIN sources s ON s.id = +d.source_id AND s.path = ?1",
        (path, json.dumps(list(external_ids))),
    )
    return {str(row[0]): (str(row[1]), str(row[2] or "")) for row in found}


def document_keys(db: sqlite3.Connection, path: str) -> Iterator[tuple[str, str]]:
    """(document id, external id) of every document of the source."""
    cursor = db.execute(
        "SELECT d.id, d.external_id FROM documents d JOIN sources s ON s.id = d.source_id WHERE s.path = ?", (path,)
    )
    for row in cursor:
        yield str(row[0]), str(row[1] or "")


def delete(db: sqlite3.Connection, document_ids: Sequence[str]) -> list[int]:
    """Delete documents with their chunks and entries; returns the entry ids."""
    wanted = json.dumps(list(document_ids))
    entries = [
        int(row[0])
        for row in db.execute(
            "SELECT e.id FROM json_each(?) wanted CROSS JOIN chunks c ON c.document_id = wanted.value "
            "JOIN entries e ON e.chunk_id = c.id",
            (wanted,),
        )
    ]
    db.execute("DELETE FROM documents WHERE id IN (SELECT value FROM json_each(?))", (wanted,))
    return entries


def set_versions(db: sqlite3.Connection, of: Mapping[str, str]) -> None:
    """Document id → version of documents whose text did not change with their rows."""
    db.executemany(
        "UPDATE documents SET meta = json_set(meta, '$.rows_version', ?) WHERE id = ?",
        ((version, document_id) for document_id, version in of.items()),
    )


def next_position(db: sqlite3.Connection, source_id: int) -> int:
    """Where the next document of the source stands."""
    row = db.execute("SELECT max(position) + 1 FROM documents WHERE source_id = ?", (source_id,)).fetchone()
    return int(row[0] or 0)

"""Everything in haechi.db that holds a document's words, and how each place forgets it.

`PLACES` is the whole list: a new table that quotes documents (an FAQ, a conversation) is one more row here. The
functions run inside the caller's transaction, so a document is either whole or gone everywhere.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

from haechi.records import with_status
from haechi.stores import keys
from haechi.stores.faq_base import SOURCE_REMOVED
from haechi.stores.rows import now, to_json

#: What a reader of an old record finds where the removed words stood.
TOMBSTONE = "[삭제된 문서]"

_MENTIONS = """
    SELECT DISTINCT a.id, a.record FROM answers a, json_each(?1) gone WHERE instr(a.record, gone.value) > 0
"""
_DANGLING = """
    SELECT DISTINCT a.id, a.record FROM answers a, json_each(a.record, '$.hits') h
    WHERE json_extract(h.value, '$.document') NOT IN (SELECT id FROM documents)
        AND json_extract(h.value, '$.deleted') IS NULL
"""
_ENTRIES = """
    SELECT e.id FROM entries e JOIN chunks c ON c.id = e.chunk_id
    WHERE c.document_id IN (SELECT value FROM json_each(?1))
"""


_EMPTIED = """
    DELETE FROM sources WHERE id IN (SELECT source_id FROM documents WHERE id IN (SELECT value FROM json_each(?1)))
        AND NOT EXISTS (
            SELECT 1 FROM documents d WHERE d.source_id = sources.id AND d.id NOT IN (SELECT value FROM json_each(?1))
        )
"""

#: A pair names its source by title (`운영규정 제9조`). Another document of the same title keeps it in service.
_ORPHANED = """
    UPDATE faq SET enabled = 0, note = ?2 WHERE enabled = 1 AND EXISTS (
        SELECT 1 FROM documents d WHERE d.id IN (SELECT value FROM json_each(?1)) AND d.title != ''
            AND (faq.source = d.title OR substr(faq.source, 1, length(d.title) + 1) = d.title || ' ')
            AND NOT EXISTS (
                SELECT 1 FROM documents o WHERE o.title = d.title AND o.id NOT IN (SELECT value FROM json_each(?1))
            )
    )
"""


def erase(db: sqlite3.Connection, ids: Sequence[str]) -> tuple[list[int], dict[str, int]]:
    """Remove documents by id from every place. Gives the entry ids that indexes must drop, and counts by place."""
    wanted = to_json(list(ids))
    entries = [int(row[0]) for row in db.execute(_ENTRIES, (wanted,))]
    counts = {name: forget(db, wanted) for name, forget in PLACES}
    del counts["rest"]
    mark_purge(db)
    return entries, counts


def mark_purge(db: sqlite3.Connection) -> None:
    """Remember that something was removed and the file not rewritten since, also over a crash."""
    db.execute("INSERT OR IGNORE INTO state VALUES ('purge', ?)", (now(),))


def gone_among(db: sqlite3.Connection, ids: Sequence[str]) -> set[str]:
    """Those of these document ids that are not in the home."""
    found = db.execute("SELECT id FROM documents WHERE id IN (SELECT value FROM json_each(?))", (to_json([*ids]),))
    return set(ids) - {str(row[0]) for row in found}


def redact_dangling(db: sqlite3.Connection) -> int:
    """Forget evidence in answers whose document is gone and whose text stands nowhere in the home any more.

    An edited or moved file gives new document ids; a passage that did not change keeps its record.
    """
    rows = db.execute(_DANGLING).fetchall()
    records = {row[0]: json.loads(row[1]) for row in rows}
    texts = {str(hit.get("text", "")) for record in records.values() for hit in record["hits"]}
    found = db.execute("SELECT text FROM chunks WHERE text IN (SELECT value FROM json_each(?))", (to_json([*texts]),))
    living = {row[0] for row in found}
    documents = {row[0] for row in db.execute("SELECT id FROM documents")}
    count = 0
    for identity, record in records.items():
        lost = {
            hit["document"] for hit in record["hits"] if hit["document"] not in documents and hit["text"] not in living
        }
        count += _rewrite(db, identity, record, lost)
    return count


def forget_answers(db: sqlite3.Connection, ids: str) -> int:
    """Take the words of these documents (or FAQ pairs, `faq:ID`) out of recorded answers; how many changed."""
    gone = set(json.loads(ids))
    found = db.execute(_MENTIONS, (ids,)).fetchall()
    return sum(_rewrite(db, identity, json.loads(record), gone) for identity, record in found)


def _rewrite(db: sqlite3.Connection, identity: str, record: dict[str, Any], gone: set[str]) -> int:
    if not redact(record, gone):
        return 0
    db.execute("UPDATE answers SET record = ? WHERE id = ?", (to_json(record), identity))
    _forget_opinions(db, to_json([identity]))
    # A later question of the conversation may have been written out with words of this answer.
    db.execute(
        "UPDATE answers SET record = json_set(record, '$.rewritten', '', '$.expansion', NULL) "
        "WHERE conversation = (SELECT conversation FROM answers WHERE id = ?)",
        (identity,),
    )
    return 1


def _forget_opinions(db: sqlite3.Connection, answer_ids: str) -> int:
    """Words of feedback on these answers: who corrects an answer writes what the document says."""
    return db.execute(
        "UPDATE feedback SET correction = '', note = '', forgotten = 1 WHERE forgotten = 0 "
        "AND answer_id IN (SELECT value FROM json_each(?))",
        (answer_ids,),
    ).rowcount


def _forget_feedback(db: sqlite3.Connection, ids: str) -> int:
    """Feedback on answers that were given from these documents."""
    return _forget_opinions(db, to_json([row[0] for row in db.execute(_MENTIONS, (ids,))]))


def redact(record: dict[str, Any], gone: set[str]) -> bool:
    """Take the words of these documents out of an answer's record; the question stays. False when it has none."""
    found = False
    for item in [*record.get("hits", ()), *record.get("citations", ())]:
        if item.get("document") not in gone or item.get("deleted"):
            continue
        found = True
        for key, value in item.items():
            if key not in ("rank", "score", "retriever", "document", "marker"):
                item[key] = [] if isinstance(value, list) else None if key in ("page", "external_id") else ""
        item["text" if "text" in item else "quote"] = TOMBSTONE
        item["deleted"] = True
    if found:
        # The model wrote these from the passages; which words came from which one cannot be told apart.
        record.update(answer=TOMBSTONE, verdicts=[], corrections=[])
        record.update(with_status(record))
    return found


def _counted(sql: str) -> Callable[[sqlite3.Connection, str], int]:
    """A place that the deletion of its document empties by itself; only counted."""
    return lambda db, ids: int(db.execute(sql, (ids,)).fetchone()[0])


def _forget_documents(db: sqlite3.Connection, ids: str) -> int:
    return db.execute("DELETE FROM documents WHERE id IN (SELECT value FROM json_each(?))", (ids,)).rowcount


def _forget_sources(db: sqlite3.Connection, ids: str) -> int:
    """Sources that lose their last document. One that keeps some is read again only when it changes."""
    return db.execute(_EMPTIED, (ids,)).rowcount


def forget_unused_vectors(db: sqlite3.Connection, ids: str = "[]") -> int:
    """Vectors of texts that neither an entry nor an FAQ wording has any more; a shared text keeps its vector."""
    return db.execute(
        "DELETE FROM vectors WHERE text_hash NOT IN (SELECT text_hash FROM entries) "
        "AND text_hash NOT IN (SELECT text_hash FROM faq_wordings)"
    ).rowcount


def _switch_off_faq(db: sqlite3.Connection, ids: str) -> int:
    """FAQ pairs whose source is a document that goes. Their words are a person's own, so they stay to be looked at,
    but they no longer answer."""
    count = db.execute(_ORPHANED, (ids, SOURCE_REMOVED)).rowcount
    if count:
        new_faq_version(db)
    return count


def new_faq_version(db: sqlite3.Connection) -> None:
    """Tell gates that are open in this and other processes that pairs or wordings changed."""
    db.execute(
        "INSERT INTO state VALUES ('faq_version', '1') ON CONFLICT (key) DO UPDATE SET "
        "value = CAST(CAST(value AS INTEGER) + 1 AS TEXT)"
    )


def _forget_keys(db: sqlite3.Connection, ids: str) -> int:
    """Questions and summaries that a model or a person wrote for texts that are gone."""
    return keys.drop_unused(db)


_OF = "WHERE document_id IN (SELECT value FROM json_each(?1))"
#: name in a receipt → what forgets; given the document ids as JSON, says how many rows it changed. In this order.
PLACES: tuple[tuple[str, Callable[[sqlite3.Connection, str], int]], ...] = (
    ("feedback", _forget_feedback),  # before the answers no longer say what they quoted
    ("answers", forget_answers),
    ("faq", _switch_off_faq),  # before the titles go
    (
        "blocks",
        _counted(
            "SELECT coalesce(sum(json_array_length(blocks)), 0) FROM documents "
            "WHERE id IN (SELECT value FROM json_each(?1))"
        ),
    ),
    ("chunks", _counted(f"SELECT count(*) FROM chunks {_OF}")),  # noqa: S608 - constants
    ("entries", _counted(f"SELECT count(*) FROM entries e JOIN chunks c ON c.id = e.chunk_id {_OF}")),  # noqa: S608
    ("documents", _counted("SELECT count(*) FROM documents WHERE id IN (SELECT value FROM json_each(?1))")),
    ("sources", _forget_sources),  # with all documents of theirs
    ("rest", _forget_documents),  # documents whose source keeps others
    ("keys", _forget_keys),
    ("vectors", forget_unused_vectors),
)

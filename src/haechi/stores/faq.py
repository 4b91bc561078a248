"""The FAQ in haechi.db: pairs, their wordings, and how often each answered."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from haechi.stores import erasure, rows
from haechi.stores.connection import Database, store_errors
from haechi.stores.faq_base import FaqPair, Wording, WordingState, faq_hash

#: Citations name a pair by this and its id.
DOCUMENT = "faq:"
_COLUMNS = ("question", "answer", "category", "expires", "source", "enabled")


class FaqTables(Database):
    """The part of the store that the FAQ gate works with (`faq_base.FaqStore`)."""

    def faq_version(self) -> int:
        with store_errors(self.path):
            row = self._db.execute("SELECT value FROM state WHERE key = 'faq_version'").fetchone()
        return int(row[0]) if row else 0

    def faq_pairs(self) -> list[FaqPair]:
        wordings: dict[str, list[Wording]] = {}
        for row in self._db.execute("SELECT id, faq_id, text, state, made_by FROM faq_wordings ORDER BY id"):
            wordings.setdefault(row["faq_id"], []).append(
                Wording(row["text"], row["state"], row["made_by"], int(row["id"]))
            )
        return [
            FaqPair(**{**dict(row), "enabled": bool(row["enabled"])}, wordings=tuple(wordings.get(row["id"], ())))
            for row in self._db.execute("SELECT * FROM faq ORDER BY created, rowid")
        ]

    def put_faq(self, pair: FaqPair, made_by: str) -> Literal["added", "updated", "unchanged"]:
        new = (pair.question, pair.answer, pair.category, pair.expires, pair.source, int(pair.enabled))
        wanted = [pair.question, *(text for text in dict.fromkeys(pair.variants) if text != pair.question)]
        with self._transaction() as db:
            row = db.execute(f"SELECT {', '.join(_COLUMNS)} FROM faq WHERE id = ?", (pair.id,)).fetchone()  # noqa: S608
            before = self._own_wordings(db, pair.id, made_by)
            if row is not None and tuple(row) == new and before == wanted:
                return "unchanged"
            db.execute(
                "INSERT INTO faq (id, question, answer, category, expires, source, enabled, created, updated) "
                "VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?8) ON CONFLICT (id) DO UPDATE SET question=excluded.question, "
                "answer=excluded.answer, category=excluded.category, expires=excluded.expires, "
                "source=excluded.source, enabled=excluded.enabled, note='', updated=excluded.updated",
                (pair.id, *new, rows.now()),
            )
            db.execute(
                "DELETE FROM faq_wordings WHERE faq_id = ? AND (state = 'question' OR "
                "(state = 'approved' AND made_by = ?))",
                (pair.id, made_by),
            )
            for position, text in enumerate(wanted):
                state = "approved" if position else "question"
                db.execute(
                    "INSERT INTO faq_wordings (faq_id, text, text_hash, state, made_by) VALUES (?,?,?,?,?) "
                    "ON CONFLICT (faq_id, text) DO UPDATE SET state = excluded.state, made_by = excluded.made_by",
                    (pair.id, text, faq_hash(text), state, made_by),
                )
            if row is not None:
                erasure.forget_unused_vectors(db)
                erasure.mark_purge(db)
            erasure.new_faq_version(db)
        return "added" if row is None else "updated"

    @staticmethod
    def _own_wordings(db: sqlite3.Connection, identity: str, made_by: str) -> list[str]:
        found = db.execute(
            "SELECT text FROM faq_wordings WHERE faq_id = ? AND (state = 'question' OR "
            "(state = 'approved' AND made_by = ?)) ORDER BY state = 'question' DESC, id",
            (identity, made_by),
        )
        return [str(row[0]) for row in found]

    def remove_faq(self, ids: Collection[str]) -> int:
        wanted = rows.to_json(list(ids))
        with self._transaction() as db:
            count = db.execute("DELETE FROM faq WHERE id IN (SELECT value FROM json_each(?))", (wanted,)).rowcount
            if count:
                erasure.forget_answers(db, rows.to_json([DOCUMENT + identity for identity in ids]))
                erasure.forget_unused_vectors(db)
                erasure.mark_purge(db)
                erasure.new_faq_version(db)
        return count

    def faq_hit(self, identity: str) -> None:
        with self._transaction() as db:
            db.execute("UPDATE faq SET hits = hits + 1, last_hit = ? WHERE id = ?", (rows.now(), identity))

    def add_suggestions(self, identity: str, texts: Sequence[str], made_by: str, asked: str) -> int:
        with self._transaction() as db:
            added = sum(
                db.execute(
                    "INSERT OR IGNORE INTO faq_wordings (faq_id, text, text_hash, state, made_by) "
                    "VALUES (?,?,?,'suggested',?)",
                    (identity, text, faq_hash(text), made_by),
                ).rowcount
                for text in texts
            )
            db.execute("UPDATE faq SET asked = ? WHERE id = ?", (asked, identity))
            erasure.new_faq_version(db)
        return added

    def review_wordings(self, ids: Collection[int], state: WordingState) -> int:
        with self._transaction() as db:
            count = db.execute(
                "UPDATE faq_wordings SET state = ? WHERE state = 'suggested' AND id IN "
                "(SELECT value FROM json_each(?))",
                (state, json.dumps([int(item) for item in ids])),
            ).rowcount
            erasure.new_faq_version(db)
        return count

    def titled(self, source: str) -> list[tuple[str, str, str, str | None]]:
        found = self._db.execute(
            "SELECT id, title, source, external_id FROM documents WHERE title != '' AND "
            "(title = ?1 OR substr(?1, 1, length(title) + 1) = title || ' ') ORDER BY length(title) DESC, id",
            (source,),
        )
        return [(row[0], row[1], row[2], row[3]) for row in found]

    def faq_vectors(self, model: str, hashes: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        found = self._db.execute(
            "SELECT text_hash, vector FROM vectors WHERE model = ? AND text_hash IN (SELECT value FROM json_each(?))",
            (model, rows.to_json(list(hashes))),
        )
        return {str(row[0]): np.frombuffer(row[1], dtype="<f2").astype(np.float32) for row in found}

"""What people said about recorded answers, in haechi.db."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any
from uuid import uuid4

from haechi.records import with_status
from haechi.stores import erasure, rows
from haechi.stores.connection import Database, store_errors
from haechi.stores.feedback_base import Feedback


class FeedbackTables(Database):
    """The part of the store that feedback is kept in (`feedback_base.FeedbackStore`)."""

    def answer(self, identity: str) -> dict[str, Any] | None:
        with store_errors(self.path):
            row = self._db.execute("SELECT created, record FROM answers WHERE id = ?", (identity,)).fetchone()
        return None if row is None else {**with_status(json.loads(row[1])), "created": row[0]}

    def add_feedback(self, feedback: Feedback) -> str:
        identity = feedback.id or uuid4().hex
        with self._transaction() as db:
            db.execute(
                "INSERT INTO feedback (id, answer_id, verdict, correction, note, who, created) VALUES (?,?,?,?,?,?,?)",
                (
                    identity,
                    feedback.answer_id,
                    feedback.verdict,
                    feedback.correction,
                    feedback.note,
                    feedback.who,
                    feedback.created or rows.now(),
                ),
            )
        return identity

    def feedback(self, since: str = "") -> list[Feedback]:
        found = self._db.execute("SELECT * FROM feedback WHERE created >= ? ORDER BY created, rowid", (since,))
        return [Feedback(**{**dict(row), "forgotten": bool(row["forgotten"])}) for row in found]

    def remove_feedback(self, ids: Collection[str]) -> int:
        with self._transaction() as db:
            count = db.execute(
                "DELETE FROM feedback WHERE id IN (SELECT value FROM json_each(?))", (rows.to_json(list(ids)),)
            ).rowcount
            if count:
                erasure.mark_purge(db)
        return count

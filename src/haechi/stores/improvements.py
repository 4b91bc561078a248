"""The history of improvements in haechi.db; the table itself refuses changes and deletions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from haechi.stores import rows
from haechi.stores.connection import Database, store_errors
from haechi.stores.improvements_base import Improvement


class ImprovementTables(Database):
    """The part of the store that the history is kept in (`improvements_base.ImprovementStore`)."""

    def add_improvement(self, improvement: Improvement) -> int:
        with self._transaction() as db:
            cursor = db.execute(
                "INSERT INTO improvements (run, event, who, created, record) VALUES (?,?,?,?,?)",
                (
                    improvement.run,
                    improvement.event,
                    improvement.who,
                    improvement.created or rows.now(),
                    rows.to_json(improvement.record),
                ),
            )
        return int(cursor.lastrowid or 0)

    def improvements(self) -> list[Improvement]:
        with store_errors(self.path):
            found = self._db.execute("SELECT * FROM improvements ORDER BY id").fetchall()
        return [Improvement(**{**dict(row), "record": json.loads(row["record"])}) for row in found]

    def take_over_improvements(self, lines: Sequence[Improvement]) -> int:
        known = self.improvements()
        fresh = [line for line in lines if not any(_same(line, other) for other in known)]
        for line in fresh:
            self.add_improvement(line)
        return len(fresh)


def _same(one: Improvement, other: Improvement) -> bool:
    return replace(one, id=0) == replace(other, id=0)

"""What a home remembers about itself: its generation, removals that are not yet purged, receipts and backups."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

from haechi.stores import audit, erasure, rows
from haechi.stores.base import BackupRecord, Change, Problem, Removal
from haechi.stores.connection import Database, store_errors

_STANDS_IN = """
    SELECT EXISTS (SELECT 1 FROM documents WHERE instr(blocks, ?1) OR instr(title, ?1) OR instr(meta, ?1))
        OR EXISTS (SELECT 1 FROM entries WHERE instr(text, ?1))
        OR EXISTS (SELECT 1 FROM sources WHERE instr(path, ?1) OR instr(error, ?1) OR instr(warnings, ?1))
        OR EXISTS (SELECT 1 FROM answers WHERE instr(question, ?1))
        OR EXISTS (SELECT 1 FROM feedback WHERE instr(correction, ?1) OR instr(note, ?1) OR instr(who, ?1))
        OR EXISTS (SELECT 1 FROM faq WHERE instr(question, ?1) OR instr(answer, ?1) OR instr(source, ?1)
            OR instr(category, ?1))
        OR EXISTS (SELECT 1 FROM faq_wordings WHERE instr(text, ?1))
        OR EXISTS (SELECT 1 FROM improvements WHERE instr(record, ?1) OR instr(who, ?1))
        OR EXISTS (SELECT 1 FROM backups WHERE instr(path, ?1))
        OR EXISTS (SELECT 1 FROM state WHERE instr(value, ?1))
        OR EXISTS (SELECT 1 FROM words WHERE instr(word, ?1) OR instr(parts, ?1))
        OR EXISTS (SELECT 1 FROM synonyms WHERE instr(word, ?1) OR instr(other, ?1))
"""


class Ledger(Database):
    """The part of the store that deletions, backups and `verify` work with."""

    def generation(self) -> int:
        with store_errors(self.path):
            row = self._db.execute("SELECT value FROM state WHERE key = 'generation'").fetchone()
        return int(row[0])

    @staticmethod
    def _bump(db: sqlite3.Connection) -> int:
        row = db.execute(
            "UPDATE state SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT) WHERE key = 'generation' RETURNING value"
        ).fetchone()
        return int(row[0])

    def state(self, key: str) -> str | None:
        with store_errors(self.path):
            row = self._db.execute("SELECT value FROM state WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def set_state(self, key: str, value: str, *, bump: bool = False) -> int:
        with self._transaction() as db:
            db.execute("INSERT OR REPLACE INTO state (key, value) VALUES (?, ?)", (key, value))
            return self._bump(db) if bump else self.generation()

    # -- removing ------------------------------------------------------------------------------------------------

    def remove_documents(self, ids: Sequence[str]) -> Removal:
        with self._transaction() as db:
            removed, counts = erasure.erase(db, ids)
            generation = self._bump(db)
        return Removal(Change(generation, (), tuple(removed)), counts)

    def redact_dangling(self) -> int:
        with self._transaction() as db:
            return erasure.redact_dangling(db)

    def purge_due(self) -> str:
        found = self._db.execute("SELECT value FROM state WHERE key = 'purge'").fetchone()
        return "" if found is None else str(found[0])

    def purge(self, *, compact: bool = True) -> bool:
        # Measured: with secure_delete alone, pieces of 6 in 3,103 deleted documents stayed in the file, in pages that
        # were split and refilled. VACUUM writes every page anew.
        if compact:
            with store_errors(self.path):
                self._db.execute("VACUUM")
        if not self.checkpoint() or not compact:
            return False
        with self._transaction() as db:
            db.execute("DELETE FROM state WHERE key = 'purge'")
        return self.checkpoint()

    def stands_in_living(self, text: str) -> bool:
        return bool(self._db.execute(_STANDS_IN, (text,)).fetchone()[0])

    def vectors_of(self, ids: Sequence[str]) -> list[bytes]:
        found = self._db.execute(
            "SELECT DISTINCT v.vector FROM vectors v JOIN entries e ON e.text_hash = v.text_hash "
            "JOIN chunks c ON c.id = e.chunk_id WHERE c.document_id IN (SELECT value FROM json_each(?))",
            (rows.to_json(list(ids)),),
        )
        return [bytes(row[0]) for row in found]

    def has_vector(self, vector: bytes) -> bool:
        return bool(self._db.execute("SELECT EXISTS (SELECT 1 FROM vectors WHERE vector = ?)", (vector,)).fetchone()[0])

    # -- checking ------------------------------------------------------------------------------------------------

    def audit(self, model: str, dimension: int) -> list[Problem]:
        with store_errors(self.path):
            vectors = audit.audit_vectors(self._db, model, dimension) if model else ()
            return [*audit.audit_rows(self._db), *vectors]

    def drop_bad_vectors(self, model: str, dimension: int) -> int:
        bad = audit.bad_vectors(self._db, model, dimension)
        with self._transaction() as db:
            db.executemany("DELETE FROM vectors WHERE model = ? AND text_hash = ?", ((model, item) for item in bad))
        return len(bad)

    # -- receipts and backups ------------------------------------------------------------------------------------

    def add_receipt(self, record: dict[str, Any]) -> None:
        with self._transaction() as db:
            db.execute(
                "INSERT INTO receipts (id, created, record) VALUES (?,?,?)",
                (record["id"], record["created"], rows.to_json(record)),
            )

    def receipts(self) -> list[dict[str, Any]]:
        return [json.loads(row[0]) for row in self._db.execute("SELECT record FROM receipts ORDER BY created, rowid")]

    def add_backup(self, backup: BackupRecord) -> None:
        with self._transaction() as db:
            db.execute(
                "INSERT INTO backups (id, created, path, generation, size, documents, sources) VALUES (?,?,?,?,?,?,?)",
                (
                    backup.id,
                    backup.created,
                    backup.path,
                    backup.generation,
                    backup.size,
                    rows.to_json(sorted(backup.documents)),
                    rows.to_json(sorted(backup.sources)),
                ),
            )

    def drop_backup(self, identity: str) -> None:
        with self._transaction() as db:
            db.execute("DELETE FROM backups WHERE id = ?", (identity,))

    def backups(self) -> list[BackupRecord]:
        return [
            BackupRecord(
                row["id"],
                row["created"],
                row["path"],
                row["generation"],
                row["size"],
                frozenset(json.loads(row["documents"])),
                frozenset(json.loads(row["sources"])),
            )
            for row in self._db.execute("SELECT * FROM backups ORDER BY created, rowid")
        ]

    def take_over(self, receipts: Sequence[dict[str, Any]], backups: Sequence[BackupRecord], generation: int) -> None:
        """Add what another home's ledger knows, and never fall behind its generation."""
        known = {receipt["id"] for receipt in self.receipts()}
        noted = {backup.id for backup in self.backups()}
        for receipt in receipts:
            if receipt["id"] not in known:
                self.add_receipt(receipt)
        for backup in backups:
            if backup.id not in noted:
                self.add_backup(backup)
        with self._transaction() as db:
            db.execute(
                "UPDATE state SET value = CAST(max(CAST(value AS INTEGER), ?) AS TEXT) WHERE key = 'generation'",
                (generation,),
            )
        self.checkpoint()

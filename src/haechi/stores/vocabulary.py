"""A home's own words and synonyms in haechi.db."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

from haechi.korean.lexicon import Synonyms, Word, digest
from haechi.stores.connection import Database, store_errors
from haechi.stores.rows import to_json

#: Keys of the store's state: names the words that are wanted, and counts the edits of synonyms.
WORDS = "words"
SYNONYMS = "synonyms"


class Vocabulary(Database):
    """The part of the store that holds words and synonyms. Writers hold the writer lock."""

    #: (edit, synonyms): asked for by every question.
    _known: tuple[str, Synonyms] | None = None

    def words(self, *, serving: bool = False) -> tuple[Word, ...]:
        """The wanted words, or those that the index in use was made with."""
        column = "serving" if serving else "wanted"
        with store_errors(self.path):
            found = self._db.execute(f"SELECT word, parts, tag FROM words WHERE {column} = 1 ORDER BY word")  # noqa: S608
            return tuple(Word(row[0], tuple(json.loads(row[1])), row[2]) for row in found)

    def edit_words(self, add: Sequence[Word], remove: Sequence[str], *, settled: bool) -> None:
        """Want other words; a word that is there already gets its new parts and tag.

        `settled` says that the index in use was made with what was wanted until now.
        """
        with self._transaction() as db:
            if settled:
                db.execute("DELETE FROM words WHERE wanted = 0")
                db.execute("UPDATE words SET serving = 1")
            gone = [word.text for word in add] + list(remove)
            db.executemany("UPDATE words SET wanted = 0 WHERE word = ?", [(word,) for word in gone])
            db.executemany(
                "INSERT INTO words VALUES (?, ?, ?, 1, 0) ON CONFLICT DO UPDATE SET wanted = 1",
                [(word.text, to_json(list(word.parts)), word.tag) for word in add],
            )
            db.execute("DELETE FROM words WHERE wanted = 0 AND serving = 0")
            _note(db, WORDS, digest(self.words()))

    def synonyms(self) -> Synonyms:
        """Word → what is looked for with it, kept in memory until the next edit, whichever process makes it."""
        with store_errors(self.path):
            found = self._db.execute("SELECT value FROM state WHERE key = ?", (SYNONYMS,)).fetchone()
            edit = "" if found is None else str(found[0])
            known = self._known
            if known is None or known[0] != edit:
                groups: dict[str, list[str]] = {}
                for word, other in self._db.execute("SELECT word, other FROM synonyms ORDER BY word, other"):
                    groups.setdefault(word, []).append(other)
                known = self._known = (edit, {word: tuple(others) for word, others in groups.items()})
        return known[1]

    def edit_synonyms(self, add: Sequence[tuple[str, str]], remove: Sequence[tuple[str, str]]) -> int:
        """Add and remove (word, other) pairs; how many there were to remove."""
        with self._transaction() as db:
            remove_one = "DELETE FROM synonyms WHERE word = ? AND other = ?"
            removed = sum(db.execute(remove_one, pair).rowcount for pair in remove)
            db.executemany("INSERT OR IGNORE INTO synonyms VALUES (?, ?)", add)
            last = db.execute("SELECT value FROM state WHERE key = ?", (SYNONYMS,)).fetchone()
            _note(db, SYNONYMS, str(int(last[0]) + 1 if last else 1))
        return removed


def _note(db: sqlite3.Connection, key: str, value: str) -> None:
    db.execute("INSERT OR REPLACE INTO state (key, value) VALUES (?, ?)", (key, value))

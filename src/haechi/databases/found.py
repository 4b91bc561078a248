"""The keys that one look at a table found, on disk rather than in memory: a private SQLite file that ends with it."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any

from haechi.databases.values import from_json, key_text, to_json
from haechi.errors import InputError

if TYPE_CHECKING:
    from haechi.databases.reader import Key, KeyRow

_BATCH = 1_000


@dataclass(frozen=True)
class FoundDocument:
    """A document's key, how many rows it has, and its version: empty when nothing says whether it changed.

    `again` is set when it must be read whatever its version says.
    """

    external_id: str
    key: Key
    rows: int
    version: str
    again: bool


class FoundKeys:
    """`add(rows)` once, then read."""

    def __init__(self, fingerprint: str, *, versioned: bool, seen: Any, grouped: bool) -> None:
        """`seen` is the `latest` of the run before: rows that are not older are read again, since clocks are coarse."""
        self._latest: Any = None
        self._fingerprint = fingerprint
        self._versioned = versioned
        self._seen = from_json(seen)
        self._grouped = grouped
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.execute(
            "CREATE TABLE found (external TEXT PRIMARY KEY, key TEXT, rows INTEGER, version INTEGER, again INTEGER)"
        )

    def __enter__(self) -> FoundKeys:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: object, __: TracebackType | None) -> None:
        self._db.close()

    @property
    def latest(self) -> Any:
        """The highest update value that was seen, as JSON; None without one."""
        return to_json(self._latest)

    def __len__(self) -> int:
        return int(self._db.execute("SELECT count(*) FROM found").fetchone()[0])

    def __contains__(self, external_id: str) -> bool:
        return self._db.execute("SELECT 1 FROM found WHERE external = ?", (external_id,)).fetchone() is not None

    def add(self, rows: Iterable[KeyRow]) -> None:
        """Take in every key. Raises InputError when a key stands on two rows, or cannot be kept."""
        self._db.execute("BEGIN")
        self._db.executemany(
            "INSERT INTO found VALUES (?,?,1,?,?) ON CONFLICT (external) DO UPDATE SET rows = rows + 1, "
            "version = (version + excluded.version) & 0xFFFFFFFFFFFF, again = max(again, excluded.again)",
            map(self._line, rows),
        )
        self._db.execute("COMMIT")
        if self._grouped:
            return
        double = self._db.execute("SELECT external, rows FROM found WHERE rows > 1 LIMIT 3").fetchall()
        if double:
            few = ", ".join(f"{external}({rows}행)" for external, rows in double)
            raise InputError(
                f"키가 여러 행에 있습니다: {few}. 행마다 다른 열을 --key로 쓰거나, 그 행들을 한 문서로 묶으려면 "
                "--group을 쓰세요",
                f"keys stand on several rows: {few}; choose a unique --key, or join the rows with --group",
            )

    def __iter__(self) -> Iterator[FoundDocument]:
        last = 0
        while batch := self._db.execute(
            "SELECT rowid, external, key, rows, version, again FROM found WHERE rowid > ? ORDER BY rowid LIMIT ?",
            (last, _BATCH),
        ).fetchall():
            for _, external, key, rows, version, again in batch:
                values = tuple(map(from_json, json.loads(key)))
                yield FoundDocument(external, values, rows, f"{version:x}" if self._versioned else "", bool(again))
            last = batch[-1][0]

    def _line(self, row: KeyRow) -> tuple[str, str, int, int]:
        try:
            key = [to_json(part) for part in row.document]
            own = [to_json(part) for part in row.row]
            updated = to_json(row.updated)
        except TypeError as error:
            key = [0.5]
            kind = str(error)
        else:
            kind = "float"
        if any(isinstance(part, float) for part in key):
            raise InputError(
                f"키나 --updated로 쓸 수 없는 형식의 열입니다({kind}). 정수, 글자, 날짜 열을 쓰거나 --query에서 글자로 "
                "바꾸세요",
                f"a column of type {kind} cannot be a key or --updated; use whole numbers, text or dates",
            )
        again = row.updated is None or (self._seen is not None and _not_older(row.updated, self._seen))
        if row.updated is not None and (self._latest is None or _not_older(row.updated, self._latest)):
            self._latest = row.updated
        digest = hashlib.sha256(json.dumps([self._fingerprint, own, updated]).encode()).digest()
        version = int.from_bytes(digest[:6], "big")  # 48 bits: they add up over a group's rows, in any order
        return key_text(row.document), json.dumps(key, ensure_ascii=False), version, int(again)


def _not_older(value: Any, than: Any) -> bool:
    """Whether a value is the same or later; what cannot be compared counts as later."""
    try:
        return bool(value >= than)
    except TypeError:
        return True

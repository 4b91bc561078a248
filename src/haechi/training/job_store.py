"""Tuning jobs, their events and their files in one SQLite file, `<models folder>/jobs/jobs.db`.

Every change is one transaction, and a state changes only from the states it may change from, so any number of processes
may create, run, watch and cancel jobs at once. A job that runs holds a lock on a file in its folder; when the process
dies the lock goes, and whoever looks next sees that the job stands still.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

from haechi.errors import StoreError
from haechi.training.job_records import WAITING, Event, Job, JobFile, Level, Status, StoredFile, jobs_dir

_TABLES = """
    CREATE TABLE IF NOT EXISTS jobs (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL,
        status TEXT NOT NULL, cancel INTEGER NOT NULL DEFAULT 0, record TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS events (number INTEGER PRIMARY KEY AUTOINCREMENT, job TEXT NOT NULL, time REAL NOT NULL,
        level TEXT NOT NULL, korean TEXT NOT NULL, english TEXT NOT NULL, metrics TEXT);
    CREATE INDEX IF NOT EXISTS events_of_job ON events (job, number);
    CREATE TABLE IF NOT EXISTS files (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL,
        name TEXT NOT NULL, purpose TEXT NOT NULL, bytes INTEGER NOT NULL, sha256 TEXT NOT NULL, created REAL NOT NULL);
"""


class JobStore:
    """The jobs of this machine's models folder. One connection a thread. Raises StoreError."""

    def __init__(self) -> None:
        self.path = jobs_dir() / "jobs.db"
        self._local = threading.local()
        if not self.path.exists():
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
        with self._errors():
            self._db.executescript(_TABLES)

    @property
    def _db(self) -> sqlite3.Connection:
        known: sqlite3.Connection | None = getattr(self._local, "db", None)
        if known is None:
            known = sqlite3.connect(self.path, timeout=30.0, isolation_level=None)
            known.row_factory = sqlite3.Row
            for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "secure_delete = ON"):
                known.execute(f"PRAGMA {pragma}")
            self._local.db = known
        return known

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StoreError(
                f"작업 기록 '{self.path}'을(를) 쓸 수 없습니다: {error}", f"cannot use '{self.path}': {error}"
            ) from error

    @contextlib.contextmanager
    def change(self) -> Iterator[sqlite3.Connection]:
        """One transaction; other processes wait."""
        db = self._db
        with self._errors():
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")

    def add(self, job: Job) -> None:
        with self.change() as db:
            db.execute(
                "INSERT INTO jobs (id, status, record) VALUES (?,?,?)", (job.id, job.status, _text(job.record()))
            )

    def job(self, identity: str) -> Job | None:
        """The job as it is now; one whose process died is found paused."""
        self.settle()
        with self._errors():
            row = self._db.execute("SELECT * FROM jobs WHERE id = ?", (identity,)).fetchone()
        return None if row is None else _job(row)

    def jobs(self) -> list[Job]:
        """All, newest first."""
        self.settle()
        with self._errors():
            return [_job(row) for row in self._db.execute("SELECT * FROM jobs ORDER BY number DESC")]

    def update(self, identity: str, **changes: Any) -> Job | None:
        """Change fields of a job (not its status); None when it is gone."""
        return self.move(identity, (), None, **changes)

    def move(self, identity: str, allowed: tuple[Status, ...], to: Status | None, **changes: Any) -> Job | None:
        """Change the status, if it is one of `allowed` (empty: any), and fields with it. None: it was not done."""
        with self.change() as db:
            return _move(db, identity, allowed, to, changes)

    def ask_to_cancel(self, identity: str) -> None:
        with self.change() as db:
            db.execute("UPDATE jobs SET cancel = 1 WHERE id = ?", (identity,))

    def cancel_asked(self, identity: str) -> bool:
        """Whether someone wants it cancelled, or has deleted it."""
        with self._errors():
            row = self._db.execute("SELECT cancel FROM jobs WHERE id = ?", (identity,)).fetchone()
        return row is None or bool(row["cancel"])

    def waiting(self, only: str = "") -> Job | None:
        """What a worker would take next: what was begun, then in the order of creation."""
        self.settle()
        with self._errors():
            return _waiting(self._db, only)

    def claim(self, only: str = "") -> tuple[Job, int] | None:
        """Take the next job and hold its lock: (the job, now running, and the handle to close when done)."""
        with self.change() as db:
            _settle(db)
            job = _waiting(db, only)
            if job is None:
                return None
            handle = _lock(job.id)
            if handle is None:
                return None
            moved = _move(db, job.id, WAITING, "running", {"started": job.started or time.time()})
            assert moved is not None
            return moved, handle

    def settle(self) -> None:
        """Running jobs whose process is gone are paused: a worker goes on with them from their checkpoint."""
        with self._errors():
            some = self._db.execute("SELECT 1 FROM jobs WHERE status = 'running'").fetchone()
        if some is not None:
            with self.change() as db:
                _settle(db)

    def delete(self, identity: str) -> None:
        with self.change() as db:
            db.execute("DELETE FROM jobs WHERE id = ?", (identity,))
            db.execute("DELETE FROM events WHERE job = ?", (identity,))

    def tell(
        self, job: str, korean: str, english: str, level: Level = "info", metrics: dict[str, Any] | None = None
    ) -> None:
        """Write an event."""
        with self.change() as db:
            _tell(db, job, korean, english, level, metrics)

    def events(self, job: str) -> list[Event]:
        """Of a job, oldest first."""
        with self._errors():
            rows = self._db.execute("SELECT * FROM events WHERE job = ? ORDER BY number", (job,)).fetchall()
        return [
            Event(**{**dict(row), "metrics": json.loads(row["metrics"]) if row["metrics"] else None}) for row in rows
        ]

    def add_file(self, file: StoredFile) -> None:
        with self.change() as db:
            db.execute(
                "INSERT INTO files (id, name, purpose, bytes, sha256, created) VALUES (?,?,?,?,?,?)",
                (file.id, file.name, file.purpose, file.bytes, file.sha256, file.created),
            )

    def files(self) -> list[StoredFile]:
        """All, newest first."""
        with self._errors():
            rows = self._db.execute("SELECT * FROM files ORDER BY number DESC").fetchall()
        return [StoredFile(**{name: row[name] for name in row.keys() if name != "number"}) for row in rows]

    def remove_file(self, file: StoredFile) -> None:
        """Forget it; the bytes go with the last file that has them. Jobs have their own copies."""
        with self.change() as db:
            db.execute("DELETE FROM files WHERE id = ?", (file.id,))
            if db.execute("SELECT 1 FROM files WHERE sha256 = ?", (file.sha256,)).fetchone() is None:
                file.path.unlink(missing_ok=True)


def _text(record: dict[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False)


def _job(row: sqlite3.Row) -> Job:
    record = json.loads(row["record"])
    known = {item.name for item in fields(Job)}
    record["files"] = tuple(JobFile(**file) for file in record["files"])
    job = Job(**{name: value for name, value in record.items() if name in known})
    return replace(job, status=row["status"], cancel=bool(row["cancel"]))


def _waiting(db: sqlite3.Connection, only: str) -> Job | None:
    row = db.execute(
        "SELECT * FROM jobs WHERE status IN ('paused', 'queued') AND (?1 = '' OR id = ?1) "
        "ORDER BY status = 'queued', number LIMIT 1",
        (only,),
    ).fetchone()
    return None if row is None else _job(row)


def _move(
    db: sqlite3.Connection, identity: str, allowed: tuple[Status, ...], to: Status | None, changes: dict[str, Any]
) -> Job | None:
    row = db.execute("SELECT * FROM jobs WHERE id = ?", (identity,)).fetchone()
    if row is None or (allowed and row["status"] not in allowed):
        return None
    job = replace(_job(row), **changes)
    if to is not None:
        job = replace(job, status=to)
    db.execute("UPDATE jobs SET status = ?, record = ? WHERE id = ?", (job.status, _text(job.record()), identity))
    return job


def _tell(
    db: sqlite3.Connection, job: str, korean: str, english: str, level: Level, metrics: dict[str, Any] | None = None
) -> None:
    db.execute(
        "INSERT INTO events (job, time, level, korean, english, metrics) VALUES (?,?,?,?,?,?)",
        (job, time.time(), level, korean, english, _text(metrics) if metrics else None),
    )


def _settle(db: sqlite3.Connection) -> None:
    for row in db.execute("SELECT id FROM jobs WHERE status = 'running'").fetchall():
        handle = _lock(row["id"])
        if handle is None:
            continue
        os.close(handle)
        _move(db, row["id"], ("running",), "paused", {"seconds_left": None})
        _tell(
            db,
            row["id"],
            "학습하던 프로세스가 끝났습니다. 마지막 저장 지점부터 잇습니다: haechi jobs run",
            "the process that trained is gone; it goes on from its last checkpoint: haechi jobs run",
            "warn",
        )


def _lock(identity: str) -> int | None:
    """The job's lock, None while another process holds it. It goes when the handle is closed, or with the process."""
    folder = jobs_dir() / identity
    folder.mkdir(exist_ok=True, mode=0o700)
    handle = os.open(folder / "running.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle

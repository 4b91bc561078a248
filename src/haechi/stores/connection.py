"""Connections to one haechi.db: WAL, one connection a thread, migrations when it is opened, whole copies in and out.

A migration is preceded by a copy beside the file, which goes when it succeeded; the migration itself is one
transaction, so a crash leaves the old format as it was.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

from haechi.errors import StoreError
from haechi.stores.lock import writer_lock
from haechi.stores.migrations import MIGRATIONS

#: Pages (4 kB) per step of a copy: a step takes milliseconds, so an interruption is heard at once.
COPY_PAGES = 1024
#: Gets pages done and pages in all.
CopyProgress = Callable[[int, int], None]


class Database:
    """`Database(path)` opens and migrates; `create=False` refuses a missing file with StoreError."""

    def __init__(self, path: Path, *, create: bool = True) -> None:
        self.path = path
        if not create and not path.is_file():
            raise StoreError(
                f"저장소 파일이 없습니다: {path}. 만들기: haechi init '{path.parent}'",
                f"no store at {path}; make one: haechi init '{path.parent}'",
            )
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._guard = threading.Lock()
        if not path.exists():
            # Before SQLite does: its -wal and -shm files take the permissions of this one.
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        self._migrate()

    @property
    def _db(self) -> sqlite3.Connection:
        """One connection per thread: reads from several threads never wait for each other."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._connect()
            self._local.connection = connection
            with self._guard:
                self._connections.append(connection)
        return connection

    def _connect(self) -> sqlite3.Connection:
        with store_errors(self.path):
            connection = sqlite3.connect(
                self.path, timeout=30.0, isolation_level=None, check_same_thread=False, cached_statements=64
            )
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA secure_delete = ON")
        return connection

    def close(self) -> None:
        with self._guard:
            for connection in self._connections:
                connection.close()
            self._connections.clear()
        self._local = threading.local()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        db = self._db
        with store_errors(self.path):
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")

    def format(self) -> int:
        """The number of migrations this file has been through."""
        with store_errors(self.path):
            return int(self._db.execute("PRAGMA user_version").fetchone()[0])

    def _migrate(self) -> None:
        version = self.format()
        if version > len(MIGRATIONS):
            raise StoreError(
                f"{self.path}: 더 새로운 해치가 만든 저장소입니다(형식 {version}, 이 프로그램은 "
                f"{len(MIGRATIONS)}까지). 해치를 업데이트하세요",
                f"{self.path}: made by a newer Haechi (format {version}, this one knows {len(MIGRATIONS)})",
            )
        if version == len(MIGRATIONS):
            return
        copy = before_migration(self.path, version)
        if version:
            # A name of its own: two processes may open an old home at the same moment.
            unfinished = copy.with_name(f".haechi-migration-{os.getpid()}-{uuid4().hex[:8]}.db")
            self.copy_to(unfinished)
            os.replace(unfinished, copy)
        for number in range(version, len(MIGRATIONS)):
            with self._transaction() as db:
                # Another process may have been faster between the look above and the lock.
                if int(db.execute("PRAGMA user_version").fetchone()[0]) == number:
                    MIGRATIONS[number](db)
                    db.execute(f"PRAGMA user_version = {number + 1}")
        copy.unlink(missing_ok=True)

    def writer(self, *, wait: bool = False) -> contextlib.AbstractContextManager[None]:
        return writer_lock(self.path.with_suffix(".lock"), wait=wait)

    def copy_to(self, target: Path, progress: CopyProgress | None = None) -> None:
        """Write one snapshot to `target` (0600), while others read and write. The copy needs no -wal beside it."""
        os.close(os.open(target, os.O_CREAT | os.O_TRUNC | os.O_RDWR, 0o600))
        with (
            store_errors(target),
            contextlib.closing(self._connect()) as source,
            contextlib.closing(sqlite3.connect(target)) as copy,
        ):
            # Trap: without a read transaction of its own, the copy starts again after every write of another process.
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM state").fetchone()
            source.backup(copy, pages=COPY_PAGES, progress=_steps(progress))
            copy.execute("PRAGMA journal_mode = DELETE")
        with open(target, "rb") as handle:
            os.fsync(handle.fileno())

    def replace_with(self, other: Path, progress: CopyProgress | None = None) -> None:
        """Replace the whole content by that of another store file, in one transaction.

        Readers go on with what they have and see the new content with their next statement; a crash leaves the old.
        """
        with store_errors(self.path), contextlib.closing(sqlite3.connect(other)) as source:
            source.backup(self._db, pages=COPY_PAGES, progress=_steps(progress))
        self.checkpoint()

    def checkpoint(self) -> bool:
        """Empty the write-ahead log. False when a reader that is still at work kept it from being emptied."""
        with store_errors(self.path):
            return not self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]


def before_migration(path: Path, version: int) -> Path:
    """Where the copy of a store of format `version` lies while it is migrated."""
    return path.with_name(f"{path.name}.before-format-{version + 1}")


def _steps(progress: CopyProgress | None) -> Callable[[int, int, int], object] | None:
    if progress is None:
        return None
    return lambda status, left, total: progress(total - left, total)


@contextlib.contextmanager
def store_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into one sentence with the next command."""
    try:
        yield
    except sqlite3.OperationalError as error:
        text = str(error)
        if "full" in text or "disk I/O" in text:
            raise StoreError(
                f"디스크에 쓸 수 없습니다({path.parent}): {text}. 공간을 비운 뒤 같은 명령을 다시 실행하세요. "
                "지금까지 저장된 내용은 그대로입니다",
                f"cannot write to {path.parent}: {text}; free some space and run the same command again, "
                "what was stored so far is safe",
            ) from error
        raise StoreError(
            f"저장소 오류({path}): {text}. 점검: haechi verify", f"store error ({path}): {text}; try: haechi verify"
        ) from error
    except sqlite3.DatabaseError as error:
        raise StoreError(
            f"{path}이(가) 손상되었거나 해치 저장소가 아닙니다: {error}. 점검: haechi verify, "
            "되돌리기: haechi restore 백업파일",
            f"{path} is damaged or not a Haechi store: {error}; try: haechi verify, or haechi restore BACKUP",
        ) from error

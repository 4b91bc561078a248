"""The writer lock of a home: one process writes at a time; the lock dies with its process."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from haechi.errors import HomeError


@contextlib.contextmanager
def writer_lock(path: Path, *, wait: bool = False) -> Iterator[None]:
    """Hold an exclusive flock on `path`. Raises HomeError naming the process that holds it, unless told to wait."""
    with open(path, "a+", encoding="utf-8") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            handle.seek(0)
            owner = handle.read().strip() or "?"
            raise HomeError(
                f"다른 프로세스(PID {owner})가 이 홈에 쓰는 중입니다: {path.parent}. 끝난 뒤 다시 실행하세요",
                f"another process (PID {owner}) is writing to this home: {path.parent}; try again when it is done",
            ) from error
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        try:
            yield
        finally:
            handle.truncate(0)
            fcntl.flock(handle, fcntl.LOCK_UN)

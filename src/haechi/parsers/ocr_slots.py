"""As many pages in work at once as the machine has cores, over all processes of this user.

Several worker processes read files side by side, and each of them several pages: without this, sixteen cores would run
over a hundred tesseracts at 100 MB and more each. A slot is a locked file; the system frees it when its holder dies.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from haechi.errors import ParseError

#: Seconds between two looks for a free slot; a page takes seconds.
PAUSE = 0.02


def cores() -> int:
    """The cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextlib.contextmanager
def slot(count: int | None = None) -> Iterator[int]:
    """Wait for one of `count` slots (default: one a core) and hold it."""
    folder = _folder()
    number, handle = _wait(folder, count or cores())
    try:
        yield number
    finally:
        os.close(handle)


def _folder() -> Path:
    """A folder of this user alone. Raises ParseError when its name is taken by somebody else."""
    folder = Path(tempfile.gettempdir()) / f"haechi-ocr-{os.getuid()}"
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if not folder.is_dir() or folder.is_symlink() or found.st_uid != os.getuid():
        raise ParseError(
            f"'{folder}'의 주인이 다른 사용자라 문자 인식을 할 수 없습니다. 그 폴더를 지우거나 TMPDIR을 바꾸세요",
            f"'{folder}' belongs to somebody else; remove it or set TMPDIR",
        )
    return folder


def _wait(folder: Path, count: int) -> tuple[int, int]:
    while True:
        for number in range(count):
            handle = os.open(folder / str(number), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return number, handle
            except BlockingIOError:
                os.close(handle)
        time.sleep(PAUSE)

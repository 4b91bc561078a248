"""Index folders on disk: files are written whole, then sealed with a list of checksums that `verify` compares.

An index that is missing, cut short or changed by one byte raises IndexMismatchError, and the manager rebuilds it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from haechi.errors import IndexMismatchError, StoreError

SEAL = "checksums.json"


def write_whole(path: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a temporary file, then fsync and rename it to `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".tmp")
    with disk_errors(path.parent):
        write(temporary)
        _sync(temporary)
        os.replace(temporary, path)
        _sync(path.parent)


def seal(folder: Path) -> None:
    """Record the checksum of every file of `folder`; the last step of a save."""
    sums = {path.name: _checksum(path) for path in _content(folder)}
    write_whole(folder / SEAL, lambda path: _write_text(path, json.dumps(sums)))


def verify(folder: Path) -> None:
    """Raise IndexMismatchError unless the folder holds exactly the files that were sealed."""
    try:
        sealed = json.loads((folder / SEAL).read_text(encoding="utf-8"))
        present = {path.name: _checksum(path) for path in _content(folder)}
    except (OSError, ValueError) as error:
        raise damaged(folder) from error
    if sealed != present:
        raise damaged(folder)


def damaged(folder: Path) -> IndexMismatchError:
    """The error of an index that cannot be used."""
    return IndexMismatchError(
        f"색인이 없거나 손상되었습니다: {folder}. 다음 명령이 저장소에서 다시 만듭니다",
        f"index missing or damaged: {folder}; the next command rebuilds it from the store",
    )


@contextlib.contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Turn a failed write (disk full, no permission) into one sentence with the next step."""
    try:
        yield
    except (OSError, RuntimeError, ValueError) as error:
        raise StoreError(
            f"색인을 쓸 수 없습니다({folder}): {error}. 공간과 권한을 확인하고 다시 실행하세요. "
            "저장된 문서는 그대로입니다",
            f"cannot write the index ({folder}): {error}; check space and permissions, the documents are safe",
        ) from error


def _content(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.iterdir()
        if path.is_file() and path.name != SEAL and not path.name.startswith(".") and path.suffix != ".tmp"
    )


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

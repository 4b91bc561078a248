"""A short name for the bytes of a model: other weights, other name."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

#: Of files larger than this only both ends count.
_WHOLE_FILE = 1 << 20


def fingerprint(folder: Path, files: Iterable[Path] | None = None) -> str:
    """Twelve hexadecimal digits of a folder's visible files (or of `files` inside it): names, sizes and contents."""
    digest = hashlib.sha256()
    chosen = files if files is not None else (path for path in folder.rglob("*") if path.is_file())
    for file in sorted(path for path in chosen if not path.name.startswith(".")):
        size = file.stat().st_size
        digest.update(f"{file.relative_to(folder)}\0{size}\0".encode())
        with file.open("rb") as stream:
            digest.update(stream.read(_WHOLE_FILE))
            if size > _WHOLE_FILE:
                stream.seek(-_WHOLE_FILE, os.SEEK_END)
                digest.update(stream.read())
    return digest.hexdigest()[:12]

"""What a killed process may leave behind: temporary files and index folders that nothing names any more.

Temporary names carry the process id, so what belongs to a living process is never touched.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path

from haechi.config import Config
from haechi.indexes.manifest import read_manifest

#: `haechi-index-4711-x3k9`, `.haechi-copy-4711.db`: ours, and whose.
_OWNED = re.compile(r"^\.?haechi-[a-z]+-(\d+)[-.]")
#: Folders the index manager makes: generation and a random end.
_INDEX = re.compile(r"^\d+-[0-9a-f]{8}$")


def temporary(home: Path, kind: str, suffix: str = "") -> Path:
    """A name in the home for a file of this process that must not outlive it."""
    return home / f".haechi-{kind}-{os.getpid()}.{suffix}"


def leftovers(config: Config) -> list[Path]:
    """Files and folders that can go. The caller holds the writer lock, or only looks."""
    found = [*_orphans(config.home), *_orphans(Path(tempfile.gettempdir()))]
    found += config.home.glob(f"{config.store_path.name}.before-format-*")
    if config.index_dir.is_dir():
        manifest = read_manifest(config.index_dir)
        for path in sorted(config.index_dir.iterdir()):
            if path.is_dir() and _INDEX.match(path.name) and (manifest is None or path.name != manifest.folder):
                found.append(path)
        found += config.index_dir.rglob("*.tmp")
    return sorted(path for path in set(found) if not any(parent in found for parent in path.parents))


def clean(config: Config) -> list[Path]:
    """Remove leftovers; what could not be removed is given back. The caller holds the writer lock."""
    found = leftovers(config)
    for path in found:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    return [path for path in found if path.exists()]


def _orphans(folder: Path) -> list[Path]:
    found = []
    for path in folder.iterdir():
        match = _OWNED.match(path.name)
        if match and not alive(int(match[1])) and path.lstat().st_uid == os.getuid():
            found.append(path)
    return found


def alive(process: int) -> bool:
    """Whether a process with this id runs."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True

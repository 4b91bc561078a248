"""The one file of a backup: a zip with a manifest that holds the size and SHA-256 of every member.

Nothing is ever unpacked by the name an archive gives: members are looked up by names this module knows, and an archive
with any other name in it is refused.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from haechi.config import CONFIG_NAME, STORE_NAME
from haechi.errors import InputError

#: Raise when an older program could not read the archive any more.
ARCHIVE_FORMAT = 1
MANIFEST = "manifest.json"
QUESTIONS = "questions.txt"
UPLOADS = "uploads"
_BLOCK = 1 << 20
_MANIFEST_LIMIT = 64 << 20
#: Gets bytes done and bytes in all.
Progress = Callable[[int, int], None]


def write_archive(
    target: Path, members: dict[str, Path], manifest: dict[str, Any], progress: Progress | None
) -> dict[str, Any]:
    """Write members (name → file) and the manifest to `target` (0600), synced. Gives the manifest as written."""
    total, done = sum(path.stat().st_size for path in members.values()), 0
    with os.fdopen(os.open(target, os.O_CREAT | os.O_TRUNC | os.O_RDWR, 0o600), "w+b") as file:
        # Level 1: Korean text still shrinks to a third, at the speed of the disk.
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            sums = {}
            for name, path in members.items():
                digest, size = hashlib.sha256(), 0
                with path.open("rb") as source, archive.open(name, "w", force_zip64=True) as member:
                    while block := source.read(_BLOCK):
                        member.write(block)
                        digest.update(block)
                        size += len(block)
                        done += len(block)
                        if progress is not None:
                            progress(done, total)
                sums[name] = {"size": size, "sha256": digest.hexdigest()}
            manifest = {**manifest, "format": ARCHIVE_FORMAT, "members": sums}
            archive.writestr(MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1))
        file.flush()
        os.fsync(file.fileno())
    return manifest


class Archive:
    """An opened backup. Everything in it is checked against its manifest before it is used."""

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self.path = path
        self._archive = archive
        self.manifest = self._read_manifest()

    def _read_manifest(self) -> dict[str, Any]:
        names = self._archive.namelist()
        strange = [name for name in names if not _known(name)]
        if strange or len(set(names)) != len(names) or MANIFEST not in names:
            raise _not_ours(self.path, f"{strange[0]!r}" if strange else MANIFEST)
        if self._archive.getinfo(MANIFEST).file_size > _MANIFEST_LIMIT:
            raise _not_ours(self.path, MANIFEST)
        manifest: dict[str, Any] = json.loads(self._archive.read(MANIFEST))
        if int(manifest["format"]) > ARCHIVE_FORMAT:
            raise InputError(
                f"'{self.path}'은(는) 더 새로운 해치가 만든 백업입니다(형식 {manifest['format']}, 이 프로그램은 "
                f"{ARCHIVE_FORMAT}까지). 해치를 업데이트하세요. 아무것도 바꾸지 않았습니다",
                f"'{self.path}' was made by a newer Haechi (format {manifest['format']}); nothing was changed",
            )
        if set(manifest["members"]) != set(names) - {MANIFEST} or STORE_NAME not in names:
            raise _not_ours(self.path, MANIFEST)
        return manifest

    def sizes(self) -> int:
        """Bytes of all members once unpacked."""
        return sum(int(member["size"]) for member in self.manifest["members"].values())

    def names(self) -> list[str]:
        """The members besides the manifest."""
        return list(self.manifest["members"])

    def extract(self, name: str, target: Path, progress: Progress | None = None) -> None:
        """Write one member to `target` (0600), never more than the manifest says. Raises InputError when it differs."""
        wanted = self.manifest["members"][name]
        digest, size = hashlib.sha256(), 0
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (
            self._archive.open(name) as source,
            os.fdopen(os.open(target, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as out,
        ):
            while block := source.read(_BLOCK):
                size += len(block)
                if size > int(wanted["size"]):
                    break
                digest.update(block)
                out.write(block)
                if progress is not None:
                    progress(size, int(wanted["size"]))
        if size != int(wanted["size"]) or digest.hexdigest() != wanted["sha256"]:
            raise damaged(self.path, name)


@contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """Open a backup. Raises InputError when it is missing, cut short, damaged, foreign or of a newer format."""
    try:
        with path.open("rb") as file, zipfile.ZipFile(file) as archive:
            yield Archive(path, archive)
    except FileNotFoundError as error:
        raise InputError(f"백업 파일이 없습니다: '{path}'", f"no such backup: '{path}'") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, KeyError, TypeError, NotImplementedError) as error:
        raise damaged(path, str(error)) from error


def damaged(path: Path, what: str) -> InputError:
    """The error of a backup that cannot be trusted."""
    return InputError(
        f"'{path}'이(가) 손상되었거나 끝까지 있지 않습니다({what}). 다른 백업을 쓰세요. 아무것도 바꾸지 않았습니다",
        f"'{path}' is damaged or cut short ({what}); use another backup, nothing was changed",
    )


def _known(name: str) -> bool:
    if name in (MANIFEST, STORE_NAME, CONFIG_NAME, QUESTIONS):
        return True
    parts = PurePosixPath(name).parts
    plain = len(parts) == 2 and parts[0] == UPLOADS and parts[1] not in ("", ".", "..")
    return plain and name == f"{UPLOADS}/{parts[1]}" and not any(c in parts[1] for c in "\\\0")


def _not_ours(path: Path, what: str) -> InputError:
    return InputError(
        f"'{path}'은(는) 해치의 백업이 아닙니다({what}). 아무것도 바꾸지 않았습니다",
        f"'{path}' is no Haechi backup ({what}); nothing was changed",
    )

"""What an ingest run takes in: files and folders become sources; each says whether it changed and how it is read.

A source's `key` is its identity in the store: an absolute NFC path, or `sql:NAME…` for a database. It never touches
the store itself.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from haechi.config import Config
from haechi.errors import ParseError
from haechi.parsers.base import ParseOptions
from haechi.parsers.detect import parser_for
from haechi.parsers.worker import ParserPool
from haechi.stores.base import SourceRecord
from haechi.types import Document


@dataclass(frozen=True)
class Reading:
    """What reading a source gave: its documents, the hash of its content, and the parser that read it."""

    documents: list[Document]
    sha256: str
    parser: str


@dataclass(frozen=True)
class Readers:
    """What a source needs to be read: a parser process of its own thread, and the options of the run."""

    pool: ParserPool
    options: ParseOptions
    config: Config


class Source(Protocol):
    """Something to take in. `size` is in bytes (or anything proportional to the work), `shown` is what readers see."""

    @property
    def key(self) -> str: ...

    @property
    def shown(self) -> str: ...

    @property
    def size(self) -> int: ...

    @property
    def mtime_ns(self) -> int: ...

    def unchanged(self, record: SourceRecord) -> bool:
        """Whether the content is still what `record` was made from. May read the source, never the store."""
        ...

    def read(self, readers: Readers) -> Reading:
        """Read it; runs in a thread. Raises ParseError with a reason, or OSError."""
        ...


@dataclass(frozen=True)
class FileSource:
    """A file: where it is, its key in the store (absolute, NFC) and the name shown to readers."""

    path: Path
    key: str
    shown: str
    size: int
    mtime_ns: int

    @staticmethod
    def at(path: Path, shown: str) -> FileSource:
        """The file at `path` as it is now. Raises OSError."""
        resolved = path.resolve()
        status = resolved.stat()
        return FileSource(resolved, file_key(resolved), _nfc(shown), status.st_size, status.st_mtime_ns)

    def unchanged(self, record: SourceRecord) -> bool:
        if record.size != self.size:
            return False
        return record.mtime_ns == self.mtime_ns or record.sha256 == sha256(self.path)

    def read(self, readers: Readers) -> Reading:
        limit = readers.config.ingest.max_file_mb * 1024 * 1024
        if self.size == 0:
            raise ParseError("빈 파일입니다(0바이트)", "empty file (0 bytes)")
        if self.size > limit:
            raise ParseError(
                f"파일이 너무 큽니다: {self.size / 1e6:.0f} MB. haechi.toml의 [ingest] max_file_mb를 올리거나 나누세요",
                f"file too large: {self.size / 1e6:.0f} MB; raise [ingest] max_file_mb or split it",
            )
        parser = chosen_parser(self.path, readers.config)
        # The hash comes first: if the file changes while it is read, the next run sees another hash and reads again.
        digest = sha256(self.path)
        return Reading(readers.pool.parse(self.path, self.shown, readers.options, parser), digest, parser)


@dataclass(frozen=True)
class Expanded:
    """`missing` names do not exist; `gone` are keys of known files that vanished from a given folder.

    `lost` are folders that had sources and are now missing or empty (a share that is not mounted): nothing of them is
    removed.
    """

    sources: list[Source]
    missing: list[str]
    gone: list[str]
    lost: list[str]


def expand(names: Sequence[str], known: Sequence[str], *, drop_files: bool = False) -> Expanded:
    """Files and folders by name → sources, each once. `known` are the keys in the store.

    With `drop_files` a known file that is gone from a folder which is still there counts as gone, not as missing.
    """
    sources: dict[str, Source] = {}
    found = Expanded([], [], [], [])
    for name in names:
        path = Path(name).expanduser()
        prefix = file_key(path.resolve()) + "/"
        below = [key for key in known if key.startswith(prefix)]
        if path.is_dir():
            files = list(_walk(path))
            if below and not files:
                found.lost.append(name)
                continue
            for file in files:
                sources.setdefault(file.key, file)
            present = {file.key for file in files}
            found.gone.extend(key for key in below if key not in present)
        elif path.is_file():
            file = FileSource.at(path, path.name)
            sources.setdefault(file.key, file)
        elif drop_files and file_key(path.resolve()) in known:
            there = path.parent.is_dir() and any(path.parent.iterdir())
            (found.gone if there else found.lost).append(file_key(path.resolve()) if there else name)
        elif below:
            found.lost.append(name)
        else:
            found.missing.append(name)
    found.sources.extend(sources.values())
    return found


def _walk(folder: Path) -> Iterator[FileSource]:
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if path.is_file() and not any(part.startswith((".", "~$")) for part in relative.parts):
            yield FileSource.at(path, str(relative))


def chosen_parser(path: Path, config: Config) -> str:
    """The registry name of the parser for `path`, where a format has several the one of the settings."""
    name = parser_for(path)
    return {"pdf": config.parsers.pdf, "hwp": config.parsers.hwp}.get(name, name)


def parse_options(config: Config, fields: Sequence[str]) -> ParseOptions:
    """The options of a run from the home's settings."""
    settings = config.parsers
    return ParseOptions(
        fields=tuple(fields),
        ocr=settings.ocr,
        ocr_dpi=settings.ocr_dpi,
        html_keep=_listed(settings.html_keep),
        html_drop=_listed(settings.html_drop),
    )


def file_key(path: Path) -> str:
    """The key of a resolved path."""
    return _nfc(str(path))


def on_disk(key: str) -> Path:
    """Where a key's file is: keys are NFC, but a file copied from a Mac may be spelt NFD on disk.

    The key of a database table is no path and comes back as it is.
    """
    if key.startswith("sql:"):
        return Path(key)
    here = Path("/")
    for part in Path(key).parts[1:]:
        spelt = here / part
        if not spelt.exists() and here.is_dir():
            spelt = next((item for item in here.iterdir() if _nfc(item.name) == part), spelt)
        here = spelt
    return here


def sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, hexadecimal."""
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)

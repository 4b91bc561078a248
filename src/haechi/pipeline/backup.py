"""A home in one file, and back: while others ask, ingest and serve.

    backup    snapshot of the store → zip with checksums beside the target → noted in the home → renamed to the target
    restore   archive checked whole → store copy migrated and checked → one transaction into the live store → indexes

Indexes are caches and stay out. Files with connection URLs (`databases/*.url`) are secrets and stay out.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any
from uuid import uuid4

from haechi.config import CONFIG_NAME, STORE_NAME, Config, load_config
from haechi.errors import HaechiError, HomeError, InputError, StoreError
from haechi.pipeline.archive import QUESTIONS, UPLOADS, open_archive, write_archive
from haechi.pipeline.build import Home, open_home
from haechi.pipeline.leftovers import alive, clean, temporary
from haechi.pipeline.verify import check_store_file
from haechi.registry import load
from haechi.stores.base import BackupRecord, Store
from haechi.stores.lock import writer_lock
from haechi.stores.rows import now
from haechi.types import content_hash

#: Gets the stage (copy, pack, unpack, restore), how much is done, and how much there is.
Progress = Callable[[str, int, int], None]


def backup(home: Home, target: Path, progress: Progress | None = None) -> dict[str, Any]:
    """Write the home to one file (0600), replacing it only when the new one is whole. Needs no writer lock.

    Raises InputError when there is no room or the folder cannot be written; StoreError when the copy is not sound.
    """
    target = target.expanduser().resolve()
    folder = home.config.home
    if target.is_dir() or not target.parent.is_dir():
        raise InputError(
            f"백업 파일을 만들 자리가 아닙니다: '{target}'. 있는 폴더 안의 파일 이름을 적으세요",
            f"'{target}' must be a file name in an existing folder",
        )
    others = {name: path for name, path in _others(folder) if path.is_file()}
    size = home.config.store_path.stat().st_size
    rest = sum(path.stat().st_size for path in others.values())
    _need(folder, size)
    _need(target.parent, size + rest, also=size if _same_disk(folder, target.parent) else 0)
    _drop_partial(target)
    copy, partial = temporary(folder, "copy", "db"), target.with_name(f".{target.name}.{os.getpid()}.part")
    created = now()
    try:
        home.store.copy_to(copy, _stage(progress, "copy"))
        facts, record = _facts(copy, home.config, created, str(target))
        with _writing(target):
            manifest = write_archive(partial, {STORE_NAME: copy, **others}, facts, _stage(progress, "pack"))
        record = replace(record, size=partial.stat().st_size)
        # Noted first: a backup that exists and is not in the list would be missing in the receipts of deletions.
        home.store.add_backup(record)
        with _writing(target):
            os.replace(partial, target)
            _sync_folder(target.parent)
        for old in home.store.backups():
            if old.path == record.path and old.id != record.id:
                home.store.drop_backup(old.id)
    finally:
        partial.unlink(missing_ok=True)
        copy.unlink(missing_ok=True)
    return {
        "file": str(target),
        "bytes": record.size,
        "created": created,
        "documents": len(record.documents),
        "members": sorted(manifest["members"]),
        "left_out": sorted(_left_out(folder)),
        "store_format": manifest["store_format"],
    }


def _others(folder: Path) -> Iterator[tuple[str, Path]]:
    yield CONFIG_NAME, folder / CONFIG_NAME
    yield QUESTIONS, folder / QUESTIONS
    if (folder / UPLOADS).is_dir():
        for path in sorted((folder / UPLOADS).iterdir()):
            if not path.name.startswith(".") and "\\" not in path.name:
                yield f"{UPLOADS}/{path.name}", path


def _left_out(folder: Path) -> list[str]:
    return ["indexes", *(str(path.relative_to(folder)) for path in (folder / "databases").glob("*.url"))]


def _facts(copy: Path, config: Config, created: str, target: str) -> tuple[dict[str, Any], BackupRecord]:
    """What the copy holds, read from the copy itself. Raises StoreError when it is not sound."""
    problems = check_store_file(copy)
    if problems:
        raise StoreError(
            f"저장소에 문제가 있어 백업을 만들지 않았습니다: {problems[0]}. 점검: haechi verify",
            f"the store is not sound, so no backup was made: {problems[0]}; see: haechi verify",
        )
    with _opened(copy) as store:
        documents = store.documents()
        sources = store.sources()
        record = BackupRecord(
            uuid4().hex,
            created,
            target,
            store.generation(),
            0,
            frozenset(item.id for item in documents),
            frozenset(content_hash(source.path) for source in sources),
        )
        facts = {
            "haechi": version("haechi"),
            "created": created,
            "name": config.project.name,
            "store_format": store.format(),
            "generation": record.generation,
            "documents": sorted(record.documents),
            "counts": {
                "sources": len(sources),
                "documents": len(documents),
                "chunks": sum(item.chunks for item in documents),
                "entries": store.entry_count(),
            },
        }
    copy.with_name(copy.name + "-wal").unlink(missing_ok=True)
    copy.with_name(copy.name + "-shm").unlink(missing_ok=True)
    return facts, record


def restore(archive: Path, folder: Path, progress: Progress | None = None) -> dict[str, Any]:
    """Bring a home back from a backup: into a new folder, or over a home that may be serving meanwhile.

    Over an existing home its `haechi.toml` stays. Nothing is touched before the whole archive has been checked. Raises
    InputError for an archive that cannot be used, HomeError while another process writes.
    """
    archive, folder = archive.expanduser().resolve(), folder.expanduser().resolve()
    existing = (folder / CONFIG_NAME).is_file()
    if not existing and folder.exists() and any(folder.iterdir()):
        raise InputError(
            f"'{folder}'은(는) 비어 있지 않고 해치 홈도 아닙니다. 새 폴더나 있는 홈을 --home으로 적으세요",
            f"'{folder}' is neither empty nor a home; name a new folder or a home with --home",
        )
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    with open_archive(archive) as opened:
        room = next(path for path in (folder, *folder.parents) if path.exists())
        _need(room, 2 * opened.sizes())
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        unpacked = temporary(folder, "restore", "d")
        try:
            for name in opened.names():
                opened.extract(name, unpacked / name, _stage(progress, "unpack"))
            manifest = opened.manifest
            copy = unpacked / STORE_NAME
            _check_copy(archive, copy, manifest)
            if not existing:
                os.chmod(folder, 0o700)
                _place(unpacked, folder, [name for name in opened.names() if name != STORE_NAME])
                with _opened(folder / STORE_NAME, create=True):
                    pass
            aside = _set_aside(folder) if existing else ""
            report = _swap(folder, copy, _stage(progress, "restore"))
            if existing:
                _place(unpacked, folder, [name for name in opened.names() if name.startswith(UPLOADS)])
        except BaseException:
            shutil.rmtree(unpacked, ignore_errors=True)
            for path in made:
                with suppress(OSError):
                    path.rmdir()  # only when nothing of the home was placed in it yet
            raise
        shutil.rmtree(unpacked, ignore_errors=True)
    return {
        "home": str(folder),
        "backup": str(archive),
        "created": manifest["created"],
        "settings_kept": existing,
        "damaged_store_kept": aside,
        **report,
    }


def _check_copy(archive: Path, copy: Path, manifest: dict[str, Any]) -> None:
    """Migrate the copy to today's format and see that it is what the manifest says."""
    problems = check_store_file(copy)
    if problems:
        raise InputError(
            f"'{archive}' 안의 저장소에 문제가 있습니다: {problems[0]}. 아무것도 바꾸지 않았습니다",
            f"the store in '{archive}' is not sound: {problems[0]}; nothing was changed",
        )
    with _opened(copy) as store:
        if {item.id for item in store.documents()} != set(manifest["documents"]):
            raise InputError(
                f"'{archive}'의 내용이 목록과 다릅니다. 아무것도 바꾸지 않았습니다",
                f"'{archive}' differs from its manifest; nothing was changed",
            )


def _set_aside(folder: Path) -> str:
    """Move a store that cannot be read out of the way, its log with it, and make an empty one. Gives its new name."""
    store = folder / STORE_NAME
    if not (store.is_file() and not check_store_file(store)):
        with writer_lock(store.with_suffix(".lock")):
            name = f"{STORE_NAME}.damaged-{datetime.now(UTC):%Y%m%d-%H%M%S}"
            for end in ("", "-wal", "-shm"):
                with suppress(FileNotFoundError):
                    os.replace(folder / (STORE_NAME + end), folder / (name + end))
            with _opened(store, create=True):
                pass
            return str(folder / name) if (folder / name).exists() else ""
    return ""


def _swap(folder: Path, copy: Path, progress: Callable[[int, int], None] | None) -> dict[str, Any]:
    with open_home(load_config(folder)) as home, home.store.writer():
        with _opened(copy) as other:
            # What this home knows of its own past stays true: its receipts, its backups, and a generation that rises.
            other.take_over(home.store.receipts(), home.store.backups(), home.store.generation() + 1)
            other.take_over_improvements(home.store.improvements())
            came_back = _came_back(home.store, other)
            counts = {"documents": len(other.documents()), "entries": other.entry_count()}
        home.store.replace_with(copy, progress)
        try:
            home.indexes().refresh_locked()
            indexes = "ok"
        except HaechiError as error:
            indexes = str(error)
        clean(home.config)
    return {**counts, "indexes": indexes, "came_back": came_back}


def _came_back(store: Store, restored: Store) -> list[str]:
    """Ids of documents that were removed with a receipt after this backup and are in it."""
    there = {item.id for item in restored.documents()}
    return sorted({row["id"] for receipt in store.receipts() for row in receipt["documents"]} & there)


def _place(unpacked: Path, folder: Path, names: list[str]) -> None:
    for name in names:
        (folder / name).parent.mkdir(mode=0o700, exist_ok=True)
        os.replace(unpacked / name, folder / name)


@contextmanager
def _opened(path: Path, *, create: bool = False) -> Iterator[Any]:
    store = load("stores", "sqlite")(path, create=create)
    try:
        yield store
    finally:
        store.close()


def _need(folder: Path, size: int, also: int = 0) -> None:
    """Raise before anything is written when the disk cannot hold it."""
    free = shutil.disk_usage(folder).free
    wanted = int((size + also) * 1.05) + (1 << 20)
    if free < wanted:
        raise InputError(
            f"'{folder}'에 자리가 모자랍니다: {wanted / 1e6:.0f} MB가 필요한데 {free / 1e6:.0f} MB 남았습니다",
            f"not enough room in '{folder}': {wanted / 1e6:.0f} MB needed, {free / 1e6:.0f} MB free",
        )


def _same_disk(one: Path, other: Path) -> bool:
    return one.stat().st_dev == other.stat().st_dev


def _drop_partial(target: Path) -> None:
    """Remove what killed backups to the same name left beside it."""
    for path in target.parent.glob(f".{target.name}.*.part"):
        process = path.name.split(".")[-2]
        if process.isdigit() and not alive(int(process)):
            path.unlink(missing_ok=True)


@contextmanager
def _writing(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(
            f"백업을 쓰지 못했습니다('{target}'): {error.strerror}. 자리와 권한을 확인하세요. 홈은 그대로입니다",
            f"cannot write the backup '{target}': {error.strerror}; the home is as it was",
        ) from error


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _stage(progress: Progress | None, stage: str) -> Callable[[int, int], None] | None:
    return None if progress is None else lambda done, total: progress(stage, done, total)


def find_or_new(home: str | None) -> Path:
    """The folder a restore goes to. Raises HomeError when none was named and no home is found."""
    from haechi.config import find_home

    if home:
        return Path(home)
    try:
        return find_home()
    except HomeError as error:
        raise HomeError(
            f"{error}. 새 홈으로 되돌리기: haechi --home 새폴더 restore 파일",
            f"{error}; into a new home: haechi --home FOLDER restore FILE",
        ) from error

"""`haechi verify`: is everything in this home what it says it is? And what can be mended without losing anything.

Each check looks and never changes; `repair` then mends what is mendable and looks again. What is left names the command
that a person has to decide on.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from haechi.config import Config
from haechi.errors import HaechiError
from haechi.pipeline.leftovers import clean, leftovers
from haechi.stores.audit import check_file as check_store_file
from haechi.stores.base import Problem
from haechi.types import content_hash

if TYPE_CHECKING:
    from haechi.pipeline.build import Home

__all__ = ["check_store_file", "verify"]

_MEND = "haechi verify --repair"
_RESTORE = "haechi restore 백업파일"
_BATCH = 256


def verify(config: Config, *, repair: bool = False, tell: Callable[[str], None] | None = None) -> dict[str, Any]:
    """Check a home, and mend it with `repair`. `tell` gets the name of each step.

    Gives `ok, problems:[{code, what, where, fix, mendable}], repaired:[…], backups, format`; `ok` means that no problem
    is left. Raises HomeError while another process writes to the home.
    """
    from haechi.pipeline.build import open_home

    say = tell or (lambda step: None)
    say("sqlite")
    damage = check_store_file(config.store_path) if config.store_path.is_file() else ["no file"]
    if damage:
        problems = [Problem("store_damaged", what, str(config.store_path), _RESTORE) for what in damage]
        return _report(problems, [], [], 0)
    with open_home(config) as home, home.store.writer():
        problems = _look(home, say)
        repaired: list[Problem] = []
        if repair and any(problem.mendable for problem in problems):
            say("repair")
            _mend(home, {problem.code for problem in problems if problem.mendable})
            left = _look(home, say)
            repaired = [problem for problem in problems if problem.mendable and problem.code not in _codes(left)]
            problems = left
        backups = [
            {"path": item.path, "created": item.created, "exists": Path(item.path).is_file()}
            for item in home.store.backups()
        ]
        return _report(problems, repaired, backups, home.store.format())


def _codes(problems: list[Problem]) -> set[str]:
    return {problem.code for problem in problems}


def _report(
    problems: list[Problem], repaired: list[Problem], backups: list[dict[str, Any]], store_format: int
) -> dict[str, Any]:
    return {
        "ok": not problems,
        "problems": [asdict(problem) for problem in problems],
        "repaired": [asdict(problem) for problem in repaired],
        "backups": backups,
        "format": store_format,
    }


def _look(home: Home, say: Callable[[str], None]) -> list[Problem]:
    say("permissions")
    found = [*_permissions(home.config), *_leftovers(home.config)]
    say("rows")
    try:
        embedder = home.embedder()
    except HaechiError as error:
        found.append(Problem("embedder", str(error), home.config.embedder.model, "haechi models install"))
        return [*found, *home.store.audit("", 0), *_purge(home)]
    found += [*home.store.audit(embedder.name, embedder.dimension), *_purge(home)]
    if _codes(found) & {"vector_bad", "vector_missing"}:
        return found  # indexes are built from them, so they are mended together
    say("indexes")
    return [*found, *_indexes(home)]


def _permissions(config: Config) -> Iterator[Problem]:
    """Nobody but the owner reads the home: it holds the documents and every question that was asked."""
    for path in _private(config):
        if path.stat().st_mode & 0o077:
            mode = oct(path.stat().st_mode & 0o777)
            yield Problem("permissions", f"다른 사용자가 읽을 수 있습니다({mode})", str(path), _MEND, True)


def _private(config: Config) -> list[Path]:
    store = config.store_path
    files = [config.home, store, *(store.with_name(store.name + end) for end in ("-wal", "-shm"))]
    return [path for path in [*files, config.home / "uploads"] if path.exists()]


def _leftovers(config: Config) -> Iterator[Problem]:
    for path in leftovers(config):
        yield Problem("leftover", "멈춘 작업이 남긴 임시 파일", str(path), _MEND, True)


def _purge(home: Home) -> Iterator[Problem]:
    since = home.store.purge_due()
    if since:
        what = f"{since} 뒤에 없앤 글의 조각이 파일의 빈자리에 남아 있을 수 있습니다"
        yield Problem("purge_due", what, str(home.config.store_path), _MEND, True)


def _indexes(home: Home) -> Iterator[Problem]:
    if not home.store.entry_count() and not home.config.index_dir.exists():
        return
    reason = home.indexes().disagreement()
    if reason:
        yield Problem("index", f"색인이 저장소와 다릅니다: {reason}", str(home.config.index_dir), _MEND, True)


def _mend(home: Home, codes: set[str]) -> None:
    """Mend in an order in which nothing undoes what came before: files, vectors, the store's file, indexes."""
    store, config = home.store, home.config
    if "permissions" in codes:
        for path in _private(config):
            os.chmod(path, path.stat().st_mode & 0o700)
    if "leftover" in codes:
        clean(config)
    if "vector_unused" in codes:
        store.drop_unused_vectors()
    if codes & {"vector_bad", "vector_missing"}:
        embedder = home.embedder()
        store.drop_bad_vectors(embedder.name, embedder.dimension)
        missing = {text_hash: text for _, text_hash, text in store.entries_without_vector(embedder.name)}
        hashes = [text_hash for text_hash, text in missing.items() if content_hash(text) == text_hash]
        for start in range(0, len(hashes), _BATCH):
            batch = hashes[start : start + _BATCH]
            vectors = embedder.embed([missing[text_hash] for text_hash in batch], "passage")
            store.put_vectors(embedder.name, batch, vectors)
    if codes & {"index", "vector_bad", "vector_missing"}:
        home.indexes().rebuild("verify --repair")
    if store.purge_due():
        store.redact_dangling()
        store.purge()

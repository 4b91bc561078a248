"""What a home was filled from: the folders, files and databases that `ingest` was given, with their options.

Kept in the store's state, so that a sync can take them in again in the same way.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from haechi.errors import InputError
from haechi.pipeline.sources import file_key
from haechi.stores.base import Store

KEY = "roots"


@dataclass(frozen=True)
class Root:
    """Something that was ingested: an absolute path, or a database (`sql:NAME…`), with the options it was given."""

    path: str
    unit: str
    strategy: str
    fields: tuple[str, ...]


def roots(store: Store) -> list[Root]:
    """All roots, by path."""
    raw = json.loads(store.state(KEY) or "[]")
    return sorted((Root(**{**item, "fields": tuple(item["fields"])}) for item in raw), key=lambda root: root.path)


def remember(store: Store, names: Sequence[str], unit: str, strategy: str, fields: Sequence[str]) -> None:
    """Add what exists among `names`; a root inside a folder that is added with the same options is part of it."""
    known = {root.path: root for root in roots(store)}
    before = dict(known)
    for name in names:
        path = Path(name).expanduser()
        if not path.exists():
            continue
        root = Root(file_key(path.resolve()), unit, strategy, tuple(fields))
        known = {key: other for key, other in known.items() if not (inside(key, root.path) and _alike(other, root))}
        if not any(inside(root.path, key) and _alike(other, root) for key, other in known.items()):
            known[root.path] = root
    if known != before:
        _write(store, known.values())


def remember_table(store: Store, key: str, unit: str, strategy: str) -> None:
    """Add a table of a database by its key; what is read of it stands with its source."""
    known = {root.path: root for root in roots(store)}
    root = Root(key, unit, strategy, ())
    if known.get(key) != root:
        _write(store, {**known, key: root}.values())


def forget(store: Store, name: str) -> None:
    """Stop following a root; its documents stay. Raises InputError when there is no such root."""
    known = {root.path: root for root in roots(store)}
    path = name if name.startswith("sql:") else file_key(Path(name).expanduser().resolve())
    if known.pop(path, None) is None:
        listed = ", ".join(known) or "(없음)"
        raise InputError(
            f"'{name}'은(는) 따라가는 자료가 아닙니다. 따라가는 자료: {listed}",
            f"'{name}' is not followed; followed are: {listed}",
        )
    _write(store, known.values())


def _write(store: Store, items: Iterable[Root]) -> None:
    store.set_state(KEY, json.dumps([asdict(root) for root in items], ensure_ascii=False))


def inside(path: str, folder: str) -> bool:
    """Whether a path lies somewhere below a folder."""
    return path != folder and path.startswith(folder + "/")


def _alike(one: Root, other: Root) -> bool:
    return (one.unit, one.strategy, one.fields) == (other.unit, other.strategy, other.fields)

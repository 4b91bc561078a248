"""Keeps a home in step with what it was filled from.

`sync` takes every root in again, which costs nothing where nothing has changed; `keep_in_step` does so whenever a file
changes, or every so many minutes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from haechi.errors import HaechiError
from haechi.pipeline.ingest import ingest
from haechi.pipeline.report import IngestReport, Progress
from haechi.pipeline.roots import inside, roots
from haechi.pipeline.sources import on_disk
from haechi.pipeline.watch import Watcher

if TYPE_CHECKING:
    from haechi.pipeline.build import Home


def sync(
    home: Home, *, only: Iterable[str] | None = None, progress: Callable[[Progress], None] | None = None
) -> IngestReport:
    """Take in all roots, or those whose paths are `only`, each with its own options; one report over all."""
    known = roots(home.store)
    wanted = set(only) if only is not None else {root.path for root in known}
    whole = IngestReport()
    for root in known:
        if root.path not in wanted or whole.interrupted:
            continue
        report = ingest(
            home,
            [str(on_disk(root.path))],
            unit=root.unit,
            strategy=root.strategy,
            fields=root.fields,
            # A file that was given by itself keeps its own options, also when its folder is a root too.
            leave_out=frozenset(other.path for other in known if inside(other.path, root.path)),
            syncing=True,
            progress=progress,
        )
        whole.add(report)
    return whole


def retry(home: Home, paths: Iterable[str], progress: Callable[[Progress], None] | None = None) -> IngestReport:
    """Read these sources again (keys of the store), ignored ones too, each with the options of its root."""
    known = roots(home.store)
    chosen = [record for path in paths if (record := home.store.source(path)) is not None]
    with home.store.writer():
        for record in chosen:
            if record.status == "ignored":
                home.store.mark_source(replace(record, status="failed"))
    whole = IngestReport()
    for record in chosen:
        above = [root for root in known if record.path == root.path or inside(record.path, root.path)]
        root = max(above, key=lambda item: len(item.path), default=None)
        report = ingest(
            home,
            [str(on_disk(record.path)) if record.path.startswith("/") else record.path],
            unit=root.unit if root else None,
            strategy=root.strategy if root else None,
            fields=root.fields if root else ("title", "text"),
            syncing=root is not None,
            again=True,
            progress=progress,
        )
        whole.add(report)
        if report.interrupted:
            break
    return whole


def keep_in_step(
    home: Home,
    *,
    watch: bool,
    every_minutes: float,
    done: Callable[[IngestReport], None],
    failed: Callable[[HaechiError], None],
    stop: threading.Event,
) -> None:
    """Sync now, then whenever a file of a root changes (`watch`) or the time has come, until `stop` is set."""
    only: set[str] | None = None
    with Watcher(roots(home.store), watch) as watcher:
        while not stop.is_set():
            try:
                done(sync(home, only=only))
            except HaechiError as error:  # another process writes, a disk is full: the next round tries again
                failed(error)
                watcher.again(only)
            only = watcher.wait(every_minutes * 60 or None, stop)

"""Keeps a home in step with what it was filled from.

`sync` takes every root in again, which costs nothing where nothing has changed; `keep_in_step` does so whenever a file
changes, or every so many minutes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from haechi.errors import HaechiError
from haechi.pipeline.ingest import IngestReport, Progress, ingest
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

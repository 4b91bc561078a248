"""Notices that files of a home's roots change, and waits until they rest. Local file systems only: network shares
deliver no events for what other machines write; those need a sync every so many minutes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from haechi.pipeline.roots import Root
from haechi.pipeline.sources import on_disk

#: After the last change, so long nothing more must happen before a sync starts; a large copy is then complete.
QUIET_SECONDS = 2.0
#: But a folder that never rests is taken in after so long all the same.
LONGEST_WAIT_SECONDS = 60.0


class Watcher:
    """Collects which roots have changed. Without `watch` it only lets the time pass."""

    def __init__(self, roots: Sequence[Root], watch: bool) -> None:
        self._roots = [root.path for root in roots]
        self._changed: dict[str, float] = {}
        self._first = 0.0
        self._news = threading.Condition()
        self._observer: Any = None
        if not watch:
            return
        from watchdog.observers import Observer

        self._observer = Observer()
        for root in roots:
            path = on_disk(root.path)
            if path.is_dir():
                self._observer.schedule(_handler(self, root.path), str(path), recursive=True)
            elif path.is_file():
                self._observer.schedule(_handler(self, root.path, path), str(path.parent))

    def __enter__(self) -> Watcher:
        if self._observer is not None:
            self._observer.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._observer is not None:
            self._observer.stop()
            self._observer.join()

    def note(self, root: str) -> None:
        """A file of this root has changed."""
        with self._news:
            self._first = self._first or time.monotonic()
            self._changed[root] = time.monotonic()
            self._news.notify()

    def again(self, only: set[str] | None) -> None:
        """What was to be synced and could not be is due again."""
        for root in self._roots if only is None else only:
            self.note(root)

    def wait(self, seconds: float | None, stop: threading.Event) -> set[str] | None:
        """The roots that changed and came to rest, or None (all of them) when the time is up."""
        ends = None if seconds is None else time.monotonic() + seconds
        with self._news:
            while not stop.is_set():
                now = time.monotonic()
                if ends is not None and now >= ends:
                    self._changed.clear()
                    self._first = 0.0
                    return None
                rests = bool(self._changed) and now - max(self._changed.values()) >= QUIET_SECONDS
                if rests or (self._changed and now - self._first >= LONGEST_WAIT_SECONDS):
                    changed = set(self._changed)
                    self._changed.clear()
                    self._first = 0.0
                    return changed
                self._news.wait(0.5)
        return set()


def _handler(watcher: Watcher, root: str, only: Path | None = None) -> Any:
    from watchdog.events import FileSystemEvent, FileSystemEventHandler

    class Handler(FileSystemEventHandler):
        def on_any_event(self, event: FileSystemEvent) -> None:
            # Reading a file is an event too; a sync must not set off the next one.
            idle = event.event_type in ("opened", "closed_no_write")
            if idle or (event.is_directory and event.event_type == "modified"):
                return
            paths = {str(event.src_path), str(event.dest_path)}
            if only is None or str(only) in paths:
                watcher.note(root)

    return Handler()

"""Lets a parser say that it is still at work, so that a time cap counts per page and not per file.

A parser that reads one page in seconds (OCR) calls `page_done` after each; the worker process listens and tells its
parent. Without a listener nothing happens.
"""

from __future__ import annotations

from collections.abc import Callable

_listener: Callable[[int, int], None] | None = None


def listen(callback: Callable[[int, int], None] | None) -> None:
    """Have `callback(done, total)` called after each page; None ends it. One listener a process."""
    global _listener
    _listener = callback


def page_done(done: int, total: int) -> None:
    """`done` of `total` pages are read."""
    if _listener is not None:
        _listener(done, total)

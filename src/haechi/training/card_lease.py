"""One training run at a time on this machine's card: a lock on `<models folder>/card.lease` that dies with its holder.

The file says who holds it, for people; the lock is the operating system's, so nothing is left behind by a kill.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from haechi.models.model_home import models_dir

LEASE = "card.lease"
_LOOK_EVERY = 0.5


@contextlib.contextmanager
def hold_card(
    what: str,
    *,
    stop: Callable[[], bool] = lambda: False,
    waiting: Callable[[dict[str, Any]], None] = lambda holder: None,
) -> Iterator[bool]:
    """Wait for the card and hold it; False when `stop` said so before it came free.

    `what` is written for others to read; `waiting` is told once who holds it.
    """
    folder = models_dir()
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder / LEASE, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        told = False
        while not _try(handle):
            if stop():
                yield False
                return
            if not told:
                waiting(card_holder())
                told = True
            time.sleep(_LOOK_EVERY)
        since = datetime.now(UTC).isoformat(timespec="seconds")
        _write(handle, {"pid": os.getpid(), "what": what, "since": since})
        try:
            yield True
        finally:
            _write(handle, None)
    finally:
        os.close(handle)


def card_holder() -> dict[str, Any]:
    """`pid`, `what` and `since` of who holds the card, as it wrote them; empty when nobody says so."""
    try:
        held: dict[str, Any] = json.loads(Path(models_dir() / LEASE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return held


def _try(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _write(handle: int, held: dict[str, Any] | None) -> None:
    os.ftruncate(handle, 0)
    if held is not None:
        os.pwrite(handle, json.dumps(held, ensure_ascii=False).encode(), 0)

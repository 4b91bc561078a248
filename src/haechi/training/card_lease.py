"""One heavy piece of work at a time on this machine's card: a lock on `<models folder>/card.lease`.

The lock is the operating system's, so it dies with its holder; the file says for people who holds it. Words left in a
file that nobody holds are those of a process that died, and whoever comes next is told.
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

from haechi.errors import ModelError
from haechi.models.model_home import models_dir

LEASE = "card.lease"
_LOOK_EVERY = 0.5
#: `pid`, `what` and `since` of a holder.
Holder = dict[str, Any]


@contextlib.contextmanager
def hold_card(
    what: str,
    *,
    wait: bool = True,
    stop: Callable[[], bool] = lambda: False,
    waiting: Callable[[Holder], None] = lambda holder: None,
    took_over: Callable[[Holder], None] = lambda dead: None,
) -> Iterator[bool]:
    """Hold the card; False when `stop` said so before it came free. `what` is written for others to read.

    `waiting` is told once who holds it, `took_over` whose lease was left by a process that died. Raises ModelError
    naming the holder when it is held and `wait` is off.
    """
    folder = models_dir()
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder / LEASE, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        told = False
        while not _try(handle):
            if not wait:
                raise _held(card_holder())
            if stop():
                yield False
                return
            if not told:
                waiting(card_holder())
                told = True
            time.sleep(_LOOK_EVERY)
        if dead := card_holder():
            took_over(dead)
        since = datetime.now(UTC).isoformat(timespec="seconds")
        _write(handle, {"pid": os.getpid(), "what": what, "since": since})
        try:
            yield True
        finally:
            _write(handle, None)
    finally:
        os.close(handle)


def card_holder() -> Holder:
    """`pid`, `what` and `since` of who holds the card or died with it; empty when nobody says so."""
    try:
        held: Holder = json.loads(Path(models_dir() / LEASE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return held


def card_state() -> Holder:
    """`card_holder` with `held`: whether that process still holds it. Takes nothing."""
    holder = card_holder()
    file = models_dir() / LEASE
    if not holder or not file.is_file():
        return {"held": False}
    handle = os.open(file, os.O_RDWR)
    try:
        return {**holder, "held": not _try(handle)}
    finally:
        os.close(handle)


def _held(holder: Holder) -> ModelError:
    what, process, since = (str(holder.get(name, "?")) for name in ("what", "pid", "since"))
    return ModelError(
        f"다른 일이 이 컴퓨터의 카드를 쓰는 중입니다: {what}(PID {process}, {since}부터). 끝난 뒤 다시 실행하세요",
        f"other work holds this machine's card: {what} (PID {process}, since {since}); run again when it is done",
    )


def _try(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _write(handle: int, held: Holder | None) -> None:
    os.ftruncate(handle, 0)
    if held is not None:
        os.pwrite(handle, json.dumps(held, ensure_ascii=False).encode(), 0)

"""The first Ctrl-C of a training run stops it after the step; the second at once."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from haechi.cli.session import note
from haechi.cli.texts import t

if TYPE_CHECKING:
    from types import FrameType


@contextmanager
def stop_on_interrupt() -> Iterator[Callable[[], bool]]:
    """The first Ctrl-C asks to stop after the step, so that what is saved is whole; the second one stops at once."""
    asked: list[int] = []

    def ask(number: int, frame: FrameType | None) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)
        note(t("이 단계를 마치고 저장한 뒤 멈춥니다…", "Stopping after this step…"))

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield lambda: bool(asked)
    finally:
        signal.signal(signal.SIGINT, before)

"""The lease on the card for commands that compute on one: whoever comes second is told who came first."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from haechi.cli.session import note
from haechi.cli.texts import t


@contextmanager
def held_card(what: str) -> Iterator[None]:
    """Hold the card while `what` runs. Does nothing without a card, nor in the other processes of one training.

    Raises ModelError naming the holder when it is held.
    """
    if os.environ.get("LOCAL_RANK", "0") != "0" or not has_card():
        yield
        return
    from haechi.training.card_lease import hold_card

    with hold_card(what, wait=False, took_over=tell_dead):
        yield


def has_card() -> bool:
    """Whether torch sees a card."""
    from importlib.util import find_spec

    if find_spec("torch") is None:
        return False
    import torch

    return bool(torch.cuda.is_available())


def tell_dead(dead: dict[str, Any]) -> None:
    """Tell that a process which held the card died."""
    what, process = dead.get("what", "?"), dead.get("pid", "?")
    note(
        t(
            f"죽은 프로세스 {process}의 자리를 넘겨받았습니다: {what}",
            f"took over from the dead process {process}: {what}",
        )
    )


def tell_waiting(holder: dict[str, Any]) -> None:
    """Tell whom one waits for."""
    what, process = holder.get("what", "?"), holder.get("pid", "?")
    note(t(f"기다립니다: {what}(PID {process})", f"waiting for {what} (PID {process})"))

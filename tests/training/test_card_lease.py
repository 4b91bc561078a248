"""Two heavy pieces of work never hold the card together, and a dead one's lease does not stop the next."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from haechi.errors import ModelError
from haechi.training.card_lease import card_holder, card_state, hold_card

HOLDER = """
from haechi.training.card_lease import hold_card
with hold_card("haechi train sft"):
    print("held", flush=True)
    input()
"""


@pytest.fixture(autouse=True)
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HAECHI_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


def other_process() -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    )
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    return process


def test_it_says_who_holds_it_since_when_and_nobody_after() -> None:
    with hold_card("haechi improve run") as held:
        assert held
        holder = card_holder()
        assert (holder["pid"], holder["what"]) == (os.getpid(), "haechi improve run")
        assert holder["since"]
        assert card_state()["held"]
    assert card_holder() == {} and card_state() == {"held": False}


def test_a_second_process_is_told_who_has_it() -> None:
    process = other_process()
    try:
        with pytest.raises(ModelError, match=rf"haechi train sft\(PID {process.pid}"), hold_card("mine", wait=False):
            pass
        seen: list[dict[str, Any]] = []
        # Whoever waits can be stopped, and is then told that the card is not theirs.
        with hold_card("mine", waiting=seen.append, stop=lambda: bool(seen)) as held:
            assert not held
        assert seen[0]["pid"] == process.pid
    finally:
        process.communicate("\n")
    with hold_card("mine", wait=False) as held:
        assert held


def test_the_lease_of_a_killed_process_is_taken_over_and_told() -> None:
    process = other_process()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert card_state() == {**card_holder(), "held": False}
    dead: list[dict[str, Any]] = []
    with hold_card("mine", wait=False, took_over=dead.append) as held:
        assert held
    assert [(one["pid"], one["what"]) for one in dead] == [(process.pid, "haechi train sft")]


def test_an_error_inside_gives_it_back() -> None:
    with pytest.raises(RuntimeError), hold_card("mine"):
        raise RuntimeError
    assert card_holder() == {}

"""The commands that make a model again, told by the summaries of its runs, for its card."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from haechi.training.train_settings import DEFAULTS, settings_for


def rebuild_commands(runs: Sequence[Mapping[str, Any]], base: str, export: str) -> list[str]:
    """In order; RUN1, RUN2 … stand for the folders of the runs. A run without a card has no command."""
    commands = []
    for number, run in enumerate(runs, start=1):
        kind = run.get("kind")
        if not kind:
            continue
        start = ["--start", f"RUN{number - 1}"] if number > 1 else []
        files = [part for name in run.get("data", {}).get("files", {}) for part in ("--data", name)]
        words = ["haechi", "train", kind, *files, "--base", base, *start, "--out", f"RUN{number}"]
        commands.append(shlex.join([*words, *_options(kind, run.get("settings", {}))]))
    return [*commands, export]


def _options(kind: str, settings: Mapping[str, Any]) -> list[str]:
    """The settings that are not the trainer's own."""
    usual = settings_for(kind, {"method": settings.get("method")}).record() if kind in DEFAULTS else {}
    found: list[str] = []
    for key, value in settings.items():
        if key == "base" or value is None or usual.get(key) == value:
            continue
        option = key.replace("_", "-")
        if isinstance(value, bool):
            found.append(f"--{option}" if value else f"--no-{option}")
        else:
            found += [f"--{option}", str(value)]
    return found

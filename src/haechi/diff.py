"""What changed between two texts, word by word: for the terminal, the JSON and the chat page alike."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

RunKind = Literal["same", "removed", "added"]


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch that stands in both texts, in the first alone (`removed`) or in the second alone (`added`)."""

    kind: RunKind
    text: str


def diff_runs(before: str, after: str) -> tuple[Run, ...]:
    """Runs in reading order: those that are not `added` make `before`, those that are not `removed` make `after`.

    Words are never split, and a blank between two changed words counts as changed with them.
    """
    left, right = (re.findall(r"\S+|\s+", text) for text in (before, after))
    steps = SequenceMatcher(None, left, right, autojunk=False).get_opcodes()
    runs: list[Run] = []
    removed = added = ""
    for number, (step, a, b, c, d) in enumerate(steps):
        gone, new = "".join(left[a:b]), "".join(right[c:d])
        inner = 0 < number < len(steps) - 1
        if step != "equal" or (inner and not gone.strip()):
            removed, added = removed + gone, added + new
            continue
        runs += [*_changed(removed, added), Run("same", gone)]
        removed = added = ""
    return (*runs, *_changed(removed, added))


def _changed(removed: str, added: str) -> list[Run]:
    return [run for run in (Run("removed", removed), Run("added", added)) if run.text]


def diff_text(before: str, after: str) -> str:
    """`[-제83조-]{+제38조+}에 따라 …`: for a terminal, where colour alone would say nothing."""
    marks: dict[RunKind, str] = {"same": "%s", "removed": "[-%s-]", "added": "{+%s+}"}
    return "".join(marks[run.kind] % run.text for run in diff_runs(before, after))


def diff_record(before: str, after: str) -> list[dict[str, Any]]:
    """The runs as JSON: `[{kind, text}]`."""
    return [{"kind": run.kind, "text": run.text} for run in diff_runs(before, after)]

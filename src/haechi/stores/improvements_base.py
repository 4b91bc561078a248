"""What the store keeps of every try to improve a home's models: append only, nothing in it is ever changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

#: `promoted` and `rolled_back` changed the settings; `approved` passed the gate and waits to be put into use.
Event = Literal["promoted", "rejected", "undecided", "approved", "rolled_back"]
EVENTS: tuple[Event, ...] = ("promoted", "rejected", "undecided", "approved", "rolled_back")


@dataclass(frozen=True)
class Improvement:
    """One line of the history. `run` is the try's id; `who` what the person called themselves.

    `record` holds hashes, counts, figures and settings, never a question, an answer or a document's words.
    """

    run: str
    event: Event
    who: str = ""
    record: dict[str, Any] = field(default_factory=dict)
    id: int = 0
    created: str = ""

    def as_json(self) -> dict[str, Any]:
        """What the API and `haechi improve history` show of it."""
        return {
            "id": self.id,
            "run": self.run,
            "event": self.event,
            "who": self.who,
            "created": self.created,
            **self.record,
        }


class ImprovementStore(Protocol):
    """The history's part of the store."""

    def add_improvement(self, improvement: Improvement) -> int:
        """Append a line and return its number."""
        ...

    def improvements(self) -> list[Improvement]:
        """All lines, oldest first."""
        ...

    def take_over_improvements(self, lines: Sequence[Improvement]) -> int:
        """Append those lines of another copy of this home that are not in it; how many. For a restore."""
        ...

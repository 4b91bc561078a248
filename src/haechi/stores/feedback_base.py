"""What the store keeps of what people said about recorded answers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal, Protocol

Opinion = Literal["good", "bad"]


@dataclass(frozen=True)
class Feedback:
    """One person's opinion of one recorded answer. `correction` is the answer that should have been given, or "".

    `who` is what the giver called themselves, never looked up; `forgotten` says that words were taken out because a
    document that the answer quoted was removed.
    """

    answer_id: str
    verdict: Opinion
    correction: str = ""
    note: str = ""
    who: str = ""
    id: str = ""
    created: str = ""
    forgotten: bool = False

    def as_json(self) -> dict[str, Any]:
        """What the API and `haechi feedback list` show of it."""
        return {
            "id": self.id,
            "answer_id": self.answer_id,
            "verdict": self.verdict,
            "corrected_answer": self.correction,
            "note": self.note,
            "who": self.who,
            "created": self.created,
            "forgotten": self.forgotten,
        }


class FeedbackStore(Protocol):
    """The feedback's part of the store. Each write is one transaction of its own; none needs the writer lock."""

    def answer(self, identity: str) -> dict[str, Any] | None:
        """One recorded answer with the time it was `created`; None for an unknown id."""
        ...

    def add_feedback(self, feedback: Feedback) -> str:
        """Keep an opinion and return its id. Earlier ones of the same answer stay; the newest counts.

        Raises StoreError when there is no such answer.
        """
        ...

    def feedback(self, since: str = "") -> list[Feedback]:
        """All opinions, oldest first; `since` is an ISO day or time."""
        ...

    def remove_feedback(self, ids: Collection[str]) -> int:
        """Remove opinions by id; how many there were."""
        ...

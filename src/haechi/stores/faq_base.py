"""What the store keeps of the FAQ: curated pairs of question and answer, and every wording of a question."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from haechi.types import content_hash

#: `question` is the pair's own; `approved` ones match like it; `suggested` and `rejected` ones never match.
WordingState = Literal["question", "approved", "suggested", "rejected"]

#: A pair whose source document was removed for good is switched off with this note.
SOURCE_REMOVED = "source_removed"


def faq_hash(text: str) -> str:
    """Key of a wording's vector. Never that of an index entry: a wording is embedded as a question."""
    return content_hash("faq", text)


@dataclass(frozen=True)
class Wording:
    """One way to ask a pair's question. `made_by` is import, hand or the name of the model that suggested it."""

    text: str
    state: WordingState
    made_by: str = "hand"
    id: int = 0


@dataclass(frozen=True)
class FaqPair:
    """One curated pair. `expires` is the last ISO day on which it holds, or ""; `note` says why it was switched off.

    `asked` is what paraphrases were last asked for with (question, model, prompt), so that a run can go on.
    """

    id: str
    question: str
    answer: str
    category: str = ""
    expires: str = ""
    source: str = ""
    enabled: bool = True
    note: str = ""
    created: str = ""
    updated: str = ""
    hits: int = 0
    last_hit: str = ""
    asked: str = ""
    wordings: tuple[Wording, ...] = field(default=())

    def expired(self, today: str) -> bool:
        """Whether its last day has passed; `today` is an ISO day."""
        return bool(self.expires) and self.expires < today

    def active(self, today: str) -> bool:
        """Whether it may answer."""
        return self.enabled and not self.expired(today)

    @property
    def variants(self) -> tuple[str, ...]:
        """Approved wordings besides the question itself."""
        return tuple(item.text for item in self.wordings if item.state == "approved")

    def as_json(self, today: str) -> dict[str, Any]:
        """What the API and `haechi faq list` show of it."""
        return {
            "id": self.id,
            "question": self.question,
            "variants": list(self.variants),
            "suggested": [item.text for item in self.wordings if item.state == "suggested"],
            "answer": self.answer,
            "category": self.category,
            "expires": self.expires,
            "expired": self.expired(today),
            "enabled": self.enabled,
            "note": self.note,
            "source": self.source,
            "created": self.created,
            "updated": self.updated,
            "hits": self.hits,
            "last_hit": self.last_hit,
        }


class FaqStore(Protocol):
    """The FAQ's part of the store. Each write is one transaction of its own; none needs the writer lock."""

    def faq_version(self) -> int:
        """Raised by every change of pairs and wordings, not by hits."""
        ...

    def faq_pairs(self) -> list[FaqPair]:
        """All pairs with all their wordings, in the order in which they came."""
        ...

    def put_faq(self, pair: FaqPair, made_by: str) -> Literal["added", "updated", "unchanged"]:
        """Add a pair, or bring the one with this id to this question, answer and so on.

        The pair's `question` and approved wordings of `made_by` are replaced; other wordings and the hits stay.
        """
        ...

    def remove_faq(self, ids: Collection[str]) -> int:
        """Remove pairs with their wordings and vectors; recorded answers that quoted them lose their text."""
        ...

    def faq_hit(self, identity: str) -> None:
        """Count a hit; nothing of the asker is kept here."""
        ...

    def add_suggestions(self, identity: str, texts: Sequence[str], made_by: str, asked: str) -> int:
        """Add wordings for review and remember that they were asked for; known ones stay as they are."""
        ...

    def review_wordings(self, ids: Collection[int], state: WordingState) -> int:
        """Approve or reject suggested wordings; returns how many changed."""
        ...

    def titled(self, source: str) -> list[tuple[str, str, str, str | None]]:
        """(id, title, source, external id) of documents whose title is the text or begins it, the longest first."""
        ...

    def faq_vectors(self, model: str, hashes: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Vectors by `faq_hash`, as far as they are there."""
        ...

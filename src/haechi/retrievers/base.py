"""What a retriever must do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from haechi.types import Hit


@dataclass(frozen=True)
class Filters:
    """`equals` maps a field (source, title, label, unit, external_id or any metadata key) to the wanted value."""

    equals: dict[str, str] = field(default_factory=dict)
    as_of: str | None = None

    def __bool__(self) -> bool:
        return bool(self.equals) or self.as_of is not None


class Retriever(Protocol):
    """Best first, at most k hits, one per chunk."""

    name: str

    def retrieve(self, question: str, k: int, filters: Filters | None = None) -> Sequence[Hit]: ...

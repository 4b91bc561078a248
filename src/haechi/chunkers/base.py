"""What a chunker must do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from haechi.types import Chunk, Document


@dataclass(frozen=True)
class TokenBudget:
    """The embedder's real limit. `count` counts what the embedder would read; `limit` is never exceeded by a chunk."""

    limit: int
    count: Callable[[str], int]


class Chunker(Protocol):
    """Cuts a document into citable units, in order, each within the budget once its breadcrumb is added."""

    unit: str

    def split(self, document: Document, budget: TokenBudget) -> list[Chunk]: ...

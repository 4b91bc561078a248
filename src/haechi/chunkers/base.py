"""What a chunker must do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from haechi.types import Chunk, Document


@dataclass
class SplitNotes:
    """What a chunker met: `units` are its own (articles, paragraphs, pages, pieces), `over` those of them over the
    embedder's limit, which were cut further. `warnings` are Korean sentences for the reader of the ingest report.
    """

    units: int = 0
    over: int = 0
    warnings: list[str] = field(default_factory=list)

    def add(self, fits: bool) -> None:
        """Note one unit as the chunker found it, before anything is cut."""
        self.units += 1
        self.over += not fits


@dataclass(frozen=True)
class TokenBudget:
    """The embedder's real limit. `count` counts what the embedder would read; `limit` is never exceeded by a chunk."""

    limit: int
    count: Callable[[str], int]
    notes: SplitNotes = field(default_factory=SplitNotes, compare=False)


class Chunker(Protocol):
    """Cuts a document into citable units, in order, each within the budget once its breadcrumb is added.

    Every unit is noted in `budget.notes`, whether or not it had to be cut.
    """

    unit: str

    def split(self, document: Document, budget: TokenBudget) -> list[Chunk]: ...

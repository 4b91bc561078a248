"""A fake budget and small documents for the chunker tests."""

from __future__ import annotations

import os
from pathlib import Path

from haechi.chunkers.base import Chunker, TokenBudget
from haechi.models.scripted import ScriptedEmbedder
from haechi.registry import load
from haechi.types import Block, Chunk, Document


def budget(limit: int = 512) -> TokenBudget:
    return TokenBudget(limit, lambda text: len(text) // 2)


def made(name: str) -> Chunker:
    """The chunker of a registry name; `semantic` sees with the scripted embedder."""
    make = load("chunkers", name)
    chunker: Chunker = make(lambda texts: ScriptedEmbedder().embed(texts, "passage")) if name == "semantic" else make()
    return chunker


def from_lines(text: str, title: str = "시험 규정") -> Document:
    """A plain text document: one block per paragraph."""
    return Document.make("시험.txt", title, [Block(part) for part in text.strip("\n").split("\n\n")])


def check(document: Document, chunks: list[Chunk], limit: int = 512, *, may_overlap: bool = False) -> None:
    """What every chunk list must hold: exact slices, in order, no overlap, within the limit with its place."""
    count, position = budget(limit).count, 0
    for chunk in chunks:
        assert document.text[chunk.start : chunk.end] == chunk.text
        assert chunk.text.strip()
        assert chunk.start >= position
        position = chunk.start if may_overlap else chunk.end
        place = " > ".join((document.title, *chunk.headings, chunk.label))
        assert count(f"{place}\n{chunk.text}") <= limit


def letters(chunks: list[Chunk]) -> int:
    return sum(len("".join(chunk.text.split())) for chunk in chunks)


def shared_data() -> Path:
    default = Path(__file__).parents[3] / "shared" / "data"
    return Path(os.environ.get("HAECHI_SHARED_DATA", default))

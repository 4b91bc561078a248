"""A small home for retrieval tests: a store, its indexes and the scripted embedder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from haechi.config import RetrievalConfig
from haechi.indexes.manager import IndexManager
from haechi.indexes.strategies.plain import PlainStrategy
from haechi.korean.morphology import MecabAnalyser
from haechi.models.base import Embedder
from haechi.models.scripted import ScriptedEmbedder
from haechi.registry import load
from haechi.retrievers.base import Retriever
from haechi.stores.base import Change, PreparedDocument, SourceRecord
from haechi.stores.sqlite import SQLiteStore
from haechi.types import Block, Chunk, Document, content_hash

ANALYSER = MecabAnalyser()


def articles(title: str, *rows: tuple[str, str, dict[str, Any]], source: str = "") -> PreparedDocument:
    """A document whose chunks are (label, text, meta)."""
    document = Document.make(source or f"{title}.md", title, tuple(Block(text) for _, text, _ in rows))
    chunks, start = [], 0
    for label, text, meta in rows:
        chunks.append(Chunk.make(document, start, start + len(text), unit="law_article", label=label, meta=meta))
        start += len(text) + 1
    return PreparedDocument(document, chunks, PlainStrategy().entries(document, chunks))


def passages(*texts: str, source: str = "rows.jsonl", **meta: Any) -> list[PreparedDocument]:
    """One untitled document a text, with external ids p0, p1, …"""
    made = []
    for number, text in enumerate(texts):
        document = Document.make(source, "", (Block(text),), {"external_id": f"p{number}", "fields": ["text"], **meta})
        chunk = Chunk.make(document, 0, len(text), unit="row", label=f"{number + 1}행")
        made.append(PreparedDocument(document, [chunk], PlainStrategy().entries(document, [chunk])))
    return made


class SmallHome:
    """Opens (or reopens) the home of a folder."""

    def __init__(self, folder: Path, embedder: Embedder | None = None, **config: Any) -> None:
        self.store = SQLiteStore(folder / "haechi.db")
        self.embedder = embedder or ScriptedEmbedder()
        self.config = RetrievalConfig(**config)
        self.indexes = IndexManager(
            self.store, folder / "indexes", ANALYSER, self.embedder.name, self.embedder.dimension, self.config
        )

    def write(self, prepared: Sequence[PreparedDocument], path: str = "/a") -> Change:
        texts = {content_hash(entry.text): entry.text for item in prepared for entry in item.entries}
        if texts:
            vectors = self.embedder.embed(list(texts.values()), "passage")
            self.store.put_vectors(self.embedder.name, list(texts), vectors)
        return self.store.write_source(SourceRecord(path=path, status="ok"), prepared)

    def retriever(self, name: str = "hybrid") -> Retriever:
        made: Retriever = load("retrievers", name)(self.store, self.indexes, self.embedder, ANALYSER, self.config)
        return made

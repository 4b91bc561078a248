"""Cuts a corpus as Haechi does and embeds it once, for every system. Vectors are kept between runs."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from haechi.chunkers.base import TokenBudget
from haechi.chunkers.row import RowChunker
from haechi.config import EmbedderConfig
from haechi.indexes.strategies.plain import PlainStrategy
from haechi.models.base import Embedder
from haechi.pipeline.build import make_embedder
from haechi.stores.base import PreparedDocument
from haechi.types import Block, Document, EmbedKind, content_hash

from .data import write_rows
from .sets import EvalSet, load_set

_BATCH = 64
_TIMED = 30


class VectorCache:
    """Vectors by text in one folder for each embedder, kept between runs."""

    def __init__(self, folder: Path, embedder: Embedder) -> None:
        self._embedder = embedder
        self._folder = folder / content_hash(embedder.name)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._known: dict[str, np.ndarray] = {}
        for path in sorted(self._folder.glob("*.npz")):
            with np.load(path) as part:
                self._known.update(zip(part["keys"].tolist(), part["vectors"], strict=True))

    def embed(self, texts: Sequence[str], kind: EmbedKind) -> np.ndarray:
        """Unit vectors in the order of `texts`; what is new is embedded and saved."""
        keys = [content_hash(kind, text) for text in texts]
        todo = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._known}
        items = list(todo.items())
        for start in range(0, len(items), 16 * _BATCH):
            part = items[start : start + 16 * _BATCH]
            made = [
                self._embedder.embed([text for _, text in part[first : first + _BATCH]], kind)
                for first in range(0, len(part), _BATCH)
            ]
            vectors = np.concatenate(made)
            names = [key for key, _ in part]
            np.savez(self._folder / f"{content_hash(*names)}.npz", keys=np.array(names), vectors=vectors)
            self._known.update(zip(names, vectors, strict=True))
            print(f"embedded {start + len(part)}/{len(items)} ({kind})", file=sys.stderr)
        return np.array([self._known[key] for key in keys], np.float32)


def documents(
    corpus: Sequence[dict[str, Any]], fields: Sequence[str], limit: int, count: Callable[[str], int]
) -> list[PreparedDocument]:
    """The corpus as Haechi stores rows: one document a row, cut where it is longer than the embedder reads."""
    budget = TokenBudget(limit, count)
    made = []
    for row in corpus:
        meta = {"external_id": row["id"], "fields": list(fields)}
        document = Document.make(row["id"], row["title"], (Block(row["text"]),), meta)
        chunks = RowChunker().split(document, budget)
        made.append(PreparedDocument(document, chunks, PlainStrategy().entries(document, chunks)))
    return made


def prepare(
    chosen: EvalSet, shared: Path, work: Path, *, limit: int = 0, threads: int = 1, model: str = ""
) -> tuple[Path, dict[str, Any]]:
    """The folder that every system reads, and what to say of the set: passages, questions, embedding time.

    `model` is an embedder of `haechi models list`; empty means the one of Haechi's defaults.
    """
    config = EmbedderConfig(threads=threads)
    config = replace(config, model=model or config.model)
    embedder = make_embedder(config)
    corpus, asked = load_set(chosen, shared, limit)
    folder = work / chosen.name
    folder.mkdir(parents=True, exist_ok=True)
    chunks = [
        {"document": item.document.meta["external_id"], "text": entry.text}
        for item in documents(corpus, chosen.fields, embedder.max_tokens, embedder.count_tokens)
        for entry in item.entries
    ]
    cache = VectorCache(work / "vectors", embedder)
    write_rows(folder / "corpus.jsonl", corpus)
    write_rows(folder / "chunks.jsonl", chunks)
    write_rows(folder / "questions.jsonl", asked)
    np.save(folder / "vectors.npy", cache.embed([chunk["text"] for chunk in chunks], "passage"))
    np.save(folder / "question_vectors.npy", cache.embed([row["question"] for row in asked], "query"))
    seconds = []
    for row in asked[:_TIMED]:
        started = time.perf_counter()
        embedder.embed([row["question"]], "query")
        seconds.append(time.perf_counter() - started)
    about = {
        "documents": len(corpus),
        "passages": len(chunks),
        "questions": len(asked),
        "fields": list(chosen.fields),
        "model": config.model,
        "embedder": embedder.name,
        "dimension": embedder.dimension,
        "max_tokens": embedder.max_tokens,
        "embedding_ms_p50": round(1000 * statistics.median(seconds), 1),
    }
    (folder / "about.json").write_text(json.dumps(about), encoding="utf-8")
    return folder, about

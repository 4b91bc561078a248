"""Retrieval on KorQuAD 1.0 dev as re-cut in the shared data: passages without titles, answerable questions.

    HAECHI_SHARED_DATA=../shared/data python benchmarks/korquad_retrieval.py [--set korquad1_dev] [--titles] [--limit N]

Dense, sparse and hybrid run on one store and one pair of indexes. `ms_beside_embedding` is the median time of a hybrid
query without the embedder's share. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from haechi.chunkers.base import TokenBudget
from haechi.chunkers.row import RowChunker
from haechi.config import EmbedderConfig, RetrievalConfig
from haechi.evaluation.retrieval_metrics import summary
from haechi.indexes.manager import IndexManager
from haechi.indexes.strategies.plain import PlainStrategy
from haechi.korean.morphology import MecabAnalyser
from haechi.models import bundled
from haechi.models.base import Vectors
from haechi.models.e5 import E5Embedder
from haechi.registry import load
from haechi.stores.base import PreparedDocument, SourceRecord
from haechi.stores.sqlite import SQLiteStore
from haechi.types import Block, Document, EmbedKind, content_hash

SHARED = Path(os.environ.get("HAECHI_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))


class TimedEmbedder:
    """Counts the seconds spent in the real embedder and remembers texts, so that three methods embed each once."""

    def __init__(self, inner: E5Embedder) -> None:
        self._inner = inner
        self._known: dict[tuple[str, str], Vectors] = {}
        self.name, self.dimension, self.max_tokens = inner.name, inner.dimension, inner.max_tokens

    def embed(self, texts: list[str], kind: EmbedKind) -> Vectors:
        if len(texts) > 1:
            return self._inner.embed(texts, kind)
        key = (texts[0], kind)
        if key not in self._known:
            self._known[key] = self._inner.embed(texts, kind)
        return self._known[key]

    def count_tokens(self, text: str, kind: EmbedKind = "passage") -> int:
        return self._inner.count_tokens(text, kind)


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def fill(store: SQLiteStore, embedder: TimedEmbedder, corpus: list[dict[str, Any]], fields: list[str]) -> None:
    budget = TokenBudget(embedder.max_tokens, embedder.count_tokens)
    prepared = []
    for row in corpus:
        meta = {"external_id": row["id"], "fields": fields}
        document = Document.make(row["id"], row["title"], (Block(row["text"]),), meta)
        chunks = RowChunker().split(document, budget)
        prepared.append(PreparedDocument(document, chunks, PlainStrategy().entries(document, chunks)))
    texts = [entry.text for item in prepared for entry in item.entries]
    hashes = [content_hash(text) for text in texts]
    missing = set(store.missing_vectors(embedder.name, hashes))
    todo = [(key, text) for key, text in zip(hashes, texts, strict=True) if key in missing]
    for start in range(0, len(todo), 64):
        part = todo[start : start + 64]
        store.put_vectors(
            embedder.name, [key for key, _ in part], embedder.embed([text for _, text in part], "passage")
        )
        print(f"embedded {start + len(part)}/{len(todo)}", file=sys.stderr)
    store.write_source(SourceRecord(path="corpus.jsonl", status="ok", options=",".join(fields)), prepared)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--set", default="korquad1_dev")
    parser.add_argument("--titles", action="store_true", help="index titles too (default: text only)")
    parser.add_argument("--limit", type=int, default=0, help="first N questions only")
    parser.add_argument("--work", type=Path, default=None, help="keep the store here and reuse its vectors")
    parser.add_argument("--embedder", type=Path, default=None, help="folder of the embedder (default: the installed)")
    parser.add_argument("--dense-weight", type=float, default=RetrievalConfig().dense_weight)
    options = parser.parse_args()
    corpus = rows(SHARED / options.set / "corpus.jsonl")
    questions = [
        row for row in rows(SHARED / options.set / "queries.jsonl") if row.get("answerable", True) and row["gold_ids"]
    ][: options.limit or None]
    config = RetrievalConfig(dense_weight=options.dense_weight)
    with tempfile.TemporaryDirectory() as temporary:
        work = options.work or Path(temporary)
        work.mkdir(parents=True, exist_ok=True)
        embedder = TimedEmbedder(E5Embedder(options.embedder or bundled.path(EmbedderConfig().model), threads=1))
        analyser = MecabAnalyser()
        store = SQLiteStore(work / "haechi.db")
        fill(store, embedder, corpus, ["title", "text"] if options.titles else ["text"])
        indexes = IndexManager(store, work / "indexes", analyser, embedder.name, embedder.dimension, config)
        result: dict[str, Any] = {"set": options.set, "passages": len(corpus), "dense_weight": options.dense_weight}
        for name in ("dense", "sparse", "hybrid"):
            retriever = load("retrievers", name)(store, indexes, embedder, analyser, config)
            ranked, seconds = [], []
            for row in questions:
                if name == "dense":
                    embedder.embed([row["question"]], "query")
                started = time.perf_counter()
                ranked.append([hit.external_id for hit in retriever.retrieve(row["question"], 10)])
                seconds.append(time.perf_counter() - started)
            result[name] = summary(ranked, [row["gold_ids"] for row in questions])
            result[name]["ms_beside_embedding"] = round(1000 * statistics.median(seconds), 2)
            print(name, {key: value for key, value in result[name].items() if key != "ci95"}, file=sys.stderr)
        store.close()
    print(json.dumps(result, ensure_ascii=False))


if __name__ == "__main__":
    main()

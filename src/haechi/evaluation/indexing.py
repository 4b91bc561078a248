"""What units and strategies cost and find on the same documents: the trade-off table.

Every pair is built anew from the texts in the home's store, in a throw-away home that is removed afterwards; the home
itself is only read. Parsing is left out, being the same for all. A gold place is a stretch of text, whatever the unit:
a hit is right when it and the gold passage share at least half of the shorter one. Larger units share more easily, so
`chars@2` says how much text the two first hits put before the model.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from haechi.chunkers.auto import choose_unit
from haechi.chunkers.base import TokenBudget
from haechi.config import Config
from haechi.errors import InputError
from haechi.evaluation.answer_metrics import golds_of, is_gold
from haechi.evaluation.retrieval_metrics import ci95, distinct, first_rank, hit_at, mean, reciprocal_rank
from haechi.pipeline.build import Home, open_throw_away
from haechi.pipeline.prepare import entries_of
from haechi.records import hit_record
from haechi.stores.base import PreparedDocument, SourceRecord
from haechi.types import Document, Hit, content_hash

Row = Mapping[str, Any]
#: A gold place: document id and offsets into its text.
Place = tuple[str, int, int]
#: (name of the pair, done, total) while it is built and asked.
Report = Callable[[str, int, int], None]
#: Distinct documents or places looked at for a question's rank.
DEPTH = 10
_EMBED_BATCH = 256


def compare_indexing(
    home: Home,
    questions: Sequence[Row],
    units: Sequence[str],
    strategies: Sequence[str],
    *,
    documents: int | None = None,
    work: Path | None = None,
    progress: Report | None = None,
) -> list[dict[str, Any]]:
    """One row a pair: vectors, index_mb, build_seconds, query_ms, recall@2, mrr … Raises InputError, ModelError.

    `documents` takes only the first so many and asks only the questions that they can answer.
    """
    texts = [found for item in home.store.documents()[:documents] if (found := home.store.document(item.id))]
    golds = Golds(home, texts)
    asked = [(row, places) for row in questions if (places := golds.places(row))]
    if not asked:
        raise InputError(
            "정답(gold_ids 또는 gold)이 이 홈의 문서에 있는 질문이 없습니다. 같은 문서를 먼저 넣었는지 확인하세요: "
            "haechi documents list",
            "no question has gold_ids or gold places in this home; see: haechi documents list",
        )
    rows = []
    for unit in units:
        for strategy in strategies:
            with _beside(home, unit, strategy, work) as other:
                rows.append(_measure(other, texts, asked, unit, strategy, progress))
    return rows


@contextmanager
def _beside(home: Home, unit: str, strategy: str, work: Path | None) -> Iterator[Home]:
    """A home of the same settings with another unit and strategy, in a folder that goes away again."""
    parent = work or home.config.home.parent
    try:
        folder = Path(tempfile.mkdtemp(prefix=".haechi-compare-", dir=parent))
    except OSError as error:
        raise InputError(
            f"'{parent}'에 임시 폴더를 만들 수 없습니다({error.strerror}). 쓸 수 있는 폴더를 --work로 지정하세요",
            f"cannot make a folder in '{parent}' ({error.strerror}); name one with --work",
        ) from error
    try:
        settings: Config = replace(
            home.config, home=folder, ingest=replace(home.config.ingest, unit=unit, strategy=strategy)
        )
        with open_throw_away(settings, home) as other:
            yield other
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _measure(
    home: Home,
    documents: Sequence[Document],
    asked: Sequence[tuple[Row, Sequence[Place]]],
    unit: str,
    strategy: str,
    progress: Report | None,
) -> dict[str, Any]:
    name = f"{unit}/{strategy}"
    home.embedder(), home.analyser()  # loading models is no cost of an index
    started = time.perf_counter()
    chunks, over = _build(home, documents, unit, strategy, lambda done, total: progress and progress(name, done, total))
    seconds = time.perf_counter() - started
    retriever = home.retriever()
    retriever.retrieve(str(asked[0][0]["question"]), DEPTH)
    times: list[float] = []
    ranks: list[int | None] = []
    sizes: list[int] = []
    for row, places in asked:
        begun = time.perf_counter()
        hits = retriever.retrieve(str(row["question"]), 3 * DEPTH)
        times.append(time.perf_counter() - begun)
        by_document = all("id" in gold for gold in golds_of(row))
        names = distinct([_name(hit, places, by_document) for hit in hits])[:DEPTH]
        ranks.append(first_rank(names, {f"gold {number}" for number in range(len(places))}))
        sizes.append(sum(len(hit.chunk.text) for hit in hits[:2]))
    recall = [hit_at(rank, 2) for rank in ranks]
    return {
        "unit": unit,
        "strategy": strategy,
        "documents": len(documents),
        "chunks": chunks,
        "over_limit": over,
        "vectors": home.store.entry_count(),
        "index_mb": round(_size(home.config.index_dir) / 1e6, 3),
        "build_seconds": round(seconds, 3),
        "query_ms": round(1000 * float(np.median(times)), 2),
        "n": len(asked),
        "recall@2": round(mean(recall), 4),
        "recall@2_ci95": [round(value, 4) for value in ci95(recall)],
        "mrr": round(mean([reciprocal_rank(rank) for rank in ranks]), 4),
        "chars@2": round(mean(sizes)),
    }


def _build(
    home: Home, documents: Sequence[Document], unit: str, strategy: str, tell: Callable[[int, int], Any]
) -> tuple[int, int]:
    """Chunk, key, embed and index; (chunks, units over the embedder's limit)."""
    store, embedder = home.store, home.embedder()
    budget = TokenBudget(embedder.max_tokens, embedder.count_tokens)
    keys = home.strategy(strategy)
    prepared = []
    for number, document in enumerate(documents, 1):
        chosen = choose_unit(document)[0] if unit == "auto" else unit
        chunks = home.chunker(chosen).split(document, budget)
        prepared.append(PreparedDocument(document, chunks, entries_of(keys, document, chunks)))
        tell(number, 2 * len(documents))
    texts = {content_hash(entry.text): entry.text for item in prepared for entry in item.entries}
    order = sorted(texts, key=lambda text_hash: -len(texts[text_hash]))
    for start in range(0, len(order), _EMBED_BATCH):
        batch = order[start : start + _EMBED_BATCH]
        store.put_vectors(embedder.name, batch, embedder.embed([texts[item] for item in batch], "passage"))
        tell(len(documents) + (start + len(batch)) * len(documents) // len(order), 2 * len(documents))
    with store.writer():
        home.note_change(store.write_source(SourceRecord(path="compare", status="ok", unit=unit), prepared))
        home.refresh_indexes()
    return sum(len(item.chunks) for item in prepared), budget.notes.over


class Golds:
    """Where a question's answers stand, as stretches of the documents' texts."""

    def __init__(self, home: Home, documents: Sequence[Document]) -> None:
        self._store = home.store
        self._records = {item.id: item for item in home.store.documents()}
        self._documents = {document.id: document for document in documents}
        self._units: dict[str, list[tuple[dict[str, Any], Place]]] = {}

    def places(self, row: Row) -> list[Place]:
        """The gold places of a question that lie in the documents at hand."""
        found: list[Place] = []
        for gold in golds_of(row):
            for document in self._documents.values():
                if "id" in gold:
                    if gold["id"] in (document.id, document.external_id):
                        found.append((document.id, 0, len(document.text)))
                else:
                    found += self._passages(document, gold)
        return found

    def _passages(self, document: Document, gold: Mapping[str, Any]) -> list[Place]:
        """The home's own chunks that are this place, joined where they touch."""
        if document.id not in self._units:
            self._units[document.id] = [
                (
                    hit_record(1, Hit(chunk, 0.0, "", document_title=document.title, document_source=document.source)),
                    (document.id, chunk.start, chunk.end),
                )
                for chunk in self._store.chunks(document.id)
            ]
        spans = sorted(place for record, place in self._units[document.id] if is_gold(record, gold))
        joined: list[Place] = []
        for name, start, end in spans:
            if joined and start <= joined[-1][2] + 2:
                joined[-1] = (name, joined[-1][1], max(end, joined[-1][2]))
            else:
                joined.append((name, start, end))
        return joined


def _name(hit: Hit, places: Sequence[Place], by_document: bool) -> str:
    """The gold place this hit is, else the document where whole documents are meant, else the chunk."""
    chunk = hit.chunk
    for number, (document, start, end) in enumerate(places):
        shared = min(end, chunk.end) - max(start, chunk.start)
        if chunk.document_id == document and 2 * shared >= min(end - start, chunk.end - chunk.start):
            return f"gold {number}"
    return chunk.document_id if by_document else chunk.id


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())

"""Passages that look like the answer and are not: mined from a home's own index.

The best hits of a question that are not its passage. One that is nearly as near to the question as the passage itself
may well answer it too: it is left out (`MAX_SHARE`), and so is one with the passage's own words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from haechi.training.data_formats import Row

if TYPE_CHECKING:
    from haechi.models.base import Embedder
    from haechi.pipeline.build import Home
    from haechi.types import Chunk, Hit

#: A passage whose nearness to the question is more than this share of the answer's own is taken for an answer too.
MAX_SHARE = 0.95
#: Hits that are looked through for each question.
DEPTH = 20


@dataclass(frozen=True)
class Mined:
    """`positive` is the passage that answers, `negatives` the nearest that do not."""

    question: str
    positive: str
    negatives: tuple[Hit, ...]
    gold_ids: tuple[str, ...] = ()

    def row(self) -> Row:
        """{question, gold_ids, positive, negatives, hard_ids}."""
        return {
            "question": self.question,
            "gold_ids": list(self.gold_ids),
            "positive": self.positive,
            "negatives": [hit.chunk.text for hit in self.negatives],
            "hard_ids": [hit.external_id for hit in self.negatives if hit.external_id],
        }


def others(hits: Iterable[Hit], golds: Sequence[Chunk]) -> Iterator[Hit]:
    """Hits that are none of the golds, and neither hold their words nor stand in them."""
    texts = [_plain(chunk.text) for chunk in golds]
    places = {(chunk.document_id, chunk.label) for chunk in golds if chunk.label}
    for hit in hits:
        text = _plain(hit.chunk.text)
        same = (hit.chunk.document_id, hit.chunk.label) in places
        if not same and not any(text in gold or gold in text for gold in texts):
            yield hit


def mine(
    home: Home,
    questions: Sequence[Row],
    count: int,
    *,
    report: Callable[[int, int], None] | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> tuple[list[Mined], dict[str, int]]:
    """At most `count` negatives of every question ({question, gold_ids} or {question, chunk}), and what was left out.

    `gold_ids` are external ids of the home's documents, `chunk` is the id of one of its chunks.
    """
    by_external = {record.external_id: record.id for record in home.store.documents() if record.external_id}
    embedder = home.embedder()
    made: list[Mined] = []
    left = {"no_gold": 0, "no_negative": 0, "too_near": 0}
    for number, row in enumerate(questions):
        if stop():
            break
        golds = _golds(home, row, by_external)
        if not golds:
            left["no_gold"] += 1
            continue
        found = list(others(home.retriever().retrieve(row["question"], DEPTH), golds))
        far = _far(embedder, row["question"], golds, found)
        left["too_near"] += len(found) - len(far)
        if far:
            ids = tuple(str(item) for item in row.get("gold_ids") or ())
            made.append(Mined(row["question"], golds[0].text, tuple(far[:count]), ids))
        else:
            left["no_negative"] += 1
        if report is not None:
            report(number + 1, len(questions))
    return made, left


def _golds(home: Home, row: Row, by_external: dict[str, str]) -> list[Chunk]:
    documents = [by_external[item] for item in row.get("gold_ids") or () if item in by_external]
    chunks = [chunk for document in documents for chunk in home.store.chunks(document)]
    if not chunks and row.get("chunk") and row.get("group"):
        chunks = [chunk for chunk in home.store.chunks(str(row["group"])) if chunk.id == row["chunk"]]
    return chunks


def _far(embedder: Embedder, question: str, golds: Sequence[Chunk], hits: Sequence[Hit]) -> list[Hit]:
    if not hits:
        return []
    asked = embedder.embed([question], "query")[0]
    texts = [chunk.text for chunk in golds] + [hit.chunk.text for hit in hits]
    near = (embedder.embed(texts, "passage") @ asked).tolist()
    limit = MAX_SHARE * max(near[: len(golds)])
    return [hit for hit, value in zip(hits, near[len(golds) :], strict=True) if value <= limit]


def _plain(text: str) -> str:
    return "".join(text.split())


def mined_rows(found: Iterable[Mined]) -> list[dict[str, Any]]:
    """Rows of what was mined."""
    return [item.row() for item in found]

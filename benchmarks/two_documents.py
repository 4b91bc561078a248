"""Questions that need two documents: are both in the prompt (k = 2), asked as one and asked by parts?

    HAECHI_SHARED_DATA=../shared/data python benchmarks/two_documents.py [--work FOLDER] [--ordinary N] [-k 2]

Our own questions (benchmarks/questions/two_documents.jsonl) over the statutes of the shared data and over
examples/documents; `asked_as_one` is the home's retriever with [query] split = false. Ordinary questions (KorQuAD 801
and on, all of AutoRAG-ko) show what cutting costs them: their recall must not fall. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from korquad_retrieval import SHARED, TimedEmbedder, fill, rows

from haechi.config import EmbedderConfig, QueryConfig, RetrievalConfig, load_config
from haechi.evaluation.answer_metrics import golds_of, is_gold
from haechi.indexes.manager import IndexManager
from haechi.korean.morphology import MecabAnalyser
from haechi.models import bundled
from haechi.models.base import LLM
from haechi.models.e5 import E5Embedder
from haechi.pipeline.build import init_home, open_home
from haechi.pipeline.ingest import ingest
from haechi.records import hit_record
from haechi.registry import load
from haechi.retrievers.question import QueryOptions, QuestionRetriever
from haechi.stores.sqlite import SQLiteStore

ROOT = Path(__file__).resolve().parents[1]
QUESTIONS = ROOT / "benchmarks" / "questions" / "two_documents.jsonl"
AS_ONE = QueryOptions(split=False)


def no_model() -> LLM:
    raise RuntimeError("no model is asked here")


def over(name: str, fields: list[str], work: Path, embedder: TimedEmbedder) -> QuestionRetriever:
    """The retriever over a corpus of the shared data, its store kept in `work`."""
    folder = work / name
    folder.mkdir(parents=True, exist_ok=True)
    store, analyser, config = SQLiteStore(folder / "haechi.db"), MecabAnalyser(), RetrievalConfig()
    if store.source("corpus.jsonl") is None:
        fill(store, embedder, rows(SHARED / name / "corpus.jsonl"), fields)
    indexes = IndexManager(store, folder / "indexes", analyser, embedder.name, embedder.dimension, config)
    inner = load("retrievers", config.retriever)(store, indexes, embedder, analyser, config)
    return QuestionRetriever(inner, store, analyser, config, QueryConfig(), no_model, lambda: embedder.name)


def both(retriever: QuestionRetriever, questions: Sequence[dict[str, Any]], k: int) -> dict[str, Any]:
    """Share of questions with both golds among the first k, asked as one and by parts."""
    counts = {"asked_as_one": 0, "by_parts": 0}
    for row in questions:
        for name, options in (("asked_as_one", AS_ONE), ("by_parts", None)):
            records = [
                hit_record(rank, hit)
                for rank, hit in enumerate(retriever.find(row["question"], k, None, options).hits, 1)
            ]
            found = [any(is_gold(record, gold) for record in records) for gold in golds_of(row)]
            counts[name] += all(found)
            if name == "by_parts" and not all(found):
                print(f"{row['id']} {row['question']}")
    return {"n": len(questions), **{name: round(count / len(questions), 4) for name, count in counts.items()}}


def ordinary(retriever: QuestionRetriever, name: str, chosen: slice, k: int) -> dict[str, Any]:
    """Recall@k of questions that are one, asked as one and by parts, and how many were cut."""
    questions = [
        row for row in rows(SHARED / name / "queries.jsonl") if row.get("answerable", True) and row["gold_ids"]
    ]
    counts = {"asked_as_one": 0, "by_parts": 0}
    cut = 0
    for row in questions[chosen]:
        wanted = set(row["gold_ids"])
        plain = retriever.find(row["question"], k, None, AS_ONE)
        found = retriever.find(row["question"], k)
        counts["asked_as_one"] += any(hit.external_id in wanted for hit in plain.hits)
        counts["by_parts"] += any(hit.external_id in wanted for hit in found.hits)
        cut += plain.queries != found.queries
    n = len(questions[chosen])
    return {"n": n, "cut": cut, **{way: round(count / n, 4) for way, count in counts.items()}}


def by_split(
    questions: Sequence[dict[str, Any]], measure: Callable[[list[dict[str, Any]]], dict[str, Any]]
) -> dict[str, Any]:
    return {split: measure([row for row in questions if row["split"] == split]) for split in ("development", "test")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=None, help="keep the stores here and reuse their vectors")
    parser.add_argument(
        "--ordinary", type=int, default=800, help="so many KorQuAD questions from the 801st on; 0: none"
    )
    parser.add_argument("-k", type=int, default=2)
    options = parser.parse_args()
    questions = rows(QUESTIONS)
    result: dict[str, Any] = {"k": options.k}
    with tempfile.TemporaryDirectory() as temporary:
        work = options.work or Path(temporary)
        embedder = TimedEmbedder(E5Embedder(bundled.path(EmbedderConfig().model), threads=1))
        statutes = over("statutes", ["title", "text"], work, embedder)
        chosen = [row for row in questions if row["corpus"] == "statutes"]
        result["statutes"] = by_split(chosen, lambda part: both(statutes, part, options.k))
        with open_home(load_config(init_home(Path(temporary) / "home"))) as home:
            ingest(home, [str(ROOT / "examples" / "documents")])
            chosen = [row for row in questions if row["corpus"] == "examples"]
            result["examples"] = by_split(chosen, lambda part: both(home.retriever(), part, options.k))
        if options.ordinary:
            korquad = over("korquad1_dev", ["text"], work, embedder)
            result["korquad1_dev"] = ordinary(korquad, "korquad1_dev", slice(800, 800 + options.ordinary), options.k)
            pages = over("autorag_ko", ["title", "text"], work, embedder)
            result["autorag_ko"] = ordinary(pages, "autorag_ko", slice(None), options.k)
    print(json.dumps(result, ensure_ascii=False))


if __name__ == "__main__":
    main()

"""Analysers side by side, BM25 alone: recall@2 and MRR with and without spacing errors, speed, start-up, memory.

    HAECHI_SHARED_DATA=../shared/data python benchmarks/analysers.py [--sets korquad1_dev,nts_rulings] [--limit N]

Each analyser runs in a process of its own. `removed` takes away four spaces in ten of every question, `none` all of
them, `added` puts one behind every seventh syllable inside a word, by a hash of the question, so that every run sees
the same. nts_rulings and korquad1_dev are indexed by text, the others with titles. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from haechi.evaluation.retrieval_metrics import summary
from haechi.indexes.full_text import TantivyIndex
from haechi.registry import load
from haechi.retrievers.terms import question_terms

SHARED = Path(os.environ.get("HAECHI_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
#: set → (how many questions from the first, whether titles are indexed)
SETS = {
    "korquad1_dev": (800, False),
    "nts_rulings": (400, False),
    "easylaw_qa": (0, True),
    "fire_safety_qna": (0, True),
    "autorag_ko": (0, False),
}
ANALYSERS = ("whitespace", "mecab", "kiwi")


class Whitespace:
    """What most frameworks ship: words between spaces, in lower case."""

    name = fingerprint = "whitespace"

    def tokens(self, text: str) -> list[str]:
        return text.lower().split()

    def query_tokens(self, question: str) -> dict[str, float]:
        return dict.fromkeys(self.tokens(question), 1.0)


def _random(question: str) -> random.Random:
    return random.Random(question)


def removed(question: str) -> str:
    rng = _random(question)
    return "".join(character for character in question if character != " " or rng.random() > 0.4)


def added(question: str) -> str:
    rng, written = _random(question), []
    for one, following in zip(question, question[1:] + " ", strict=True):
        written.append(one)
        if "가" <= one <= "힣" and "가" <= following <= "힣" and rng.random() < 1 / 7:
            written.append(" ")
    return "".join(written)


ERRORS: dict[str, Callable[[str], str]] = {
    "as written": lambda question: question,
    "removed": removed,
    "none": lambda question: question.replace(" ", ""),
    "added": added,
}


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def measure(name: str, sets: list[str], limit: int) -> dict[str, Any]:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    analyser = Whitespace() if name == "whitespace" else load("analysers", name)()
    analyser.tokens("첫 글을 읽는다")
    start_up = time.perf_counter() - started
    loaded = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result: dict[str, Any] = {
        "analyser": name,
        "fingerprint": analyser.fingerprint,
        "start_up_seconds": round(start_up, 2),
        "memory_mb": round((loaded - before) / 1024, 1),
    }
    for one in sets:
        result[one] = _measure_set(analyser, one, limit)
        print(name, one, json.dumps(result[one], ensure_ascii=False), file=sys.stderr)
    return result


def _measure_set(analyser: Any, name: str, limit: int) -> dict[str, Any]:
    first, titles = SETS[name]
    corpus = rows(SHARED / name / "corpus.jsonl")
    asked = [row for row in rows(SHARED / name / "queries.jsonl") if row.get("answerable", True) and row["gold_ids"]][
        : limit or first or None
    ]
    texts = [f"{row['title']}\n{row['text']}" if titles else row["text"] for row in corpus]
    started = time.process_time()
    tokens = [analyser.tokens(text) for text in texts]
    seconds = time.process_time() - started
    index = TantivyIndex()
    index.add(range(1, len(texts) + 1), tokens)
    result: dict[str, Any] = {
        "documents": len(texts),
        "questions": len(asked),
        "chars_per_second": round(sum(map(len, texts)) / seconds),
        "tokens_per_kb": round(sum(map(len, tokens)) / sum(len(text.encode()) for text in texts) * 1024, 1),
    }
    for kind, spoil in ERRORS.items():
        ranked = []
        started = time.process_time()
        for row in asked:
            terms = question_terms(analyser, spoil(row["question"]))
            ranked.append([corpus[entry - 1]["id"] for entry in index.search(terms.boosted, 10)[1].tolist()])
        spent = time.process_time() - started
        figures = summary(ranked, [row["gold_ids"] for row in asked])
        result[kind] = {
            "recall@2": round(figures["recall@2"], 4),
            "mrr": round(figures["mrr"], 4),
            "ms_per_question": round(1000 * spent / len(asked), 2),
        }
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--analysers", default=",".join(ANALYSERS))
    parser.add_argument("--limit", type=int, default=0, help="first N questions of each set")
    parser.add_argument("--one", help="measure only this one, in this process")
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(options.one, options.sets.split(","), options.limit), ensure_ascii=False))
        return
    results = []
    for name in options.analysers.split(","):
        command = [sys.executable, __file__, "--one", name, "--sets", options.sets, "--limit", str(options.limit)]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
        results.append(json.loads(done.stdout.splitlines()[-1]))
    print(json.dumps(results, ensure_ascii=False))


if __name__ == "__main__":
    main()

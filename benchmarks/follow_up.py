"""Follow-up questions: does the passage that answers reach the prompt, with rewriting and without?

    python benchmarks/follow_up.py [--mode rule|auto] [--split test] [--home FOLDER] [-k 2]

Our own dialogues (benchmarks/questions/follow_up.jsonl) over examples/documents. Three ways to search: the bare
follow-up, the topic of the turn before put in front (what many systems do), and our rewriting. `--mode auto` asks the
home's LLM where no rule is sure. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from haechi.config import load_config
from haechi.evaluation.answer_metrics import golds_of, is_gold
from haechi.korean.follow_up import topic_of
from haechi.models.base import LLM
from haechi.pipeline.build import Home, init_home, open_home
from haechi.pipeline.history import Turn
from haechi.pipeline.ingest import ingest
from haechi.pipeline.rewrite import stand_alone
from haechi.records import hit_record

ROOT = Path(__file__).resolve().parents[1]
QUESTIONS = ROOT / "benchmarks" / "questions" / "follow_up.jsonl"


def found(home: Home, question: str, row: dict[str, Any], k: int) -> bool:
    records = [hit_record(rank, hit) for rank, hit in enumerate(home.retriever().retrieve(question, k), 1)]
    return any(is_gold(record, gold) for gold in golds_of(row) for record in records)


def measure(home: Home, rows: Sequence[dict[str, Any]], mode: str, k: int) -> dict[str, Any]:
    counts = {"bare": 0, "topic_in_front": 0, "rewritten": 0}
    ways: Counter[str] = Counter()
    seconds = 0.0
    calls = 0

    def llm() -> LLM:
        return home.llm()

    for row in rows:
        history = [Turn(turn["question"], turn["answer"]) for turn in row["history"]]
        started = time.perf_counter()
        made = stand_alone(row["question"], history, home.analyser(), llm, mode)
        seconds += time.perf_counter() - started
        calls += made.spent.calls
        ways[made.how] += 1
        front = f"{topic_of(history[-1].question, home.analyser())} {row['question']}"
        hit = found(home, made.text, row, k)
        counts["bare"] += found(home, row["question"], row, k)
        counts["topic_in_front"] += found(home, front, row, k)
        counts["rewritten"] += hit
        print(f"{row['id']} {'o' if hit else 'x'} {made.how:5} {row['question']} → {made.text} {made.note}")
    shares = {name: round(count / len(rows), 4) for name, count in counts.items()}
    return {"n": len(rows), **shares, "ways": dict(ways), "llm_calls": calls, "seconds": round(seconds, 2)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mode", choices=("rule", "auto"), default="rule")
    parser.add_argument("--split", choices=("development", "test"), default=None)
    parser.add_argument("--home", type=Path, default=None, help="a home that already holds examples/documents")
    parser.add_argument("-k", type=int, default=2)
    options = parser.parse_args()
    rows = [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.home or init_home(Path(temporary) / "home")
        with open_home(load_config(folder)) as home:
            if options.home is None:
                ingest(home, [str(ROOT / "examples" / "documents")])
            result: dict[str, Any] = {"mode": options.mode, "k": options.k}
            for split in [options.split] if options.split else ["development", "test"]:
                chosen = [row for row in rows if row["split"] == split]
                result[split] = measure(home, chosen, options.mode, options.k)
    print(json.dumps(result, ensure_ascii=False))


if __name__ == "__main__":
    main()

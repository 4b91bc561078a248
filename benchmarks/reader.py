"""How well a model reads given passages: Haechi's own questions, no retrieval, no lock, no correction.

    python benchmarks/reader.py --model qwen2.5-coder-0.5b-instruct-q4 --work reader
    python benchmarks/reader.py --model qwen2.5-coder-0.5b-instruct-q4 --adapter X.gguf --no-examples --work reader

Rows are the test split of datasets/grounded_qa (`--limit N` takes every so manieth). `values` is the share of answers
with all values of the reference, `cited` that cite exactly the gold passages, `f1` the mean character F1. Every reply
is kept in the work folder, so that an interrupted run resumes. JSON last.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from _kept_llm import KeptLLM

from haechi.cli.progress import step_bar
from haechi.evaluation.answer_metrics import char_f1, fabricated
from haechi.evaluation.retrieval_metrics import ci95
from haechi.korean.values import parse_values
from haechi.models.bundled import path
from haechi.models.llama_cpp import LlamaCppLLM
from haechi.pipeline.prompt import build_messages
from haechi.pipeline.shape import says_unknown
from haechi.training.grounded_rows import hits_of
from haechi.training.questions import read_rows
from haechi.types import GenerateOptions

TEST = Path(__file__).parent.parent / "datasets" / "grounded_qa" / "test.jsonl"
Row = dict[str, Any]


def question_of(row: Row) -> str:
    """A follow-up is asked as the question it stands for."""
    return str(row.get("standalone") or row["question"])


def judge(row: Row, answer: str) -> Row:
    """One question's figures; None where a measure does not apply."""
    refused = says_unknown(answer)
    texts = [" ".join(str(one.get(key) or "") for key in ("title", "label", "head", "text")) for one in row["passages"]]
    told: Row = {"kind": row["kind"], "refused": refused, "values": None, "cited": None, "f1": None, "short": None}
    told["fabricated"] = not refused and bool(fabricated(answer, [*texts, question_of(row)]))
    if not row["gold"]:
        return told
    wanted = {(one.kind, one.normalised) for one in parse_values(row["answer"])}
    found = {(one.kind, one.normalised) for one in parse_values(answer)}
    told["values"] = wanted <= found if wanted else None
    told["f1"] = char_f1(answer, [row["answer"]])
    marks = {int(one) for one in _marks(answer)}
    told["cited"] = marks == set(row["gold"])
    told["short"] = len("".join(answer.split())) <= 120
    return told


def _marks(answer: str) -> list[str]:
    import re

    return re.findall(r"\[(\d+)\]", answer)


def summary(told: list[Row]) -> Row:
    """Shares with 95 % intervals."""
    asked = [one for one in told if one["cited"] is not None]
    absent = [one for one in told if one["cited"] is None]
    shares: Row = {"n": len(told), "answerable": len(asked), "unanswerable": len(absent)}
    shares["f1"] = round(sum(one["f1"] for one in asked) / max(len(asked), 1), 4)
    for name in ("values", "cited", "short"):
        shares[name] = _share([one[name] for one in asked if one[name] is not None])
    shares["over_refusal"] = _share([one["refused"] for one in asked])
    shares["refusal_recall"] = _share([one["refused"] for one in absent])
    shares["fabricated"] = _share([one["fabricated"] for one in told])
    return shares


def _share(found: list[bool]) -> list[float] | None:
    if not found:
        return None
    low, high = ci95([float(one) for one in found])
    return [round(sum(found) / len(found), 4), round(low, 3), round(high, 3)]


def main() -> None:
    """Ask, judge, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--adapter", type=Path)
    parser.add_argument("--no-examples", action="store_true", help="without the worked examples in the prompt")
    parser.add_argument("--rows", type=Path, default=TEST)
    parser.add_argument("--limit", type=int, default=0)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--work", type=Path, required=True)
    given = parser.parse_args()
    rows = read_rows(given.rows)
    if given.limit and given.limit < len(rows):
        rows = [rows[place * len(rows) // given.limit] for place in range(given.limit)]
    given.work.mkdir(parents=True, exist_ok=True)
    name = given.model + (f"+{given.adapter.stem}" if given.adapter else "")
    inner = LlamaCppLLM(path(given.model), name=name, threads=given.threads, adapter=given.adapter)
    llm = KeptLLM(inner, given.work / "replies.jsonl")
    told: list[Row] = []
    seconds: list[float] = []
    with step_bar("read") as progress, (given.work / f"{name}.jsonl").open("w", encoding="utf-8") as out:
        for number, row in enumerate(rows, 1):
            messages = build_messages(
                question_of(row),
                hits_of(row),
                max_chars=100,
                examples=not given.no_examples,
            )
            began, asked = time.monotonic(), llm.asked
            answer = llm.generate(messages, GenerateOptions(max_tokens=120, temperature=0.0)).text.strip()
            if llm.asked > asked:
                seconds.append(time.monotonic() - began)
            told.append(judge(row, answer))
            out.write(json.dumps({"id": row["id"], "answer": answer, **told[-1]}, ensure_ascii=False) + "\n")
            if progress:
                progress(number, len(rows))
    inner.close()
    result = {"model": name, "examples": not given.no_examples, **summary(told)}
    result["seconds_p50"] = round(sorted(seconds)[len(seconds) // 2], 2) if seconds else None
    print(json.dumps(result, ensure_ascii=False))


if __name__ == "__main__":
    main()

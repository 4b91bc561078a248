"""The FAQ gate on any FAQ file: paraphrases caught, false hits by kind, time a question, and two plain baselines.

Paraphrases and near misses come from the rules of `_questions.py`, which share no code with the gate. More kinds of
questions must not be answered: those of other FAQ files (--others), and each question once its own pair is hidden. The
limits are the defaults of the gate; nothing is chosen on these files. The baselines get what they could not have: their
threshold is the best one for this very file at the same budget of false hits.

    python benchmarks/faq_gate.py examples/faq.csv --others shared/faq_wiblebiz/faq.jsonl

A file is CSV or XLSX as for `haechi faq import`, or JSONL with id, question and answer. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Sequence
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
from _questions import near_misses, paraphrases

from haechi.korean.morphology import MecabAnalyser
from haechi.models import bundled
from haechi.models.base import Embedder, Vectors
from haechi.models.e5 import E5Embedder
from haechi.pipeline.faq_matcher import Asked, Match, Matcher
from haechi.pipeline.faq_table import read_faq

BUDGET = 0.01


class Meaning:
    """Vectors of the wordings; counts how often the gate had to ask the model about a question."""

    def __init__(self, embedder: Embedder, texts: Sequence[str]) -> None:
        self.embedder = embedder
        self.vectors = embedder.embed(texts, "query")
        self.asked = 0

    def question(self, text: str) -> Vectors:
        self.asked += 1
        vector: Vectors = self.embedder.embed([text], "query")[0]
        return vector

    def wordings(self) -> Vectors:
        return self.vectors


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--others", type=Path, nargs="*", default=[], help="FAQ files whose questions are unrelated")
    parser.add_argument("--sample", type=int, default=150, help="pairs whose questions are changed and asked")
    parser.add_argument("--no-model", action="store_true", help="words and letters alone; no baseline by cosine")
    parser.add_argument("--show", action="store_true", help="print every miss and every false hit")
    options = parser.parse_args()

    wordings = read(options.file)
    others = [item.text for file in options.others for item in read(file)]
    chosen = wordings[:: max(1, len(wordings) // options.sample)][: options.sample]
    wanted, unwanted = questions(wordings, chosen, others)

    analyser = MecabAnalyser()
    meaning = None
    if not options.no_model:
        embedder = E5Embedder(bundled.path("multilingual-e5-small"), threads=1)
        meaning = Meaning(embedder, [item.text for item in wordings])
    matcher = Matcher(wordings, lambda: analyser, meaning)
    matcher.match("준비 질문")
    result: dict[str, Any] = {
        "file": options.file.name,
        "wordings": len(wordings),
        "threshold": matcher.limits.threshold,
        "margin": matcher.limits.margin,
        "gate": run(matcher, wanted, unwanted, options.show),
    }
    if meaning is not None:
        result["gate"]["model_asked"] = meaning.asked
        result["cosine_alone"] = cosine_alone(meaning, wordings, wanted, unwanted)
    result["exact_match"] = exact_match(wordings, wanted, unwanted)
    print_table(result)
    print(json.dumps(result, ensure_ascii=False))


def read(file: Path) -> list[Asked]:
    """All wordings of a file."""
    if file.suffix != ".jsonl":
        return [Asked(pair.id, text) for _, pair in read_faq(file)[0] for text in (pair.question, *pair.variants)]
    with file.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    # A question that stands twice belongs to its first pair.
    first = {" ".join(row["question"].split()): str(row["id"]) for row in reversed(rows)}
    return [Asked(identity, text) for text, identity in reversed(first.items())]


Wanted = list[tuple[str, str, str]]  # kind, question, id of the pair that should answer
Unwanted = list[tuple[str, str, str]]  # kind, question, id of the pair that is hidden while it is asked, or ""


def questions(wordings: Sequence[Asked], chosen: Sequence[Asked], others: Sequence[str]) -> tuple[Wanted, Unwanted]:
    texts = [item.text for item in wordings]
    own = {text.strip() for text in texts}
    wanted = [
        (kind, text, item.faq_id)
        for item in chosen
        for kind, text in paraphrases(item.text).items()
        if text.strip() not in own
    ]
    unwanted = [
        (kind, text, "")
        for item in chosen
        for kind, text in near_misses(item.text, [other for other in texts if other != item.text]).items()
        if text.strip() not in own
    ]
    unwanted += [("left_out", item.text, item.faq_id) for item in chosen]
    unwanted += [("unrelated", text, "") for text in others]
    return wanted, unwanted


def run(matcher: Matcher, wanted: Wanted, unwanted: Unwanted, show: bool) -> dict[str, Any]:
    seconds: list[float] = []

    def ask(question: str, hidden: str = "") -> Match:
        places = matcher.places_of(hidden) if hidden else frozenset()
        started = time.perf_counter()
        found = matcher.match(question, places)
        seconds.append(time.perf_counter() - started)
        return found

    caught: dict[str, list[bool]] = {}
    wrong = 0
    for kind, question, identity in wanted:
        found = ask(question)
        right = found.matched and found.faq_id == identity
        wrong += found.matched and not right
        caught.setdefault(kind, []).append(right)
        if show and not right:
            print(f"MISS {kind}: {question} | {found.nearest} {found.score} {found.reason}")
    false: dict[str, list[bool]] = {}
    for kind, question, hidden in unwanted:
        found = ask(question, hidden)
        false.setdefault(kind, []).append(found.matched)
        if show and found.matched:
            print(f"FALSE {kind}: {question} | {found.wording} {found.score} {found.how}")
    return {
        "caught": shares(caught),
        "false_hits": shares(false),
        "wrong_pair": wrong,
        "p50_ms": round(1000 * statistics.median(seconds), 2),
        "p95_ms": round(1000 * statistics.quantiles(seconds, n=20)[-1], 2),
    }


def cosine_alone(meaning: Meaning, wordings: Sequence[Asked], wanted: Wanted, unwanted: Unwanted) -> dict[str, Any]:
    """The pair with the nearest wording, from the threshold on at which this file's budget holds."""
    owners = np.array([item.faq_id for item in wordings])

    def nearest(question: str, hidden: str) -> tuple[float, str]:
        scores = meaning.vectors @ meaning.embedder.embed([question], "query")[0]
        scores[owners == hidden] = -1.0
        place = int(scores.argmax())
        return float(scores[place]), str(owners[place])

    strangers = sorted((nearest(question, hidden)[0] for _, question, hidden in unwanted), reverse=True)
    threshold = strangers[int(BUDGET * len(strangers))] + 1e-6
    caught: dict[str, list[bool]] = {}
    for kind, question, identity in wanted:
        score, found = nearest(question, "")
        caught.setdefault(kind, []).append(score >= threshold and found == identity)
    return {"threshold": round(threshold, 4), "false_hit_budget": BUDGET, "caught": shares(caught)}


def exact_match(wordings: Sequence[Asked], wanted: Wanted, unwanted: Unwanted) -> dict[str, Any]:
    def bare(text: str) -> str:
        return "".join(character for character in text.lower() if character.isalnum())

    known = {bare(item.text): item.faq_id for item in wordings}
    caught: dict[str, list[bool]] = {}
    for kind, question, identity in wanted:
        caught.setdefault(kind, []).append(known.get(bare(question)) == identity)
    false: dict[str, list[bool]] = {}
    for kind, question, hidden in unwanted:
        false.setdefault(kind, []).append(known.get(bare(question), hidden) != hidden)
    return {"caught": shares(caught), "false_hits": shares(false)}


def shares(found: dict[str, list[bool]]) -> dict[str, dict[str, Any]]:
    """Kind → n, share and its 95 % interval (Wilson); `all` over every question."""
    rows = {**found, "all": [item for items in found.values() for item in items]}
    return {kind: share(items) for kind, items in rows.items()}


def share(items: Sequence[bool]) -> dict[str, Any]:
    n, z = len(items), 1.96
    if not n:
        return {"n": 0, "share": None, "interval": None}
    p = sum(items) / n
    middle, half = p + z * z / (2 * n), z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    low, high = (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)
    return {"n": n, "share": round(p, 4), "interval": [round(max(0.0, low), 4), round(min(1.0, high), 4)]}


def print_table(result: dict[str, Any]) -> None:
    print(f"{result['file']}: {result['wordings']} wordings, threshold {result['threshold']}")
    for title, rows in (("caught", result["gate"]["caught"]), ("false hits", result["gate"]["false_hits"])):
        print(f"\n{title:18} {'n':>5} {'share':>7}  95 %")
        for kind, row in rows.items():
            print(f"{kind:18} {row['n']:5} {row['share']:7.3f}  {row['interval']}")
    gate = result["gate"]
    print(f"\nwrong pair {gate['wrong_pair']}, p50 {gate['p50_ms']} ms, p95 {gate['p95_ms']} ms")
    for name in ("cosine_alone", "exact_match"):
        if name in result:
            print(f"{name}: caught {result[name]['caught']['all']['share']}")


if __name__ == "__main__":
    main()

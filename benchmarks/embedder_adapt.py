"""recall@2 on held-out questions of one's own documents, before and after `haechi train embedder`.

The questions of a set are split in two by the documents that answer them: every document, with all of its questions,
is on one side, and a question with documents on both sides is left out. One half trains, with fixed settings and no
look at the other; the other half is reported. The search is over all passages of the (sub)set, dense only.
The last line is JSON with 95 % intervals over questions; `gain` is after minus before, question by question.
Run: python benchmarks/embedder_adapt.py --set fire_safety_qna --out OUT
"""

from __future__ import annotations

import argparse
import json
import os
import random
import time
from pathlib import Path
from typing import Any

import numpy as np

from haechi.evaluation.retrieval_metrics import ci95
from haechi.models.e5_weights import find_weight_file, read_weights
from haechi.models.shipped import shipped_adapter
from haechi.training.embedder import Settings, _Ids, train_embedder
from haechi.training.questions import Question, prepare
from haechi.training.search import ranks_of

SHARED = Path(os.environ.get("HAECHI_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--set", default="fire_safety_qna", help="a folder with corpus.jsonl and queries.jsonl")
    parser.add_argument("--out", type=Path, required=True, help="where the files and the run go; must not exist")
    parser.add_argument("--max-questions", type=int, default=100_000, help="drawn by the seed, before the split")
    parser.add_argument("--max-passages", type=int, default=100_000, help="all golds, then others drawn by the seed")
    parser.add_argument("--titles", action="store_true", help="index titles too (a ruling's title is its question)")
    parser.add_argument("--base", choices=("haechi-e5-small", "multilingual-e5-small"), default="haechi-e5-small")
    parser.add_argument("--unadapted", action="store_true", help="also measure multilingual-e5-small as it comes")
    parser.add_argument("--epochs", type=float, default=3.0)
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--tokens", type=int, default=160)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--swap", action="store_true", help="train on the reported half and report the other")
    options = parser.parse_args()

    import torch

    torch.set_num_threads(1)
    began = time.process_time()
    folder, dice = SHARED / options.set, random.Random(options.seed)
    questions = rows(folder / "queries.jsonl")
    dice.shuffle(questions)
    questions = questions[: options.max_questions]
    golds = {gold for row in questions for gold in row["gold_ids"]}
    corpus = rows(folder / "corpus.jsonl")
    others = [row["id"] for row in corpus if row["id"] not in golds]
    dice.shuffle(others)
    kept = golds | set(others[: max(0, options.max_passages - len(golds))])
    passages = {
        row["id"]: f"{row['title']}\n{row['text']}" if options.titles else row["text"]
        for row in corpus
        if row["id"] in kept
    }
    train, reported = halves(questions, dice)
    if options.swap:
        train, reported = reported, train
    options.out.mkdir(parents=True)
    files = [write(options.out / f"{name}.jsonl", part) for name, part in (("train", train), ("reported", reported))]
    data = prepare({flat(key): text for key, text in passages.items()}, files[:1], files[1:], seed=options.seed)
    settings = Settings(
        epochs=options.epochs,
        layers=options.layers,
        batch=options.batch,
        seed=options.seed,
        passage_tokens=options.tokens,
    )
    start = shipped_adapter("haechi-e5-small") if options.base == "haechi-e5-small" else None
    card = train_embedder(data, options.out / "run", settings, start=start, report=tell)
    held = list(data.dev)
    ranks = dict(card["dev_ranks"])
    if options.unadapted:
        ranks["unadapted"] = unadapted(settings, data.passages, held)
    result: dict[str, Any] = {
        "set": options.set,
        "base": options.base,
        "swapped": options.swap,
        "passages": len(data.passages),
        "passages_of_the_set": len(corpus),
        "train_questions": len(data.train),
        "reported_questions": len(held),
        "settings": card["settings"],
        "steps": card["steps"],
        **{name: figures(found) for name, found in ranks.items()},
        "gain": gain(ranks["before"], ranks["after"]),
        "cpu_seconds": round(time.process_time() - began),
    }
    print(json.dumps(result, ensure_ascii=False))


def rows(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as stream:
        return [json.loads(line) for line in stream]


def flat(key: str) -> str:
    """A document is what one row of the corpus holds, not the whole statute before the '/'."""
    return key.replace("/", "|")


def write(path: Path, questions: list[dict[str, Any]]) -> Path:
    made = [{"question": row["question"], "gold_ids": [flat(gold) for gold in row["gold_ids"]]} for row in questions]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in made), encoding="utf-8")
    return path


def halves(questions: list[dict[str, Any]], dice: random.Random) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Questions whose documents all stand in one half of the documents, and those of the other half."""
    documents = sorted({gold for row in questions for gold in row["gold_ids"]})
    dice.shuffle(documents)
    first = set(documents[: len(documents) // 2])
    train = [row for row in questions if first.issuperset(row["gold_ids"])]
    return train, [row for row in questions if first.isdisjoint(row["gold_ids"])]


def unadapted(settings: Settings, passages: tuple[str, ...], questions: list[Question]) -> list[int]:
    """Ranks of multilingual-e5-small as it comes."""
    from haechi.training.lora import TorchE5

    weights = read_weights(find_weight_file())
    model, ids = TorchE5(weights, layers=1, rank=1, seed=0), _Ids(weights, settings)
    read = model.vectors(model.lower([ids.of(text, "passage") for text in passages]))
    asked = model.vectors(model.lower([ids.of(question.text, "query") for question in questions]))
    return ranks_of(asked, read, questions)


def figures(ranks: list[int]) -> dict[str, Any]:
    """recall@1, @2, @10 and MRR, each with its interval."""
    values = {f"recall@{k}": [float(rank <= k) for rank in ranks] for k in (1, 2, 10)}
    values["mrr"] = [1 / rank for rank in ranks]
    return {name: with_interval(value) for name, value in values.items()}


def gain(before: list[int], after: list[int]) -> dict[str, Any]:
    """The difference of recall@2 of the same questions, and how many were won and lost."""
    first, second = ([float(rank <= 2) for rank in ranks] for ranks in (before, after))
    differences = [new - old for old, new in zip(first, second, strict=True)]
    won, lost = (sum(value == wanted for value in differences) for wanted in (1.0, -1.0))
    return {"recall@2": with_interval(differences), "won": won, "lost": lost}


def with_interval(values: list[float]) -> list[float]:
    low, high = ci95(values)
    return [round(float(np.mean(values)), 4), round(low, 4), round(high, 4)]


def tell(stage: str, done: int, total: int, loss: float | None, left: float | None) -> None:
    if stage != "train" or done % 5 == 0:
        print(f"{stage} {done}/{total}" + (f" loss {loss:.3f}, {left:.0f} s left" if loss and left else ""), flush=True)


if __name__ == "__main__":
    main()

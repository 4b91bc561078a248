"""Full training beside LoRA and QLoRA, and DPO, on the small GPT of `rlhf.py`, three seeds. Minutes on a processor.

    python benchmarks/tuning.py --seeds 3

The GPT learns the first half of our set's answers (SFT, all weights, once). For every seed the three methods go on with
the second half for the same steps, and are measured on held-out questions: loss, share of right tokens, share of the
weights that learn. DPO learns to prefer a written answer to a damaged one, its reference being the model with the
adapter off, no reward model; accuracy and margin are of held-out pairs of the same damages, and of pairs whose wrong
answer an author of the set wrote. What a model this small can learn is form. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from rlhf import DATA, SEEN, make_base, pairs, rows_of

from haechi.training.train_settings import settings_for

METHODS = {"full": 1e-3, "lora": 5e-3, "qlora": 5e-3}
KEPT = ("loss", "token_accuracy")


def main() -> None:
    """Train, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=1200)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--held-out", type=int, default=64)
    given = parser.parse_args()
    train, test = rows_of(DATA, "train_*.jsonl"), rows_of(DATA, "test.jsonl")
    random.Random(1).shuffle(train)
    random.Random(1).shuffle(test)
    with tempfile.TemporaryDirectory() as folder:
        result = run(train[: given.rows], test[: given.held_out], Path(folder), given)
    print(json.dumps(result, ensure_ascii=False))


def run(
    train: list[dict[str, Any]], test: list[dict[str, Any]], out: Path, given: argparse.Namespace
) -> dict[str, Any]:
    """Figures of every method and seed."""
    from haechi.training.dpo import train_dpo
    from haechi.training.sft import train_sft

    base = make_base(out / "base", train, hidden=128, layers=3, words=2000)
    common = {"dtype": "float32", "max_tokens": 160, "accumulate": 1, "threads": 1, "save_every": 10_000}
    taught = [{"prompt": row["prompt"], "completion": row["answer"]} for row in train]
    tried = [{"prompt": row["prompt"], "completion": row["answer"]} for row in test]
    half = len(taught) // 2
    chosen = {"base": str(base), "method": "full", "lr": 3e-3, "batch": 24, "max_steps": 100}
    first = train_sft(taught[:half], tried, out / "sft", settings_for("sft", {**common, **chosen}))
    model = str(out / "sft" / "model")
    result: dict[str, Any] = {"parameters": first["parameters"], "before": first["after"], "methods": {}, "dpo": []}
    for method, rate in METHODS.items():
        found = []
        for seed in range(1, given.seeds + 1):
            chosen = {"base": model, "method": method, "lr": rate, "batch": 24, "max_steps": given.steps, "seed": seed}
            card = train_sft(taught[half:], tried, out / f"{method}{seed}", settings_for("sft", {**common, **chosen}))
            found.append({"share": card["trainable_share"], **{key: card["after"][key] for key in KEPT}})
            print(method, seed, found[-1], file=sys.stderr, flush=True)
        result["methods"][method] = found
    for seed in range(1, given.seeds + 1):
        lessons = [pair for damage in SEEN for pair in pairs(train, damage, seed)]
        random.Random(seed).shuffle(lessons)
        unseen = [pair for damage in SEEN for pair in pairs(test, damage, seed)]
        written = [{"prompt": row["prompt"], "chosen": row["answer"], "rejected": row["rejected"]} for row in test]
        told: dict[str, Any] = {"seed": seed}
        for name, held in (("same_kinds", unseen), ("authors_mistakes", written)):
            chosen = {"base": model, "method": "lora", "lr": 1e-3, "batch": 16, "max_steps": given.steps, "seed": seed}
            card = train_dpo(lessons, held, out / f"dpo{seed}{name}", settings_for("dpo", {**common, **chosen}))
            told[name] = {"before": card["before"], "after": card["after"]}
        result["dpo"].append(told)
        print("dpo", told, file=sys.stderr, flush=True)
    return result


if __name__ == "__main__":
    main()

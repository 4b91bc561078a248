"""What the corrector does to fabrications and to true sentences: how often an edit is right, how often one does harm.

    HAECHI_SHARED_DATA=shared/data python benchmarks/fabrication.py --split dev --no-score --write-rows rows.jsonl
    python benchmarks/corrections.py rows.jsonl --per-kind 120 --rules-only

An edit is right when the changed detail is the row's `truth` again, whatever the style; `cut` is a clause left out with
the detail in it. For hand-written rows (without a truth) edits are only counted. A true sentence is damaged when it is
edited, and lost when it is dropped. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from haechi.checkers.base import Checker, Evidence
from haechi.korean.values import parse_values
from haechi.pipeline.check import default_checkers
from haechi.pipeline.correct import correct
from haechi.sections import CheckConfig

OUTCOMES = ("right", "wrong", "edited", "cut", "dropped", "kept")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", type=Path, nargs="+")
    parser.add_argument("--per-kind", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rules-only", action="store_true")
    parser.add_argument("--show", type=int, default=0, help="print so many wrong edits and damaged sentences a kind")
    options = parser.parse_args()
    checkers = default_checkers(None if options.rules_only else CheckConfig())
    rows = [row for path in options.rows for row in read_rows(path)]
    random.Random(options.seed).shuffle(rows)
    counts: dict[tuple[bool, str], Counter[str]] = defaultdict(Counter)
    for row in rows:
        count = counts[row["good"], row["kind"]]
        if sum(count.values()) < options.per_kind:
            outcome, text = judge(row, checkers)
            count[outcome] += 1
            if outcome == "wrong" or (row["good"] and outcome == "edited"):
                if count[outcome] <= options.show:
                    print(f"{row['kind']}: {row['claim']}\n  → {text}\n  ({row.get('truth', '')})")
    for (good, kind), count in sorted(counts.items()):
        print(f"{'true ' if good else 'false'}  {kind:20}", "  ".join(f"{end} {count[end]}" for end in OUTCOMES))
    print(json.dumps(totals(counts)))


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Rows of `fabrication.py --write-rows`, or hand-written ones (evidence and rows of {claim, label, kind})."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if "claim" in row:
            found.append(row)
        for item in row.get("rows", ()):
            found.append({**item, "good": item["label"] == "supported", "evidence": row["evidence"]})
    return found


def judge(row: dict[str, Any], checkers: list[Checker]) -> tuple[str, str]:
    """What became of one sentence, and its text."""
    passages = [row["evidence"]] if isinstance(row["evidence"], str) else row["evidence"]
    result = correct(row["claim"], [Evidence(text) for text in passages], checkers)
    if not result.settled:
        return "dropped", ""
    if result.text == row["claim"]:
        return "kept", result.text
    if row["good"] or not row.get("truth"):
        return "edited", result.text
    if _mended(result.text, row):
        return "right", result.text
    detail = _letters(row.get("edit", {}).get("to", ""))
    cut = len(result.text) < len(row["claim"]) and detail not in _letters(result.text)
    return ("cut" if cut else "wrong"), result.text


def _mended(text: str, row: dict[str, Any]) -> bool:
    """Whether the changed detail is the true one again; the style (polite, spoken) may have stayed."""
    said, truth = _letters(text), _letters(row["truth"])
    detail, instead = (_letters(row.get("edit", {}).get(key, "")) for key in ("from", "to"))
    if detail and detail in said and (not instead or instead not in said or instead in truth):
        return True
    values = [sorted(value.normalised for value in parse_values(each)) for each in (text, row["truth"])]
    return said == truth or (bool(values[0]) and values[0] == values[1])


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def totals(counts: dict[tuple[bool, str], Counter[str]]) -> dict[str, Any]:
    false = sum((count for (good, _), count in counts.items() if not good), Counter[str]())
    true = sum((count for (good, _), count in counts.items() if good), Counter[str]())
    edits = false["right"] + false["wrong"]
    return {
        "edits": edits,
        "edits_right": false["right"] / edits if edits else None,
        "false_dropped": false["dropped"] + false["cut"],
        "false_kept": false["kept"],
        "true": sum(true.values()),
        "true_edited": true["edited"],
        "true_dropped": true["dropped"],
    }


if __name__ == "__main__":
    main()

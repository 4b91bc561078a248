"""From questions as they were written to the files of this folder: same input, same files.

    python datasets/law_questions/clean.py --corpus statutes.jsonl --exclude benchmarks/questions/statutes.jsonl RAW…

A raw row has question, gold_ids and style. Kept are rows whose articles all exist and belong to no held-out law, once
each, that copy nothing from their article and are no near copy of another row or of a question in `--exclude`. The
counts in README.md are written anew.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
STYLES = ("spoken", "petition", "keywords", "formal")
#: As many letters in a row, as the article has them, are a copy.
COPIED = 15
#: Share of letter triples that two near copies have in common.
NEAR, NEAR_TEST = 0.65, 0.6
#: A file stays below 1 MB.
ROWS_A_FILE = 2500

Row = dict[str, Any]


def read(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def letters(text: str) -> str:
    return re.sub(r"[\W_]", "", text)


def triples(text: str) -> frozenset[str]:
    plain = letters(text)
    return frozenset(plain[start : start + 3] for start in range(max(1, len(plain) - 2)))


class Near:
    """Finds an earlier question that shares at least a share of its triples (Jaccard) with a new one."""

    def __init__(self, share: float) -> None:
        self.share = share
        self.questions: list[frozenset[str]] = []
        self.holders: dict[str, list[int]] = defaultdict(list)

    def add(self, grams: frozenset[str]) -> None:
        for gram in grams:
            self.holders[gram].append(len(self.questions))
        self.questions.append(grams)

    def has(self, grams: frozenset[str]) -> bool:
        shared = Counter(number for gram in grams for number in self.holders.get(gram, ()))
        return any(
            count >= self.share * (len(grams) + len(self.questions[number]) - count) for number, count in shared.items()
        )


def copies(question: str, article: str) -> bool:
    asked, stated = letters(question), letters(article)
    return any(asked[start : start + COPIED] in stated for start in range(len(asked) - COPIED + 1))


def law(row: Row) -> str:
    return str(row["gold_ids"][0]).partition("/")[0]


def reason_to_drop(row: Row, corpus: dict[str, str], held_out: set[str]) -> str:
    """Why this row alone cannot stay, or nothing."""
    if set(row) != {"question", "gold_ids", "style"} or row["style"] not in STYLES or len(row["question"].strip()) < 4:
        return "not a row"
    if not row["gold_ids"] or any(gold not in corpus for gold in row["gold_ids"]):
        return "unknown article"
    if any(gold.partition("/")[0] in held_out for gold in row["gold_ids"]):
        return "held-out law"
    if any(copies(row["question"], corpus[gold]) for gold in row["gold_ids"]):
        return "copies its article"
    return ""


def clean(raw: list[Row], corpus: dict[str, str], held_out: set[str], exclude: list[str]) -> tuple[list[Row], Counter]:
    """Rows that stay, in the order of the statutes, and how many went for which reason."""
    place = {article: number for number, article in enumerate(corpus)}
    dropped: Counter[str] = Counter()
    kept: list[Row] = []
    seen: set[str] = set()
    near, foreign = Near(NEAR), Near(NEAR_TEST)
    for question in exclude:
        foreign.add(triples(question))
    for row in raw:
        reason = reason_to_drop(row, corpus, held_out)
        plain, grams = letters(row["question"]), triples(row["question"])
        if not reason and plain in seen:
            reason = "duplicate"
        if not reason and near.has(grams):
            reason = "near duplicate"
        if not reason and foreign.has(grams):
            reason = "like a benchmark question"
        if reason:
            dropped[reason] += 1
            continue
        seen.add(plain)
        near.add(grams)
        kept.append({**row, "question": row["question"].strip()})
    kept.sort(key=lambda row: place[row["gold_ids"][0]])
    return kept, dropped


def table(rows: list[Row]) -> str:
    """Counts per law and style, as Markdown."""
    laws: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        laws[law(row)][row["style"]] += 1
    lines = ["| law | " + " | ".join(STYLES) + " | all |", "|---|" + "---|" * (len(STYLES) + 1)]
    for name, styles in sorted(laws.items(), key=lambda item: -item[1].total()):
        lines.append(f"| {name} | " + " | ".join(str(styles[style]) for style in STYLES) + f" | {styles.total()} |")
    total = Counter(row["style"] for row in rows)
    lines.append("| **all** | " + " | ".join(str(total[style]) for style in STYLES) + f" | {total.total()} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("raw", nargs="+", type=Path)
    parser.add_argument("--corpus", required=True, type=Path, help="articles: id, title, text")
    parser.add_argument("--exclude", nargs="*", type=Path, default=[], help="questions that must not come near")
    options = parser.parse_args()
    corpus = {row["id"]: f"{row['title']}\n{row['text']}" for row in read(options.corpus)}
    held_out = {
        name for names in json.loads((HERE / "held_out_laws.json").read_text("utf-8")).values() for name in names
    }
    exclude = [row["question"] for path in options.exclude for row in read(path)]
    raw = [row for path in options.raw for row in read(path)]
    rows, dropped = clean(raw, corpus, held_out, exclude)
    for old in HERE.glob("train_*.jsonl"):
        old.unlink()
    for start in range(0, len(rows), ROWS_A_FILE):
        lines = [
            json.dumps({"id": f"lq-{number:04}", **row}, ensure_ascii=False) + "\n"
            for number, row in enumerate(rows[start : start + ROWS_A_FILE], start + 1)
        ]
        (HERE / f"train_{start // ROWS_A_FILE + 1}.jsonl").write_text("".join(lines), encoding="utf-8")
    readme = HERE / "README.md"
    head, _, rest = readme.read_text(encoding="utf-8").partition("<!-- counts -->\n")
    readme.write_text(
        f"{head}<!-- counts -->\n{table(rows)}\n<!-- end -->{rest.partition('<!-- end -->')[2]}", encoding="utf-8"
    )
    print(json.dumps({"read": len(raw), "kept": len(rows), "dropped": dict(dropped)}, ensure_ascii=False))


if __name__ == "__main__":
    main()

"""An open Korean benchmark of fabrications: rows made from any corpus, and what catches them at what false alarms.

Fabrications change one detail of a true sentence (a value, an article, a name), give a true value or role to another
subject of the passage, turn a negation or a duty round, add something plausible, or leave an exception out. True rows
quote, write values in other forms, or say the same in other words. Half of the fabrications are put in the style of the
true rows, so that style gives nothing away. The generator shares no code with the checkers or with the normaliser of
values (`haechi.korean.values`), so that a bug there cannot hide itself; it takes particles and morphemes from Haechi.

    HAECHI_SHARED_DATA=shared/data python benchmarks/fabrication.py --split dev --rules-only
    python benchmarks/fabrication.py --corpus examples/documents --show relation 20
    python benchmarks/fabrication.py --rows datasets/grounding/test.jsonl

`--rows` takes rows that `--write-rows` wrote, or hand-written ones: evidence and rows of {claim, label, kind}, where
`supported` is true. Systems: haechi, string (every word of the claim in the evidence), regex (numbers, dates and
articles compared as strings), llm (a local model asked yes or no, `--llm N` rows). The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from _fabrication.corpus import REPOSITORY, SETS, built_in, read_corpus
from _fabrication.generate import Generator, Row, generate
from _fabrication.score import report, table
from _fabrication.systems import Haechi, Judge, Judgement, Simple, System, absent_values, absent_words


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, nargs="*", help="JSONL (id, title, text), .md, .txt, .html or folders")
    parser.add_argument("--sets", nargs="*", default=list(SETS), choices=SETS, help="built-in sets instead of --corpus")
    parser.add_argument("--split", choices=("dev", "test"), default="dev")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--per-kind", type=int, default=300, help="rows of every kind of fabrication; as many true ones"
    )
    parser.add_argument("--kinds", nargs="*", help="only these kinds")
    parser.add_argument("--write-rows", type=Path, metavar="FILE")
    parser.add_argument("--rows", type=Path, nargs="*", metavar="FILE", help="score these rows instead of making some")
    parser.add_argument("--limit", type=int, help="at most so many rows of a kind")
    parser.add_argument("--rules-only", action="store_true", help="without the checkers that ask a model")
    parser.add_argument("--checkers", nargs="*", default=[], help="only these of Haechi's checkers")
    parser.add_argument(
        "--systems", nargs="*", default=["haechi", "string", "regex"], choices=["haechi", "string", "regex"]
    )
    parser.add_argument("--llm", type=int, default=0, metavar="N", help="ask the local model about N rows as well")
    parser.add_argument("--llm-model", default="qwen2.5-coder-1.5b-instruct-q4")
    parser.add_argument(
        "--llm-answers", type=Path, default=Path("fabrication-llm.jsonl"), help="kept answers (resumable)"
    )
    parser.add_argument(
        "--show", nargs=2, action="append", default=[], metavar=("KIND", "N"), help="print misses with verdicts"
    )
    parser.add_argument("--no-score", action="store_true", help="only make and write the rows")
    options = parser.parse_args()

    rows = [row for file in options.rows for row in read_rows(file)] if options.rows else made(options)
    rows = chosen(rows, options.kinds, options.limit)
    if options.write_rows:
        with options.write_rows.open("w", encoding="utf-8") as lines:
            lines.writelines(json.dumps(row.record(), ensure_ascii=False) + "\n" for row in rows)
    if options.no_score:
        return
    systems: list[System] = []
    if "haechi" in options.systems:
        systems.append(Haechi(rules_only=options.rules_only, only=options.checkers))
    if "string" in options.systems:
        systems.append(Simple("string", absent_words))
    if "regex" in options.systems:
        systems.append(Simple("regex", absent_values))
    results: dict[str, dict[str, Any]] = {}
    for system in systems:
        judged = run(system, rows)
        results[system.name] = report(rows, judged)
        for kind, count in options.show:
            show(system.name, kind, int(count), rows, judged)
    if options.llm:
        sample = sorted(random.Random(options.seed).sample(rows, min(options.llm, len(rows))), key=lambda row: row.id)
        judge = Judge(options.llm_answers, options.llm_model)
        try:
            results["llm"] = report(sample, run(judge, sample))
        finally:
            judge.close()
    print(table(results))
    print(
        json.dumps({"rows": len(rows), "split": None if options.rows else options.split, **results}, ensure_ascii=False)
    )


def made(options: argparse.Namespace) -> list[Row]:
    """Rows of the corpora given, else of the built-in sets."""
    if options.corpus:
        corpora = [read_corpus(path) for path in options.corpus]
    else:
        shared = Path(os.environ.get("HAECHI_SHARED_DATA") or REPOSITORY.parent / "shared" / "data")
        corpora = [built_in(name, options.split, shared) for name in options.sets]
    for corpus in corpora:
        tell(f"{corpus.name}: {len(corpus.passages)} passages, {len(corpus.statements)} statements")
    generators = [Generator(corpus, options.seed) for corpus in corpora if corpus.statements]
    return generate(generators, options.per_kind, lambda kind, n: tell(f"{kind}: {n} rows"))


def read_rows(file: Path) -> list[Row]:
    """Rows of this benchmark, or passages with hand-written rows below them."""
    rows = []
    with file.open(encoding="utf-8") as lines:
        for record in map(json.loads, lines):
            if "rows" not in record:
                rows.append(Row(**{**record, "evidence": tuple(record["evidence"])}))
                continue
            evidence = record["evidence"]
            passages = (evidence,) if isinstance(evidence, str) else tuple(evidence)
            for place, item in enumerate(record["rows"]):
                good = item["label"] == "supported"
                name = f"{record['id']}-{place}"
                rows.append(
                    Row(name, str(record.get("domain", file.stem)), item["kind"], good, passages, item["claim"])
                )
    return rows


def chosen(rows: Sequence[Row], kinds: Sequence[str] | None, limit: int | None) -> list[Row]:
    kept: list[Row] = []
    counts: dict[str, int] = {}
    for row in rows:
        if (not kinds or row.kind in kinds) and (limit is None or counts.get(row.kind, 0) < limit):
            counts[row.kind] = counts.get(row.kind, 0) + 1
            kept.append(row)
    return kept


def run(system: System, rows: Sequence[Row]) -> list[Judgement]:
    judged = []
    for place, row in enumerate(rows, 1):
        judged.append(system.judge(row))
        if place % 500 == 0 or (system.name == "llm" and place % 10 == 0) or place == len(rows):
            tell(f"{system.name}: {place}/{len(rows)}")
    return judged


def show(name: str, kind: str, count: int, rows: Sequence[Row], judged: Sequence[Judgement]) -> None:
    """Misses of a kind: fabrications passed, true statements stopped. `bad` and `good` mean all of them."""
    wrong = [
        (row, found)
        for row, found in zip(rows, judged, strict=True)
        if found.bad == row.good and (row.kind == kind or kind == ("good" if row.good else "bad"))
    ]
    print(f"\n{name}, {kind}: {len(wrong)} misses")
    for row, found in wrong[:count]:
        print(f"\n{row.id} ({row.set}, {row.kind}) {row.edit}\n  claim    {row.claim}\n  truth    {row.truth}")
        for passage in row.evidence:
            print(f"  evidence {passage[:700]!r}")
        for verdict in found.verdicts:
            print(f"  verdict  {verdict}")


def tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()

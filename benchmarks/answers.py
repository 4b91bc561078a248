"""Whole answers with the real model: what is contained, cited, refused and made up.

    HAECHI_SHARED_DATA=… python benchmarks/answers.py --set korquad --work answers
    HAECHI_SHARED_DATA=… python benchmarks/answers.py --set laws --work answers

korquad  120 answerable questions of korquad1_dev, 60 whose whole topic is not in the corpus, 60 whose paragraph is not
laws     80 questions of ours on amounts, deadlines and articles of statutes (benchmarks/questions/values.jsonl)
easylaw  57 questions of citizens over pages of law in everyday words, all answerable
rulings  60 titles of tax rulings as questions (every so manieth of 1,500), all answerable

`--model`, `--adapter` and `--no-examples` ask another model over the same home: run it twice to compare.

The home is made on the first run. `--calibrate N` runs `haechi calibrate` with N questions that the model writes about
the home's own passages. Every reply of the model is kept beside the home, so that an interrupted run resumes and a
second one takes seconds; `--split dev` takes questions that no test contains. JSON last.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from _kept_llm import KeptHome, open_kept

from haechi.cli.progress import step_bar
from haechi.config import load_config
from haechi.evaluation.calibrate import calibrate_refusal, try_questions, written_questions
from haechi.evaluation.run import evaluate_answers, judge_row, read_questions, summarise
from haechi.pipeline.build import init_home, open_home
from haechi.pipeline.ingest import ingest

HERE = Path(__file__).parent
SEED = 7
KINDS = {"span": 120, "topic_absent": 60, "paragraph_removed": 60}
CORPORA = {"korquad": "korquad1_dev", "laws": "statutes", "easylaw": "easylaw_qa", "rulings": "nts_rulings"}
Row = dict[str, Any]


def korquad(shared: Path, split: str) -> list[Row]:
    """The questions of one half of each kind; `dev` and `test` share none."""
    rows = [json.loads(line) for line in (shared / "korquad1_dev" / "queries.jsonl").open(encoding="utf-8")]
    chosen: list[Row] = []
    for kind, count in KINDS.items():
        mine = sorted((row for row in rows if row["type"] == kind), key=lambda row: str(row["id"]))
        random.Random(SEED).shuffle(mine)
        half = len(mine) // 2
        chosen += (mine[half:] if split == "test" else mine[:half])[:count]
    return chosen


def laws(split: str) -> list[Row]:
    """Our own questions; there is no other split of them."""
    if split != "test":
        raise SystemExit("laws has a test split only")
    return read_questions(HERE / "questions" / "values.jsonl")


def questions(name: str, shared: Path, split: str) -> list[Row]:
    """The questions of a set."""
    if name == "korquad":
        return korquad(shared, split)
    return laws(split) if name == "laws" else plain(shared, CORPORA[name], 60)


def plain(shared: Path, folder: str, count: int) -> list[Row]:
    """Every so manieth question of a set that has no kinds to balance."""
    rows = [json.loads(line) for line in (shared / folder / "queries.jsonl").open(encoding="utf-8")]
    rows.sort(key=lambda row: str(row["id"]))
    return [rows[place * len(rows) // count] for place in range(min(count, len(rows)))]


def home_for(folder: Path, corpus: Path, changed: Mapping[str, Any]) -> KeptHome:
    """The home over one corpus, made on the first run; `changed` are settings of [llm] and [answer]."""
    if not (folder / "haechi.toml").is_file():
        init_home(folder)
        with open_home(load_config(folder)) as home, step_bar("ingest") as progress:
            del progress
            ingest(home, [str(corpus)])
    config = load_config(folder)
    llm = {key: value for key, value in changed.items() if key in ("model", "adapter") and value}
    answer = {key: value for key, value in changed.items() if key == "examples"}
    return open_kept(replace(config, llm=replace(config.llm, **llm), answer=replace(config.answer, **answer)))


def by_type(rows: list[Row], answers: Mapping[str, Row]) -> dict[str, Any]:
    """Share refused and kinds of refusal for every type of question."""
    told: dict[str, Any] = {}
    for kind in dict.fromkeys(str(row.get("type") or row.get("kind")) for row in rows):
        mine = [row for row in rows if str(row.get("type") or row.get("kind")) == kind]
        judged = [judge_row(row, answers[str(row["id"])]) for row in mine]
        contained = [bool(one["contains"]) for one in judged if one["answered"] and one["contains"] is not None]
        told[kind] = {
            "n": len(mine),
            "refused": round(sum(not one["answered"] for one in judged) / len(mine), 4),
            "contains_of_answered": round(sum(contained) / len(contained), 4) if contained else None,
        }
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", choices=tuple(CORPORA), default="korquad")
    parser.add_argument("--split", choices=("dev", "test"), default="test")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--calibrate", type=int, default=0, metavar="N")
    parser.add_argument("--limit", type=int, metavar="N", help="the first N questions of every type")
    parser.add_argument("--model", default="", help="another model than the home's")
    parser.add_argument("--adapter", default="", help="an adapter for it: a name or a GGUF file")
    parser.add_argument("--no-examples", action="store_true", help="[answer] examples = false")
    options = parser.parse_args()
    shared = Path(os.environ.get("HAECHI_SHARED_DATA", ""))
    corpus = shared / CORPORA[options.set] / "corpus.jsonl"
    if not corpus.is_file():
        raise SystemExit(f"no evaluation data at '{corpus}'; set HAECHI_SHARED_DATA")
    rows = questions(options.set, shared, options.split)
    if options.limit:
        kinds = dict.fromkeys(str(row.get("type") or row.get("kind")) for row in rows)
        rows = [
            row
            for kind in kinds
            for row in [one for one in rows if str(one.get("type") or one.get("kind")) == kind][: options.limit]
        ]
    options.work.mkdir(parents=True, exist_ok=True)
    changed = {"model": options.model, "adapter": options.adapter, "examples": not options.no_examples}
    called = "-".join(
        [options.set, options.split, *(Path(one).stem for one in (options.model, options.adapter) if one)]
    )
    out = options.work / f"{called}.jsonl"
    out.unlink(missing_ok=True)  # the model's replies are kept; everything else is done anew
    result: dict[str, Any] = {"set": options.set, "split": options.split}
    with home_for(options.work / options.set, corpus, changed) as home:
        result["model"] = home.config.llm.full_name
        if options.calibrate:
            with step_bar("questions") as progress:
                asked = written_questions(home, options.calibrate, progress)
            result["calibrated"] = calibrate_refusal(home, try_questions(home, asked))
            result["calibrated"].pop("curve")
        with step_bar(options.set) as progress:
            result |= evaluate_answers(home, rows, progress=progress, out=out)
    answers = {row["id"]: row for row in map(json.loads, out.read_text(encoding="utf-8").splitlines())}
    records = [judge_row(row, answers[str(row["id"])]) for row in rows]
    answered = [one for one in records if one["answered"] and one["contains"] is not None]
    result["contains_of_answered"] = sum(bool(one["contains"]) for one in answered) / max(1, len(answered))
    result["by_type"] = by_type(rows, answers)
    result["longest"] = max((len(answer["answer"]) for answer in answers.values()), default=0)
    result["over_120"] = sum(len(answer["answer"]) > 120 for answer in answers.values())
    result["corrected"] = sum(
        bool(answer["corrections"]) and answer["origin"] != "refused" for answer in answers.values()
    )
    assert summarise(records)["n"] == result["n"]
    print(json.dumps(result, ensure_ascii=False))


if __name__ == "__main__":
    main()

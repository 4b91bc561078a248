"""The hand-written grounding rows: whole, labelled, and with nothing in them that judges."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).parents[2]
FOLDER = REPOSITORY / "datasets" / "grounding"
FILES = ("train_1.jsonl", "train_2.jsonl", "test.jsonl")
GOOD = {"polite", "spoken", "reordered", "short", "forms", "merged", "inferred"}
BAD = {
    "contradicted": {"relation", "negation", "modality", "omission", "value"},
    "not_found": {"addition", "outside", "name"},
}


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FOLDER / name).read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("name", FILES)
def test_every_passage_has_true_and_false_sentences_with_known_labels(name: str) -> None:
    passages = rows(name)
    assert len({passage["id"] for passage in passages}) == len(passages)
    for passage in passages:
        labels = {row["label"] for row in passage["rows"]}
        assert "supported" in labels and labels - {"supported"}, passage["id"]
        for row in passage["rows"]:
            assert row["claim"].strip() and row["label"] in ("supported", *BAD)
            assert (row["kind"] in GOOD) == (row["label"] == "supported"), (passage["id"], row)


def test_what_judges_is_in_no_training_file() -> None:
    held_out = json.loads((REPOSITORY / "datasets/law_questions/held_out_laws.json").read_text(encoding="utf-8"))
    never = {*held_out["test"], *held_out["dev"]}
    trained = [passage for name in FILES[:2] for passage in rows(name)]
    assert not {passage["source"].split("/")[0] for passage in trained} & never
    tested = rows("test.jsonl")
    assert {passage["source"].split("/")[0] for passage in tested} <= {*held_out["test"], "own"}
    assert not {passage["evidence"] for passage in trained} & {passage["evidence"] for passage in tested}
    claims = {row["claim"] for passage in trained for row in passage["rows"]}
    assert not claims & {row["claim"] for passage in tested for row in passage["rows"]}

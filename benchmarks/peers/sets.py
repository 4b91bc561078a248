"""The sets of the comparison: what is indexed, which questions are asked, how many of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .data import rows

#: Questions on the statutes in other words (see its README).
STATUTE_QUESTIONS = Path(__file__).resolve().parents[1] / "questions" / "statutes.jsonl"


@dataclass(frozen=True)
class EvalSet:
    """`corpus` is the folder under the shared data. `fields` is what is indexed: the text, or title and text.

    `questions` is the file of questions, `split` the part of it that is asked; `limit` the first so many of these.
    """

    name: str
    corpus: str
    fields: tuple[str, ...]
    limit: int = 0
    questions: Path | None = None
    split: str = ""


_BOTH = ("title", "text")
#: nts_rulings is indexed without titles because its questions are the titles; KorQuAD as the README of the data has it.
SETS = {
    item.name: item
    for item in (
        EvalSet("korquad1_dev", "korquad1_dev", ("text",), 800),
        EvalSet("autorag_ko", "autorag_ko", _BOTH),
        EvalSet("fire_safety_qna", "fire_safety_qna", _BOTH),
        EvalSet("nts_rulings", "nts_rulings", ("text",), 400),
        EvalSet("easylaw_qa", "easylaw_qa", _BOTH),
        EvalSet("statutes", "statutes", _BOTH, questions=STATUTE_QUESTIONS, split="test"),
        EvalSet("statutes_dev", "statutes", _BOTH, questions=STATUTE_QUESTIONS, split="dev"),
    )
}
#: Measured unless told otherwise; `statutes_dev` is for tuning.
DEFAULT_SETS = tuple(name for name in SETS if name != "statutes_dev")


def load_set(chosen: EvalSet, shared: Path, limit: int = 0) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """(rows of the corpus, questions with an answer). Raises FileNotFoundError without the shared data."""
    folder = shared / chosen.corpus
    corpus = rows(folder / "corpus.jsonl")
    asked = [
        row
        for row in rows(chosen.questions or folder / "queries.jsonl")
        if row.get("answerable", True) and row["gold_ids"] and row.get("split", "") == chosen.split
    ]
    return corpus, asked[: limit or chosen.limit or None]

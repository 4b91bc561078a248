"""What every system of the comparison gets: chunks, their vectors, questions and their vectors, in one folder.

Written once by `prepare.py`, read by `worker.py`. No import of haechi: peers may live in an environment without it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

#: Documents a system is asked for; recall@5 and MRR need no more.
DEPTH = 10

#: question → external ids of the documents found, best first (a document may come more than once).
Search = Callable[[str], Sequence[str]]


@dataclass(frozen=True)
class Prepared:
    """`documents[i]` is the document of `texts[i]`, whose vector is `vectors[i]` (unit length, float32)."""

    folder: Path
    texts: list[str]
    documents: list[str]
    vectors: np.ndarray
    questions: list[str]
    question_vectors: np.ndarray

    def question_vector(self, question: str) -> np.ndarray:
        """The vector of one of the questions."""
        if not hasattr(self, "_places"):
            object.__setattr__(self, "_places", {text: place for place, text in enumerate(self.questions)})
        vector: np.ndarray = self.question_vectors[self._places[question]]  # type: ignore[attr-defined]
        return vector


def rows(path: Path) -> list[dict[str, Any]]:
    """A JSONL file."""
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def write_rows(path: Path, items: Sequence[dict[str, Any]]) -> None:
    """A JSONL file, readable Korean."""
    path.write_text("".join(json.dumps(item, ensure_ascii=False) + "\n" for item in items), encoding="utf-8")


def read(folder: Path, passages: bool = True) -> Prepared:
    """The folder of one set; without `passages` the big parts stay on the disk."""
    chunks = rows(folder / "chunks.jsonl") if passages else []
    return Prepared(
        folder,
        [row["text"] for row in chunks],
        [row["document"] for row in chunks],
        np.load(folder / "vectors.npy") if passages else np.empty((0, 0), np.float32),
        [row["question"] for row in rows(folder / "questions.jsonl")],
        np.load(folder / "question_vectors.npy"),
    )

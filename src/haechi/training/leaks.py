"""Whether training rows hold what an evaluation set asks or answers: by letters alone, so that spacing hides nothing.

question  a question of the evaluation set is this one, stands in it, or is near it (letter triples)
answer    the answer shares a long run of letters with one of its answers
text      the passages share a long run with one of its texts or answers: both may quote one source, such as a statute
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from haechi.training.data_formats import read_any
from haechi.training.near_duplicates import NearIndex, RunIndex, WholeIndex, letters

#: Share of letter triples of two questions that are one.
NEAR = 0.65
#: Letters of an evaluation question that say something where they stand inside a longer text.
INSIDE = 14
#: Letters in a row that an answer, or a text, has in common only when it was copied.
ANSWER_RUN, TEXT_RUN = 30, 60

_ASKED = ("prompt", "question", "question_raw", "standalone", "instruction")
_ANSWERED = ("answer", "answers", "completion", "output", "chosen", "reference", "expected")


@dataclass(frozen=True)
class Leak:
    """What was found and where it stands in the evaluation files (`file:row`); `shared` are the common letters."""

    what: Literal["question", "answer", "text"]
    where: str
    shared: str


class Evaluation:
    """The questions, answers and texts of evaluation files."""

    def __init__(self, rows: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        """`rows` are (where it stands, row)."""
        self._where: list[str] = []
        self._answers, self._texts = RunIndex(ANSWER_RUN), RunIndex(TEXT_RUN)
        self._whole = WholeIndex(INSIDE)
        questions: list[tuple[int, str]] = []
        for place, row in rows:
            key = len(self._where)
            self._where.append(place)
            for question in _texts_of(row, (*_ASKED, "variants"), "user"):
                questions.append((key, question))
                self._whole.add(key, question)
            for answer in _texts_of(row, _ANSWERED, "assistant"):
                self._answers.add(key, answer)
                self._texts.add(key, answer)
            for text in _texts_of(row, ("text",), ""):
                self._texts.add(key, text)
        self.questions = len(questions)
        self._near = NearIndex(NEAR, (text for _, text in questions))
        for key, text in questions:
            self._near.add(key, text)

    def find(self, asked: Sequence[str], answered: Sequence[str], passages: Sequence[str] = ()) -> list[Leak]:
        """At most one leak of each kind. What an answer quotes of its own passages is no leak of the answer."""
        found = []
        if leak := self._question(asked):
            found.append(leak)
        own = [letters(text) for text in passages]
        if leak := self._run(self._answers, answered, "answer", own):
            found.append(leak)
        if leak := self._run(self._texts, passages, "text", []):
            found.append(leak)
        return found

    def _question(self, asked: Sequence[str]) -> Leak | None:
        for text in asked:
            key = self._whole.find(text)
            if key is None:
                key = next(self._near.find(text), None)
            if key is not None:
                return Leak("question", self._where[key], letters(text)[:60])
        return None

    def _run(
        self, index: RunIndex, texts: Sequence[str], what: Literal["answer", "text"], own: Sequence[str]
    ) -> Leak | None:
        for text in texts:
            for key, shared in index.find(text):
                if not any(shared in passage for passage in own):
                    return Leak(what, self._where[key], shared[:60])
        return None


def read_evaluation(paths: Sequence[Path]) -> Evaluation:
    """Questions, answers and texts of files in any form of `data_formats`. Raises InputError."""
    rows: list[tuple[str, Mapping[str, Any]]] = []
    for path in paths:
        rows += [(f"{path.name}:{number}", row) for number, row in enumerate(read_any(path, strict=False)[1], 1)]
    return Evaluation(rows)


def _texts_of(row: Mapping[str, Any], names: Sequence[str], role: str) -> list[str]:
    """The texts under these names, and what `role` says in messages; a prompt of messages is what its user says."""
    found: list[str] = []
    for name in names:
        value = row.get(name)
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, str) and item.strip():
                found.append(item)
            elif isinstance(item, Mapping) and item.get("role") == "user":
                found.append(str(item.get("content") or ""))
    for message in row.get("messages") or []:
        if isinstance(message, Mapping) and role and message.get("role") == role:
            found.append(str(message.get("content") or ""))
    return found

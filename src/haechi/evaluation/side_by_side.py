"""The same question to several models, with and without the system message: does a tuned one need to be told?

A model tuned to a persona gives its trained answer even without the system message; its base gives another one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from haechi.errors import InputError
from haechi.models.base import LLM
from haechi.sections import LLMConfig
from haechi.types import GenerateOptions, Message

#: (answers done, all).
Tell = Callable[[int, int], None]


@dataclass(frozen=True)
class Question:
    """`system` is the message that it was trained with, `expected` the trained answer; both may be empty."""

    text: str
    system: str = ""
    expected: str = ""


@dataclass(frozen=True)
class Column:
    """One column of the table: a model, told its role or not."""

    settings: LLMConfig
    told: bool

    @property
    def name(self) -> str:
        return self.settings.full_name


def read_questions(file: Path, system: str = "") -> list[Question]:
    """One question a line; or JSONL with question or prompt (answer or completion), or with messages.

    `system` stands for rows that bring none. Raises InputError naming the line.
    """
    questions = []
    for number, line in enumerate(file.read_text(encoding="utf-8-sig").splitlines(), start=1):
        if not line.strip():
            continue
        found = _row(file, number, line) if file.suffix.lower() == ".jsonl" else Question(line.strip())
        questions.append(replace(found, system=found.system or system))
    if not questions:
        raise InputError(f"'{file}'에 질문이 없습니다", f"'{file}' holds no questions")
    return questions


def columns(models: Sequence[str], settings: LLMConfig, *, with_system: bool) -> list[Column]:
    """The table's columns for `MODEL` or `MODEL+ADAPTER`. Raises InputError for a wrong one.

    Tuned models (those with an adapter, or that are no other's base) come with the system message and without; the
    base of an adapter comes once, at the end, and is added where it was not named.
    """
    chosen = [_settings(model, settings) for model in models]
    bases = list(dict.fromkeys(one.model for one in chosen if one.adapter))
    tuned = [one for one in chosen if one.adapter or one.model not in bases]
    told = [True, False] if with_system else [False]
    found = [Column(one, said) for one in dict.fromkeys(tuned) for said in told]
    return [*found, *(Column(replace(settings, model=base, adapter=""), with_system) for base in bases)]


def side_by_side(
    questions: Sequence[Question],
    table: Sequence[Column],
    make: Callable[[LLMConfig], LLM],
    *,
    max_tokens: int = 120,
    tell: Tell | None = None,
) -> dict[str, Any]:
    """Ask everything, one model in memory at a time. Greedy, so that the same command gives the same table."""
    options = GenerateOptions(max_tokens=max_tokens, temperature=0.0)
    answers: dict[int, list[str]] = {}
    done, count = 0, len(questions) * len(table)
    for settings in dict.fromkeys(column.settings for column in table):
        llm = make(settings)
        try:
            for place, column in enumerate(table):
                if column.settings != settings:
                    continue
                answers[place] = []
                for question in questions:
                    answers[place].append(llm.generate(_messages(question, column.told), options).text.strip())
                    done += 1
                    if tell:
                        tell(done, count)
        finally:
            llm.close()
    rows = [
        {
            "question": question.text,
            **({"expected": question.expected} if question.expected else {}),
            "answers": [answers[place][number] for place in range(len(table))],
        }
        for number, question in enumerate(questions)
    ]
    heads = [{"model": column.name, "system": column.told} for column in table]
    return {"columns": heads, "rows": rows, "figures": _figures(table, questions, answers)}


def _figures(
    table: Sequence[Column], questions: Sequence[Question], answers: Mapping[int, Sequence[str]]
) -> list[dict[str, Any]]:
    """Per column: the share of expected answers given, and of answers that are those of the last column's base."""
    last = answers[len(table) - 1]
    figures = []
    for place in range(len(table)):
        known = [(one.expected, said) for one, said in zip(questions, answers[place], strict=True) if one.expected]
        hit = sum(_plain(expected) in _plain(said) for expected, said in known)
        same = sum(one == other for one, other in zip(answers[place], last, strict=True))
        figures.append(
            {
                "as_trained": hit / len(known) if known else None,
                "as_last": None if place == len(table) - 1 else same / len(questions),
            }
        )
    return figures


def _messages(question: Question, told: bool) -> list[Message]:
    system = [Message("system", question.system)] if told and question.system else []
    return [*system, Message("user", question.text)]


def _settings(model: str, settings: LLMConfig) -> LLMConfig:
    name, plus, adapter = model.partition("+")
    if not name or (plus and not adapter):
        raise InputError(
            f"'{model}': 모델 이름이나 '모델+어댑터'여야 합니다. 목록: haechi models list",
            f"'{model}': expected a model or MODEL+ADAPTER; see: haechi models list",
        )
    return replace(settings, backend="llama_cpp", model=name, adapter=adapter)


def _row(file: Path, number: int, line: str) -> Question:
    try:
        row = json.loads(line)
        expected = str(row.get("answer") or row.get("completion") or "")
        text = row.get("question") or row.get("prompt") or row["messages"]
        if isinstance(text, list):
            # The first exchange: later turns would need the model's own earlier ones.
            said = {message["role"]: str(message["content"]) for message in reversed(text)}
            return Question(said["user"], said.get("system", ""), expected or said.get("assistant", ""))
        more = f"\n\n{row['input']}" if row.get("input") else ""
        return Question(f"{text}{more}", str(row.get("system", "")), expected)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"'{file}' {number}번째 줄: question(또는 prompt)이나 messages가 있는 JSON이어야 합니다",
            f"'{file}' line {number}: expected JSON with question (or prompt) or messages",
        ) from error


def _plain(text: str) -> str:
    return "".join(text.split())

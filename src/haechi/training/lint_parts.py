"""Which texts of a row are asked, which answer and which are given: one view of every kind, for linter and leaks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from haechi.training.data_formats import Kind, completions


@dataclass(frozen=True)
class Parts:
    """`asked` and `answered` are the row's own texts; `worse` are answers that may be bad (rejected ones, lower ranks);
    `given` are passages, system messages and inputs."""

    asked: tuple[str, ...] = ()
    answered: tuple[str, ...] = ()
    worse: tuple[str, ...] = ()
    given: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        """Every text of the row."""
        return (*self.asked, *self.answered, *self.worse, *self.given)


def parts_of(kind: Kind, row: Mapping[str, Any]) -> Parts:
    """The texts of a row whose fields have the right types."""
    if kind == "text":
        return Parts(answered=(row["text"],))
    if kind == "chat":
        return Parts(_said(row["messages"], "user"), _said(row["messages"], "assistant"), (), _system(row["messages"]))
    if kind == "grounded":
        return _grounded(row)
    if kind == "faq":
        variants = tuple(str(one) for one in row.get("variants") or ())
        return Parts((row["question"], *variants), (row["answer"],))
    asked, given = _prompt(row["instruction"] if kind == "instruction" else row["prompt"])
    if str(row.get("input") or "").strip():
        given = (*given, str(row["input"]))
    if kind == "ranking":
        texts, ranking = completions(row), row["ranking"]
        best = ranking.index(0) if 0 in ranking and ranking.index(0) < len(texts) else 0
        worse = tuple(text for place, text in enumerate(texts) if place != best)
        return Parts(asked, tuple(texts[best : best + 1]), worse, given)
    answer = {"sft": "completion", "instruction": "output", "pairs": "chosen"}.get(kind)
    worse = (row["rejected"],) if kind == "pairs" else ()
    return Parts(asked, (row[answer],) if answer else (), worse, given)


def _grounded(row: Mapping[str, Any]) -> Parts:
    asked = [str(row["question"]), *([str(row["standalone"])] if row.get("standalone") else [])]
    asked += [str(turn.get("question") or "") for turn in row.get("history") or () if isinstance(turn, Mapping)]
    given = [
        "\n".join(str(one.get(name) or "") for name in ("title", "label", "head", "text"))
        for one in row["passages"]
        if isinstance(one, Mapping)
    ]
    worse = (str(row["rejected"]),) if row.get("rejected") else ()
    return Parts(tuple(asked), (str(row["answer"]),), worse, tuple(given))


def _prompt(prompt: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if isinstance(prompt, str):
        return (prompt,), ()
    return _said(prompt, "user"), (*_system(prompt), *_said(prompt, "assistant"))


def _said(messages: Any, role: str) -> tuple[str, ...]:
    return tuple(item["content"] for item in messages if item["role"] == role)


def _system(messages: Any) -> tuple[str, ...]:
    return _said(messages, "system")

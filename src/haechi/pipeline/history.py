"""The turns before a question: from a request, from an OpenAI-style list of messages, or from the record of answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from haechi.types import Message

#: Older turns say nothing about a follow-up.
RECENT = 3


@dataclass(frozen=True)
class Turn:
    """One question with its answer; `question` is the one that was searched with, rewritten where it was."""

    question: str
    answer: str = ""


def turns_of_messages(messages: Sequence[Message]) -> list[Turn]:
    """User messages with the assistant's replies behind them; the rest is left out."""
    turns: list[Turn] = []
    for message in messages:
        if message.role == "user":
            turns.append(Turn(message.content))
        elif message.role == "assistant" and turns:
            turns[-1] = Turn(turns[-1].question, message.content)
    return turns


def turns_of_records(records: Iterable[Mapping[str, Any]]) -> list[Turn]:
    """Turns of recorded answers, oldest first."""
    return [Turn(str(row.get("rewritten") or row["question"]), str(row["answer"])) for row in records]

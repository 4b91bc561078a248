"""Dialogues as text: a line `<<start conversation>>`, then `<사람>: …` and `<챗봇>: …` in turn; and their repair.

Two agents that write a dialogue slip: one goes on to write the other's turn, or a turn stays empty. What such a turn
says after the other's mark is cut off; a dialogue that then does not alternate is left out and counted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from haechi.errors import InputError

MARK = re.compile(r"^\s*<<\s*start conversation\s*>>\s*$", re.MULTILINE | re.IGNORECASE)
_SPEAKERS = {"사람": "user", "챗봇": "assistant", "human": "user", "bot": "assistant"}
_NAMES = "|".join(_SPEAKERS)
_TURN = re.compile(rf"^\s*<({_NAMES})>\s*:\s?(.*)$", re.IGNORECASE)
#: Where one speaker goes on to write the other's turn. The brackets are optional there: models drop them.
_BLEED = re.compile(rf"(?:<(?:{_NAMES})>|(?:^|\n)\s*(?:사람|챗봇))\s*:", re.IGNORECASE)
#: Exchanges (a question and its answer) of a dialogue in the seed's data.
EXCHANGES = 4


@dataclass(frozen=True)
class Dialogue:
    """One dialogue as it is written; `line` is where it begins, from 1."""

    messages: list[dict[str, str]]
    line: int


def parse_conversations(text: str) -> list[Dialogue]:
    """Dialogues of a text, turns as they stand: nothing is repaired. Raises InputError naming a line of no turn."""
    found: list[Dialogue] = []
    for number, line in enumerate(text.split("\n"), 1):
        if MARK.match(line):
            found.append(Dialogue([], number))
            continue
        if not line.strip():
            continue
        turn = _TURN.match(line)
        if not found or (turn is None and not found[-1].messages):
            raise InputError(
                f"{number}번째 줄: 대화의 한 마디가 아닙니다. '<<start conversation>>' 다음에 '<사람>: …'",
                f"line {number}: not a turn; expected '<<start conversation>>', then '<사람>: …'",
            )
        messages = found[-1].messages
        if turn is None:
            messages[-1]["content"] += "\n" + line.strip()
        else:
            messages.append({"role": _SPEAKERS[turn[1].lower()], "content": turn[2].strip()})
    return [dialogue for dialogue in found if dialogue.messages]


def without_bleed(text: str) -> str:
    """A turn up to where it begins to speak for the other."""
    match = _BLEED.search(text)
    return (text[: match.start()] if match else text).strip()


def clean_conversations(
    rows: Sequence[Mapping[str, Any]], exchanges: int = EXCHANGES
) -> tuple[list[dict[str, Any]], Counter[str]]:
    """Chat rows that alternate question and answer exactly `exchanges` times, a system message before them kept.

    Longer ones are cut to it. Also gives what was done, by reason: bleed (a turn was cut), cut (a dialogue was), and of
    those left out: short, order (does not alternate), empty (a turn without words).
    """
    kept: list[dict[str, Any]] = []
    counts: Counter[str] = Counter()
    for row in rows:
        messages = [dict(item) for item in row["messages"]]
        head = [item for item in messages[:1] if item["role"] == "system"]
        turns = messages[len(head) :]
        for turn in turns:
            text = without_bleed(turn["content"])
            counts["bleed"] += text != turn["content"].strip()
            turn["content"] = text
        turns, rest = turns[: 2 * exchanges], turns[2 * exchanges :]
        if any(turn["role"] != ("user", "assistant")[place % 2] for place, turn in enumerate(turns)):
            counts["order"] += 1
        elif any(not turn["content"] for turn in turns):
            counts["empty"] += 1
        elif len(turns) < 2 * exchanges:
            counts["short"] += 1
        else:
            counts["cut"] += bool(rest)
            kept.append({**row, "messages": [*head, *turns]})
    return kept, counts


def write_conversations(rows: Sequence[Mapping[str, Any]]) -> str:
    """The text form of chat rows; system messages have no place in it and are left out."""
    names = {"user": "사람", "assistant": "챗봇"}
    parts = []
    for row in rows:
        turns = [f"<{names[item['role']]}>: {item['content']}" for item in row["messages"] if item["role"] in names]
        parts.append("\n".join(["<<start conversation>>", *turns]))
    return "\n\n".join(parts) + "\n" if parts else ""

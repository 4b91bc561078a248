"""What a teacher writes for questions: answers, dialogues with a second agent, and answers of several ranks."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from haechi.errors import InputError
from haechi.prompts.loader import load_prompt
from haechi.training.conversations import EXCHANGES, without_bleed
from haechi.training.data_formats import Row, prompt_key
from haechi.training.from_documents import Made
from haechi.training.rankings import rank_by_tier
from haechi.training.teacher import Teacher, TeacherError
from haechi.types import GenerateOptions, Message

Report = Callable[[int, int], None]

#: A turn ends where the other's would begin.
_STOPS = ("<사람>", "<챗봇>", "\n사람:", "\n챗봇:", "\n시민:", "\n상담원:")
_HELLO = "안녕하세요. 무엇을 도와드릴까요?"
#: Exchanges before this one that an agent remembers.
WINDOW = 4


def _never() -> bool:
    return False


def answers(
    teacher: Teacher,
    rows: Sequence[Row],
    *,
    persona: str = "",
    max_tokens: int = 300,
    report: Report | None = None,
    stop: Callable[[], bool] = _never,
) -> Made:
    """{prompt, input?, completion, tokens} of every prompt; an answer that was cut off is a failure."""
    made = Made()
    for number, row in enumerate(rows):
        if stop():
            made.interrupted = True
            break
        try:
            reply = teacher.ask(_asked(row, persona), GenerateOptions(max_tokens=max_tokens))
            if reply.cut:
                made.fail("cut", prompt=row["prompt"], answer=reply.text)
            else:
                more = {"input": row["input"]} if row.get("input") else {}
                answer = {"completion": reply.text, "tokens": reply.tokens, "teacher": teacher.name}
                made.rows.append({"prompt": row["prompt"], **more, **answer})
        except TeacherError as error:
            made.fail("no_answer", prompt=row["prompt"], detail=str(error))
        if report is not None:
            report(number + 1, len(rows))
    return made


def dialogues(
    teacher: Teacher,
    openings: Sequence[str],
    *,
    exchanges: int = EXCHANGES,
    persona: str = "",
    person: str = "",
    temperature: float = 0.7,
    seed: int = 0,
    max_tokens: int = 200,
    report: Report | None = None,
    stop: Callable[[], bool] = _never,
) -> Made:
    """Chat rows of exactly `exchanges` exchanges: one agent asks (it begins with `openings`), the other answers.

    Each agent sees the other's turns as a user's. What a turn says for the other is cut off; a dialogue with an empty,
    cut-off or repeated turn is a failure.
    """
    bot, citizen = persona or load_prompt("data_bot"), person or load_prompt("data_person")
    made = Made()
    for number, opening in enumerate(openings):
        if stop():
            made.interrupted = True
            break
        turns = [opening.strip()]
        why = ""
        while len(turns) < 2 * exchanges and not why:
            answering = len(turns) % 2 == 1
            messages = _seen(bot if answering else citizen, turns, answering)
            options = GenerateOptions(max_tokens, temperature, seed + number, stop=_STOPS)
            try:
                reply = teacher.ask(messages, options)
            except TeacherError as error:
                why = str(error)
                break
            said = without_bleed(reply.text)
            why = "cut" if reply.cut else "empty" if not said else "repeated" if said in turns else ""
            turns.append(said)
        if why:
            made.fail("dialogue", opening=opening, turns=len(turns), detail=why)
        else:
            roles = ("user", "assistant")
            talk = [{"role": roles[place % 2], "content": text} for place, text in enumerate(turns)]
            system = [{"role": "system", "content": persona}] if persona else []
            made.rows.append({"messages": [*system, *talk]})
        if report is not None:
            report(number + 1, len(openings))
    return made


def _seen(system: str, turns: Sequence[str], answering: bool) -> list[Message]:
    """What an agent sees: its own turns as the assistant's, the other's as the user's, of the last exchanges."""
    start = max(0, len(turns) - 2 * WINDOW)
    start += start % 2
    shown = [
        Message("assistant" if (place % 2 == 1) == answering else "user", turns[place])
        for place in range(start, len(turns))
    ]
    # Chat templates begin with the other one's turn: to the citizen somebody says hello first.
    hello = [] if answering else [Message("user", _HELLO)]
    return [Message("system", system), *hello, *shown]


@dataclass(frozen=True)
class Tier:
    """One rank of answers: a teacher and how it is asked. The first of a list is the best."""

    name: str
    temperature: float = 0.0


def tier_of(text: str) -> Tier:
    """`model` or `model@temperature`. Raises InputError."""
    name, at, temperature = text.rpartition("@")
    try:
        found = Tier(name, float(temperature)) if at else Tier(text)
    except ValueError:
        found = Tier("")
    if not found.name or not 0 <= found.temperature <= 5:
        raise InputError(
            f"등급 '{text}': '모델' 또는 '모델@온도'여야 합니다(예: qwen2.5-coder-0.5b-instruct-q4@1.2)",
            f"tier '{text}': expected MODEL or MODEL@TEMPERATURE",
        )
    return found


def tier_answers(
    teacher: Teacher,
    tier: Tier,
    rows: Sequence[Row],
    *,
    persona: str = "",
    seed: int = 0,
    max_tokens: int = 300,
    report: Report | None = None,
    stop: Callable[[], bool] = _never,
) -> dict[str, str]:
    """What one tier answers, by `prompt_key`; a prompt that it has no answer to is not there."""
    found = {}
    for number, row in enumerate(rows):
        if stop():
            break
        try:
            options = GenerateOptions(max_tokens, tier.temperature, seed)
            found[prompt_key(row)] = teacher.ask(_asked(row, persona), options).text
        except TeacherError:
            continue
        if report is not None:
            report(number + 1, len(rows))
    return found


def ranked(tiers: Sequence[Tier], said: Sequence[dict[str, str]], rows: Sequence[Row], seed: int = 0) -> Made:
    """Ranking rows: the answers of all tiers to each prompt in a drawn order, ranked by tier (the first tier is 0).

    A prompt that a tier did not answer, or that two answered alike, is a failure: its label would mean nothing.
    `tiers` of a row names what stands at completion_0, completion_1 …
    """
    made = Made()
    for row in rows:
        key = prompt_key(row)
        texts = [answers.get(key, "") for answers in said]
        if not all(text.strip() for text in texts):
            made.fail("tier_without_answer", prompt=row["prompt"])
        elif len({" ".join(text.split()) for text in texts}) < len(texts):
            made.fail("tiers_alike", prompt=row["prompt"])
        else:
            order = list(range(len(texts)))
            random.Random(hashlib.sha256(f"{seed}\0{key}".encode()).hexdigest()).shuffle(order)
            made.rows.append(
                {
                    **rank_by_tier(row["prompt"], list(enumerate(texts)), order),
                    "tiers": [f"{tiers[place].name}@{tiers[place].temperature:g}" for place in order],
                }
            )
    return made


def _asked(row: Row, persona: str) -> list[Message]:
    prompt: Any = row["prompt"]
    messages = [Message("user", prompt)] if isinstance(prompt, str) else [Message(**item) for item in prompt]
    if extra := str(row.get("input") or "").strip():
        messages[-1] = Message(messages[-1].role, f"{messages[-1].content}\n\n{extra}")
    if persona and messages[0].role != "system":
        messages.insert(0, Message("system", persona))
    return messages

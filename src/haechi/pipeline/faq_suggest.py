"""Other wordings of the FAQ's questions, written by the local LLM for a person to approve. None matches before that.

A small model changes what it is asked to keep. So a wording is dropped when it differs from its question in a value, a
negation or what it asks for, loses one of its nouns, or would be answered by another pair. What was asked of a model is
remembered with each pair: an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from haechi.indexes.strategies.generated import lines_of
from haechi.korean.asking import squeezed
from haechi.models.base import LLM
from haechi.pipeline.faq_match import Rarity, compare, objection
from haechi.pipeline.faq_profile import profile
from haechi.pipeline.faq_table import MAX_QUESTION
from haechi.prompts.loader import load_prompt
from haechi.stores.faq_base import FaqPair
from haechi.types import GenerateOptions, Message, content_hash

if TYPE_CHECKING:
    from haechi.pipeline.build import Home

PROMPT = "faq_paraphrases"
_TOKENS_EACH = 48


@dataclass
class SuggestReport:
    """`pairs` were asked about, `skipped` had been before; `dropped` counts unusable lines by reason."""

    pairs: int = 0
    skipped: int = 0
    suggested: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    interrupted: bool = False
    seconds: float = 0.0

    def record(self) -> dict[str, Any]:
        """The JSON of `haechi faq suggest`."""
        return {**self.__dict__, "seconds": round(self.seconds, 3)}


def suggest(
    home: Home, count: int, ids: tuple[str, ...] = (), tell: Callable[[int, int, float | None], None] | None = None
) -> SuggestReport:
    """Ask the home's LLM for `count` wordings of every pair (or of `ids`) that it was not asked about yet.

    `tell(done, all, seconds left)`. Ctrl+C ends the run; what was written stays. Raises ModelError.
    """
    turns = [turn.strip() for turn in load_prompt(PROMPT).split("===")]
    pairs = [pair for pair in home.store.faq_pairs() if not ids or pair.id in ids]
    model = f"{home.config.llm.backend} {home.config.llm.full_name}"
    todo = [(pair, asked) for pair in pairs if pair.asked != (asked := _asked(pair, count, model, turns))]
    report = SuggestReport(skipped=len(pairs) - len(todo))
    started = time.monotonic()
    try:
        for number, (pair, asked) in enumerate(todo):
            usable = _usable(home, pair, _ask(home.llm(), pair, count, turns), report)[:count]
            report.suggested += home.store.add_suggestions(pair.id, usable, model, asked)
            report.pairs += 1
            if tell is not None:
                each = (time.monotonic() - started) / (number + 1)
                tell(number + 1, len(todo), each * (len(todo) - number - 1))
    except KeyboardInterrupt:
        report.interrupted = True
    report.seconds = time.monotonic() - started
    return report


def _asked(pair: FaqPair, count: int, model: str, turns: list[str]) -> str:
    return content_hash(pair.question, str(count), model, *turns)


def _ask(llm: LLM, pair: FaqPair, count: int, turns: list[str]) -> list[str]:
    system, example, reply = turns
    # The FAQ is data: a chat mark inside a question would end the turn.
    question = pair.question.replace("<|", "<").replace("|>", ">")
    messages = [
        Message("system", system),
        Message("user", example),
        Message("assistant", reply),
        Message("user", f"질문: {question}\n개수: {count}"),
    ]
    return lines_of(llm.generate(messages, GenerateOptions(max_tokens=_TOKENS_EACH * count)).text)


def _usable(home: Home, pair: FaqPair, lines: list[str], report: SuggestReport) -> list[str]:
    """Lines that ask the same in other words; why the others were dropped is counted."""
    analyser = home.analyser()
    asked = profile(pair.question, analyser)
    known = {squeezed(item.text) for item in pair.wordings}
    kept = []
    for line in lines:
        wording = profile(line, analyser)
        rarity = Rarity([asked.words])
        if not squeezed(line) or len(line) > MAX_QUESTION or squeezed(line) in known:
            reason = "same"
        elif objection(wording, asked, compare(wording, asked, rarity), rarity):
            reason = "meaning"
        elif home.gate().match(line, without=pair.id).matched:
            reason = "other_pair"
        else:
            kept.append(line)
            known.add(squeezed(line))
            continue
        report.dropped[reason] = report.dropped.get(reason, 0) + 1
    return kept

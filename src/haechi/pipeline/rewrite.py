"""A follow-up → a question that stands alone. It only rewrites: what the model gives is checked, and never an answer.

Without a history nothing is done and no model is asked. Rules come first; only a question of which they are not sure
goes to the model, and its rewording must be a question, hold no value that is in neither history nor question, and
keep the question's own nouns. Otherwise the topic of the turn before is put in front, and a note says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from haechi.errors import HaechiError
from haechi.korean.base import Analyser
from haechi.korean.follow_up import write_out
from haechi.korean.politeness import asks
from haechi.korean.sentences import split_sentences
from haechi.korean.values import parse_values
from haechi.models.base import LLM
from haechi.pipeline.history import RECENT, Turn
from haechi.prompts.loader import load_prompt
from haechi.retrievers.multi_query import Spent
from haechi.types import GenerateOptions, Message

How = Literal["none", "rule", "model", "topic"]
_TOKENS = 64
_LONGEST = 200
#: So much of an earlier answer is shown to the model.
_ANSWER_SHOWN = 160
#: The rewording must keep this share of the question's own nouns.
_KEPT = 0.5


@dataclass(frozen=True)
class Rewritten:
    """`text` is what is searched with and answered; equal to the question when `how` is "none"."""

    text: str
    how: How = "none"
    note: str = ""
    spent: Spent = field(default_factory=Spent)


def stand_alone(
    question: str, history: Sequence[Turn], analyser: Analyser, llm: Callable[[], LLM], mode: str = "auto"
) -> Rewritten:
    """The question written out from the history. `mode` is off, rule (never asks the model) or auto."""
    asked = question.strip()
    if not history or mode == "off":
        return Rewritten(asked)
    written = write_out(asked, history[-1].question, analyser)
    if written.leaning == "no" or written.text == asked:
        return Rewritten(asked)
    if written.leaning == "rule":
        return Rewritten(written.text, "rule")
    if mode == "rule":
        return Rewritten(written.text, "topic", "앞 질문의 주제를 앞에 붙여 찾았습니다")
    made, spent, failure = _ask(asked, history[-RECENT:], llm)
    why = failure or fault(made, asked, history[-RECENT:], analyser)
    if why:
        return Rewritten(written.text, "topic", f"앞 질문의 주제를 앞에 붙여 찾았습니다({why})", spent)
    return Rewritten(made, "none" if made == asked else "model", "", spent)


def fault(made: str, question: str, history: Sequence[Turn], analyser: Analyser) -> str:
    """Why a rewording is not taken, in the reader's words; "" for a good one."""
    if not made or len(made) > _LONGEST or len(split_sentences(made)) != 1 or not asks(made):
        return "모델이 고쳐 쓴 것이 질문 하나가 아닙니다"
    known = " ".join([question, *(f"{turn.question} {turn.answer}" for turn in history)])
    values = {value.normalised for value in parse_values(known)}
    strange = [value.surface for value in parse_values(made) if value.normalised not in values]
    if strange:
        return f"모델이 대화에 없는 값 '{strange[0]}'을(를) 넣었습니다"
    own, kept = set(analyser.nouns(question)), set(analyser.nouns(made))
    if own and len(own & kept) / len(own) < _KEPT:
        return "모델이 다른 질문으로 바꾸었습니다"
    foreign = kept - set(analyser.nouns(known))
    if len(foreign) > 1:
        return "모델이 대화에 없는 말을 넣었습니다"
    return ""


def _ask(question: str, history: Sequence[Turn], llm: Callable[[], LLM]) -> tuple[str, Spent, str]:
    """The model's rewording, its cost, and why it failed."""
    turns = "\n".join(f"질문: {turn.question}\n답: {turn.answer[:_ANSWER_SHOWN]}" for turn in history)
    system, _, user = load_prompt("follow_up", {"history": turns, "question": question}).partition("===")
    try:
        made = llm().generate(
            [Message("system", system.strip()), Message("user", user.strip())],
            GenerateOptions(max_tokens=_TOKENS, temperature=0.0, stop=("\n",)),
        )
    except HaechiError as error:
        return "", Spent(1), f"모델이 고쳐 쓰지 못했습니다: {error}"
    spent = Spent(1, made.prompt_tokens or 0, made.completion_tokens or 0, made.seconds or 0.0)
    return made.text.strip().removeprefix("질문:").strip(" \"'“”"), spent, ""

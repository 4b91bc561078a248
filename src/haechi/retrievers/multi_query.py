"""More wordings of a question from the local model: rewordings (multi-query) and a passage that might answer (HyDE).

Both cost a call of the model; what they cost is counted. A call that fails or gives nothing usable is told in a note,
and the question is then searched as it is.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from haechi.errors import HaechiError
from haechi.korean.politeness import asks
from haechi.korean.values import parse_values
from haechi.models.base import LLM
from haechi.prompts.loader import load_prompt
from haechi.types import GenerateOptions, Message

_BULLET = re.compile(r"^\s*(?:[-*•·]|\(?\d{1,2}[.):]|질문\s?\d*\s?[:.])\s*")
_QUESTION_TOKENS, _PASSAGE_TOKENS = 48, 120


@dataclass(frozen=True)
class Spent:
    """What calls of a model cost. Tokens are 0 where the back end does not report them."""

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0

    def __add__(self, other: Spent) -> Spent:
        return Spent(
            self.calls + other.calls,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.seconds + other.seconds,
        )


@dataclass(frozen=True)
class Wordings:
    """Texts to search with beside the question, what they cost, and what went wrong."""

    texts: tuple[str, ...] = ()
    spent: Spent = field(default_factory=Spent)
    notes: tuple[str, ...] = ()


def rewordings(llm: Callable[[], LLM], question: str, count: int) -> Wordings:
    """Up to `count` other wordings, in one call."""
    text, spent, failure = _call(
        llm, "multi_query", {"question": question, "count": str(count)}, count * _QUESTION_TOKENS
    )
    if failure:
        return Wordings((), spent, (f"질문 바꿔 쓰기(multi-query)에 실패해 원래 질문으로 찾았습니다: {failure}",))
    lines = [_BULLET.sub("", line).strip() for line in text.splitlines()]
    found = [line for line in dict.fromkeys(lines) if _rewords(line, question)][:count]
    if not found:
        return Wordings((), spent, ("모델이 쓸 만한 다른 표현을 내지 못해 원래 질문으로 찾았습니다(multi-query)",))
    return Wordings(tuple(found), spent)


def _rewords(line: str, question: str) -> bool:
    """Whether a line of the reply is another question without a value of its own; small models answer or echo."""
    if not 4 <= len(line) <= 200 or line == question.strip() or not asks(line):
        return False
    known = {value.normalised for value in parse_values(question)}
    return all(value.normalised in known for value in parse_values(line))


def hypothetical(llm: Callable[[], LLM], question: str) -> Wordings:
    """A passage as a document that answers might word it. It is searched with and never shown as an answer."""
    text, spent, failure = _call(llm, "hyde", {"question": question}, _PASSAGE_TOKENS)
    if failure:
        return Wordings((), spent, (f"가상 답안(HyDE) 쓰기에 실패해 원래 질문으로 찾았습니다: {failure}",))
    passage = " ".join(text.replace("[질문]", " ").split())
    if len(passage) < 8 or passage == question.strip():
        return Wordings((), spent, ("모델이 가상 답안을 내지 못해 원래 질문으로 찾았습니다(HyDE)",))
    return Wordings((passage,), spent)


def joined(wordings: Sequence[Wordings]) -> Wordings:
    """All of them as one."""
    spent = sum((item.spent for item in wordings), Spent())
    return Wordings(
        tuple(text for item in wordings for text in item.texts),
        spent,
        tuple(note for item in wordings for note in item.notes),
    )


def _call(llm: Callable[[], LLM], prompt: str, slots: dict[str, str], tokens: int) -> tuple[str, Spent, str]:
    """The reply, its cost, and why it failed ("" when it did not)."""
    system, _, user = load_prompt(prompt, slots).partition("===")
    started = time.monotonic()
    try:
        made = llm().generate(
            [Message("system", system.strip()), Message("user", user.strip())],
            GenerateOptions(max_tokens=tokens, temperature=0.0),
        )
    except HaechiError as error:
        return "", Spent(1, 0, 0, time.monotonic() - started), str(error)
    seconds = time.monotonic() - started
    return made.text, Spent(1, made.prompt_tokens or 0, made.completion_tokens or 0, seconds), ""

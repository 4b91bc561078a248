"""Chat JSONL for a tuning job: is the file sound? The rules are those of hosted tuning jobs, so that a file that passes
here passes there.

Read line by line and not through `data_formats`: an indented array is good training data elsewhere and no chat JSONL.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from haechi.errors import InputError

ROLES = ("system", "user", "assistant")
LEAST = 10
MAX_TOKENS = 4096


@dataclass(frozen=True)
class Problem:
    """`line` from 1, 0 for the file; an `error` stops a job, a warning does not."""

    line: int
    code: str
    error: bool
    korean: str
    english: str


@dataclass
class Checked:
    """What a file holds: `examples` are the sound ones, `tokens` of each, `trained` of those in the loss."""

    problems: list[Problem] = field(default_factory=list)
    examples: list[list[dict[str, str]]] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)
    trained: list[int] = field(default_factory=list)
    lines: int = 0

    @property
    def valid(self) -> bool:
        """Whether a job may start."""
        return not any(problem.error for problem in self.problems)


def validate_chat(
    path: Path,
    count: Callable[[str], int],
    *,
    max_tokens: int = MAX_TOKENS,
    least: int = LEAST,
) -> Checked:
    """Check a file; `count` gives the tokens of a text. Raises InputError only when the file cannot be read."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"'{path}'을(를) 읽을 수 없습니다: {error}", f"cannot read '{path}': {error}") from error
    found = Checked()
    if text.lstrip().startswith("["):
        found.problems.append(
            Problem(
                1,
                "array",
                True,
                "파일 전체가 목록입니다. 한 줄에 객체 하나여야 합니다: haechi data build --to chat으로 바꾸세요",
                "the file is one array; expected an object a line: haechi data build --to chat converts it",
            )
        )
        return found
    seen: dict[str, int] = {}
    # Not splitlines(): a text may hold U+2028, which JSON leaves as it is.
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        found.lines += 1
        problems, messages = _example(number, line)
        if messages is not None:
            tokens, trained = _tokens(messages, count)
            if tokens > max_tokens:
                problems.append(
                    Problem(
                        number,
                        "too_long",
                        True,
                        f"{tokens}토큰입니다(한도 {max_tokens}). 나누거나 --max-tokens를 늘리세요",
                        f"{tokens} tokens (limit {max_tokens}); split it or raise --max-tokens",
                    )
                )
            else:
                same = seen.setdefault(json.dumps(messages, ensure_ascii=False), number)
                if same != number:
                    problems.append(
                        Problem(number, "duplicate", False, f"{same}번째 줄과 같습니다", f"the same as line {same}")
                    )
                found.examples.append(messages)
                found.tokens.append(tokens)
                found.trained.append(trained)
        found.problems += problems
    if len(found.examples) < least:
        found.problems.append(
            Problem(
                0,
                "too_few",
                True,
                f"쓸 수 있는 예가 {len(found.examples)}개입니다. {least}개 이상이어야 합니다",
                f"{len(found.examples)} sound examples; at least {least} wanted",
            )
        )
    return found


def _tokens(messages: list[dict[str, str]], count: Callable[[str], int]) -> tuple[int, int]:
    """(all, trained on): every message has its role and two marks besides its words; the loss is on answers alone."""
    sizes = [count(message["content"]) + 3 for message in messages]
    answers = sum(size for size, message in zip(sizes, messages, strict=True) if message["role"] == "assistant")
    return sum(sizes), answers


def _example(number: int, line: str) -> tuple[list[Problem], list[dict[str, str]] | None]:
    """The problems of a line, and its messages unless one of them is an error."""

    def error(code: str, korean: str, english: str) -> Problem:
        return Problem(number, code, True, korean, english)

    try:
        row = json.loads(line)
    except ValueError as problem:
        return [error("not_json", f"JSON이 아닙니다: {problem}", f"not JSON: {problem}")], None
    messages = row.get("messages") if isinstance(row, dict) else None
    if not isinstance(messages, list) or not messages:
        return [error("no_messages", "messages 목록이 없거나 비었습니다", "no list 'messages', or it is empty")], None
    problems: list[Problem] = []
    if more := sorted(set(row) - {"messages"}):
        problems.append(
            Problem(number, "more_fields", False, f"쓰지 않는 칸: {', '.join(more)}", f"unused: {', '.join(more)}")
        )
    kept: list[dict[str, str]] = []
    for place, message in enumerate(messages, 1):
        if wrong := _message(message):
            problems.append(error(wrong[0], f"{place}번째 메시지: {wrong[1]}", f"message {place}: {wrong[2]}"))
        else:
            kept.append({"role": message["role"], "content": message["content"]})
    if any(problem.error for problem in problems):
        return problems, None
    problems += [error("order", korean, english) for korean, english in _order([item["role"] for item in kept])]
    return problems, None if any(problem.error for problem in problems) else kept


def _message(message: Any) -> tuple[str, str, str] | None:
    if not isinstance(message, Mapping):
        return "message", "객체가 아닙니다", "not an object"
    role, content = message.get("role"), message.get("content")
    if role not in ROLES:
        return "role", f"role은 {', '.join(ROLES)} 가운데 하나여야 합니다: {role!r}", f"role {role!r}: not of {ROLES}"
    if not isinstance(content, str) or not content.strip():
        return "empty", "content가 비었거나 글이 아닙니다", "content is empty or no text"
    return None


def _order(roles: list[str]) -> list[tuple[str, str]]:
    problems = []
    turns = roles[1:] if roles[0] == "system" else roles
    if "system" in turns:
        problems.append(("system은 맨 앞에 한 번만 둡니다", "'system' stands first and once only"))
    if roles[-1] != "assistant":
        problems.append(("마지막 메시지는 assistant여야 합니다", "the last message must be the assistant's"))
    elif any(role != ("user", "assistant")[place % 2] for place, role in enumerate(turns) if role != "system"):
        problems.append(("user와 assistant가 번갈아 나와야 합니다", "user and assistant must take turns"))
    return problems

"""Grounded questions → token sequences in which several questions share one reading of their passages. No torch.

A row is a question over passages with its answer (datasets/grounded_qa). The prompt is the one that the pipeline asks
with, without its worked examples: what they show, the adapter learns. Questions over the same passages lie behind one
prefix, each blind to the others, so that passages are read once instead of once a question.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from haechi.errors import InputError
from haechi.training.grounded_rows import messages_of
from haechi.training.prompt_format import end_mark
from haechi.training.questions import read_rows

#: Questions behind one prefix at most: more of them make the steps too unlike each other.
TOGETHER = 8
_MARK = "\u2063question\u2063"


class Tokenizer(Protocol):
    """What is used of a transformers tokenizer."""

    def apply_chat_template(self, messages: list[dict[str, str]], **options: Any) -> Any: ...

    def encode(self, text: str, **options: Any) -> list[int]: ...


@dataclass(frozen=True)
class Segment:
    """One question's tokens, from the question to the start of the answer, and the answer's with its end mark."""

    question: tuple[int, ...]
    answer: tuple[int, ...]


@dataclass(frozen=True)
class Packed:
    """`prefix` is read once by every segment. `rows` are positions of the rows."""

    prefix: tuple[int, ...]
    segments: tuple[Segment, ...]
    rows: tuple[int, ...]

    @property
    def tokens(self) -> int:
        """Tokens in all."""
        return len(self.prefix) + sum(len(one.question) + len(one.answer) for one in self.segments)


def read_questions(paths: Sequence[Path]) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Rows of grounded questions and each file's SHA-256. Raises InputError naming file, line and what is missing."""
    rows: list[dict[str, Any]] = []
    hashes: dict[str, str] = {}
    for path in paths:
        for number, row in enumerate(read_rows(path), 1):
            missing = [key for key in ("question", "passages", "answer") if not row.get(key)]
            if missing or not all(isinstance(one, dict) and one.get("text") for one in row["passages"]):
                what = ", ".join(missing) or "passages[].text"
                raise InputError(
                    f"{path}:{number}: {what}이(가) 없습니다. 필요: question, passages[{{title, label, text}}], answer",
                    f"{path}:{number}: no {what}; expected question, passages[{{title, label, text}}], answer",
                )
            rows.append(row)
        hashes[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    if not rows:
        raise InputError("학습할 질문이 없습니다", "there are no questions to train on")
    return rows, hashes


def sequences(rows: Sequence[Mapping[str, Any]], tokenizer: Tokenizer, *, max_tokens: int) -> list[Packed]:
    """Rows with equal passages lie together. Raises InputError for a row that is longer than `max_tokens` alone."""
    groups: dict[str, list[int]] = {}
    for place, row in enumerate(rows):
        groups.setdefault(json.dumps(row["passages"], ensure_ascii=False, sort_keys=True), []).append(place)
    found: list[Packed] = []
    for places in groups.values():
        prefix, _ = _split(rows[places[0]], tokenizer)
        segments: list[Segment] = []
        taken: list[int] = []
        size = len(prefix)
        for place in places:
            segment = _segment(rows[place], tokenizer)
            cost = len(segment.question) + len(segment.answer)
            if len(prefix) + cost > max_tokens:
                asked, has = rows[place]["question"], len(prefix) + cost
                raise InputError(
                    f"질문 '{asked}'이(가) {has}토큰입니다. 한도는 {max_tokens}토큰입니다",
                    f"the question '{asked}' has {has} tokens, the limit is {max_tokens}",
                )
            if segments and (len(segments) == TOGETHER or size + cost > max_tokens):
                found.append(Packed(prefix, tuple(segments), tuple(taken)))
                segments, taken, size = [], [], len(prefix)
            segments.append(segment)
            taken.append(place)
            size += cost
        found.append(Packed(prefix, tuple(segments), tuple(taken)))
    return found


def _split(row: Mapping[str, Any], tokenizer: Tokenizer) -> tuple[tuple[int, ...], str]:
    """The prefix's tokens, and the text that stands between a question and its answer."""
    chat = messages_of({**row, "question": _MARK, "standalone": None})
    text = tokenizer.apply_chat_template(
        [{"role": one.role, "content": one.content} for one in chat], tokenize=False, add_generation_prompt=True
    )
    before, mark, after = str(text).partition(_MARK)
    if not mark:
        raise InputError(
            "이 모델의 대화 형식은 질문을 그대로 옮기지 않습니다", "this chat template changes the question"
        )
    return tuple(tokenizer.encode(before, add_special_tokens=False)), after


def _segment(row: Mapping[str, Any], tokenizer: Tokenizer) -> Segment:
    _, after = _split(row, tokenizer)
    question = messages_of(row)[-1].content.rpartition("[질문]\n")[2]
    answer = re.sub(r"\s+", " ", str(row["answer"])).strip()
    end = end_mark(tokenizer)
    return Segment(
        tuple(tokenizer.encode(question + after, add_special_tokens=False)),
        tuple(tokenizer.encode(answer + end, add_special_tokens=False)),
    )

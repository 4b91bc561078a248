"""Rows as one text: a line that says what it is, then the sections for command, input and answer.

The words are those of `training/prompt_format.py`, so that a model trained on texts is asked in the same form.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

WITHOUT_INPUT = "다음은 작업을 설명하는 명령어입니다. 요청에 알맞은 응답을 쓰세요."
WITH_INPUT = "다음은 작업을 설명하는 명령어와 그 배경이 되는 입력입니다. 요청에 알맞은 응답을 쓰세요."
COMMAND, INPUT, ANSWER = "### 명령어:", "### 입력:", "### 응답:"


def text_of(row: Mapping[str, Any], end: str = "") -> str:
    """The text of an SFT row, with its `input` where it has one and `end` behind every answer."""
    extra = str(row.get("input") or "").strip()
    prompt = row["prompt"]
    messages: Sequence[Mapping[str, str]] = (
        [{"role": "user", "content": prompt}] if isinstance(prompt, str) else list(prompt)
    )
    system = [message["content"].strip() for message in messages if message["role"] == "system"]
    parts = ["\n".join(system) or (WITH_INPUT if extra else WITHOUT_INPUT)]
    for message in messages:
        if message["role"] == "user":
            parts.append(f"{COMMAND}\n{message['content'].strip()}")
        elif message["role"] == "assistant":
            parts.append(f"{ANSWER}\n{message['content'].strip()}{end}")
    if extra:
        parts.append(f"{INPUT}\n{extra}")
    return "\n\n".join([*parts, f"{ANSWER}\n{row['completion'].strip()}{end}"])

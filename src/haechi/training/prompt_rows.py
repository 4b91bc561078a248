"""Rows of any training file as prompts for PPO and GRPO; what their rewards read stays in the row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from haechi.errors import InputError


def prompt_rows(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each row with its `prompt`: its own, its instruction, or of a grounded row the chat of the pipeline.

    Raises InputError naming the row that asks nothing.
    """
    return [_with_prompt(dict(row), number) for number, row in enumerate(rows, 1)]


def _with_prompt(row: dict[str, Any], number: int) -> dict[str, Any]:
    if row.get("prompt"):
        return row
    if row.get("question") and row.get("passages"):
        from haechi.training.grounded_rows import messages_of, prompt_of

        return {**row, "prompt": prompt_of(messages_of(row))}
    asked = row.get("instruction") or row.get("question")
    if not asked:
        has = ", ".join(sorted(map(str, row)))
        raise InputError(
            f"{number}번째 행에 prompt나 question·passages가 없습니다(있는 것: {has})",
            f"row {number} has neither prompt nor question and passages (it has: {has})",
        )
    return {**row, "prompt": asked}

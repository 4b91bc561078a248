"""Rows as one text, in the form that `prompt_format` asks a model without a chat template in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from haechi.training.prompt_format import plain_prompt


def text_of(row: Mapping[str, Any], end: str = "") -> str:
    """The text of an SFT row, with its `input` where it has one and `end` behind every answer."""
    before = plain_prompt(row["prompt"], str(row.get("input") or "").strip(), end)
    return f"{before}{row['completion'].strip()}{end}"

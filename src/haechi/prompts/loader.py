"""Prompt texts live in files beside this module; a template that misses variables is refused, naming all of them."""

from __future__ import annotations

import string
from collections.abc import Mapping
from importlib.resources import files

from haechi.errors import PromptError


def load_prompt(name: str, variables: Mapping[str, str] | None = None) -> str:
    """Read `<name>.txt` and fill its `{slots}`. Raises PromptError listing every missing variable at once."""
    try:
        text = (files(__package__) / f"{name}.txt").read_text(encoding="utf-8").strip()
    except FileNotFoundError as error:
        raise PromptError(f"프롬프트 '{name}'이(가) 없습니다", f"no prompt named '{name}'") from error
    return fill(text, variables or {}, name)


def fill(template: str, variables: Mapping[str, str], name: str = "template") -> str:
    """Replace `{slot}` by its value. Values are inserted as they are: braces inside them mean nothing."""
    slots = {field for _, field, _, _ in string.Formatter().parse(template) if field is not None}
    missing = sorted(slots - set(variables))
    if missing:
        raise PromptError(
            f"프롬프트 '{name}'에 값이 빠졌습니다: {', '.join(missing)}",
            f"prompt '{name}' misses variables: {', '.join(missing)}",
        )
    return template.format_map(dict(variables)) if slots else template

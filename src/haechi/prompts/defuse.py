"""Text of a document, a question or an answer as it stands in a prompt: data that cannot act as the prompt's frame."""

from __future__ import annotations

import re

#: `[1]` in a document would be a citation in the answer; chat control marks would end the turn.
_MARKER = re.compile(r"\[(\s*\d+\s*)\]")
_CONTROL = re.compile(r"<\|([^|<>]{0,40})\|>")


def defuse(text: str) -> str:
    """Make `[n]` and chat control marks harmless, leaving them readable."""
    return _CONTROL.sub(r"<\1>", _MARKER.sub(r"(\1)", text))

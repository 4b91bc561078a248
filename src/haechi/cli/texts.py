"""The language of what the command line prints: Korean, or English with HAECHI_LANG=en. No messages live here."""

from __future__ import annotations

import os


def t(korean: str, english: str) -> str:
    """Pick the reader's language."""
    return english if os.environ.get("HAECHI_LANG", "ko").lower().startswith("en") else korean

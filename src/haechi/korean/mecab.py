"""The one mecab tagger of a process: made on first use, guarded by a lock (mecab's tagger is not thread-safe)."""

from __future__ import annotations

import threading
from typing import Any

_LOCK = threading.Lock()
_taggers: list[Any] = []


def parse(text: str) -> list[tuple[str, str]]:
    """(surface, feature fields joined by commas) of every morpheme, in order."""
    with _LOCK:
        if not _taggers:
            import mecab_ko

            _taggers.append(mecab_ko.Tagger())
        parsed: str = _taggers[0].parse(text)
    rows = (line.partition("\t") for line in parsed.splitlines())
    return [(surface, feature) for surface, tab, feature in rows if tab]

"""The tokens of a GGUF file, for tests of grammars on a real vocabulary."""

from __future__ import annotations

import struct
from pathlib import Path

_KEY = b"tokenizer.ggml.tokens"


def tokens(path: Path) -> list[str]:
    """In the order of their ids, as the file writes them (byte-level BPE)."""
    with path.open("rb") as stream:
        head = stream.read(32 << 20)
    at = head.index(_KEY) + len(_KEY)
    _array, _string, count = struct.unpack_from("<IIQ", head, at)
    at += 16
    found = []
    for _ in range(count):
        (length,) = struct.unpack_from("<Q", head, at)
        found.append(head[at + 8 : at + 8 + length].decode("utf-8"))
        at += 8 + length
    return found

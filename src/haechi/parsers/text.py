"""Plain text → one document whose blocks are paragraphs: split at blank lines, and at line ends once a block is long.

No headings are guessed here; the chunkers read the structure of laws from the lines themselves.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from haechi.parsers.base import TITLE_CHARS as TITLE_CHARS
from haechi.parsers.base import ParseOptions
from haechi.parsers.base import short_title as short_title
from haechi.parsers.encoding import read_text
from haechi.types import Block, Document

#: A paragraph without blank lines is closed at the first line end after this many characters.
BLOCK_CHARS = 2_000
#: A single line longer than this is cut (at a space when there is one), so that no block can be a whole huge file.
LINE_CHARS = 100_000


class TextParser:
    """`.txt`, `.text`, `.log`: anything readable without a structure of its own."""

    name = "text"

    def parse(self, path: Path, source: str, options: ParseOptions) -> list[Document]:
        decoded = read_text(path, source)
        blocks = [Block(text) for text in paragraphs(decoded.text)]
        meta: dict[str, Any] = {"encoding": decoded.encoding}
        if decoded.warnings:
            meta["warnings"] = list(decoded.warnings)
        return [Document.make(source, path_title(source), blocks, meta)]


def path_title(source: str) -> str:
    """The file's name without its suffix, as a title."""
    name = unicodedata.normalize("NFC", source).replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
    stem, dot, suffix = name.rpartition(".")
    return short_title(stem if dot and stem and len(suffix) <= 8 else name)


def paragraphs(text: str) -> Iterator[str]:
    """Non-empty paragraphs without surrounding blank lines; indentation of a first line is kept."""
    lines: list[str] = []
    size = 0
    for line in _lines(text):
        if line.strip():
            lines.append(line.rstrip())
            size += len(line) + 1
        if lines and (not line.strip() or size > BLOCK_CHARS):
            yield "\n".join(lines)
            lines, size = [], 0
    if lines:
        yield "\n".join(lines)


def _lines(text: str) -> Iterator[str]:
    """Lines one by one, without holding a second copy of a huge text; over-long lines are cut."""
    start = 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        while end - start > LINE_CHARS:
            cut = text.rfind(" ", start + LINE_CHARS // 2, start + LINE_CHARS)
            cut = cut + 1 if cut > 0 else start + LINE_CHARS
            yield text[start:cut]
            start = cut
        yield text[start:end]
        start = end + 1

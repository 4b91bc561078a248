"""A document's text as lines with their offset, block kind, page and headings. No judgement about what they mean."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from haechi.types import BLOCK_SEPARATOR, Block, Document


class Line(NamedTuple):
    """One line of `document.text`; `start` and `end` leave its newline out."""

    start: int
    end: int
    text: str
    block: Block


def lines(document: Document) -> Iterator[Line]:
    """All non-empty lines in order."""
    offset = 0
    for block in document.blocks:
        start = offset
        for text in block.text.split("\n"):
            if text.strip():
                yield Line(start, start + len(text), text, block)
            start += len(text) + 1
        offset += len(block.text) + len(BLOCK_SEPARATOR)


def block_spans(document: Document) -> Iterator[tuple[int, int, Block]]:
    """Each block with its offsets in `document.text`."""
    offset = 0
    for block in document.blocks:
        yield offset, offset + len(block.text), block
        offset += len(block.text) + len(BLOCK_SEPARATOR)


class Pages:
    """Answers on which page an offset stands, and which lines of a stretch are not headings."""

    def __init__(self, document: Document) -> None:
        self._spans = list(block_spans(document))
        self._starts = [start for start, _, _ in self._spans]

    def index(self, offset: int) -> int:
        """The number of the block that holds `offset`."""
        return max(0, bisect_right(self._starts, offset) - 1)

    def page(self, offset: int) -> int | None:
        """The 1-based page of the block that holds `offset`."""
        return self._spans[self.index(offset)][2].page if self._spans else None

    def prose(self, start: int, end: int) -> Iterator[str]:
        """The non-empty lines between two offsets that are not headings of the format."""
        for first, _, block in self._spans[self.index(start) :]:
            if first >= end:
                return
            if block.kind != "heading":
                yield from (line for line in block.text[: end - first].split("\n") if line.strip())

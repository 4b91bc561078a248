"""Prose → chunks of neighbouring paragraphs under one heading; long paragraphs are cut at sentence ends.

A table is one unit up to the budget; a longer one is cut between rows, and its header row goes to the headings of every
piece, since a chunk's text must stay a slice of the document. A heading opens the chunk that follows it and is never a
chunk alone. Labels: `3쪽` where there are pages, else the heading, else `문단 N`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from haechi.chunkers.base import TokenBudget
from haechi.chunkers.budget import Meter, trim
from haechi.chunkers.lines import block_spans
from haechi.types import Block, Chunk, Document

_SENTENCE_ENDS = '.!?。"”’)]>'
#: A table's header row is repeated in the headings up to this length.
HEADER_CHARS = 160
LABEL_CHARS = 60


@dataclass
class _Group:
    """Neighbouring blocks that will share a chunk."""

    start: int
    end: int
    page: int | None
    headings: tuple[str, ...]
    tokens: int = 0
    has_text: bool = False


@dataclass(frozen=True)
class _Piece:
    """A future chunk. `headings` already fit the budget; `name` is the heading that labels it."""

    start: int
    end: int
    page: int | None
    headings: tuple[str, ...]
    name: str


class ParagraphChunker:
    """Registry name `paragraph`."""

    unit = "paragraph"

    def split(self, document: Document, budget: TokenBudget) -> list[Chunk]:
        seen: Counter[str] = Counter()
        return [
            Chunk.make(
                document,
                piece.start,
                piece.end,
                unit=self.unit,
                label=_label(piece, number, seen),
                page=piece.page,
                headings=piece.headings,
            )
            for number, piece in enumerate(_pieces(document, Meter(budget, document.title)), 1)
        ]


def _label(piece: _Piece, number: int, seen: Counter[str]) -> str:
    if piece.page is not None:
        return f"{piece.page}쪽"
    if not piece.name:
        return f"문단 {number}"
    seen[piece.name] += 1
    return piece.name if seen[piece.name] == 1 else f"{piece.name} ({seen[piece.name]})"


def _pieces(document: Document, meter: Meter) -> Iterator[_Piece]:
    text = document.text
    group: _Group | None = None
    for start, end, block in block_spans(document):
        if not block.text.strip():
            continue
        if block.kind == "heading":
            if group is not None and group.has_text:
                yield from _close(text, group, meter)
                group = None
            # Headings that follow each other open the same chunk.
            group = _Group(group.start if group else start, end, block.page, block.headings)
            continue
        tokens = _size(block, meter)
        if group is not None and group.has_text and _must_close(text, group, block, tokens, meter):
            yield from _close(text, group, meter)
            group = None
        if group is None:
            group = _Group(start, end, block.page, block.headings)
        if tokens > meter.target:
            # A heading stays with the first piece of what it heads.
            yield from _long(text, group, start, end, block, meter)
            group = None
            continue
        group.end, group.has_text = end, True
        group.headings = block.headings
        group.tokens += tokens
    if group is not None:
        yield from _close(text, group, meter)


def _size(block: Block, meter: Meter) -> int:
    """Tokens of a block; one that is certainly over the target is not counted."""
    return meter.target + 1 if len(block.text) > meter.target * 8 else meter.tokens(block.text)


def _must_close(text: str, group: _Group, block: Block, tokens: int, meter: Meter) -> bool:
    if block.headings != group.headings or group.tokens + tokens > meter.target:
        return True
    if block.page == group.page:
        return False
    # A page break inside a sentence does not cut it; any other one does, so that the page cited is the page meant.
    return group.tokens * 2 >= meter.target or text[group.end - 1] in _SENTENCE_ENDS


def _name(group: _Group) -> str:
    """The last heading as a label: long ones are cut, the whole stands in `headings`."""
    heading = group.headings[-1].strip() if group.headings else ""
    return heading if len(heading) <= LABEL_CHARS else heading[: LABEL_CHARS - 1] + "…"


def _longest_label(group: _Group) -> str:
    """At least as long as the final label, which is not known before all pieces are."""
    return f"{group.page}쪽" if group.page is not None else f"{_name(group) or '문단'} (999999)"


def _close(text: str, group: _Group, meter: Meter) -> Iterator[_Piece]:
    start, end = trim(text, group.start, group.end)
    label = _longest_label(group)
    kept = meter.headings(group.headings, label)
    whole = meter.fits(text[start:end], kept, label)
    for first, last in [(start, end)] if whole else meter.cut(text, start, end, kept, label):
        yield _Piece(first, last, group.page, kept, _name(group))


def _long(text: str, group: _Group, start: int, end: int, block: Block, meter: Meter) -> Iterator[_Piece]:
    """A block over the target, with the headings that open it."""
    label, above = _longest_label(group), block.headings
    if block.kind == "table":
        kept = meter.headings(above, label)
        if meter.fits(text[group.start : end], kept, label):
            yield _Piece(group.start, end, group.page, kept, _name(group))
            return
        above = (*above, block.text.split("\n", 1)[0][:HEADER_CHARS])
    kept = meter.headings(above, label)
    spans = meter.cut(text, group.start, end, kept, label)
    if len(spans) > 1 and spans[0][1] <= start and meter.fits(text[spans[0][0] : spans[1][1]], kept, label):
        spans[:2] = [(spans[0][0], spans[1][1])]  # the heading goes with the first words it heads
    for first, last in spans:
        yield _Piece(first, last, group.page if first < start else block.page, kept, _name(group))

"""Prose → chunks of neighbouring paragraphs under one heading; long paragraphs are cut at sentence ends.

A table is one unit up to the budget, with its caption; a longer one is cut between rows (`table.py`). A table with a
caption or of a sheet never shares a chunk with prose, a table of contents never with anything. A heading opens the
chunk that follows it and is never one alone. Labels: the table's own (`표 1`, `요율 시트 5~20행`), else `3쪽` where
there are pages, else the heading, else `문단 N`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from haechi.chunkers.base import TokenBudget
from haechi.chunkers.budget import Meter, trim
from haechi.chunkers.lines import block_spans
from haechi.chunkers.table import caption_of, cut_table, is_table, table_label
from haechi.types import Block, Chunk, Document

_SENTENCE_ENDS = '.!?。"”’)]>'
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
    meta: dict[str, Any] = field(default_factory=dict)


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
                meta=piece.meta,
            )
            for number, piece in enumerate(_pieces(document, Meter(budget, document.title)), 1)
        ]


def _label(piece: _Piece, number: int, seen: Counter[str]) -> str:
    if own := table_label(piece.meta, ""):
        return own
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
        if tokens > meter.target:
            meter.fits_whole(block.text, meter.headings(block.headings, ""), "")
        else:
            meter.budget.notes.add(True)
        if _stands_alone(block):
            if group is not None and group.has_text:
                yield from _close(text, group, meter)
                group = None
            yield from _alone(text, group, start, end, block, meter)
            group = None
            continue
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


def _stands_alone(block: Block) -> bool:
    return bool(block.meta.get("toc")) or (is_table(block) and bool(caption_of(block) or block.meta.get("sheet")))


def _alone(text: str, group: _Group | None, start: int, end: int, block: Block, meter: Meter) -> Iterator[_Piece]:
    """A table with a name of its own, or a table of contents; `group` holds the headings that open it."""
    group = group or _Group(start, end, block.page, block.headings)
    group.headings = block.headings
    if is_table(block) and not block.meta.get("toc"):
        yield from _table(text, group, start, end, block, meter)
        return
    label = _longest_label(group)
    kept = meter.headings(block.headings, label)
    for first, last in meter.cut(text, group.start, end, kept, label):
        yield _Piece(first, last, group.page, kept, _name(group), {"toc": True})


def _table(text: str, group: _Group, start: int, end: int, block: Block, meter: Meter) -> Iterator[_Piece]:
    opening = group.start if group.start < start else None
    for piece in cut_table(text, start, end, block, meter, block.headings, _longest_label(group), opening):
        page = group.page if piece.start < start else block.page
        yield _Piece(piece.start, piece.end, page, piece.headings, _name(group), piece.meta)


def _long(text: str, group: _Group, start: int, end: int, block: Block, meter: Meter) -> Iterator[_Piece]:
    """A block over the target, with the headings that open it."""
    if is_table(block):
        yield from _table(text, group, start, end, block, meter)
        return
    label = _longest_label(group)
    kept = meter.headings(block.headings, label)
    spans = meter.cut(text, group.start, end, kept, label)
    if len(spans) > 1 and spans[0][1] <= start and meter.fits(text[spans[0][0] : spans[1][1]], kept, label):
        spans[:2] = [(spans[0][0], spans[1][1])]  # the heading goes with the first words it heads
    for first, last in spans:
        yield _Piece(first, last, group.page if first < start else block.page, kept, _name(group))

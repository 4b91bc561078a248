"""Tables inside documents: cut between rows only, with caption and header travelling along.

A chunk's text stays a slice of the document, so what belongs to a table but stands elsewhere goes beside it: caption
and header row into the `headings` (what is embedded) and into `meta` (what the prompt and the checkers read).
A row that is longer than the limit is cut between its cells, a cell that is longer still at its sentences.
`meta`: table, caption, header (its rows, one a line), rows (`3~17`, counted below the header; the sheet's own row
numbers where the parser gave `sheet` and `first_row`), sheet.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from haechi.chunkers.budget import Meter, Span, trim
from haechi.chunkers.lines import block_spans
from haechi.types import Block, Document

#: A header row is repeated in the headings up to this length, in `meta` up to the second.
HEADER_CHARS = 160
HEADER_META_CHARS = 400
CELL = " | "

_NUMBERED = re.compile(r"\s*[<〈\[【(]?\s*((?:별\s*)?표\s*\d+(?:[-–.]\d+)*)")


@dataclass(frozen=True)
class Piece:
    """A future chunk: `headings` already fit the budget."""

    start: int
    end: int
    headings: tuple[str, ...]
    meta: dict[str, Any] = field(default_factory=dict)


def is_table(block: Block) -> bool:
    """A table of two lines or more; a single line is a sentence in a frame."""
    return block.kind == "table" and "\n" in block.text


def caption_of(block: Block) -> str:
    """The caption on one line."""
    return " ".join(str(block.meta.get("caption") or "").split())


def above(block: Block) -> tuple[str, ...]:
    """Caption and header row as headings of a chunk."""
    header = " / ".join(_header(block))
    return tuple(part for part in (caption_of(block), header[:HEADER_CHARS]) if part)


def table_label(meta: dict[str, Any], fallback: str) -> str:
    """`요율 시트 5~20행`, `표 1 3~17행`, or the fallback. `rows` is left out of a table that is whole."""
    numbered = _NUMBERED.match(str(meta.get("caption", "")))
    if meta.get("sheet"):
        name = f"{meta['sheet']} 시트"
    elif numbered:
        name = " ".join(numbered[1].split())
    else:
        return fallback
    return f"{name} {meta['rows']}행" if "rows" in meta else name


def longest_label(block: Block, fallback: str) -> str:
    """At least as long as the label of any piece of this table."""
    return table_label(base_meta(block) | {"rows": "999999~999999"}, fallback)


def base_meta(block: Block) -> dict[str, Any]:
    """What every piece of a table says about it."""
    meta: dict[str, Any] = {"table": True}
    if caption := caption_of(block):
        meta["caption"] = caption
    if header := "\n".join(_header(block)):
        meta["header"] = header[:HEADER_META_CHARS]
    if sheet := block.meta.get("sheet"):
        meta["sheet"] = str(sheet)
    return meta


def cut_table(
    text: str,
    start: int,
    end: int,
    block: Block,
    meter: Meter,
    headings: Sequence[str],
    label: str,
    opening: int | None,
) -> list[Piece]:
    """The pieces of the table `text[start:end]`; whole when it fits. `opening` is where the words begin that the
    first piece takes along (its heading), None without.
    """
    first = start if opening is None else opening
    label = longest_label(block, label)
    meta = base_meta(block)
    # A whole table holds its header already; only the caption stands outside of it.
    caption = (caption_of(block),) if caption_of(block) else ()
    kept = meter.headings((*headings, *caption), label)
    if meter.fits(text[first:end], kept, label):
        return [Piece(*trim(text, first, end), kept, meta)]
    kept = meter.headings((*headings, *above(block)), label)
    rows = _rows(text, start, end)
    taken: list[list[tuple[int, int, int]]] = [[]]
    size = 0
    for row in rows:
        tokens = meter.tokens(text[row[1] : row[2]]) if row[2] - row[1] <= meter.target * 8 else meter.target + 1
        if taken[-1] and size + tokens > meter.target:
            taken.append([])
            size = 0
        taken[-1].append(row)
        size += tokens
    pieces = [piece for group in taken for piece in _proved(text, group, meter, kept, label)]
    if opening is not None and meter.fits(text[opening : pieces[0][0][1]], kept, label):
        pieces[0] = ((opening, pieces[0][0][1]), pieces[0][1])
    elif opening is not None:
        pieces[:0] = [(span, []) for span in meter.cut(text, opening, start, kept, label)]
    return [Piece(*span, kept, meta | _numbers(block, numbers)) for span, numbers in pieces]


def _proved(
    text: str, rows: list[tuple[int, int, int]], meter: Meter, headings: Sequence[str], label: str
) -> Iterator[tuple[Span, list[int]]]:
    """(span, numbers of its lines); too long a group is halved, too long a row cut between its cells."""
    if not rows:
        return
    start, end = rows[0][1], rows[-1][2]
    if end - start <= meter.target * 8 and meter.fits(text[start:end], headings, label):
        yield (start, end), [row[0] for row in rows]
    elif len(rows) > 1:
        half = len(rows) // 2
        yield from _proved(text, rows[:half], meter, headings, label)
        yield from _proved(text, rows[half:], meter, headings, label)
    else:
        for span in _cells(text, start, end, meter, headings, label):
            yield span, [rows[0][0]]


def _cells(text: str, start: int, end: int, meter: Meter, headings: Sequence[str], label: str) -> Iterator[Span]:
    first: int | None = None
    last = start
    position = start
    for cell in text[start:end].split(CELL):
        stop = position + len(cell)
        begin = position if first is None else first
        if stop - begin <= meter.target * 8 and meter.fits(text[begin:stop], headings, label):
            first, last = begin, stop
        else:
            if first is not None:
                yield trim(text, first, last)
            first, last = position, stop
            if stop - position > meter.target * 8 or not meter.fits(text[position:stop], headings, label):
                yield from meter.cut(text, position, stop, headings, label)
                first = None
        position = stop + len(CELL)
    if first is not None and text[first:last].strip():
        yield trim(text, first, last)


def _rows(text: str, start: int, end: int) -> list[tuple[int, int, int]]:
    """(number of the line from 0, start, end) of every line that is not blank."""
    rows = []
    position = start
    for number, line in enumerate(text[start:end].split("\n")):
        if line.strip():
            rows.append((number, *trim(text, position, position + len(line))))
        position += len(line) + 1
    return rows


def _numbers(block: Block, lines: Sequence[int]) -> dict[str, Any]:
    first_row = block.meta.get("first_row")
    if first_row is not None:
        numbers = [int(first_row) + line for line in lines]
    else:
        numbers = [line - _header_rows(block) + 1 for line in lines if line >= _header_rows(block)]
    if not numbers:
        return {}
    return {"rows": str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]}~{numbers[-1]}"}


def _header_rows(block: Block) -> int:
    return int(block.meta.get("header_rows", 1))


def _header(block: Block) -> list[str]:
    lines = block.text.split("\n")
    return [line.strip() for line in lines[: _header_rows(block)] if line.strip()] if len(lines) > 1 else []


class Tables:
    """The tables (and tables of contents) of a document by offset."""

    def __init__(self, document: Document) -> None:
        self._text = document.text
        self._special = [span for span in block_spans(document) if is_table(span[2]) or span[2].meta.get("toc")]
        self._starts = [start for start, _, _ in self._special]

    def within(self, start: int, end: int) -> list[tuple[int, int, Block]]:
        """Those that lie wholly between the offsets."""
        first = bisect_right(self._starts, start - 1)
        return [span for span in self._special[first : bisect_right(self._starts, end - 1)] if span[1] <= end]

    def beside(self, start: int, end: int) -> tuple[tuple[str, ...], dict[str, Any]]:
        """(headings, meta) for a chunk cut without regard to tables: what belongs to the table it begins in, and the
        captions of those it holds.
        """
        before = bisect_right(self._starts, start) - 1
        if before >= 0:
            first, last, block = self._special[before]
            if first < start < last and is_table(block):
                return above(block), base_meta(block)
        captions = tuple(caption_of(block) for _, _, block in self.within(start, end) if caption_of(block))
        return captions, ({"caption": captions[0]} if captions else {})

    def cut(self, start: int, end: int, meter: Meter, headings: Sequence[str], label: str) -> list[Piece]:
        """A stretch that may hold tables: prose at its sentences, tables between rows, contents apart."""
        pieces: list[Piece] = []
        position = start
        text = self._text
        for first, last, block in self.within(start, end):
            contents = bool(block.meta.get("toc"))
            opening = self._prose(position, first, meter, headings, label, pieces, is_table(block) and not contents)
            if contents:
                kept = meter.headings(headings, label)
                pieces += [Piece(*span, kept, {"toc": True}) for span in meter.cut(text, first, last, kept, label)]
            else:
                pieces += cut_table(text, first, last, block, meter, headings, label, opening)
            position = last
        self._prose(position, end, meter, headings, label, pieces, False)
        return pieces

    def _prose(
        self, start: int, end: int, meter: Meter, headings: Sequence[str], label: str, pieces: list[Piece], opens: bool
    ) -> int | None:
        """Append the prose between tables; a single line before a table is its title and opens it instead."""
        start, end = trim(self._text, start, end)
        if start >= end:
            return None
        if opens and end - start <= HEADER_CHARS and "\n" not in self._text[start:end]:
            return start
        kept = meter.headings(headings, label)
        pieces += [Piece(*span, kept) for span in meter.cut(self._text, start, end, kept, label)]
        return None

"""The text of a ruled table: a row a line, cells joined by ` | `; its header rows, its caption, its next page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from haechi.parsers.pdf_lines import WordBreaks, glue
from haechi.parsers.pdf_page import Cell, Line, Table

SEPARATOR = " | "
#: A cell over several rows is repeated in each when it is a label, not a text.
LABEL_CHARS = 40
HEADER_CELL_CHARS = 40
MAX_HEADER_ROWS = 4
CAPTION_CHARS = 100
#: A caption stands this near its table, in font sizes.
CAPTION_GAP = 2.5
#: Column borders of a table's two pages may differ by this many points.
SAME_BORDER = 4.0

_CAPTION = re.compile(r"^\s*[<〈《【\[(]?\s*(?:표|Table)\s*[\dⅠ-Ⅻ가-하][\dⅠ-Ⅻ.\-–]*", re.I)
_BRACKETED = re.compile(r"^\s*[<〈《【\[]\s?[^<>〈〉]{2,}\s?[>〉》】\]]\s*$")
_UNIT = re.compile(r"^\s*[(（\[]?\s*단위\s*[:：].{1,20}$")
_LAW = re.compile(r"^\s*[<〈【\[]?\s*별\s*[표지]")
_FIGURE = re.compile(r"^[-+△▲▽(]?[\d,.]+\s*(?:%|원|천원|백만원|억원|명|건|개|점|회)?\)?$")


@dataclass(frozen=True)
class Rows:
    """A table as lines of cells. `edges` are its column borders; `continued` means it began on an earlier page."""

    rows: tuple[tuple[str, ...], ...]
    header_rows: int
    edges: tuple[float, ...]
    caption: str = ""
    continued: bool = False

    @property
    def text(self) -> str:
        return "\n".join(SEPARATOR.join(row).rstrip() for row in self.rows)

    @property
    def header(self) -> tuple[tuple[str, ...], ...]:
        return self.rows[: self.header_rows]

    def meta(self) -> dict[str, Any]:
        """The block's `meta`."""
        meta: dict[str, Any] = {"header_rows": self.header_rows}
        if self.caption:
            meta["caption"] = self.caption
        if self.continued:
            meta["continued"] = True
        return meta


def table_rows(table: Table, breaks: WordBreaks, caption: str) -> Rows:
    """The rows of a table; rows without any text are left out, and columns without any text too."""
    header = _header_rows(table)
    grid = [["" for _ in range(table.columns)] for _ in range(table.rows)]
    for cell in table.cells:
        text = cell_text(cell, breaks)
        for row in range(cell.row, cell.row + cell.rows):
            for column in range(cell.column, cell.column + cell.columns):
                first = row == cell.row and column == cell.column
                down = column == cell.column and len(text) <= LABEL_CHARS
                if first or down or (row < header and len(text) <= LABEL_CHARS):
                    grid[row][column] = text
    columns = [column for column in range(table.columns) if any(row[column] for row in grid)]
    rows = [tuple(row[column] for column in columns) for row in grid]
    kept = [(index, row) for index, row in enumerate(rows) if any(row)]
    header = sum(index < header for index, _ in kept)
    return Rows(tuple(row for _, row in kept), header if len(kept) > header else 0, table.xs, caption)


def cell_text(cell: Cell, breaks: WordBreaks) -> str:
    """A cell's lines as one. A full line goes on without a space where the document's own words say so."""
    text = ""
    previous: Line | None = None
    for line in cell.lines:
        if not text or previous is None:
            text = line.text.strip()
        elif _is_upright(previous) and _is_upright(line):
            text += line.text.strip()  # 구 / 분 / set one below the other
        elif cell.box[2] - previous.x1 <= max(1.5 * previous.size, 0.15 * (cell.box[2] - cell.box[0])):
            text = glue(text, line.text, breaks)
        else:
            text = f"{text} {line.text.strip()}"
        previous = line
    return " ".join(text.replace("|", "ǀ").split())


def _is_upright(line: Line) -> bool:
    return len(line.text.strip()) == 1 and not line.text.strip().isascii()


def _header_rows(table: Table) -> int:
    """How many rows head the others: what the first row's cells reach down to, when that row looks like a header."""
    first = [cell for cell in table.cells if cell.row == 0]
    texts = [" ".join(line.text for line in cell.lines).strip() for cell in first]
    if table.rows < 2 or len(first) < 2 or not all(texts[1:]) or not (texts[0] or len(first) > 2):
        return 0
    if any(len(text) > HEADER_CELL_CHARS or _FIGURE.match(text) for text in texts[1:]):
        return 0
    rest = [cell for cell in table.cells if cell.row > 0]
    shaded = all(cell.shaded for cell in first)
    if any(cell.shaded for cell in table.cells):
        # Shading tells a header above from labels at the side.
        if not shaded or all(cell.shaded for cell in rest):
            return 0
    elif len(first) < 3 and not _bold(first) and not _short_over_long(first, rest):
        return 0
    depth = max(cell.rows for cell in first)
    if depth == 1 and any(cell.columns > 1 for cell in first):
        second = [cell for cell in table.cells if cell.row == 1]
        depth = 2 if shaded and all(cell.shaded for cell in second) else 1
    return depth if depth < min(table.rows, MAX_HEADER_ROWS + 1) else 0


def _short_over_long(first: Sequence[Cell], rest: Sequence[Cell]) -> bool:
    """Whether two columns have words above and figures or texts below (`현행 | 개정안`), in both or in the second."""
    longest = max(len(_raw(cell)) for cell in first)
    below = [cell for cell in rest if cell.row == 1]
    figures = any(_FIGURE.match(_raw(cell)) for cell in rest if cell.column == 1)
    return figures or all(len(_raw(cell)) > 2 * longest for cell in below)


def _bold(cells: Sequence[Cell]) -> bool:
    return all(line.bold for cell in cells for line in cell.lines)


def _raw(cell: Cell) -> str:
    return " ".join(line.text for line in cell.lines).strip()


def carry_header(before: Rows, rows: Rows) -> Rows:
    """A table that opens a page right after `before` closed the last one: the same columns make it the same table."""
    if len(before.edges) != len(rows.edges) or any(
        abs(first - second) > SAME_BORDER for first, second in zip(before.edges, rows.edges, strict=True)
    ):
        return rows
    if rows.caption and rows.caption != before.caption:
        return rows
    header = before.header
    columns = len(rows.rows[0]) if rows.rows else 0
    if rows.header == header or rows.rows[: len(header)] == header:
        return replace(rows, header_rows=len(header), caption=before.caption, continued=True)
    if rows.header_rows and rows.header[0] != rows.rows[0]:
        return rows
    if rows.header_rows and header:
        return rows  # its own, other header: another table of the same form
    if any(len(row) != columns for row in header):
        return replace(rows, caption=before.caption, continued=True)
    return replace(rows, rows=(*header, *rows.rows), header_rows=len(header), caption=before.caption, continued=True)


def caption_of(table: Table, above: Sequence[Line], below: Sequence[Line]) -> tuple[str, list[Line]]:
    """The caption of a table, and the lines it was made of: `표 N` or `< … >` above or `표 N` below, and the unit."""
    found: list[Line] = []
    unit: Line | None = None
    edge = table.box[1]
    for line in reversed(above):
        if edge - line.bottom > CAPTION_GAP * line.size or line.bottom > edge + line.size:
            break
        if unit is None and not found and _UNIT.match(line.text):
            unit = line
            edge = line.top
            continue
        if _is_caption(line.text) or (_BRACKETED.match(line.text) and not _LAW.match(line.text)):
            found = [line]
        break
    if not found:
        for line in below[:1]:
            if line.top - table.box[3] <= CAPTION_GAP * line.size and _is_caption(line.text):
                found = [line]
    used = found + ([unit] if unit else [])
    return " ".join(line.text.strip() for line in used), used


def _is_caption(text: str) -> bool:
    return bool(_CAPTION.match(text)) and len(text) <= CAPTION_CHARS and not text.rstrip().endswith("다.")

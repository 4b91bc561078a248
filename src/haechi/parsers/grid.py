"""Tables with merged cells → the lines of a table block; shared by the parsers of Office files and of pages.

A merged cell is repeated in every place it covers, so that each line can be read alone; a line that is one cell from
edge to edge is written once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from haechi.parsers.encoding import clean
from haechi.types import Block

CELL = " | "
#: A forged span may claim millions of columns; a table this wide is none.
MAX_COLUMNS = 20_000
#: A header cell is a name, not a sentence.
HEADER_CELL_CHARS = 60
MAX_HEADER_ROWS = 5

_SPACES = re.compile(r"\s+")
_NUMBER = re.compile(r"[-+△▲(]?\s*[₩$€¥]?\s*\d[\d,.\s]*(?:%|원|천원|만원|백만원|억원|명|건|개|회|점)?\)?")
_YEAR = re.compile(r"(?:19|20)\d\d(?:[-./년]?\s*(?:0?[1-9]|1[0-2])월?)?년?")


@dataclass(eq=False)
class Cell:
    """A cell's text; `head` where the format sets it off: a heading cell, bold or shaded."""

    text: str
    head: bool = False


@dataclass
class Grid:
    """Rows of cells; a merged cell is the same object in every place it covers, None is a place without a cell."""

    rows: list[list[Cell | None]] = field(default_factory=list)

    def put(self, row: int, column: int, cell: Cell, row_span: int = 1, column_span: int = 1) -> None:
        """Place a cell; rows must exist already, places that are taken stay as they are."""
        end = min(column + max(column_span, 1), MAX_COLUMNS)
        for line in self.rows[row : row + max(row_span, 1)]:
            if len(line) < end:
                line.extend([None] * (end - len(line)))
            for place in range(column, end):
                if line[place] is None:
                    line[place] = cell

    def free(self, row: int, column: int) -> int:
        """The first place from `column` on that no cell from above covers."""
        line = self.rows[row]
        while column < len(line) and line[column] is not None:
            column += 1
        return column


def squeeze(text: str) -> str:
    """One line, single spaces, as a cell is written."""
    return _SPACES.sub(" ", clean(text)).strip()


def table_block(
    grid: Grid,
    *,
    page: int | None = None,
    headings: tuple[str, ...] = (),
    header_rows: int | None = None,
    caption: str = "",
    meta: Mapping[str, Any] | None = None,
) -> Block | None:
    """The block of a table, None when no cell has text. `header_rows` is guessed where the format does not say.

    `header_rows` counts rows of the grid; rows without any text are left out of text and count.
    """
    lines = [_line(row) for row in grid.rows]
    kept = [number for number, line in enumerate(lines) if line]
    if not kept:
        return None
    if header_rows is None:
        header = guess_header_rows([grid.rows[number] for number in kept])
    else:
        header = sum(number < header_rows for number in kept)
    values: dict[str, Any] = {**(meta or {}), "header_rows": header if header < len(kept) else 0}
    if caption:
        values["caption"] = squeeze(caption)
    return Block("\n".join(lines[number] for number in kept), "table", page, headings, values)


def _line(row: Sequence[Cell | None]) -> str:
    cells = [squeeze(cell.text) if cell else "" for cell in row]
    if not any(cells):
        return ""
    if len(row) > 1 and row[0] is not None and all(cell is row[0] for cell in row):
        return cells[0]
    return CELL.join(cells)


def guess_header_rows(rows: Sequence[Sequence[Cell | None]]) -> int:
    """How many of the first rows name the columns: short words without values, and the row a merged name splits into.

    A first row set off as a whole (bold, shaded) names columns whatever it says, one set off in part names its rows.
    A second row belongs to the header when every name above it is split there, reaches down into it, or is missing.
    """
    if len(rows) < 2:
        return 0
    heads = [cell.head for cell in _unique(rows[0])]
    if any(heads) and not all(heads):
        return 0
    set_off = all(heads) and len(heads) > 1 and not any(cell.head for cell in _unique(rows[1]))
    if not set_off and not _names_columns(rows[0]):
        return 0
    count = 1
    while count < min(len(rows) - 1, MAX_HEADER_ROWS):
        above, below = rows[count - 1], rows[count]
        split = [
            cell is not None and bool(cell.text.strip()) and (cell in above[:place] or cell in above[place + 1 :])
            for place, cell in enumerate(above)
        ]
        whole = all(
            split[place] or cell is None or not cell.text.strip() or (place < len(below) and cell is below[place])
            for place, cell in enumerate(above)
        )
        if not any(split) or not whole or not _names_columns(below):
            break
        count += 1
    return count


def _unique(row: Iterable[Cell | None]) -> list[Cell]:
    return list({id(cell): cell for cell in row if cell is not None and cell.text.strip()}.values())


def _names_columns(row: Sequence[Cell | None]) -> bool:
    cells = _unique(row)
    if len(cells) < 2:
        return False
    for position, cell in enumerate(cells):
        text = squeeze(cell.text)
        year = _YEAR.fullmatch(text) and position > 0
        if len(text) > HEADER_CELL_CHARS or (_NUMBER.fullmatch(text) and not year):
            return False
    # A row where half of the places are empty is a form or a continuation, not names.
    filled = sum(cell is not None and bool(cell.text.strip()) for cell in row)
    return filled * 2 > len(row)

"""A table of merged cells → rows of text in which each value stands under its header.

A table with a header is a grid: a merged cell is repeated where it is short enough to be a label, so that each row can
be read by itself. Any other table is a form, whose columns are only lines to draw: the cells of a row stand one after
the other, and one merged downwards is repeated in each of its rows; a value without a label goes to the label above it.
Rows without any text are left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from haechi.parsers import hwp_refusal as refusal
from haechi.parsers.hwp_tree import Cell, Table

#: A merged cell longer than this is text, not a label: it stands where it begins and nowhere else.
REPEATED_CHARS = 60
MAX_COLUMNS = 1_000
MAX_GRID = 1_000_000
MAX_HEADER_ROWS = 5
#: A header's cell is a word or two.
HEADER_CHARS = 30

_FIGURE = re.compile(
    r"(?!(?:19|20)\d\d$)[\d.,\s%()\-~△▲+:/]*|.*\d[\d,]*\s*(?:[천만억]|백만|십억)?\s*(?:원|명|건|개|%|％)|.*[.:]"
)

#: Most tables of two columns are labels and values; with one of these at its head the table is a list.
_LIST_HEAD = re.compile(
    r"구분|항목|종류|[연순]?번호?|명칭|과목|품목|분야|대상|내용|등급|직급|기간|연도|지역|시간|일시|업무|유형|(?:품|기관|부서|시설|제품)명"
)

Places = list[list[Cell | None]]


def split_prose(table: Table, source: str) -> list[Table | Cell]:
    """Cut a table at the cells that fill their line alone and hold prose, and at such cells right above or below them.

    There it is only a frame around text. In a table whose first row has a cell for each column only the end is cut off,
    so that no row loses its header. Raises ParseError for forged sizes.
    """
    alone = {id(cell): cell.row for cell in _alone(table.cells, source)}
    columns = len({cell.column for cell in table.cells})
    if columns > 2 and sum(cell.row == 0 for cell in table.cells) == columns:
        last = max((cell.row for cell in table.cells if id(cell) not in alone), default=-1)
        alone = {key: row for key, row in alone.items() if row > last}
    parts: list[Table | Cell] = []
    group: list[Cell] = []
    for cell in sorted(table.cells, key=lambda cell: cell.row):
        if id(cell) not in alone:
            group.append(cell)
            continue
        parts.extend([_moved_up(group), cell] if group else [cell])
        group = []
    return [*parts, _moved_up(group)] if group else parts


def _alone(cells: list[Cell], source: str) -> list[Cell]:
    """The cells that share no line with another, in runs that hold prose, from top to bottom."""
    height = _size(cells, source)[0]
    on_line = [0] * height
    for cell in cells:
        for row in range(cell.row, min(cell.row + max(cell.row_span, 1), height)):
            on_line[row] += 1
    found: list[Cell] = []
    run: list[Cell] = []
    for cell in sorted(cells, key=lambda cell: cell.row):
        span = on_line[cell.row : cell.row + max(cell.row_span, 1)]
        if max(span) == 1:
            run.append(cell)
            continue
        found.extend(run if any(map(_is_prose, run)) else [])
        run = []
    return [*found, *(run if any(map(_is_prose, run)) else [])]


def _is_prose(cell: Cell) -> bool:
    filled = [paragraph for paragraph in cell.paragraphs if any(paragraph.items)]
    size = sum(len(item) for paragraph in filled for item in paragraph.items if isinstance(item, str))
    return len(filled) > 1 or size > REPEATED_CHARS


def _moved_up(cells: list[Cell]) -> Table:
    top = min(cell.row for cell in cells)
    return Table([replace(cell, row=cell.row - top) for cell in cells])


@dataclass(frozen=True)
class Grid:
    """Rows of cell texts, and how many of them are the header."""

    rows: list[list[str]]
    header_rows: int


def grid_of(table: Table, text_of: Callable[[Cell], str], source: str) -> Grid:
    """Place the cells. `text_of` is asked once for each cell, in stored order. Raises ParseError for forged sizes."""
    places = _places(table.cells, source)
    texts = {id(cell): text_of(cell) for cell in table.cells}
    header = _header_rows(places, texts)
    rows: list[list[str]] = []
    header_rows = 0
    shown: set[int] = set()
    for at, row in enumerate(places):
        line: list[str] = []
        for column, cell in enumerate(row):
            if cell is None:
                line.extend([""] if header else [])
            elif header or column == cell.column:
                text = texts[id(cell)]
                line.append(text if id(cell) not in shown or len(text) <= REPEATED_CHARS else "")
                shown.add(id(cell))
        # A line in which nothing begins exists only because everything above spans it.
        if any(line) and any(cell is not None and cell.row == at for cell in row):
            rows.append(line)
            header_rows += at < header
    # Forged addresses can hide a cell under another; its text is not dropped.
    rows.extend([texts[id(cell)]] for cell in table.cells if id(cell) not in shown and texts[id(cell)])
    return Grid(rows, header_rows) if 0 < header_rows < len(rows) else Grid(_continued(rows), 0)


def _continued(rows: list[list[str]]) -> list[list[str]]:
    """Labels and values: a value without a label belongs to the label above it."""
    joined: list[list[str]] = []
    for row in rows:
        if len(row) == 2 and not row[0] and joined and len(joined[-1]) == 2 and all(joined[-1]):
            joined[-1] = [joined[-1][0], f"{joined[-1][1]} {row[1]}"]
        else:
            joined.append(row)
    return joined


def _size(cells: list[Cell], source: str) -> tuple[int, int]:
    """Rows and columns up to where the last cell begins. Raises ParseError where no real table can be so large."""
    height = max((cell.row for cell in cells), default=-1) + 1
    width = max((cell.column for cell in cells), default=-1) + 1
    # Rows and columns in which no cell begins are rare: a thousand of them are forged.
    forged = width > MAX_COLUMNS or height * width > MAX_GRID or max(height, width) > 4 * len(cells) + 100
    if forged or any(cell.row < 0 or cell.column < 0 for cell in cells):
        raise refusal.bad_table(source, f"{height}×{width}")
    return height, width


def _places(cells: list[Cell], source: str) -> Places:
    """Which cell covers each address. Spans end where the last cell begins; of two in one place the first stays."""
    height, width = _size(cells, source)
    places: Places = [[None] * width for _ in range(height)]
    for cell in cells:
        for row in range(cell.row, min(cell.row + max(cell.row_span, 1), height)):
            for column in range(cell.column, min(cell.column + max(cell.column_span, 1), width)):
                if places[row][column] is None:
                    places[row][column] = cell
    return places


def _header_rows(places: Places, texts: dict[int, str]) -> int:
    """Rows the author marked as title rows; without marks the first row when it is words only, with what it spans.

    0 without a header, and for tables in which no row has a cell for every column: their columns mean nothing.
    """
    if len(places) < 2 or len(places[0]) < 2:
        return 0
    if not any(all(cell is not None and cell.column_span <= 1 for cell in row) for row in places):
        return 0
    marked = 0
    for row in places[:MAX_HEADER_ROWS]:
        if not any(cell is not None and cell.header for cell in row):
            break
        marked += 1
    if marked:
        return min(marked, len(places) - 1)
    first = list({id(cell): cell for cell in places[0] if cell is not None}.values())
    words = [texts[id(cell)].strip() for cell in first]
    if (
        len(first) < 2
        or not all(words[1:])
        or any(len(word) > HEADER_CHARS or _is_value(word) for word in words if word)
    ):
        return 0
    if len(places[0]) == 2 and not _LIST_HEAD.fullmatch("".join(words[0].split())):
        return 0
    wide = any(cell.column_span > 1 for cell in first)
    if wide and len(first) == 2 and len(places[0]) > 2 and first[0].row_span == 1:
        return 0  # a label and a value that takes the rest of the line
    deep = max(cell.row_span for cell in first)
    return deep if wide and deep < min(len(places), MAX_HEADER_ROWS) else 1


def _is_value(text: str) -> bool:
    """Figures, amounts and sentences do not stand in a header; `2015년` and `10대` do."""
    return _FIGURE.fullmatch(text) is not None

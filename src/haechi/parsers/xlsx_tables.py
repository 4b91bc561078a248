"""A sheet's cells → its tables: stretches between empty rows, side by side where empty columns divide them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from openpyxl.utils.cell import get_column_letter

from haechi.parsers.grid import MAX_HEADER_ROWS, Cell, Grid, guess_header_rows, squeeze, table_block
from haechi.parsers.xlsx_sheet import Sheet
from haechi.types import Block

#: A merged range is repeated over at most this many cells; what is larger is a background, written once.
MAX_MERGED_CELLS = 20_000
#: A table is divided at an empty column only where both sides are at least this many rows and columns.
SIDE = 2
CAPTION_CHARS = 120

Place = tuple[int, int]


def sheet_blocks(sheet: Sheet, headings: tuple[str, ...]) -> Iterator[Block]:
    """Table and paragraph blocks in the order of their rows. `meta`: sheet, range, and of tables first_row.

    Line N of a table block (from 0) is row `first_row + N`; a hidden row in between is an empty line.
    """
    cells = _cells(sheet)
    for places in _regions(cells, sheet):
        yield from _region(places, cells, sheet, headings)


def _cells(sheet: Sheet) -> dict[Place, Cell]:
    """Visible cells, merged ones as one object in every place they cover."""
    cells = {
        place: Cell(text, place in sheet.bold)
        for place, text in sheet.cells.items()
        if place[0] not in sheet.hidden_rows and place[1] not in sheet.hidden_columns
    }
    for top, left, bottom, right in sheet.merged:
        text = sheet.cells.get((top, left))
        if text is None or (bottom - top + 1) * (right - left + 1) > MAX_MERGED_CELLS:
            continue
        cell = cells.get((top, left)) or Cell(text, (top, left) in sheet.bold)
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                if row not in sheet.hidden_rows and column not in sheet.hidden_columns:
                    cells[row, column] = cell
    return cells


def _regions(cells: dict[Place, Cell], sheet: Sheet) -> Iterator[list[Place]]:
    rows: dict[int, list[Place]] = {}
    for place in cells:
        rows.setdefault(place[0], []).append(place)
    for band in _bands(sorted(rows), sheet.hidden_rows.__contains__):
        yield from _side_by_side([place for row in band for place in rows[row]], sheet)


def _bands(numbers: Sequence[int], hidden: Callable[[int], bool]) -> Iterator[Sequence[int]]:
    """Sorted numbers divided where they leave a gap; what is hidden leaves none."""
    start = 0
    for position in range(1, len(numbers) + 1):
        if position == len(numbers) or not all(map(hidden, range(numbers[position - 1] + 1, numbers[position]))):
            yield numbers[start:position]
            start = position


def _side_by_side(places: list[Place], sheet: Sheet) -> Iterator[list[Place]]:
    bands = list(_bands(sorted({column for _, column in places}), sheet.hidden_columns.__contains__))
    if len(bands) > 1 and all(len(band) >= SIDE for band in bands):
        band_of = {column: number for number, band in enumerate(bands) for column in band}
        sides: list[list[Place]] = [[] for _ in bands]
        for place in places:
            sides[band_of[place[1]]].append(place)
        if all(len({row for row, _ in side}) >= SIDE for side in sides):
            yield from sides
            return
    yield places


def _region(places: list[Place], cells: dict[Place, Cell], sheet: Sheet, headings: tuple[str, ...]) -> Iterator[Block]:
    rows: dict[int, dict[int, Cell]] = {}
    for row, column in places:
        rows.setdefault(row, {})[column] = cells[row, column]
    numbers = sorted(rows)
    lone = [len(set(map(id, rows[row].values()))) == 1 for row in numbers]
    first, last = 0, len(numbers)
    while first < last and lone[first]:
        first += 1
    while last > first and lone[last - 1]:
        last -= 1
    body = numbers[first:last]
    if not body:  # nothing but single cells: notes, or a list
        yield _lone(numbers, rows, sheet, headings)
        return
    above, below = numbers[:first], numbers[last:]
    caption = " ".join(next(iter(rows[row].values())).text for row in above)
    if len(caption) > CAPTION_CHARS:
        yield _lone(above, rows, sheet, headings)
        caption = ""
    block = _table(body, rows, sheet, headings, caption)
    if block is not None:
        yield block
    if below:
        yield _lone(below, rows, sheet, headings)


def _lone(numbers: Sequence[int], rows: dict[int, dict[int, Cell]], sheet: Sheet, headings: tuple[str, ...]) -> Block:
    """Rows of one cell each: a paragraph, or a table of one column so that each line can be cited by its row."""
    cells = [next(iter(rows[row].values())) for row in numbers]
    left = min(column for row in numbers for column in rows[row])
    right = max(column for row in numbers for column in rows[row])
    meta = {"sheet": sheet.name, "range": _reference(numbers[0], left, numbers[-1], right)}
    if all(cell is cells[0] for cell in cells):
        return Block(cells[0].text, "paragraph", None, headings, meta)
    lines = {row: squeeze(cell.text) for row, cell in zip(numbers, cells, strict=True)}
    text = "\n".join(lines.get(row, "") for row in range(numbers[0], numbers[-1] + 1))
    return Block(text, "table", None, headings, {**meta, "first_row": numbers[0], "header_rows": 0})


def _table(
    numbers: Sequence[int], rows: dict[int, dict[int, Cell]], sheet: Sheet, headings: tuple[str, ...], caption: str
) -> Block | None:
    used = {column for row in numbers for column in rows[row]}
    left, right = min(used), max(used)
    columns = [column for column in range(left, right + 1) if column in used]
    grid = Grid([[rows[row].get(column) for column in columns] for row in numbers])
    meta = {
        "sheet": sheet.name,
        "range": _reference(numbers[0], left, numbers[-1], right),
        "first_row": numbers[0],
    }
    header = guess_header_rows(grid.rows)
    frozen = sheet.frozen_rows - numbers[0] + 1
    if 0 < frozen <= MAX_HEADER_ROWS:  # what stays in sight while the rest is scrolled
        header = max(header, frozen)
    block = table_block(grid, headings=headings, header_rows=header, caption=caption, meta=meta)
    if block is None or numbers[-1] - numbers[0] + 1 == len(numbers):
        return block
    lines = dict(zip(numbers, block.text.split("\n"), strict=True))
    text = "\n".join(lines.get(row, "") for row in range(numbers[0], numbers[-1] + 1))
    return Block(text, block.kind, None, headings, block.meta)


def _reference(top: int, left: int, bottom: int, right: int) -> str:
    start = f"{get_column_letter(left)}{top}"
    end = f"{get_column_letter(right)}{bottom}"
    return start if start == end else f"{start}:{end}"

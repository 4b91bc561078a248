"""Tables of web pages → table blocks; tables that only lay out a page are told apart."""

from __future__ import annotations

from collections.abc import Iterator

from selectolax.lexbor import LexborNode

from haechi.parsers.grid import Cell, Grid, squeeze, table_block
from haechi.types import Block

#: A cell with more text than this is prose in a layout table, unless the table names its columns.
LAYOUT_CELL_CHARS = 600
#: As in browsers.
MAX_COLSPAN = 1_000


def is_layout(table: LexborNode) -> bool:
    """Whether a table is a frame: it holds tables, headings, prose, or a single cell."""
    if table.css_first("td table, th table, td h1, td h2, td h3, td h4") is not None:
        return True
    cells = table.css("td")
    if len(cells) == 1 and table.css_first("th") is None:
        return True
    if table.css_first("th, caption") is not None:
        return False
    return any(len(cell.text()) > LAYOUT_CELL_CHARS for cell in cells)


def html_table(table: LexborNode, headings: tuple[str, ...]) -> Block | None:
    """The block of a table without nested ones; None when it has no text."""
    rows = list(_rows(table))
    grid = Grid([[] for _ in rows])
    header = 0
    for number, (row, in_head) in enumerate(rows):
        cells = [cell for cell in row.iter() if cell.tag in ("td", "th")]
        column = 0
        for item in cells:
            column = grid.free(number, column)
            # rowspan=0 means: to the end of the table
            down = _span(item, "rowspan") or len(rows) - number
            across = min(_span(item, "colspan"), MAX_COLSPAN) or 1
            grid.put(number, column, Cell(squeeze(item.text(separator=" ")), item.tag == "th"), down, across)
            column += across
        if header == number and cells and (in_head or all(cell.tag == "th" for cell in cells)):
            header += 1
    caption = table.css_first("caption")
    return table_block(
        grid,
        headings=headings,
        header_rows=header or None,
        caption=caption.text(separator=" ") if caption is not None else "",
    )


def _rows(table: LexborNode) -> Iterator[tuple[LexborNode, bool]]:
    """(row, whether it stands in thead) in the order shown."""
    feet: list[LexborNode] = []
    for part in table.iter():
        if part.tag == "tr":
            yield part, False
        elif part.tag in ("thead", "tbody"):
            yield from ((row, part.tag == "thead") for row in part.iter() if row.tag == "tr")
        elif part.tag == "tfoot":
            feet += [row for row in part.iter() if row.tag == "tr"]
    yield from ((row, False) for row in feet)


def _span(cell: LexborNode, name: str) -> int:
    text = (cell.attributes.get(name) or "").strip()
    return min(int(text), 65_534) if text.isdecimal() and len(text) < 7 else 1

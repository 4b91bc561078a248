"""What one PDF page holds, whichever library read it: lines of text and ruled tables, in points from the top left."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from haechi.parsers.encoding import clean

_LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"})
#: A box: left, top, right, bottom. Top is smaller than bottom.
Box = tuple[float, float, float, float]


@dataclass(slots=True)
class Line:
    """One line of text. `size` is the font size in points as drawn; `bold` is true when the whole line is.

    `left` and `right` bound the column the line stands in (set by `pdf_columns`). A trailing space means that the
    file itself has a space before the line break; a trailing soft hyphen that a word was hyphenated there.
    """

    text: str
    x0: float
    top: float
    x1: float
    bottom: float
    size: float
    bold: bool = False
    left: float = 0.0
    right: float = 0.0

    @property
    def box(self) -> Box:
        return (self.x0, self.top, self.x1, self.bottom)


@dataclass(slots=True)
class Cell:
    """A cell of a ruled table at (`row`, `column`), 0-based, with its spans."""

    box: Box
    row: int
    column: int
    rows: int = 1
    columns: int = 1
    shaded: bool = False
    lines: list[Line] = field(default_factory=list)


@dataclass
class Table:
    """A ruled table. `xs` and `ys` are the positions of its column and row borders."""

    cells: list[Cell]
    xs: tuple[float, ...]
    ys: tuple[float, ...]

    @property
    def box(self) -> Box:
        return (self.xs[0], self.ys[0], self.xs[-1], self.ys[-1])

    @property
    def columns(self) -> int:
        return len(self.xs) - 1

    @property
    def rows(self) -> int:
        return len(self.ys) - 1

    def cell_at(self, x: float, y: float) -> Cell | None:
        """The cell that holds a point."""
        return self._fields.get((bisect_right(self.ys, y) - 1, bisect_right(self.xs, x) - 1))

    @cached_property
    def _fields(self) -> dict[tuple[int, int], Cell]:
        return {
            (row, column): cell
            for cell in self.cells
            for row in range(cell.row, cell.row + cell.rows)
            for column in range(cell.column, cell.column + cell.columns)
        }


@dataclass(slots=True)
class PdfPage:
    """`items` are lines and tables in reading order. `image_share` is the part of the page that pictures cover.

    `broken` means that the fonts have no usable character map: what was read is nonsense and `items` is empty.
    `unruled` means that the page has more ruling lines than can be searched for tables.
    """

    number: int
    width: float
    height: float
    items: list[Line | Table] = field(default_factory=list)
    image_share: float = 0.0
    broken: bool = False
    unruled: bool = False

    @property
    def lines(self) -> list[Line]:
        """The lines outside of tables."""
        return [item for item in self.items if isinstance(item, Line)]

    @property
    def characters(self) -> int:
        """Visible characters on the page, tables included."""
        cells = [line for item in self.items if isinstance(item, Table) for cell in item.cells for line in cell.lines]
        return sum(len("".join(line.text.split())) for line in (*self.lines, *cells))


def plain(text: str) -> str:
    """Clean text, ligatures as their letters."""
    return clean(text.translate(_LIGATURES))


def union(boxes: Iterable[Box]) -> Box:
    """The smallest box around all of them."""
    found = list(boxes)
    return (
        min(box[0] for box in found),
        min(box[1] for box in found),
        max(box[2] for box in found),
        max(box[3] for box in found),
    )


def same_row(first: Line, second: Line) -> bool:
    """Whether two lines share a baseline, near enough. Boxes are as high as the font and may overlap between rows."""
    apart = abs(first.top + first.bottom - second.top - second.bottom) / 2
    return apart < 0.4 * min(first.size, second.size)


def merge_rows(lines: list[Line]) -> list[Line]:
    """Join neighbours of the list that stand on one row, left to right, into one line."""
    merged: list[Line] = []
    for line in lines:
        last = merged[-1] if merged else None
        if last is None or not same_row(last, line) or line.x0 < last.x1 - line.size:
            merged.append(line)
            continue
        apart = last.text.endswith(" ") or line.x0 - last.x1 > 0.15 * line.size
        merged[-1] = Line(
            f"{last.text.rstrip()}{' ' if apart else ''}{line.text}",
            *union((last.box, line.box)),
            max(last.size, line.size),
            last.bold and line.bold,
            last.left,
            last.right,
        )
    return merged

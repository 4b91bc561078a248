"""Where the text of a page picture stands: columns in reading order and ruled tables. It reads no letters.

Tesseract's own page analysis loses a third of the lines of a dense Korean page and mixes columns; as one block of text
(mode 6) it reads nearly all of them. So the page is cut here: ruling lines make tables, blank stripes between filled
lines make columns, and everything else stays one block.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL.Image import Image

#: left, top, right, bottom in pixels, right and bottom exclusive.
Box = tuple[int, int, int, int]
Mask = NDArray[np.bool_]

#: The layout is found at this resolution (dots per inch).
WORK_DPI = 100
#: Lengths at WORK_DPI: a ruling line, one that is a rule wherever it stands (no stroke of a large title is that long),
#: how thick one may be, what is added around a stretch of text, and how far line ends may miss each other.
RULE = 40
LONG_RULE = 120
THICK = 6
MARGIN = 6
TOUCH = 5
#: The blank stripe between columns is so many heights of a line wide: more than the spaces of a justified line.
GUTTER = 1.3
MIN_GUTTER = 9
#: A column has so many lines that fill this share of its width; cells of a table without rules do not.
FULL_LINES = 3
FULL_SHARE = 0.8
#: A column takes at least this share of the width it was cut from.
MIN_COLUMN = 0.2
#: Fewer dark points than this in a cell are dirt.
MIN_INK = 5
#: A blank row or column may hold this share of specks.
SPECKS = 0.004


@dataclass(frozen=True)
class Cell:
    """A cell of a ruled table: its box, and the grid places it covers (0-based, ends exclusive)."""

    box: Box
    rows: tuple[int, int]
    columns: tuple[int, int]


@dataclass(frozen=True)
class Region:
    """A stretch of text, or a ruled table with its cells row by row."""

    box: Box
    cells: tuple[Cell, ...] = ()


@dataclass(frozen=True)
class Layout:
    """Regions in reading order, in pixels of the picture. Masks are `step` times smaller: ruling lines, other ink."""

    regions: tuple[Region, ...]
    rules: Mask
    letters: Mask
    step: int

    def rules_in(self, box: Box) -> Mask:
        """Where ruling lines run in `box`, at the picture's size; its edges are multiples of `step`."""
        left, top, right, bottom = (edge // self.step for edge in box)
        return np.kron(self.rules[top:bottom, left:right], np.ones((self.step, self.step), dtype=np.bool_))

    def has_letters(self, box: Box) -> bool:
        """Whether there is ink in `box` that is no ruling line."""
        left, top, right, bottom = (edge // self.step for edge in box)
        return bool(self.letters[top:bottom, left:right].sum() >= MIN_INK)


def find_layout(image: Image, dpi: int) -> Layout:
    """The regions of a grey picture that stands upright and straight. No ink gives no regions."""
    step = max(1, round(dpi / WORK_DPI))
    ink = ink_of(image, step)
    across, down = _segments(_runs(ink)), [_turned(box) for box in _segments(_runs(ink.T))]
    grids = _grids(across, down)
    rules = np.zeros_like(ink)
    for line in (*across, *down):
        long = max(line[2] - line[0], line[3] - line[1]) >= LONG_RULE
        if long or any(_touch(line, grid.box) for grid in grids):
            rules[line[1] : line[3], line[0] : line[2]] = True
    rules = _grown(rules)
    letters = ink & ~rules
    text = letters.copy()
    for grid in grids:
        left, top, right, bottom = grid.box
        text[top:bottom, left:right] = True  # as one solid thing: a table is never cut
    boxes = list(_cut(text, _trim(text, (0, 0, text.shape[1], text.shape[0]))))
    regions = [part for box in boxes for part in _parts(text, box, grids)]
    regions = [region if region.cells else Region(_widened(region.box, ink.shape)) for region in regions]
    return Layout(tuple(_scaled(region, step) for region in regions), rules, letters, step)


def ink_of(image: Image, step: int) -> Mask:
    """Dark against its own surroundings, `step` pixels a side averaged into one.

    Grey paper and shadows are not ink, and neither are single dark points: the noise of a scan would bridge columns.
    """
    from PIL import ImageFilter

    small = image.reduce(step) if step > 1 else image.filter(ImageFilter.BoxBlur(1))
    around = np.asarray(small.filter(ImageFilter.BoxBlur(15)), dtype=np.int16)
    ink = np.asarray(small, dtype=np.int16) < around - np.maximum(20, around // 6)
    padded = np.pad(ink, 1).astype(np.int8)
    height, width = ink.shape
    near = sum(padded[y : y + height, x : x + width] for y in range(3) for x in range(3))
    kept: Mask = ink & (near >= 3)
    return kept


def skew(image: Image, dpi: int) -> float:
    """By how many degrees (counter-clockwise) to turn the picture so that lines run straight; within ±4°."""
    from PIL import Image as Pillow

    ink = ink_of(image, max(1, round(dpi / WORK_DPI)))
    if not ink.any():
        return 0.0
    picture = Pillow.fromarray((ink * 255).astype(np.uint8))

    def sharpness(angle: float) -> float:
        rows = np.asarray(picture.rotate(angle), dtype=np.float64).sum(axis=1)
        return float(np.square(np.diff(rows)).sum())

    rough = max((float(angle) for angle in np.arange(-4, 4.01, 0.5)), key=sharpness)
    best = max((rough + float(part) for part in np.arange(-0.4, 0.41, 0.1)), key=sharpness)
    # A page of pictures has no lines: its best angle is hardly better than none.
    return best if abs(best) >= 0.15 and sharpness(best) > 1.1 * sharpness(0.0) else 0.0


def line_height(image: Image) -> float:
    """The usual height of a line of letters in pixels; 0 where there is none."""
    ink = ink_of(image, 1)
    heights = [bottom - top for top, bottom in _spans(ink.sum(axis=1) > ink.shape[1] * SPECKS) if bottom - top >= 4]
    return float(np.median(heights)) if heights else 0.0


def _runs(ink: Mask) -> Mask:
    """Ink that belongs to an unbroken horizontal run of at least RULE pixels."""
    height, width = ink.shape
    if width <= RULE:
        return np.zeros_like(ink)
    sums = np.zeros((height, width + 1), np.int32)
    np.cumsum(ink, axis=1, out=sums[:, 1:])
    starts = sums[:, RULE:] - sums[:, :-RULE] == RULE
    marks = np.zeros((height, width + 1), np.int32)
    marks[:, : starts.shape[1]] += starts
    marks[:, RULE : RULE + starts.shape[1]] -= starts[:, : width + 1 - RULE]
    covered: Mask = np.cumsum(marks, axis=1)[:, :width] > 0
    return covered


def _grown(mask: Mask) -> Mask:
    """One pixel more on every side: the grey edge of a line must not be left behind."""
    grown = mask.copy()
    grown[1:] |= mask[:-1]
    grown[:-1] |= mask[1:]
    grown[:, 1:] |= mask[:, :-1]
    grown[:, :-1] |= mask[:, 1:]
    return grown


def _segments(mask: Mask) -> list[Box]:
    """Boxes of the horizontal lines in a mask of runs; thick things (pictures, filled boxes) are no lines."""
    done: list[list[int]] = []
    open_: list[list[int]] = []
    for row in map(int, np.flatnonzero(mask.any(axis=1))):
        still = [box for box in open_ if box[3] >= row - 1]
        done += [box for box in open_ if box[3] < row - 1]
        for left, right in _spans(mask[row]):
            touching = [box for box in still if box[0] < right and left < box[2]]
            for box in touching[1:]:
                still.remove(box)
                touching[0][:] = [
                    min(box[0], touching[0][0]),
                    min(box[1], touching[0][1]),
                    max(box[2], touching[0][2]),
                    row + 1,
                ]
            if touching:
                box = touching[0]
                box[:] = [min(box[0], left), box[1], max(box[2], right), row + 1]
            else:
                still.append([left, row, right, row + 1])
        open_ = still
    boxes = [(box[0], box[1], box[2], box[3]) for box in (*done, *open_)]
    return [box for box in boxes if box[3] - box[1] <= THICK]


def _turned(box: Box) -> Box:
    return box[1], box[0], box[3], box[2]


def _spans(flags: Mask) -> list[tuple[int, int]]:
    """Start and end of every run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flags, [False])).astype(np.int8)))
    return [(int(edges[index]), int(edges[index + 1])) for index in range(0, len(edges), 2)]


def _grids(across: list[Box], down: list[Box]) -> list[Region]:
    """Lines that touch make one grid; with at least two rows and two columns it is a table."""
    lines = [*across, *down]
    group = list(range(len(lines)))

    def root(index: int) -> int:
        while group[index] != index:
            group[index] = group[group[index]]
            index = group[index]
        return index

    for first, one in enumerate(across):
        for second, other in enumerate(down, len(across)):
            if _touch(one, other):
                group[root(first)] = root(second)
    found = []
    for key in {root(index) for index in range(len(lines))}:
        rows = [box for index, box in enumerate(across) if root(index) == key]
        columns = [box for index, box in enumerate(down, len(across)) if root(index) == key]
        if len(rows) >= 2 and columns:
            grid = _grid(rows, columns)
            if grid is not None:
                found.append(grid)
    # A table in a cell of another table is read as part of it.
    return [grid for grid in found if not any(_inside(grid.box, other.box) for other in found if other is not grid)]


def _touch(one: Box, other: Box) -> bool:
    return (
        one[0] - TOUCH <= other[2]
        and other[0] - TOUCH <= one[2]
        and one[1] - TOUCH <= other[3]
        and other[1] - TOUCH <= one[3]
    )


def _inside(box: Box, other: Box) -> bool:
    return box != other and box[0] >= other[0] and box[1] >= other[1] and box[2] <= other[2] and box[3] <= other[3]


def _grid(across: list[Box], down: list[Box]) -> Region | None:
    lines = [*across, *down]
    box = (min(b[0] for b in lines), min(b[1] for b in lines), max(b[2] for b in lines), max(b[3] for b in lines))
    ys = _edges([(line[1] + line[3]) // 2 for line in across], box[1], box[3])
    xs = _edges([(line[0] + line[2]) // 2 for line in down], box[0], box[2])
    if len(ys) < 3 or len(xs) < 3:
        return None
    owner: dict[tuple[int, int], tuple[int, int]] = {}
    for row in range(len(ys) - 1):
        for column in range(len(xs) - 1):
            y, x = (ys[row] + ys[row + 1]) // 2, (xs[column] + xs[column + 1]) // 2
            here = (row, column)
            if column and not any(abs((b[0] + b[2]) // 2 - xs[column]) <= TOUCH and b[1] <= y <= b[3] for b in down):
                owner[here] = owner[row, column - 1]
            elif row and not any(abs((b[1] + b[3]) // 2 - ys[row]) <= TOUCH and b[0] <= x <= b[2] for b in across):
                owner[here] = owner[row - 1, column]
            else:
                owner[here] = here
    cells = []
    for first in dict.fromkeys(owner.values()):
        places = [place for place, whose in owner.items() if whose == first]
        top, bottom = min(row for row, _ in places), max(row for row, _ in places) + 1
        left, right = min(column for _, column in places), max(column for _, column in places) + 1
        cells.append(Cell((xs[left], ys[top], xs[right], ys[bottom]), (top, bottom), (left, right)))
    return Region(box, tuple(cells))


def _edges(positions: list[int], first: int, last: int) -> list[int]:
    """Positions that are nearly the same become one; the outer edges count also where no line is drawn."""
    edges: list[int] = []
    for position in sorted([*positions, first, last]):
        if not edges or position - edges[-1] > TOUCH:
            edges.append(position)
    return edges


def _trim(ink: Mask, box: Box) -> Box:
    left, top, right, bottom = box
    part = ink[top:bottom, left:right]
    rows, columns = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
    if not len(rows):
        return left, top, left, top
    return left + int(columns[0]), top + int(rows[0]), left + int(columns[-1]) + 1, top + int(rows[-1]) + 1


def _cut(ink: Mask, box: Box) -> Iterator[Box]:
    """Boxes in reading order: stretches of one column, and columns from left to right."""
    left, top, right, bottom = box
    if left >= right:
        return
    part = ink[top:bottom, left:right]
    bands = _spans(part.sum(axis=1) > max(1.0, part.shape[1] * SPECKS))
    single: list[tuple[int, int]] = []
    index = 0
    while index < len(bands):
        columns = _columns(part, bands, index)
        if columns is None:
            single.append(bands[index])
            index += 1
            continue
        gutter, index_after = columns
        if single:
            yield _trim(ink, (left, top + single[0][0], right, top + single[-1][1]))
            single = []
        first, last = top + bands[index][0], top + bands[index_after - 1][1]
        for side in ((left, first, left + gutter, last), (left + gutter, first, right, last)):
            yield from _cut(ink, _trim(ink, side))
        index = index_after
    if single:
        yield _trim(ink, (left, top + single[0][0], right, top + single[-1][1]))


def _columns(part: Mask, bands: list[tuple[int, int]], first: int) -> tuple[int, int] | None:
    """(where to cut, the first band below the columns) when the bands from `first` on stand in two columns."""
    blank = np.ones(part.shape[1], dtype=np.bool_)
    lines = [bottom - top for top, bottom in bands[first : first + 12]]
    gutter = max(MIN_GUTTER, GUTTER * float(np.median(lines)))
    best: tuple[int, int] | None = None
    for index in range(first, len(bands)):
        top, bottom = bands[index]
        blank &= part[top:bottom].sum(axis=0) <= (bottom - top) * SPECKS * 10
        filled = np.flatnonzero(~blank)
        inner = [
            span
            for span in _spans(blank)
            if span[1] - span[0] >= gutter and len(filled) and span[0] > filled[0] and span[1] < filled[-1]
        ]
        if not inner and len(filled) > part.shape[1] * 0.6:
            break
        for start, end in sorted(inner, key=lambda span: span[0] - span[1])[:3]:
            if _is_column(part[bands[first][0] : bottom, :start]) and _is_column(part[bands[first][0] : bottom, end:]):
                best = (start + end) // 2, index + 1
                break
    return best


def _is_column(side: Mask) -> bool:
    """Whether one side of a blank stripe is running text: some of its lines fill their width, without wide blanks."""
    columns = np.flatnonzero(side.any(axis=0))
    if not len(columns):
        return False
    width = int(columns[-1] - columns[0]) + 1
    if width < MIN_COLUMN * side.shape[1] or width < RULE * 2:
        return False
    full = 0
    for top, bottom in _spans(side.sum(axis=1) > max(1.0, side.shape[1] * SPECKS)):
        marks: Mask = np.any(side[top:bottom], axis=0)
        places = np.flatnonzero(marks)
        # Letters all along the line; a row of a table without rules has wide blanks instead.
        first, last = int(places[0]), int(places[-1])
        widest = max((end - start for start, end in _spans(~marks[first : last + 1])), default=0)
        full += bool(last - first >= FULL_SHARE * width and widest < 0.15 * width)
    return full >= FULL_LINES


def _parts(text: Mask, box: Box, grids: list[Region]) -> Iterator[Region]:
    """A stretch of one column, parted at its tables."""
    left, top, right, bottom = box
    inside = sorted(
        (grid for grid in grids if left <= (grid.box[0] + grid.box[2]) // 2 < right and top <= grid.box[1] < bottom),
        key=lambda grid: grid.box[1],
    )
    for grid in inside:
        text[grid.box[1] : grid.box[3], grid.box[0] : grid.box[2]] = False
    for grid in inside:
        for stretch in ((left, top, right, grid.box[1]), (left, grid.box[1], right, grid.box[3])):
            found = _trim(text, stretch)
            if found[2] > found[0]:
                yield Region(found)
        yield grid
        top = max(top, grid.box[3])
    rest = _trim(text, (left, top, right, max(top, bottom)))
    if rest[2] > rest[0]:
        yield Region(rest)


def _widened(box: Box, shape: tuple[int, ...]) -> Box:
    """A little more on every side: a full stop at the end of a line is so small that it was taken for dirt."""
    left, top, right, bottom = box
    return (
        max(0, left - MARGIN),
        max(0, top - MARGIN // 2),
        min(shape[1], right + MARGIN),
        min(shape[0], bottom + MARGIN // 2),
    )


def _scaled(region: Region, step: int) -> Region:
    def scale(box: Box) -> Box:
        return box[0] * step, box[1] * step, box[2] * step, box[3] * step

    return Region(scale(region.box), tuple(Cell(scale(c.box), c.rows, c.columns) for c in region.cells))

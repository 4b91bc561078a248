"""Ruling lines → the grids of tables with their merged cells.

Lines that touch form a grid. Two neighbouring fields of a grid are one cell where no line stands between them. A side
left open, as Korean tables often leave left and right, and as every table does at a page break, is closed where the
lines across it end.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from haechi.parsers.pdf_page import Box, Cell, Table
from haechi.parsers.pdf_rules import Rules

#: Points. Pieces of one line lie within JOIN of each other, lines touch within TOUCH, and a row or column narrower
#: than SLIT is a double line.
JOIN = 1.5
TOUCH = 2.5
SLIT = 4.0
#: Lines down that stand alone make columns when they are at least this long.
MIN_COLUMN = 50.0
#: A page with more crossings to look at than this is a drawing.
MAX_CROSSINGS = 2_000_000
MAX_FIELDS = 20_000
MAX_GRIDS = 100
#: A grid with fewer cells that hold text is a chart or an empty form.
MIN_FILLED = 0.2
MAX_BOX_LINES = 3
#: A cell as wide as the grid with so many lines, and this share of all, is a page in a frame.
FRAME_LINES = 10
FRAME_SHARE = 0.8


def find_grids(rules: Rules) -> list[Table]:
    """Candidate tables without their text, larger ones first. Sets `rules.too_many` when there are too many lines."""
    across = _merge(rules.across)
    down = [_turn(box) for box in _merge(_turn(box) for box in rules.down)]
    if len(across) * len(down) > MAX_CROSSINGS:
        rules.too_many = True
    if rules.too_many:
        return []
    grids = [_grid(*group, rules.shades) for group in _groups(across, down)]
    tables = [grid for grid in grids if grid is not None]
    return sorted(tables, key=lambda table: -_area(table.box))[:MAX_GRIDS]


def reads_as_table(table: Table, heights: Mapping[int, int]) -> bool:
    """Whether a grid is a table: several rows and columns, and words in them. `heights`: lines by `id` of the cell."""
    cells = [cell for cell in table.cells if heights.get(id(cell))]
    if len(cells) < 2 or len(cells) < MIN_FILLED * len(table.cells) or len({cell.column for cell in cells}) < 2:
        return False
    tallest = max(cells, key=lambda cell: heights[id(cell)])
    share = heights[id(tallest)] / sum(heights.values())
    if tallest.columns == table.columns and heights[id(tallest)] > FRAME_LINES and share > FRAME_SHARE:
        return False  # a frame around text, with some box drawn at its edge
    # A single row of short cells is a heading in a box (`Ⅰ | 사업 개요`).
    return len({cell.row for cell in cells}) > 1 or any(heights[id(cell)] > MAX_BOX_LINES for cell in cells)


def _turn(box: Box) -> Box:
    return (box[1], box[0], box[3], box[2])


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _merge(pieces: Iterable[Box]) -> list[Box]:
    """Join pieces that lie on one horizontal line and touch; what stays shorter than a slit is dropped."""
    rows: list[list[Box]] = []
    for piece in sorted(pieces, key=lambda box: box[1]):
        if rows and piece[1] - rows[-1][-1][1] <= JOIN:
            rows[-1].append(piece)
        else:
            rows.append([piece])
    merged: list[Box] = []
    for row in rows:
        y = sum(box[1] for box in row) / len(row)
        row.sort()
        start, end = row[0][0], row[0][2]
        for x0, _, x1, _ in row[1:]:
            if x0 > end + TOUCH:
                merged.append((start, y, end, y))
                start = x0
            end = max(end, x1) if x0 <= end + TOUCH else x1
        merged.append((start, y, end, y))
    return [box for box in merged if box[2] - box[0] >= SLIT]


def _groups(across: Sequence[Box], down: Sequence[Box]) -> list[tuple[list[Box], list[Box]]]:
    """Lines that hang together, each group as (across, down)."""
    parent = list(range(len(across) + len(down)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    for second, (x, top, _, bottom) in enumerate(down, len(across)):
        for first, (x0, y, x1, _) in enumerate(across):
            if x0 - TOUCH <= x <= x1 + TOUCH and top - TOUCH <= y <= bottom + TOUCH:
                parent[root(second)] = root(first)
    groups: dict[int, tuple[list[Box], list[Box]]] = defaultdict(lambda: ([], []))
    for index, box in enumerate((*across, *down)):
        groups[root(index)][index >= len(across)].append(box)
    drawn = [group for group in groups.values() if len(group[0]) + len(group[1]) >= 3 and group[1]]
    return drawn + [([], group) for group in _open_columns([group[1] for group in groups.values() if not group[0]])]


def _open_columns(groups: Sequence[list[Box]]) -> list[list[Box]]:
    """Lines down that begin and end together: the part of a table on a page that shows neither its top nor its end."""
    sides: dict[tuple[int, int], list[Box]] = defaultdict(list)
    for group in groups:
        for box in group:
            if box[3] - box[1] >= MIN_COLUMN:
                sides[(round(box[1] / SLIT), round(box[3] / SLIT))].append(box)
    return [boxes for boxes in sides.values() if len(boxes) >= 3]


def _positions(values: Iterable[float], ends: Iterable[float]) -> list[float]:
    """Where lines stand, double lines as one, with the outermost ends of the lines across where these go further."""
    found: list[list[float]] = []
    for value in sorted(values):
        if found and value - found[-1][-1] <= SLIT:
            found[-1].append(value)
        else:
            found.append([value])
    positions = [sum(group) / len(group) for group in found]
    outer = sorted(ends)
    if not positions:
        return [outer[0], outer[-1]]
    if len(outer) < 2:
        return positions
    # One line that sticks out is an ornament; two that end together are an open side.
    for end, beyond in ((outer[1], -1), (outer[-2], 1)):
        edge = positions[0] if beyond < 0 else positions[-1]
        if (end - edge) * beyond > SLIT * 2:
            positions.insert(0 if beyond < 0 else len(positions), end)
    return positions


def _grid(across: list[Box], down: list[Box], shades: Sequence[Box]) -> Table | None:
    xs = _positions((box[0] for box in down), (end for box in across for end in (box[0], box[2])))
    ys = _positions((box[1] for box in across), (end for box in down for end in (box[1], box[3])))
    columns, rows = len(xs) - 1, len(ys) - 1
    if columns < 1 or rows < 1 or columns * rows > MAX_FIELDS:
        return None
    # An underline that ends inside a field is not a wall.
    across = [box for box in across if _meets(box[0], xs) and _meets(box[2], xs)]
    below = _walls(across, ys, xs)
    right = _walls([_turn(box) for box in down], xs, ys)
    cells = _cells(rows, columns, below, right)
    made = [
        Cell((xs[left], ys[top], xs[last + 1], ys[end + 1]), top, left, end - top + 1, last - left + 1)
        for top, left, end, last in cells
    ]
    if len(made) < 2:
        return None
    near = [
        shade for shade in shades if shade[0] < xs[-1] and shade[2] > xs[0] and shade[1] < ys[-1] and shade[3] > ys[0]
    ]
    if len(near) * len(made) <= MAX_CROSSINGS:
        for cell in made:
            cell.shaded = any(_covers(shade, cell.box) for shade in near)
    return Table(made, tuple(xs), tuple(ys))


def _meets(value: float, positions: Sequence[float]) -> bool:
    return any(abs(value - position) <= SLIT for position in positions) or not positions[0] < value < positions[-1]


def _walls(lines: Sequence[Box], positions: Sequence[float], steps: Sequence[float]) -> set[tuple[int, int]]:
    """(line number, field number) of every piece of the grid that is drawn; lines run along the steps."""
    drawn: set[tuple[int, int]] = set()
    for start, y, end, _ in lines:
        number = min(range(len(positions)), key=lambda index: abs(positions[index] - y))
        first = max(0, bisect_right(steps, start) - 1)
        for field in range(first, len(steps) - 1):
            middle = (steps[field] + steps[field + 1]) / 2
            if start <= middle <= end:
                drawn.add((number, field))
            elif middle > end:
                break
    return drawn


def _cells(
    rows: int, columns: int, below: set[tuple[int, int]], right: set[tuple[int, int]]
) -> list[tuple[int, int, int, int]]:
    """(top, left, bottom, right) of the cells, in fields, ends included, row by row."""
    taken: set[tuple[int, int]] = set()
    cells: list[tuple[int, int, int, int]] = []
    for row in range(rows):
        for column in range(columns):
            if (row, column) in taken:
                continue
            last = column
            while last + 1 < columns and (row, last + 1) not in taken and (last + 1, row) not in right:
                last += 1
            end = row
            while end + 1 < rows and _goes_on(end + 1, column, last, below, right, taken):
                end += 1
            taken.update((y, x) for y in range(row, end + 1) for x in range(column, last + 1))
            cells.append((row, column, end, last))
    return cells


def _goes_on(
    row: int,
    column: int,
    last: int,
    below: set[tuple[int, int]],
    right: set[tuple[int, int]],
    taken: set[tuple[int, int]],
) -> bool:
    """Whether `row` belongs to the cell above it: no line between, none inside."""
    fields = range(column, last + 1)
    return (
        not any((row, field) in below or (row, field) in taken for field in fields)
        and not any((field, row) in right for field in fields[1:])
        and ((column, row) in right or column == 0 or (row, column - 1) in taken)
    )


def _covers(shade: Box, box: Box) -> bool:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    wide = shade[2] - shade[0] <= (box[2] - box[0]) * 30
    return wide and shade[0] <= x <= shade[2] and shade[1] <= y <= shade[3] and _area(shade) >= 0.5 * _area(box)

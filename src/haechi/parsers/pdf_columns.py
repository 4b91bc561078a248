"""The reading order of a page, from positions alone: columns one after the other, rows of a column top down.

A gutter is a strip of white that several rows share. It parts columns only where there is running text (or a table) on
both sides; short words beside each other are a table without lines, and its rows stay rows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from statistics import median

from haechi.parsers.pdf_page import Line, Table, merge_rows, same_row

Item = Line | Table
_Span = tuple[float, float]

#: Points, and font sizes: what a gutter must be wide.
MIN_GUTTER = 6.0
MIN_GUTTER_SIZES = 0.7
#: Upright writing: at least so many characters, each this near the one above, in font sizes.
MIN_STACK = 3
STACK_PITCH = 1.4
_LETTER = re.compile(r"^\s*[가-힣一-鿿]\s*$")
#: Running text: at least so many lines, of so many characters, that fill so much of their column.
TEXT_LINES = 3
TEXT_CHARS = 8
TEXT_SHARE = 0.4
MAX_DEPTH = 4
#: Columns of more rows than this are cut in pieces; it bounds the work on a page of thousands of rows.
MAX_STRIPS = 300


def arrange(items: Sequence[Item]) -> list[Item]:
    """Items in reading order, with pieces of one row joined and the bounds of each line's column set."""
    lines = _upright([item for item in items if isinstance(item, Line)])
    items = [*lines, *(item for item in items if isinstance(item, Table))]
    if not lines:
        return sorted(items, key=lambda item: item.box[1])
    size = median(line.size for line in lines)
    return _arrange(items, max(MIN_GUTTER, MIN_GUTTER_SIZES * size), 0)


def _upright(lines: list[Line]) -> list[Line]:
    """Characters set one below the other, close together, as one line where the first of them stands."""
    stacks: dict[int, list[Line]] = {}
    for line in sorted((line for line in lines if _LETTER.match(line.text)), key=lambda line: line.top):
        middle = (line.x0 + line.x1) / 2
        for key in (round(middle / 2), round(middle / 2) - 1, round(middle / 2) + 1):
            stack = stacks.get(key)
            if stack and 0 < line.top - stack[-1].top < STACK_PITCH * line.size and stack[-1].size == line.size:
                stack.append(line)
                break
        else:
            old = stacks.pop(round(middle / 2), [])
            if len(old) >= MIN_STACK:
                stacks[-len(stacks) - 1] = old
            stacks[round(middle / 2)] = [line]
    stood = [stack for stack in stacks.values() if len(stack) >= MIN_STACK]
    gone = {id(line) for stack in stood for line in stack}
    joined = [replace(stack[0], text="".join(line.text.strip() for line in stack)) for stack in stood]
    return [*(line for line in lines if id(line) not in gone), *joined]


def _arrange(items: Sequence[Item], gutter: float, depth: int) -> list[Item]:
    left = min((item.box[0] for item in items), default=0.0)
    right = max((item.box[2] for item in items), default=0.0)
    for item in items:
        if isinstance(item, Line):
            item.left, item.right = left, right
    strips = _strips(items)
    ordered: list[Item] = []
    at = 0
    while at < len(strips):
        end, gaps = _group(strips, at, gutter)
        members = [item for strip in strips[at:end] for item in strip]
        cut = _cut(members, gaps) if depth < MAX_DEPTH else None
        if cut is None:
            ordered += _rows(strips[at])
            at += 1
            continue
        end = _trim(strips, at, end, cut)
        members = [item for strip in strips[at:end] for item in strip]
        ordered += _arrange([item for item in members if item.box[2] <= cut], gutter, depth + 1)
        ordered += _arrange([item for item in members if item.box[2] > cut], gutter, depth + 1)
        at = end
    return ordered


def _extent(item: Item) -> _Span:
    """Top and bottom; a line's box is as high as its font, so that neighbours would touch."""
    if isinstance(item, Table):
        return item.box[1], item.box[3]
    middle = (item.top + item.bottom) / 2
    return middle - 0.35 * item.size, middle + 0.35 * item.size


def _strips(items: Sequence[Item]) -> list[list[Item]]:
    """Items parted by the white between rows."""
    strips: list[list[Item]] = []
    bottom = float("-inf")
    for item in sorted(items, key=lambda item: _extent(item)[0]):
        top, end = _extent(item)
        if top >= bottom:
            strips.append([])
        strips[-1].append(item)
        bottom = max(bottom, end)
    return strips


def _gaps(items: Sequence[Item]) -> list[_Span]:
    """The white between items, and without bounds at both sides."""
    gaps: list[_Span] = []
    end = float("-inf")
    for x0, x1 in sorted((item.box[0], item.box[2]) for item in items):
        if x0 > end:
            gaps.append((end, x0))
        end = max(end, x1)
    return [*gaps, (end, float("inf"))]


def _group(strips: Sequence[Sequence[Item]], at: int, gutter: float) -> tuple[int, list[_Span]]:
    """The end of the run of strips that share a gutter with the one at `at`, and the gutters they share."""
    shared = [gap for gap in _gaps(strips[at])[1:-1] if gap[1] - gap[0] >= gutter]
    end = at + 1
    while shared and end < min(len(strips), at + MAX_STRIPS):
        narrowed = [
            (max(first[0], second[0]), min(first[1], second[1])) for first in shared for second in _gaps(strips[end])
        ]
        narrowed = [gap for gap in narrowed if gap[1] - gap[0] >= gutter]
        if not narrowed:
            break
        shared = narrowed
        end += 1
    return end, shared


def _cut(members: Sequence[Item], gaps: Sequence[_Span]) -> float | None:
    """Where to part the members into two columns: the widest gap with running text on both sides."""
    for start, end in sorted(gaps, key=lambda gap: gap[0] - gap[1]):
        middle = (start + end) / 2
        sides = [
            [item for item in members if item.box[2] <= middle],
            [item for item in members if item.box[2] > middle],
        ]
        if all(_is_text(side) for side in sides):
            return middle
    return None


def _is_text(items: Sequence[Item]) -> bool:
    if any(isinstance(item, Table) for item in items):
        return True
    lines = [item for item in items if isinstance(item, Line)]
    if len(lines) < TEXT_LINES:
        return False
    width = max(line.x1 for line in lines) - min(line.x0 for line in lines)
    return (
        median(len(line.text.strip()) for line in lines) >= TEXT_CHARS
        and median(line.x1 - line.x0 for line in lines) >= TEXT_SHARE * width
    )


def _trim(strips: Sequence[Sequence[Item]], at: int, end: int, cut: float) -> int:
    """Give back strips at the end that stand on one side only and do not go on with its text (a heading below)."""
    last = end
    while last - 1 > at:
        strip = strips[last - 1]
        if any(item.box[2] <= cut for item in strip) and any(item.box[2] > cut for item in strip):
            break
        last -= 1
    while last < end:
        above, below = strips[last - 1], strips[last]
        gap = min(_extent(item)[0] for item in below) - max(_extent(item)[1] for item in above)
        sizes = [item.size for item in (*above, *below) if isinstance(item, Line)]
        if not sizes or gap > 1.6 * min(sizes) or max(sizes) > 1.1 * min(sizes):
            break
        last += 1
    return last


def _rows(strip: Sequence[Item]) -> list[Item]:
    """A strip's items row by row, each row from left to right; a table stands where its top is."""
    tables = sorted((item for item in strip if isinstance(item, Table)), key=lambda table: (table.box[1], table.box[0]))
    rows: list[list[Line]] = []
    for line in sorted((item for item in strip if isinstance(item, Line)), key=lambda line: line.top + line.bottom):
        if rows and same_row(rows[-1][0], line):
            rows[-1].append(line)
        else:
            rows.append([line])
    ordered: list[Item] = []
    for row in rows:
        while tables and tables[0].box[1] < row[0].top:
            ordered.append(tables.pop(0))
        ordered += merge_rows(sorted(row, key=lambda line: line.x0))
    return [*ordered, *tables]

"""The ruling lines of a PDF page, from PDFium's path objects: straight lines, thin bars and the sides of rectangles."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pypdfium2
from pypdfium2 import raw as pdfium

from haechi.parsers.pdf_page import Box

#: Points. A filled bar thinner than this is a line; a path with more segments is a drawing, not a table.
THIN = 3.0
MAX_SEGMENTS = 200
#: A page with more straight pieces than this is a map or a chart; searching it for tables would take minutes.
MAX_RULES = 20_000
MAX_DEPTH = 4

Place = Callable[[float, float], tuple[float, float]]
_Matrix = tuple[float, float, float, float, float, float]


@dataclass
class Rules:
    """Lines as boxes of no width or no height; `shades` are filled boxes that are not white."""

    across: list[Box] = field(default_factory=list)
    down: list[Box] = field(default_factory=list)
    shades: list[Box] = field(default_factory=list)
    image_area: float = 0.0
    too_many: bool = False

    def add(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Keep a straight piece if it runs along an axis."""
        (x0, y0), (x1, y1) = start, end
        if abs(y1 - y0) < 1 <= abs(x1 - x0):
            self.across.append((min(x0, x1), (y0 + y1) / 2, max(x0, x1), (y0 + y1) / 2))
        elif abs(x1 - x0) < 1 <= abs(y1 - y0):
            self.down.append(((x0 + x1) / 2, min(y0, y1), (x0 + x1) / 2, max(y0, y1)))


def read_rules(page: pypdfium2.PdfPage, place: Place) -> Rules:
    """All ruling lines of a page. `place` maps PDF coordinates to points from the top left of the page as shown."""
    rules = Rules()
    count = pdfium.FPDFPage_CountObjects(page.raw)
    for index in range(count):
        _read(pdfium.FPDFPage_GetObject(page.raw, index), rules, place, 0)
        if len(rules.across) + len(rules.down) > MAX_RULES:
            rules.too_many = True
            break
    return rules


def _read(item: Any, rules: Rules, place: Place, depth: int) -> None:
    kind = pdfium.FPDFPageObj_GetType(item)
    if kind == pdfium.FPDF_PAGEOBJ_PATH:
        _read_path(item, rules, place)
    elif kind == pdfium.FPDF_PAGEOBJ_IMAGE:
        left, bottom, right, top = (ctypes.c_float() for _ in range(4))
        if pdfium.FPDFPageObj_GetBounds(item, left, bottom, right, top):
            (x0, y0), (x1, y1) = place(left.value, bottom.value), place(right.value, top.value)
            rules.image_area += abs(x1 - x0) * abs(y1 - y0)
    elif kind == pdfium.FPDF_PAGEOBJ_FORM and depth < MAX_DEPTH:
        matrix = _matrix(item)
        for index in range(pdfium.FPDFFormObj_CountObjects(item)):
            inner = pdfium.FPDFFormObj_GetObject(item, index)
            if inner and len(rules.across) + len(rules.down) <= MAX_RULES:
                _read(inner, rules, lambda x, y: place(*_apply(matrix, x, y)), depth + 1)


def _read_path(item: Any, rules: Rules, place: Place) -> None:
    count = pdfium.FPDFPath_CountSegments(item)
    if not 2 <= count <= MAX_SEGMENTS:
        return
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    if not pdfium.FPDFPath_GetDrawMode(item, fill, stroke) or not (fill.value or stroke.value):
        return
    strokes = _strokes(item, count, place)
    if strokes is None:
        return
    for points in strokes:
        box = (
            min(x for x, _ in points),
            min(y for _, y in points),
            max(x for x, _ in points),
            max(y for _, y in points),
        )
        _keep(points, box, bool(stroke.value), bool(fill.value) and not _is_white(item), rules)


def _keep(points: list[tuple[float, float]], box: Box, stroked: bool, filled: bool, rules: Rules) -> None:
    x0, top, x1, bottom = box
    if filled and (x1 - x0 < THIN) != (bottom - top < THIN):
        middle = ((x0 + x1) / 2, (top + bottom) / 2)
        if x1 - x0 < THIN:
            rules.add((middle[0], top), (middle[0], bottom))
        else:
            rules.add((x0, middle[1]), (x1, middle[1]))
        return
    if not stroked and not filled:
        return
    if filled and len(points) >= 4:
        rules.shades.append(box)
    if not stroked:
        return  # a background: spreadsheets paint one behind whole areas, and it says little about cells
    for start, end in pairwise(points):
        rules.add(start, end)


def _strokes(item: Any, count: int, place: Place) -> list[list[tuple[float, float]]] | None:
    """The path's polylines as shown, closed ones with their first point again; None for a path with curves."""
    matrix = _matrix(item)
    x, y = ctypes.c_float(), ctypes.c_float()
    found: list[list[tuple[float, float]]] = []
    for index in range(count):
        segment = pdfium.FPDFPath_GetPathSegment(item, index)
        kind = pdfium.FPDFPathSegment_GetType(segment)
        if kind == pdfium.FPDF_SEGMENT_BEZIERTO or not pdfium.FPDFPathSegment_GetPoint(segment, x, y):
            return None
        point = place(*_apply(matrix, x.value, y.value))
        if kind == pdfium.FPDF_SEGMENT_MOVETO or not found:
            found.append([point])
        else:
            found[-1].append(point)
        if pdfium.FPDFPathSegment_GetClose(segment) and len(found[-1]) > 1:
            found[-1].append(found[-1][0])
    return [points for points in found if len(points) > 1]


def _is_white(item: Any) -> bool:
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    if not pdfium.FPDFPageObj_GetFillColor(item, red, green, blue, alpha):
        return False
    return alpha.value == 0 or min(red.value, green.value, blue.value) >= 253


def _matrix(item: Any) -> _Matrix:
    matrix = pdfium.FS_MATRIX()
    if not pdfium.FPDFPageObj_GetMatrix(item, matrix):
        return (1, 0, 0, 1, 0, 0)
    return (matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f)


def _apply(matrix: _Matrix, x: float, y: float) -> tuple[float, float]:
    a, b, c, d, e, f = matrix
    return (a * x + c * y + e, b * x + d * y + f)

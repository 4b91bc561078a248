"""The characters of a PDF page with their boxes, from PDFium → lines, and the text of the tables' cells."""

from __future__ import annotations

import ctypes
import math
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

import pypdfium2
from pypdfium2 import raw as pdfium

from haechi.parsers.pdf_grid import reads_as_table
from haechi.parsers.pdf_lines import SOFT_HYPHEN
from haechi.parsers.pdf_page import Box, Cell, Line, Table, merge_rows, plain
from haechi.parsers.pdf_rules import Place

#: Font weights from here on are bold.
BOLD = 600
#: A gap wider than this, in font sizes, may be the gutter between two columns; a space of the file's own is none.
GAP = 0.8
_SYMBOL_FONTS = (b"Wingdings", b"Webdings", b"ZapfDingbats", b"Symbol")
_SPACES = frozenset("\t \u00a0\u2002\u2003\u2009\u3000")
#: A space that stands in the file; PDFium makes the others from gaps.
_OWN_SPACE = "\u2003"
_BREAKS = frozenset("\r\n")
#: How PDFium marks a hyphen at the end of a line, and how `Line.text` does.
_HYPHENS = frozenset("\x02\ufffe")


@dataclass
class Glyphs:
    """What PDFium found, in its own order: characters, and the boxes of those that are visible."""

    texts: list[str] = field(default_factory=list)
    boxes: list[Box | None] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.texts)


def turn_of(page: pypdfium2.PdfPage, text: pypdfium2.PdfTextPage) -> int:
    """By how many quarter turns, clockwise, the page must be shown for its text to be upright."""
    count = text.count_chars()
    turns: Counter[int] = Counter()
    for index in range(0, count, max(1, count // 40)):
        angle = pdfium.FPDFText_GetCharAngle(text.raw, index)
        if angle >= 0:
            turns[-round(angle / (math.pi / 2)) % 4] += 1
    most = turns.most_common(1)
    return most[0][0] if most and most[0][1] >= 0.8 * sum(turns.values()) else int(page.get_rotation() // 90)


def placing(page: pypdfium2.PdfPage, turn: int) -> tuple[Place, float, float]:
    """A function from PDF coordinates to points from the top left of the turned page, and the page's size then."""
    left, bottom, right, top = page.get_bbox()
    width, height = right - left, top - bottom
    places: tuple[Place, ...] = (
        lambda x, y: (x - left, top - y),
        lambda x, y: (y - bottom, x - left),
        lambda x, y: (right - x, y - bottom),
        lambda x, y: (top - y, right - x),
    )
    return (places[turn], height, width) if turn % 2 else (places[turn], width, height)


def read_glyphs(text: pypdfium2.PdfTextPage, place: Place) -> Glyphs:
    """Every character of the page. Boxes are as high as the font, so that they line up."""
    glyphs = Glyphs()
    rectangle = pdfium.FS_RECTF()
    handle, pointer = text.raw, ctypes.byref(rectangle)
    for index in range(text.count_chars()):
        code = pdfium.FPDFText_GetUnicode(handle, index)
        character = chr(code) if 0 < code < 0x110000 else ""
        box: Box | None = None
        if character not in _BREAKS and character not in _SPACES and character:
            if pdfium.FPDFText_GetLooseCharBox(handle, index, pointer):
                x0, y0 = place(rectangle.left, rectangle.top)
                x1, y1 = place(rectangle.right, rectangle.bottom)
                box = (min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))
        elif character in _SPACES and not pdfium.FPDFText_IsGenerated(handle, index):
            character = _OWN_SPACE
        glyphs.texts.append(character)
        glyphs.boxes.append(box)
    return glyphs


def tables_with_text(candidates: list[Table], glyphs: Glyphs) -> list[Table]:
    """The candidates that read as tables: several rows and columns, and words in them."""
    kept: list[Table] = []
    for table in sorted(candidates, key=lambda table: (table.box[2] - table.box[0]) * (table.box[3] - table.box[1])):
        heights: dict[int, set[int]] = defaultdict(set)
        x0, top, x1, bottom = table.box
        for box in glyphs.boxes:
            if box is None:
                continue
            x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
            if not (x0 <= x < x1 and top <= y < bottom) or any(_inside(other.box, x, y) for other in kept):
                continue
            cell = table.cell_at(x, y)
            if cell is not None:
                heights[id(cell)].add(round(y / 6))
        if reads_as_table(table, {cell: len(found) for cell, found in heights.items()}):
            kept.append(table)
    return kept


def _inside(box: Box, x: float, y: float) -> bool:
    return box[0] <= x < box[2] and box[1] <= y < box[3]


class LineMaker:
    """Cuts glyphs into lines. Those inside a table go to its cells; the others come back in PDFium's order."""

    def __init__(self, text: pypdfium2.PdfTextPage, glyphs: Glyphs, tables: list[Table]) -> None:
        self._text = text
        self._glyphs = glyphs
        self._tables = tables
        self._items: list[Line | Table] = []
        self._seen: set[int] = set()
        self._owner: tuple[Table, Cell | None] | None = None
        self._open: list[int] = []
        self._box: Box = (0, 0, 0, 0)
        self._words = ""
        self._spaces = ""

    def items(self) -> list[Line | Table]:
        """Lines and tables in the order of the content stream."""
        for index, (character, box) in enumerate(zip(self._glyphs.texts, self._glyphs.boxes, strict=True)):
            if character in _BREAKS:
                self._close()
            elif character in _HYPHENS:
                self._words += character
            elif box is None:
                self._spaces += character if character in _SPACES and self._open else ""
            else:
                self._add(index, character, box)
        self._close()
        for table in self._tables:
            for cell in table.cells:
                cell.lines = _cell_lines(cell.lines)
        return self._items

    def _add(self, index: int, character: str, box: Box) -> None:
        owner = self._owner_of((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
        if self._open:
            _, top, x1, bottom = self._box
            high = bottom - top
            same = owner == self._owner if owner is None or self._owner is None else owner[1] is self._owner[1]
            widest = (GAP + self._spaces.count(_OWN_SPACE)) * high
            far = owner is None and not -high * 3 < box[0] - x1 < widest
            if not same or far or box[1] > bottom + 0.3 * high or box[3] < top - 0.3 * high:
                self._close(inside=True)
        if not self._open:
            self._owner, self._box = owner, box
        self._words += " " * len(self._spaces) + character
        self._spaces = ""
        self._open.append(index)
        x0, top, x1, bottom = self._box
        self._box = (min(x0, box[0]), min(top, box[1]), max(x1, box[2]), max(bottom, box[3]))

    def _owner_of(self, x: float, y: float) -> tuple[Table, Cell | None] | None:
        if self._owner is not None and self._owner[1] is not None and _inside(self._owner[1].box, x, y):
            inner = [table for table in self._tables if table is not self._owner[0] and _inside(table.box, x, y)]
            if not inner:
                return self._owner
        for table in self._tables:  # smaller ones first: a table in a table's cell owns its text
            if _inside(table.box, x, y):
                return (table, table.cell_at(x, y))
        return None

    def _close(self, inside: bool = False) -> None:
        """End the current piece; `inside` means in the middle of a line, where a space at its end says nothing."""
        if self._open:
            words, end = self._words, "" if inside else " " * bool(self._spaces)
            if words[-1:] in _HYPHENS:
                words = words[:-1]
                # A minus before a figure is broken like a hyphen; only a Latin word is parted by one.
                end = SOFT_HYPHEN if words[-1:].isascii() and words[-1:].isalpha() else "-"
            words = "".join("-" if character in _HYPHENS else character for character in words)
            line = Line(_bullet(self._text, self._open[0], _text(words)) + end, *self._box, *self._style())
            if self._owner is None:
                self._items.append(line)
            else:
                table, cell = self._owner
                if id(table) not in self._seen:
                    self._seen.add(id(table))
                    self._items.append(table)
                if cell is not None:
                    cell.lines.append(line)
        self._open, self._words, self._spaces, self._owner = [], "", "", None

    def _style(self) -> tuple[float, bool]:
        sample = {self._open[0], self._open[len(self._open) // 2], self._open[-1]}
        sizes = [self._size(index) for index in sample]
        bold = all(self._bold(index) for index in sample)
        return (sorted(sizes)[len(sizes) // 2], bold)

    def _size(self, index: int) -> float:
        size = float(pdfium.FPDFText_GetFontSize(self._text.raw, index))
        matrix = pdfium.FS_MATRIX()
        if pdfium.FPDFText_GetMatrix(self._text.raw, index, ctypes.byref(matrix)):
            size *= math.hypot(matrix.c, matrix.d) or 1.0
        return size

    def _bold(self, index: int) -> bool:
        if pdfium.FPDFText_GetFontWeight(self._text.raw, index) >= BOLD:
            return True
        handle: Any = pdfium.FPDFText_GetTextObject(self._text.raw, index)
        return bool(handle) and pdfium.FPDFTextObj_GetTextRenderMode(handle) == pdfium.FPDF_TEXTRENDERMODE_FILL_STROKE


def _cell_lines(lines: list[Line]) -> list[Line]:
    """A cell's pieces top down, those of one row side by side."""
    ordered: list[Line] = []
    for line in sorted(lines, key=lambda line: (line.top + line.bottom) / 2):
        row = [other for other in ordered[-8:] if abs(other.top + other.bottom - line.top - line.bottom) < line.size]
        at = len(ordered)
        while row and at > 0 and ordered[at - 1] in row and ordered[at - 1].x0 > line.x0:
            at -= 1
        ordered.insert(at, line)
    return merge_rows(ordered)


def _text(words: str) -> str:
    """Clean text. PDFium counts a character beyond U+FFFF as two halves."""
    if any("\ud800" <= character <= "\udfff" for character in words):
        words = words.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return plain(words)


def _bullet(text: pypdfium2.PdfTextPage, index: int, words: str) -> str:
    """A bullet from a symbol font is stored as some letter (`m` for ❍): shown as what a reader sees, a bullet."""
    if (len(words) > 2 and words[1] != " ") or not (words[:1].isascii() or "\uf000" <= words[:1] <= "\uf0ff"):
        return words
    name = ctypes.create_string_buffer(128)
    flags = ctypes.c_int()
    pdfium.FPDFText_GetFontInfo(text.raw, index, name, 128, ctypes.byref(flags))
    return f"•{words[1:]}" if any(font in name.value for font in _SYMBOL_FONTS) else words

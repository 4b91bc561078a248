"""PDF through pdfplumber alone: registry name `pdf_plumber`, a second opinion where PDFium's text is wrong.

Lines, words and tables are pdfplumber's own; reading order, running headers, paragraphs and blocks are made as for
`pdf`. It is many times slower (`benchmarks/pdf.py` prints by how much).
"""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import pdfplumber
from pdfminer.pdfdocument import PDFPasswordIncorrect

from haechi.errors import ParseError
from haechi.parsers.encoding import read_bytes
from haechi.parsers.pdf import PdfParser, broken_page, cannot_open, good_title, is_broken, needs_password
from haechi.parsers.pdf_columns import arrange
from haechi.parsers.pdf_grid import reads_as_table
from haechi.parsers.pdf_page import Box, Cell, Line, PdfPage, Table, plain

#: How pdfminer shows a glyph without a character; counted as a private character, so that a broken font is found.
_NO_CHARACTER = re.compile(r"\(cid:\d+\)")
_UNKNOWN = "\uf8ff"
_BOLD = re.compile(r"bold|black|heavy|[-,]b\b", re.I)


class PlumberParser(PdfParser):
    """`.pdf` with a text layer, read by pdfplumber."""

    name = "pdf_plumber"

    def read(self, path: Path, source: str) -> tuple[list[PdfPage], str]:
        """As `PdfParser.read`."""
        data = read_bytes(path, source)
        try:
            with pdfplumber.open(io.BytesIO(data)) as document:
                pages = [_read_page(page, source) for page in document.pages]
                title = document.metadata.get("Title")
        except ParseError:
            raise
        except Exception as error:  # pdfminer lets through whatever a damaged file makes it stumble over
            if isinstance(error, PDFPasswordIncorrect) or "PDFPasswordIncorrect" in repr(error):
                raise needs_password(source) from error
            raise cannot_open(source, error) from error
        if not pages:
            raise cannot_open(source, ValueError("no pages"))
        return pages, good_title(title) if isinstance(title, str) else ""


def _read_page(page: Any, source: str) -> PdfPage:
    number = int(page.page_number)
    try:
        width, height = float(page.width), float(page.height)
        images = sum(max(0.0, float(i["x1"] - i["x0"])) * max(0.0, float(i["bottom"] - i["top"])) for i in page.images)
        made = PdfPage(number, width, height, image_share=images / max(1.0, width * height))
        text = _NO_CHARACTER.sub(_UNKNOWN, "".join(char["text"] for char in page.chars))
        if is_broken(text):
            made.broken = True
            return made
        tables = [table for found in page.find_tables() if (table := _table(found, page)) is not None]
        boxes = [table.box for table in tables]
        rest = page.filter(lambda item: item.get("object_type") != "char" or not _within(item, boxes))
        made.items = arrange([*tables, *_lines(rest)])
        return made
    except Exception as error:
        raise broken_page(source, number, error) from error
    finally:
        with contextlib.suppress(Exception):
            page.close()


def _within(item: Any, boxes: Sequence[Box]) -> bool:
    x, y = (item["x0"] + item["x1"]) / 2, (item["top"] + item["bottom"]) / 2
    return any(box[0] <= x < box[2] and box[1] <= y < box[3] for box in boxes)


def _lines(page: Any) -> list[Line]:
    """Pieces of lines; a wide gap parts them, and `arrange` joins those of one row that no gutter parts."""
    words = page.extract_words(keep_blank_chars=True, extra_attrs=["size", "fontname"], return_chars=True)
    lines = []
    for word in words:
        text = plain(_NO_CHARACTER.sub("", word["text"]))
        if text.strip():
            size = float(median(char["size"] for char in word["chars"]))
            box = (float(word["x0"]), float(word["top"]), float(word["x1"]), float(word["bottom"]))
            lines.append(Line(text, *box, size, bool(_BOLD.search(word["fontname"]))))
    return lines


def _table(found: Any, page: Any) -> Table | None:
    """A table with its cells at their rows and columns; None for what is no table."""
    xs = sorted({edge for cell in found.cells for edge in (cell[0], cell[2])})
    ys = sorted({edge for cell in found.cells for edge in (cell[1], cell[3])})
    cells: list[Cell] = []
    for x0, top, x1, bottom in found.cells:
        row, column = ys.index(top), xs.index(x0)
        cell = Cell((x0, top, x1, bottom), row, column, ys.index(bottom) - row, xs.index(x1) - column)
        inside = page.filter(lambda item, box=cell.box: item.get("object_type") == "char" and _within(item, [box]))
        cell.lines = [line for line in arrange(_lines(inside)) if isinstance(line, Line)]
        cells.append(cell)
    table = Table(cells, tuple(xs), tuple(ys))
    return table if reads_as_table(table, {id(cell): len(cell.lines) for cell in cells}) else None

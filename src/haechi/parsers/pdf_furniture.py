"""Running headers, footers and page numbers: lines at the edge of the page that come back from page to page."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from haechi.parsers.pdf_page import Line, PdfPage

#: A line at the edge of the page that repeats on this share of the pages is a running header or footer.
REPEATED_SHARE = 0.5
#: In the outer part of the page (share of its height) and at one height, fewer are enough: chapters change them.
OUTER = 0.1
OUTER_SHARE = 0.1
MIN_PAGES = 3
EDGE_LINES = 2

# A bare number is dropped only where it repeats from page to page: at the foot of one page it may belong to a table.
_PAGE_NUMBER = re.compile(
    r"^\s*(?:[-–—]\s*\d{1,4}\s*[-–—]|\d{1,4}\s*/\s*\d{1,4}|(?:p\.?\s*)\d{1,4}|\d{1,4}\s*쪽)\s*$", re.I
)
_UNIT = re.compile(r"^\s*제\s*\d+\s*[편장절관조]")


def remove_furniture(pages: Sequence[PdfPage]) -> None:
    """Drop page numbers at the edges, and edge lines that repeat from page to page (digits aside)."""
    edges = {page.number: _edges(page) for page in pages}
    anywhere: Counter[str] = Counter()
    placed: Counter[tuple[str, int]] = Counter()
    for page in pages:
        lines = edges[page.number]
        anywhere.update({_shape(line) for line in lines})
        placed.update({_place(line) for line in lines if _outer(line, page)})
    often = max(MIN_PAGES, len(pages) * REPEATED_SHARE)
    at_all = max(MIN_PAGES, len(pages) * OUTER_SHARE)
    for page in pages:
        dropped = {
            id(line)
            for line in edges[page.number]
            if _PAGE_NUMBER.match(line.text)
            or (anywhere[_shape(line)] >= often and not _UNIT.match(line.text))
            or (_outer(line, page) and placed[_place(line)] >= at_all)
        }
        page.items = [item for item in page.items if id(item) not in dropped]


def _edges(page: PdfPage) -> list[Line]:
    filled = sorted((line for line in page.lines if line.text.strip()), key=lambda line: line.top)
    return [*filled[:EDGE_LINES], *filled[EDGE_LINES:][-EDGE_LINES:]]


def _outer(line: Line, page: PdfPage) -> bool:
    return line.bottom < page.height * OUTER or line.top > page.height * (1 - OUTER)


def _place(line: Line) -> tuple[str, int]:
    """The very text and its height: digits count here, since 제1장 and 제2장 at the top of two pages are headings."""
    return " ".join(line.text.split()), round(line.top / 6)


def _shape(line: Line) -> str:
    return re.sub(r"\d+", "#", " ".join(line.text.split()))

"""Pages → blocks: headings by size and weight, paragraphs, tables with captions, footnotes, tables of contents."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from haechi.parsers.pdf_lines import (
    Paragraph,
    WordBreaks,
    is_contents_line,
    join_lines,
    without_leaders,
    word_breaks,
)
from haechi.parsers.pdf_page import Line, PdfPage, Table
from haechi.parsers.pdf_tables import Rows, caption_of, carry_header, table_rows
from haechi.types import Block

#: A heading is set this much larger than the text, or bold; it is short and no sentence.
HEADING_SHARE = 1.12
HEADING_CHARS = 60
#: Where more of the paragraphs than this are bold, bold says nothing.
MAX_BOLD_SHARE = 0.3
#: A footnote is set smaller than the text by this share, in the lower part of the page.
NOTE_SHARE = 0.93
NOTE_FROM = 0.5
#: With so many entries, and this share of its lines, a page is a table of contents.
CONTENTS_LINES = 3
CONTENTS_SHARE = 0.4

# `*` and `※` stand below what they explain, in the flow; a footnote has a number.
_NOTE = re.compile(r"^\s*(\d{1,3}\)|주\s?\d{1,2}\)|[¹²³⁴-⁹]+\)?)\s*\S")
_ARTICLE = re.compile(r"^\s*제\s*\d+\s*조")
_BULLET = re.compile(r"^\s*[-–•·○●◦▶▷▸※*☞❍▪◦]")
_SENTENCE = re.compile(r"(?:[다요음임함됨]\s?\.|[.:;,])\s*$")
_UNREADABLE = re.compile("[\ue000-\uf8ff\U000f0000-\U0010ffff]")


@dataclass
class _Style:
    """What the document's own text looks like."""

    size: float
    breaks: WordBreaks
    bold_counts: bool
    sizes: list[float] = field(default_factory=list)

    def level(self, paragraph: Paragraph) -> int | None:
        """The heading level of a paragraph, 1 for the largest; None for text."""
        text = paragraph.text.strip()
        if len(text) > HEADING_CHARS or len(paragraph.lines) > 2 or not re.search(r"[가-힣A-Za-z一-鿿]", text):
            return None
        if _ARTICLE.match(text) or _SENTENCE.search(text) or is_contents_line(text):
            return None
        if paragraph.size >= self.size * HEADING_SHARE:
            size = _rounded(paragraph.size)
            return 1 + sum(other > size for other in self.sizes)
        if not self.bold_counts or not paragraph.bold or _BULLET.match(text) or len(paragraph.lines) > 1:
            return None
        return 1 + len(self.sizes) if paragraph.size >= self.size * 0.98 else None


def pdf_blocks(pages: Sequence[PdfPage]) -> list[Block]:
    """The blocks of a document, in reading order; a page's footnotes stand after its text."""
    style = _style(pages)
    headings: list[tuple[int, str]] = []
    blocks: list[Block] = []
    last: Rows | None = None
    for page in pages:
        made = list(_page_blocks(page, style, headings, last))
        blocks += [block for block, _ in made]
        flow = [(block, rows) for block, rows in made if "note" not in block.meta]
        last = flow[-1][1] if flow else last if not page.items else None
    return blocks


def _style(pages: Sequence[PdfPage]) -> _Style:
    lines = [line for page in pages for line in page.lines]
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[_rounded(line.size)] += len(line.text)
    size = sizes.most_common(1)[0][0] if sizes else 10.0
    cells = [cell.lines for page in pages for item in page.items if isinstance(item, Table) for cell in item.cells]
    texts = [line.text for line in lines] + [line.text for group in cells for line in group]
    style = _Style(size, word_breaks(texts), True)
    paragraphs = [paragraph for page in pages for paragraph in join_lines(page.lines, style.breaks)]
    bold = sum(paragraph.bold for paragraph in paragraphs)
    style.bold_counts = bold <= MAX_BOLD_SHARE * max(1, len(paragraphs))
    large = {_rounded(paragraph.size) for paragraph in paragraphs if style.level(paragraph) is not None}
    style.sizes = sorted((found for found in large if found >= size * HEADING_SHARE), reverse=True)
    return style


def _rounded(size: float) -> float:
    return round(size * 2) / 2


def _page_blocks(
    page: PdfPage, style: _Style, headings: list[tuple[int, str]], before: Rows | None
) -> Iterator[tuple[Block, Rows | None]]:
    contents = _is_contents(page)
    items, captions = _captions(page.items)
    flow, notes = _split_notes(items, page, style)
    first = True
    for group in _groups(flow):
        path = tuple(title for _, title in headings)
        if isinstance(group, Table):
            rows = table_rows(group, style.breaks, captions.get(id(group), ""))
            if first and before is not None:
                rows = carry_header(before, rows)
            if rows.text:
                yield Block(rows.text, "table", page.number, path, rows.meta()), rows
                first = False
            continue
        for paragraph in join_lines(group, style.breaks):
            text = _readable(paragraph.text)
            if not text:
                continue
            first = False
            level = None if contents else style.level(paragraph)
            if level is not None:
                while headings and headings[-1][0] >= level:
                    headings.pop()
                headings.append((level, text))
                yield Block(text, "heading", page.number, tuple(title for _, title in headings)), None
                continue
            entry = contents or is_contents_line(text)
            meta: dict[str, Any] = {"toc": True} if entry else {}
            path = tuple(title for _, title in headings)
            yield Block(without_leaders(text), "paragraph", page.number, path, meta), None
    note = ""
    for paragraph in join_lines(notes, style.breaks):
        mark = _NOTE.match(paragraph.text)
        note = mark.group(1) if mark else note
        if text := _readable(paragraph.text):
            yield Block(text, "paragraph", page.number, tuple(title for _, title in headings), {"note": note}), None


def _readable(text: str) -> str:
    """Without the private characters of bullets and symbols whose meaning the file does not tell."""
    return _UNREADABLE.sub("", text).strip()


def _groups(items: Sequence[Line | Table]) -> Iterator[Table | list[Line]]:
    lines: list[Line] = []
    for item in items:
        if isinstance(item, Line):
            lines.append(item)
            continue
        if lines:
            yield lines
            lines = []
        yield item
    if lines:
        yield lines


def _is_contents(page: PdfPage) -> bool:
    lines = [line for line in page.lines if line.text.strip()]
    entries = sum(is_contents_line(line.text) for line in lines)
    return entries >= CONTENTS_LINES and entries >= CONTENTS_SHARE * len(lines)


def _captions(items: Sequence[Line | Table]) -> tuple[list[Line | Table], dict[int, str]]:
    """The items without the captions of their tables, and the captions by `id` of the table."""
    taken: set[int] = set()
    captions: dict[int, str] = {}
    for index, item in enumerate(items):
        if isinstance(item, Table):
            above = [
                line for line in items[max(0, index - 3) : index] if isinstance(line, Line) and id(line) not in taken
            ]
            below = [line for line in items[index + 1 : index + 2] if isinstance(line, Line)]
            caption, lines = caption_of(item, above, below)
            captions[id(item)] = caption
            taken.update(id(line) for line in lines)
    return [item for item in items if id(item) not in taken], captions


def _split_notes(items: Sequence[Line | Table], page: PdfPage, style: _Style) -> tuple[list[Line | Table], list[Line]]:
    """The flow, and the small lines below it that a note's mark opens."""
    notes: list[Line] = []
    kept = list(items)
    bodies = [item.box[3] for item in items if isinstance(item, Table) or item.size > NOTE_SHARE * style.size]
    bottom = max(bodies, default=0.0)
    for item in items:
        if not isinstance(item, Line) or item.size > NOTE_SHARE * style.size or item.top < page.height * NOTE_FROM:
            continue
        if item.top + 0.5 * item.size < bottom - 0.5 * item.size and not _same_column_end(item, items, style):
            continue
        if _NOTE.match(item.text) or (notes and item.top > notes[-1].top - 0.3 * item.size):
            notes.append(item)
    ids = {id(line) for line in notes}
    return [item for item in kept if id(item) not in ids], notes


def _same_column_end(note: Line, items: Sequence[Line | Table], style: _Style) -> bool:
    """Whether nothing but small print follows in the note's own column."""
    return not any(
        item.box[1] > note.top and item.box[0] < note.right and item.box[2] > note.left
        for item in items
        if isinstance(item, Table) or item.size > NOTE_SHARE * style.size
    )

"""`hwp_tree` → blocks: numbers written out, headings with their path, tables as rows, notes after what refers to them.

A cell that holds prose and fills its line alone is a frame: its contents are read as ordinary text. A table within a
cell stands after the table that holds it, with the label of its row as caption; one of a single row or column stays in
the cell.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from haechi.parsers import hwp_refusal as refusal
from haechi.parsers.encoding import clean
from haechi.parsers.hwp_numbering import Numbering
from haechi.parsers.hwp_tables import Grid, grid_of, split_prose
from haechi.parsers.hwp_tree import Box, Cell, Contents, Item, Note, Paragraph, Table
from haechi.types import Block, BlockKind

#: Outline levels are also given to whole sentences; a longer text, or one that ends like a sentence, is no heading.
HEADING_CHARS = 80

#: Cells written out in one document, repeated ones counted: beyond it small forged tables would become gigabytes.
MAX_CELLS = 5_000_000

_SENTENCE = re.compile(r"(?:다|요|음|함|오)\.\s*$")
# Most authors type the numbers of their chapters; a number at the end is a page of the table of contents.
_TYPED = re.compile(
    r"(?:제\s*\d+\s*([편장절관])(?:\s*의\s*\d+)?(?=\s|$)|[Ⅰ-Ⅻ]\s*[.．]?|[IVX]{1,4}\.\s).{0,40}(?<![\d.…])"
)
_ARTICLE = re.compile(r"제\s*\d+\s*조\s*$")


def blocks_of(contents: Contents, source: str) -> list[Block]:
    """All blocks in reading order. Raises ParseError for tables with forged sizes."""
    builder = _Builder(contents, source)
    for paragraphs, outline in contents.sections:
        builder.outline = outline
        for paragraph in paragraphs:
            builder.paragraph(paragraph)
    return builder.blocks


class _Builder:
    def __init__(self, contents: Contents, source: str) -> None:
        self.blocks: list[Block] = []
        self.outline = 0
        self._source = source
        self._numbering = Numbering(contents)
        self._headings: list[tuple[int, str]] = []
        self._notes: list[Note] = []
        self._cells = 0

    def paragraph(self, paragraph: Paragraph, *, framed: bool = False) -> None:
        """Text is cut only by what stands in the line; what floats comes before it, or after it, as it is anchored."""
        label = self._numbering.label(paragraph.head, self.outline)
        later: list[Item] = []
        notes, self._notes = self._notes, []
        text = ""
        for item in paragraph.items:
            if isinstance(item, str):
                text += item
            elif isinstance(item, Note):
                self._notes.append(item)
            elif text.strip() and not item.inline:
                later.append(item)
            else:
                if self._text(text, label, paragraph, framed):
                    label = ""
                text = ""
                self._object(item)
        self._text(text, label, paragraph, framed)
        for item in later:
            self._object(item)
        own, self._notes = self._notes, notes
        for note in own:
            self._note(note)

    def _path(self) -> tuple[str, ...]:
        return tuple(title for _, title in self._headings)

    def _add(self, text: str, kind: BlockKind, **meta: Any) -> None:
        if text.strip():
            self.blocks.append(Block(text, kind, None, self._path(), meta))

    def _text(self, raw: str, label: str, paragraph: Paragraph, framed: bool) -> bool:
        text = "\n".join(line.rstrip() for line in clean(raw).strip("\n").split("\n")).rstrip()
        if not text.strip():
            return False
        text = _labelled(label, text)
        level = self._heading_level(paragraph, label, text, framed)
        if level is not None:
            title = " ".join(text.split())
            while self._headings and self._headings[-1][0] >= level:
                self._headings.pop()
            self._headings.append((level, title))
            self._add(title, "heading")
        else:
            self._add(text, "list" if label else "paragraph")
        return True

    def _heading_level(self, paragraph: Paragraph, label: str, text: str, framed: bool) -> int | None:
        """1 is the highest; None for text. `text` begins with its label."""
        if len(text) > HEADING_CHARS or _SENTENCE.search(text):
            return None
        typed = _TYPED.fullmatch(text.strip())
        if typed:
            return "편장절관".index(typed[1]) + 1 if typed[1] else 1
        if framed:
            return None
        return paragraph.head.level + 1 if paragraph.head.kind == "outline" else None

    def _object(self, item: Item) -> None:
        if isinstance(item, Table):
            self._table(item)
        elif isinstance(item, Box):
            for paragraph in item.paragraphs:
                self.paragraph(paragraph, framed=True)

    def _note(self, note: Note) -> None:
        text, inner = self._flat(note.paragraphs)
        mark = note.mark.strip()
        self._add(text if text.startswith(mark) else f"{mark} {text}", "paragraph", note=mark or "*")
        for table in inner:
            self._table(table)

    def _table(self, table: Table, caption: str = "") -> None:
        own, _ = self._flat(table.caption)
        caption = own or caption
        parts = split_prose(table, self._source) if len(table.cells) > 1 else list[Table | Cell](table.cells)
        if caption and not (parts and isinstance(parts[0], Table)):
            self._add(caption, "paragraph")
        for part in parts:
            if isinstance(part, Table):
                self._rows(part, caption)
                caption = ""
            else:
                for paragraph in part.paragraphs:
                    self.paragraph(paragraph, framed=True)

    def _rows(self, table: Table, caption: str) -> None:
        nested: list[tuple[Cell, Table]] = []
        notes, self._notes = self._notes, []

        def text_of(cell: Cell) -> str:
            text, inner = self._flat(cell.paragraphs)
            nested.extend((cell, table) for table in inner)
            return text

        grid = self._grid(table, text_of)
        meta: dict[str, Any] = {"header_rows": grid.header_rows}
        if caption:
            meta["caption"] = caption
        self._add("\n".join(" | ".join(row) for row in grid.rows), "table", **meta)
        own_notes, self._notes = self._notes, notes
        for note in own_notes:
            self._note(note)
        for cell, inner in nested:
            self._table(inner, self._row_label(table, cell))

    def _grid(self, table: Table, text_of: Callable[[Cell], str]) -> Grid:
        grid = grid_of(table, text_of, self._source)
        self._cells += sum(map(len, grid.rows))
        if self._cells > MAX_CELLS:
            raise refusal.too_large(self._source, f"표의 칸 {self._cells}개", f"{self._cells} table cells")
        return grid

    def _row_label(self, table: Table, cell: Cell) -> str:
        """What stands left of the cell that holds a table."""
        left = [
            other
            for other in table.cells
            if other.column < cell.column and other.row <= cell.row < other.row + max(other.row_span, 1)
        ]
        texts = [_strings(other.paragraphs) for other in left]
        return " ".join(text for text in texts if text and len(text) <= HEADING_CHARS)

    def _flat(self, paragraphs: list[Paragraph]) -> tuple[str, list[Table]]:
        """Paragraphs as one line, and the tables in them that need rows of their own. Notes are kept for later."""
        parts: list[str] = []
        tables: list[Table] = []
        for paragraph in paragraphs:
            label = self._numbering.label(paragraph.head, self.outline)
            piece = ""
            for item in paragraph.items:
                if isinstance(item, str):
                    piece += item
                elif isinstance(item, Note):
                    self._notes.append(item)
                elif isinstance(item, Box):
                    text, inner = self._flat(item.paragraphs)
                    piece += f" {text} "
                    tables.extend(inner)
                elif _is_line(item):
                    piece += f" {self._line(item, tables)} "
                else:
                    tables.append(item)
            text = " ".join(clean(piece).split())
            parts.append(_labelled(label, text) if text else "")
        return " ".join(part for part in parts if part), tables

    def _line(self, table: Table, tables: list[Table]) -> str:
        """A table of one row or column as text of its cell."""

        def text_of(cell: Cell) -> str:
            text, inner = self._flat(cell.paragraphs)
            tables.extend(inner)
            return text

        caption, _ = self._flat(table.caption)
        grid = self._grid(table, text_of)
        cells = [cell for row in grid.rows for cell in row if cell]
        return " ".join([caption, *cells] if caption else cells)


def _is_line(table: Table) -> bool:
    return len({cell.row for cell in table.cells}) <= 1 or len({cell.column for cell in table.cells}) <= 1


def _strings(paragraphs: list[Paragraph]) -> str:
    text = " ".join(item for paragraph in paragraphs for item in paragraph.items if isinstance(item, str))
    return " ".join(clean(text).split())


def _labelled(label: str, text: str) -> str:
    """`제1조` and `(목적)` belong together without a space, as statutes are written."""
    if not label:
        return text
    return f"{label}{text}" if _ARTICLE.match(label) and text.startswith("(") else f"{label} {text.lstrip()}"

"""DOCX → blocks in reading order, numbered as Word shows it, without pages: Word stores none, only where the last
computer that opened the file happened to break them.

Read with lxml part by part instead of python-docx, which loads all pictures, knows neither numbers nor notes nor text
boxes, and refuses macro, template and strict files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from haechi.errors import ParseError
from haechi.parsers.base import ParseOptions
from haechi.parsers.captions import attach_captions
from haechi.parsers.docx_numbering import Numbering, W
from haechi.parsers.docx_styles import (
    BODY_LEVEL,
    ParagraphStyle,
    Styles,
    child_value,
    is_on,
    number_of,
    outline_level,
)
from haechi.parsers.docx_text import MC, Note, Reader, chosen, is_placeholder
from haechi.parsers.encoding import clean
from haechi.parsers.grid import Cell, Grid, squeeze, table_block
from haechi.parsers.office_package import OfficePackage
from haechi.parsers.text import path_title, short_title
from haechi.types import Block, Document

#: A longer paragraph in a heading style is text that somebody styled.
MAX_HEADING_CHARS = 200
#: Less text than this beside pictures is a scan in a Word file.
FEW_CHARS = 100
BLIP = "{http://schemas.openxmlformats.org/drawingml/2006/main}blip"
_THROUGH = {f"{W}{name}" for name in ("sdt", "sdtContent", "customXml", "ins", "moveTo", "smartTag")}
_SPACES = re.compile(r"[ \t\u00a0\u3000]+")


class DocxParser:
    """`.docx`, `.docm`, `.dotx`, `.dotm`; macros are not read."""

    name = "docx"

    def parse(self, path: Path, source: str, options: ParseOptions) -> list[Document]:
        with OfficePackage(path, source, "docx") as package:
            body = package.xml(package.main).find(f"{W}body")
            reader = _Document(package)
            if body is not None:
                reader.read(body)
                reader.pictures = sum(1 for _ in body.iter(BLIP))
            reader.finish()
        blocks = attach_captions(reader.blocks)
        if not blocks:
            raise ParseError(
                f"{source}: 글자가 하나도 없습니다. 그림뿐인 문서라면 PDF로 저장해 글자 인식(OCR)으로 넣어 주세요.",
                f"{source}: no text; a document of pictures must be read by OCR",
            )
        if reader.pictures and sum(len(block.text) for block in blocks) < FEW_CHARS:
            reader.warn(f"글자가 거의 없습니다. 그림 {reader.pictures}개에 든 글자는 읽지 못했습니다.")
        meta = {"warnings": reader.warnings} if reader.warnings else {}
        return [Document.make(source, short_title(reader.title) or path_title(source), blocks, meta)]


class _Document:
    """Walks a body and collects (block, whether it is in the caption style)."""

    def __init__(self, package: OfficePackage) -> None:
        main = package.main
        self.styles = Styles(package.related_xml(main, "styles"))
        self.numbering = Numbering(package.related_xml(main, "numbering"))
        settings = package.related_xml(main, "settings")
        formats = [_note_format(settings, kind) for kind in ("footnotePr", "endnotePr")]
        self.words = Reader(self.styles, formats[0] or "decimal", formats[1] or "lowerRoman")
        self.note_texts = {
            end: _notes(package.related_xml(main, kind), tag)
            for end, kind, tag in ((False, "footnotes", "footnote"), (True, "endnotes", "endnote"))
        }
        self.blocks: list[tuple[Block, bool]] = []
        self.headings: list[tuple[int, str]] = []
        self.pending: list[Note] = []
        self.endnotes: list[Note] = []
        self.title = ""
        self.warnings: list[str] = []
        self.pictures = 0

    @property
    def path(self) -> tuple[str, ...]:
        return tuple(title for _, title in self.headings)

    def read(self, container: Any) -> None:
        """All paragraphs and tables of a container, in order."""
        for child in _content(container):
            if child.tag == f"{W}p":
                self._paragraph(child)
            elif child.tag == f"{W}tbl":
                self._table(child)
            else:
                self.warn("끼워 넣은 다른 파일(altChunk)은 읽지 않았습니다.")

    def finish(self) -> None:
        """Endnotes stand behind everything."""
        self.headings = []
        for note in self.endnotes:
            self._note(note)

    def _paragraph(self, paragraph: Any) -> None:
        text, style, level, boxes = self._read_paragraph(paragraph)
        if text and style.contents:
            self._contents(text)
        elif text and level is not None and len(text) <= MAX_HEADING_CHARS and not style.caption:
            self._heading(" ".join(text.split()), level)
        elif text:
            self.blocks.append((Block(text, "paragraph", None, self.path), style.caption))
        self._flush_notes()
        for box in boxes:
            self.read(box)

    def _read_paragraph(self, paragraph: Any) -> tuple[str, ParagraphStyle, int | None, list[Any]]:
        """(text with its number, style, heading level, text boxes); the notes go to `pending`."""
        properties = paragraph.find(f"{W}pPr")
        style = self.styles.of(None if properties is None else child_value(properties, "pStyle") or None)
        words = self.words.read(paragraph, style.hidden)
        self.pending += words.notes
        lines = (_SPACES.sub(" ", line).strip() for line in clean(words.text).split("\n"))
        text = "\n".join(line for line in lines if line)
        removed = properties is not None and properties.find(f"{W}rPr/{W}del") is not None
        level = style.level
        if properties is not None:
            own = outline_level(properties)
            level = level if own is None else None if own == BODY_LEVEL + 1 else own
        number = "" if removed and not text else self._number(properties, style)
        return (number + text if text else ""), style, level, words.boxes

    def _number(self, properties: Any, style: ParagraphStyle) -> str:
        own = None if properties is None else number_of(properties)
        number_id = (own[0] if own else "") or (style.number[0] if style.number else "")
        if not number_id or number_id == "0":
            return ""
        depth = own[1] if own else None
        if depth is None and style.number is not None:
            depth = style.number[1]
        if depth is None:
            style_id = "" if properties is None else child_value(properties, "pStyle")
            depth = self.numbering.depth_of_style(number_id, style_id or self.styles.default)
        return self.numbering.next(number_id, depth or 0)

    def _heading(self, text: str, level: int) -> None:
        if level == 0 and not self.title:
            self.title = text
        while self.headings and self.headings[-1][0] >= level:
            self.headings.pop()
        self.headings.append((level, text))
        self.blocks.append((Block(text, "heading", None, self.path), False))
        if text == self.title:
            self.headings.pop()  # every chunk carries the document's title anyway

    def _contents(self, text: str) -> None:
        """Lines of the table of contents make one block."""
        last = self.blocks[-1][0] if self.blocks else None
        if last is not None and last.meta.get("toc"):
            self.blocks[-1] = (Block(f"{last.text}\n{text}", "list", None, last.headings, last.meta), False)
        else:
            self.blocks.append((Block(text, "list", None, self.path, {"toc": True}), False))

    def _table(self, table: Any) -> None:
        rows = [row for row in _rows(table) if row.find(f"{W}trPr/{W}del") is None]
        cells = [list(_cells(row)) for row in rows]
        if len(cells) == 1 and len(cells[0]) == 1:
            self.read(cells[0][0])  # a frame around text
            return
        nested: list[Any] = []
        grid = Grid([[] for _ in rows])
        above: dict[int, Cell] = {}
        header = 0
        for number, (row, line) in enumerate(zip(rows, cells, strict=True)):
            column = _integer(child_value_in(row, "trPr", "gridBefore"))
            merged: dict[int, Cell] = {}
            for item in line:
                span = max(1, _integer(child_value_in(item, "tcPr", "gridSpan")) or 1)
                merge = item.find(f"{W}tcPr/{W}vMerge")
                goes_on = merge is not None and merge.get(f"{W}val") != "restart" and column in above
                cell = above[column] if goes_on else Cell(self._cell(item, nested), _is_set_off(item))
                grid.put(number, column, cell, 1, span)
                if merge is not None:
                    merged[column] = cell
                column += span
            above = merged
            mark = row.find(f"{W}trPr/{W}tblHeader")
            if mark is not None and is_on(mark.get(f"{W}val")) and header == number:
                header += 1
        block = table_block(grid, headings=self.path, header_rows=header or None)
        if block is not None:
            self.blocks.append((block, False))
        self._flush_notes()
        for inner in nested:
            self._table(inner)

    def _cell(self, cell: Any, nested: list[Any]) -> str:
        """The text of a cell; tables inside it are read after the table that holds them."""
        texts: list[str] = []
        for child in _content(cell):
            if child.tag == f"{W}p":
                text, _, _, boxes = self._read_paragraph(child)
                texts.append(text)
                texts += [self._cell(box, nested) for box in boxes]
            elif child.tag == f"{W}tbl":
                nested.append(child)
        return squeeze(" ".join(texts))

    def _flush_notes(self) -> None:
        notes, self.pending = self.pending, []
        for note in notes:
            if note.end:
                self.endnotes.append(note)
            else:
                self._note(note)

    def _note(self, note: Note) -> None:
        element = self.note_texts[note.end].get(note.id)
        if element is None:
            return
        texts = [self._read_paragraph(paragraph)[0] for paragraph in element.iter(f"{W}p")]
        text = "\n".join(text for text in texts if text)
        if text:
            marked = text if text.startswith(note.mark) else f"{note.mark} {text}"
            self.blocks.append((Block(marked, "paragraph", None, self.path, {"note": note.mark}), False))

    def warn(self, text: str) -> None:
        """A warning for the user, once."""
        if text not in self.warnings:
            self.warnings.append(text)


def _content(container: Any) -> Iterator[Any]:
    """The paragraphs, tables and `altChunk`s of a container, through what only wraps them."""
    for child in container:
        if child.tag in (f"{W}p", f"{W}tbl", f"{W}altChunk"):
            yield child
        elif child.tag in _THROUGH and not is_placeholder(child):
            yield from _content(child)
        elif child.tag == f"{MC}AlternateContent":
            yield from _content(chosen(child))


def _rows(table: Any) -> Iterator[Any]:
    for child in table:
        if child.tag == f"{W}tr":
            yield child
        elif child.tag in _THROUGH:
            yield from _rows(child)


def _cells(row: Any) -> Iterator[Any]:
    for child in row:
        if child.tag == f"{W}tc":
            yield child
        elif child.tag in _THROUGH:
            yield from _cells(child)


def _is_set_off(cell: Any) -> bool:
    """Shaded, or written in bold."""
    shade = cell.find(f"{W}tcPr/{W}shd")
    if shade is not None and (shade.get(f"{W}fill") or "auto").upper() not in ("AUTO", "FFFFFF"):
        return True
    runs = [run for run in cell.iter(f"{W}r") if run.find(f"{W}t") is not None]
    marks = [run.find(f"{W}rPr/{W}b") for run in runs]
    return bool(marks) and all(mark is not None and is_on(mark.get(f"{W}val")) for mark in marks)


def child_value_in(element: Any, properties: str, tag: str) -> str:
    """`w:val` of a property of a row or a cell."""
    found = element.find(f"{W}{properties}")
    return "" if found is None else child_value(found, tag)


def _integer(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 7 else 0


def _note_format(settings: Any, kind: str) -> str:
    found = None if settings is None else settings.find(f"{W}{kind}")
    return "" if found is None else child_value(found, "numFmt")


def _notes(root: Any, tag: str) -> dict[str, Any]:
    """Id → note; the separator lines that Word keeps among the notes are left out."""
    if root is None:
        return {}
    return {
        item.get(f"{W}id") or "": item for item in root.findall(f"{W}{tag}") if item.get(f"{W}type") in (None, "normal")
    }

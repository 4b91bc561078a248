"""HWP 5 (records in an OLE file) → `hwp_tree`. Records, shapes and distribution documents are decoded by hwp2markdown.

Left out: headers and footers, master pages, hidden comments, memos.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import olefile
from hwp2md.hwp5.distdoc import decrypt_view_text
from hwp2md.hwp5.docinfo import DocInfo, num_format, parse_docinfo
from hwp2md.hwp5.records import FIELD_END, CtrlMark, decode_para_runs, iter_records

from haechi.parsers import hwp_refusal as refusal
from haechi.parsers.hwp_numbering import number_text
from haechi.parsers.hwp_tree import (
    MAX_NESTING,
    NO_HEAD,
    Box,
    Cell,
    Contents,
    Head,
    Item,
    Level,
    Note,
    Paragraph,
    Table,
)

_PARAGRAPH, _TEXT, _CONTROL, _LIST = 0x42, 0x43, 0x47, 0x48
_SHAPE, _TABLE, _OLE, _PICTURE, _EQUATION, _TEXT_ART = 0x4C, 0x4D, 0x54, 0x55, 0x58, 0x5A
_HEADS: dict[int, Any] = {1: "outline", 2: "number", 3: "bullet"}
#: A thousand pages need less; each record costs a quarter of a kilobyte here.
MAX_RECORDS = 2_000_000
_TITLE_CELL = 1 << 18
_TRACKED = 1 << 14


@dataclass(slots=True)
class _Node:
    tag: int
    level: int
    payload: bytes
    children: list[_Node] = field(default_factory=list)


def read_hwp5(data: bytes, source: str) -> Contents:
    """Raises ParseError for what is refused, other exceptions for damage."""
    with olefile.OleFileIO(BytesIO(data)) as ole:
        header: bytes = ole.openstream("FileHeader").read(256)
        flags = struct.unpack_from("<I", header, 36)[0]
        compressed, distribution = bool(flags & 1), bool(flags & 4)

        def stream(name: str, inflate: bool) -> bytes:
            raw: bytes = ole.openstream(name).read()
            if distribution and name.startswith("ViewText"):
                raw = decrypt_view_text(raw)
            return refusal.inflate(raw, source) if inflate else raw

        info = parse_docinfo(stream("DocInfo", compressed))
        contents = Contents(
            numberings=_numberings(info),
            bullets={number: bullet.char for number, bullet in enumerate(info.bullets, 1)},
            version=".".join(str(part) for part in reversed(header[32:36])),
            tracked=bool(flags & _TRACKED),
        )
        storage = "ViewText" if distribution else "BodyText"
        while ole.exists(name := f"{storage}/Section{len(contents.sections)}"):
            reader = _Section(source, info, contents)
            paragraphs = reader.paragraphs(_tree(stream(name, compressed), distribution, source), 0)
            contents.sections.append((paragraphs, reader.outline))
    if not contents.sections:
        raise ValueError("no section")
    return contents


def _numberings(info: DocInfo) -> dict[int, dict[int, Level]]:
    return {
        number: {
            depth: Level(level.template, level.num_format, numbering.level_start(depth))
            for depth, level in enumerate(numbering.levels)
        }
        for number, numbering in enumerate(info.numberings, 1)
    }


def _tree(data: bytes, padded: bool, source: str) -> list[_Node]:
    """Records nested by their level. Raises ParseError past `MAX_RECORDS`.

    Decrypted sections that are not compressed end in up to 15 zero bytes.
    """
    roots: list[_Node] = []
    path: list[_Node] = []
    if padded:
        data = data[: len(data) - len(data) % 4] if not any(data[-15:]) else data
    for count, record in enumerate(iter_records(data)):
        if count == MAX_RECORDS:
            raise refusal.too_large(source, f"기록 {count}개", f"{count} records")
        node = _Node(record.tag_id, record.level, record.payload)
        while path and path[-1].level >= node.level:
            path.pop()
        (path[-1].children if path else roots).append(node)
        path.append(node)
    return roots


def _string(payload: bytes, at: int) -> tuple[str, int]:
    """A WORD length and so many UTF-16 units, and where they end."""
    if len(payload) < at + 2:
        return "", at
    end = at + 2 + 2 * struct.unpack_from("<H", payload, at)[0]
    return payload[at + 2 : end].decode("utf-16-le", "replace"), end


class _Section:
    def __init__(self, source: str, info: DocInfo, contents: Contents) -> None:
        self.source = source
        self.info = info
        self.contents = contents
        self.outline = 0

    def paragraphs(self, nodes: Sequence[_Node], depth: int) -> list[Paragraph]:
        if depth > MAX_NESTING:
            raise refusal.too_deep(self.source)
        return [self.paragraph(node, depth) for node in nodes if node.tag == _PARAGRAPH]

    def paragraph(self, node: _Node, depth: int) -> Paragraph:
        text = next((child.payload for child in node.children if child.tag == _TEXT), b"")
        controls = iter([child for child in node.children if child.tag == _CONTROL])
        items: list[Item] = []
        for run in decode_para_runs(text):
            if isinstance(run, str):
                items.append(run)
            elif isinstance(run, CtrlMark) and run.code != FIELD_END:
                control = next(controls, None)
                if control is not None:
                    items.extend(self.control(control, depth))
        for control in controls:  # more controls than marks: their text is kept at the end
            items.extend(self.control(control, depth))
        return Paragraph(items, self.head(node.payload))

    def head(self, payload: bytes) -> Head:
        shape = self.info.para_shape(struct.unpack_from("<H", payload, 8)[0]) if len(payload) >= 10 else None
        kind = None if shape is None else _HEADS.get(shape.heading_type)
        return NO_HEAD if shape is None or kind is None else Head(kind, shape.head_id, shape.heading_level)

    def control(self, node: _Node, depth: int) -> Iterator[Item]:
        payload = node.payload
        name = payload[3::-1].decode("latin-1")
        inline = len(payload) < 8 or bool(payload[4] & 1)
        if name == "tbl ":
            yield self.table(node, depth, inline)
        elif name == "gso ":
            yield Box(list(self.drawing(node, depth)), inline)
        elif name in ("fn  ", "en  "):
            numbers = (self.auto_number(child.payload) for child in _controls(node, "atno"))
            yield Note(next(numbers, ""), self.paragraphs(node.children, depth + 1))
        elif name == "atno":
            yield self.auto_number(payload)
        elif name == "eqed":
            scripts = [_string(child.payload, 4)[0] for child in node.children if child.tag == _EQUATION]
            yield " ".join(script.strip() for script in scripts)
        elif name == "tdut":
            main, end = _string(payload, 4)
            sub = _string(payload, end)[0]
            yield f"{main}({sub})" if sub else main
        elif name == "tcps":
            yield _string(payload, 4)[0]
        elif name == "secd" and len(payload) >= 20:
            self.outline = struct.unpack_from("<H", payload, 18)[0]

    def auto_number(self, payload: bytes) -> str:
        """`1)` from its stored number; page numbers (kind 0) belong to the paper."""
        if len(payload) < 16:
            return ""
        attribute, number, _, before, after = struct.unpack_from("<IHHHH", payload, 4)
        if attribute & 0xF == 0:
            return ""
        marks = [chr(code) if code >= 0x20 else "" for code in (before, after)]
        return f"{marks[0]}{number_text(number, num_format(attribute >> 4 & 0xFF))}{marks[1]}"

    def table(self, node: _Node, depth: int, inline: bool) -> Table:
        table = Table(inline=inline)
        begun = False
        for child in node.children:
            if child.tag == _TABLE:
                begun = True
            elif child.tag == _LIST and begun:
                table.cells.append(_cell(child.payload))
            if child.tag in (_PARAGRAPH, _LIST):
                place = table.cells[-1].paragraphs if table.cells else table.caption
                nodes = [child] if child.tag == _PARAGRAPH else child.children
                place.extend(self.paragraphs(nodes, depth + 1))
        return table

    def drawing(self, node: _Node, depth: int) -> Iterator[Paragraph]:
        """Text of the shapes first, then the caption, which is stored before them."""
        caption: list[Paragraph] = []
        for child in node.children:
            if child.tag == _SHAPE:
                yield from self.drawing(child, depth + 1)
            elif child.tag == _PICTURE:
                self.contents.pictures += 1
            elif child.tag == _OLE:
                self.contents.charts += 1
            elif child.tag == _TEXT_ART:
                yield Paragraph([_string(child.payload, 32)[0]])
            elif child.tag == _PARAGRAPH:
                caption.extend(self.paragraphs([child], depth + 1))
        yield from caption


def _controls(node: _Node, name: str) -> Iterator[_Node]:
    """Controls of this name anywhere below."""
    for child in node.children:
        if child.tag == _CONTROL and child.payload[3::-1].decode("latin-1") == name:
            yield child
        yield from _controls(child, name)


def _cell(payload: bytes) -> Cell:
    attribute, column, row, column_span, row_span = struct.unpack_from("<IHHHH", payload, 4)
    return Cell(row, column, row_span, column_span, bool(attribute & _TITLE_CELL))

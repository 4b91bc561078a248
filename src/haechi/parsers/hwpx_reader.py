"""HWPX (OWPML in a zip) → `hwp_tree`. Parts are bounded before they are unpacked; XML without entities and network.

Names are compared without their namespace: it differs between Hangul's own files and the 2024 standard.
Left out: headers and footers, master pages, hidden comments, memos.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from lxml import etree

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

_SECTION = re.compile(r"contents/section(\d+)\.xml", re.I)
_SPACES = {"tab": " ", "lineBreak": "\n", "nbSpace": " ", "fwSpace": " ", "hypen": "-", "hyphen": "-"}
_HEADS: dict[str, Any] = {"OUTLINE": "outline", "NUMBER": "number", "BULLET": "bullet"}
_SHAPES = {"rect", "ellipse", "arc", "polygon", "curve", "connectLine", "line"}
_RUBY = ("mainText", "subText")
_STYLES = {"IDEOGRAPH": "HANJA_DIGIT"}


def read_hwpx(data: bytes, source: str) -> Contents:
    """Raises ParseError for what is refused, other exceptions for damage."""
    with ZipFile(BytesIO(data)) as archive:
        names = {info.filename.lower(): info for info in archive.infolist()}
        contents = Contents()

        def part(name: str) -> bytes:
            return refusal.read_entry(archive, names[name], source) if name in names else b""

        heads = _header(part("contents/header.xml"), contents)
        sections = sorted((int(match[1]), name) for name in names if (match := _SECTION.fullmatch(name)))
        for _, name in sections:
            root = parse_xml(part(name))
            reader = _Section(source, heads, contents)
            paragraphs = [reader.paragraph(node, 0) for node in _children(root, "p")]
            contents.sections.append((paragraphs, reader.outline))
    return contents


def parse_xml(data: bytes) -> Any:
    """The root element. A document type has no place in a document: it is the door of entity attacks."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    root = etree.fromstring(data, parser)
    if root.getroottree().docinfo.doctype:
        raise ValueError("document type in XML")
    return root


def _local(node: Any) -> str:
    return node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""


def _children(node: Any, *names: str) -> Iterator[Any]:
    return (child for child in node if _local(child) in names)


def _child(node: Any, name: str) -> Any:
    return None if node is None else next(_children(node, name), None)


def _number(node: Any, name: str, default: int = 0) -> int:
    value = "" if node is None else node.get(name, "")
    return int(value) if re.fullmatch(r"-?\d{1,10}", value) else default


def _header(data: bytes, contents: Contents) -> dict[int, Head]:
    """Paragraph shape → its head; numberings and bullets into `contents`."""
    heads: dict[int, Head] = {}
    if not data:
        return heads
    root = parse_xml(data)
    contents.version = root.get("version", "")
    for shape in root.iter("{*}paraPr"):
        heading = next(shape.iter("{*}heading"), None)
        kind = _HEADS.get(heading.get("type", "")) if heading is not None else None
        if kind:
            level = min(max(_number(heading, "level"), 0), 9)
            heads[_number(shape, "id", -1)] = Head(kind, _number(heading, "idRef"), level)
    numberings: dict[int, dict[int, Level]] = {}
    for numbering in root.iter("{*}numbering"):
        levels = numberings.setdefault(_number(numbering, "id"), {})
        for head in _children(numbering, "paraHead"):
            style = head.get("numFormat", "DIGIT")
            start = _number(head, "start", 1)
            levels[_number(head, "level") - 1] = Level(head.text or "", _STYLES.get(style, style), start)
    contents.numberings = numberings
    contents.bullets = {_number(bullet, "id"): bullet.get("char", "") for bullet in root.iter("{*}bullet")}
    return heads


class _Section:
    def __init__(self, source: str, heads: dict[int, Head], contents: Contents) -> None:
        self.source = source
        self.heads = heads
        self.contents = contents
        self.outline = 0

    def paragraph(self, node: Any, depth: int) -> Paragraph:
        if depth > MAX_NESTING:
            raise refusal.too_deep(self.source)
        paragraph = Paragraph(head=self.heads.get(_number(node, "paraPrIDRef", -1), NO_HEAD))
        for run in _children(node, "run"):
            for child in run:
                paragraph.items.extend(self.items(child, depth))
        return paragraph

    def paragraphs(self, owner: Any, depth: int) -> list[Paragraph]:
        inner = _child(owner, "subList")
        return [] if inner is None else [self.paragraph(node, depth + 1) for node in _children(inner, "p")]

    def items(self, node: Any, depth: int) -> Iterator[Item]:
        name = _local(node)
        if name == "t":
            yield self.text(node)
        elif name == "ctrl":
            for child in node:
                yield from self.items(child, depth)
        elif name == "secPr":
            self.outline = _number(node, "outlineShapeIDRef")
        elif name == "tbl":
            yield self.table(node, depth)
        elif name in ("footNote", "endNote"):
            mark = next((self.auto_number(number) for number in node.iter("{*}autoNum")), "")
            yield Note(mark, self.paragraphs(node, depth))
        elif name == "autoNum":
            yield self.auto_number(node)
        elif name == "equation":
            script = _child(node, "script")
            yield "" if script is None else (script.text or "").strip()
        elif name == "dutmal":
            main, sub = ("".join(t for part in _children(node, name) for t in part.itertext()) for name in _RUBY)
            yield f"{main}({sub})" if sub else main
        elif name == "compose":
            yield node.get("composeText", "")
        elif name in ("pic", "container", "textart", "chart", "ole", *_SHAPES):
            yield Box(list(self.drawing(node, depth)), _inline(node))
        elif name == "switch":
            # The first case is Hangul's own reading; `default` repeats it for other programs.
            branch = next(_children(node, "case", "default"), None)
            for child in branch if branch is not None else ():
                yield from self.items(child, depth)

    def text(self, node: Any) -> str:
        parts = [node.text or ""]
        for child in node:
            name = _local(child)
            self.contents.tracked |= name == "deleteBegin"
            parts.append(_SPACES.get(name, ""))
            parts.append(child.tail or "")
        return "".join(parts)

    def auto_number(self, node: Any) -> str:
        """`1)` from its stored number; page numbers belong to the paper."""
        if "PAGE" in node.get("numType", ""):
            return ""
        shape = _child(node, "autoNumFormat")
        style = "DIGIT" if shape is None else shape.get("type", "DIGIT")
        before, after = ("", "") if shape is None else (shape.get("prefixChar", ""), shape.get("suffixChar", ""))
        return f"{before}{number_text(_number(node, 'num', 1), _STYLES.get(style, style))}{after}"

    def table(self, node: Any, depth: int) -> Table:
        table = Table(caption=self.paragraphs(_child(node, "caption"), depth), inline=_inline(node))
        for row, line in enumerate(_children(node, "tr")):
            for column, cell in enumerate(_children(line, "tc")):
                address, span = _child(cell, "cellAddr"), _child(cell, "cellSpan")
                table.cells.append(
                    Cell(
                        _number(address, "rowAddr", row),
                        _number(address, "colAddr", column),
                        _number(span, "rowSpan", 1),
                        _number(span, "colSpan", 1),
                        cell.get("header") == "1",
                        self.paragraphs(cell, depth),
                    )
                )
        return table

    def drawing(self, node: Any, depth: int) -> Iterator[Paragraph]:
        name = _local(node)
        if name == "container":
            for child in node:
                yield from self.drawing(child, depth)
        elif name == "pic":
            self.contents.pictures += 1
        elif name in ("chart", "ole"):
            self.contents.charts += 1
        elif name == "textart":
            yield Paragraph([node.get("text", "")])
        elif name in _SHAPES:
            yield from self.paragraphs(_child(node, "drawText"), depth)
        yield from self.paragraphs(_child(node, "caption"), depth)


def _inline(node: Any) -> bool:
    place = _child(node, "pos")
    return place is None or place.get("treatAsChar") == "1"

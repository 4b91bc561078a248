"""PPTX → blocks slide by slide: a slide is a page, its title a heading, its shapes in the order they are read.

Hidden slides are left out with a warning. Speaker notes are kept, marked in their text and `meta["speaker_notes"]`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from lxml import etree

from haechi.errors import ParseError
from haechi.parsers.base import ParseOptions
from haechi.parsers.captions import attach_captions
from haechi.parsers.docx_numbering import number_text
from haechi.parsers.encoding import clean
from haechi.parsers.grid import Cell, Grid, squeeze, table_block
from haechi.parsers.number_format import plain, show_number
from haechi.parsers.office_package import OfficePackage
from haechi.parsers.text import path_title, short_title
from haechi.parsers.zip_guard import broken
from haechi.types import Block, Document

A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
DGM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"

NOTES_MARK = "[발표자 노트]"
#: Shapes whose tops differ by less than this (EMU, about 5 mm) stand in one line and are read left to right.
SAME_LINE = 180_000
MAX_POINTS = 2_000
_FURNITURE = ("DATE", "FOOTER", "SLIDE_NUMBER", "HEADER")
_AUTO = {
    "arabic": "decimal",
    "alphaLc": "lowerLetter",
    "alphaUc": "upperLetter",
    "romanLc": "lowerRoman",
    "romanUc": "upperRoman",
    "circleNum": "decimalEnclosedCircle",
}


class PptxParser:
    """`.pptx`, `.pptm`, `.ppsx`, `.potx`; macros are not read."""

    name = "pptx"

    def parse(self, path: Path, source: str, options: ParseOptions) -> list[Document]:
        from pptx import Presentation
        from pptx.exc import PythonPptxError

        with OfficePackage(path, source, "pptx") as package:
            copy = package.light_copy()
        try:
            slides = list(Presentation(copy).slides)
            read = [(number, _hidden(slide), slide) for number, slide in enumerate(slides, 1)]
            found = {number: _slide(slide, number) for number, hidden, slide in read if not hidden}
            pictures = [number for number, blocks in found.items() if not blocks and _has_picture(slides[number - 1])]
        except (PythonPptxError, KeyError, AttributeError, ValueError, TypeError, IndexError, etree.Error) as error:
            # The library meets a part that is missing or not what it should be.
            raise broken(source, error) from error
        blocks = [block for slide in found.values() for block in slide]
        hidden = [number for number, is_hidden, _ in read if is_hidden]
        warnings = [f"숨긴 슬라이드를 넣지 않았습니다: {', '.join(map(str, hidden))}쪽."] if hidden else []
        if pictures and blocks:
            warnings.append(f"그림뿐이라 글자를 읽지 못한 슬라이드: {', '.join(map(str, pictures))}쪽.")
        if not blocks:
            why = " ".join(warnings)
            raise ParseError(
                f"{source}: 글자가 하나도 없습니다. {why} 그림뿐이라면 PDF로 저장해 글자 인식(OCR)으로 넣어 주세요.",
                f"{source}: no text on {len(read)} slides; slides of pictures must be read by OCR",
            )
        first = blocks[0].text if blocks[0].kind == "heading" and blocks[0].page == 1 else ""
        meta: dict[str, Any] = {"pages": len(read)}
        if warnings:
            meta["warnings"] = warnings
        return [Document.make(source, short_title(first) or path_title(source), blocks, meta)]


def _hidden(slide: Any) -> bool:
    return slide.element.get("show") in ("0", "false")


def _has_picture(slide: Any) -> bool:
    return next(slide.element.iter(f"{A}blip"), None) is not None


def _unwrap(root: Any) -> None:
    """Shapes stored twice, for new programs and for old ones, are read once; the library would skip both."""
    for wrapper in list(root.iter(f"{MC}AlternateContent")):
        parent = wrapper.getparent()
        readings = [child for child in wrapper if child.tag in (f"{MC}Choice", f"{MC}Fallback")]
        best = next((child for child in readings if next(child.iter(f"{A}t"), None) is not None), ())
        for child in list(best):
            wrapper.addprevious(child)
        parent.remove(wrapper)


def _slide(slide: Any, page: int) -> list[Block]:
    _unwrap(slide.element)
    title = slide.shapes.title
    name = squeeze(_frame_text(_body(title))) if title is not None else ""
    headings = (name,) if name else ()
    blocks: list[Block] = [Block(name, "heading", page, headings)] if name else []
    for shape in _in_order(slide.shapes):
        if title is None or shape.element is not title.element:
            blocks += _shape(shape, page, headings)
    if slide.has_notes_slide and slide.notes_slide.notes_placeholder is not None:
        notes = _frame_text(_body(slide.notes_slide.notes_placeholder))
        if notes:
            blocks.append(Block(f"{NOTES_MARK} {notes}", "paragraph", page, headings, {"speaker_notes": True}))
    return attach_captions([(block, False) for block in blocks])


def _in_order(shapes: Any) -> Iterator[Any]:
    """From top to bottom, in one line from left to right; the shapes of a group together, in its place."""
    placed = sorted(((shape.top or 0, shape.left or 0, shape) for shape in shapes), key=lambda item: item[:2])
    lines: list[list[tuple[int, int, Any]]] = []
    for item in placed:
        if lines and item[0] - lines[-1][0][0] < SAME_LINE:
            lines[-1].append(item)
        else:
            lines.append([item])
    for line in lines:
        for _, _, shape in sorted(line, key=lambda item: item[1]):
            if hasattr(shape, "shapes"):
                yield from _in_order(shape.shapes)
            else:
                yield shape


def _shape(shape: Any, page: int, headings: tuple[str, ...]) -> Iterator[Block]:
    if shape.is_placeholder and any(word in str(shape.placeholder_format.type) for word in _FURNITURE):
        return
    if shape.has_text_frame:
        text = _frame_text(_body(shape))
        if text:
            yield Block(text, "paragraph", page, headings)
        return
    data = shape.element.find(f".//{A}graphicData")
    if data is None:
        return
    table = data.find(f"{A}tbl")
    block = None
    if table is not None:
        block = _table(table, page, headings)
    elif (chart := data.find(f"{C}chart")) is not None:
        block = _chart(_part(shape, chart.get(f"{R}id")), page, headings)
    elif (diagram := data.find(f"{DGM}relIds")) is not None:
        block = _diagram(_part(shape, diagram.get(f"{R}dm")), page, headings)
    if block is not None:
        yield block


def _part(shape: Any, relation: str | None) -> Any:
    """The XML of a part the shape refers to."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    return etree.fromstring(shape.part.related_part(relation).blob, parser)


def _body(shape: Any) -> Any:
    return shape.element.find(f"{P}txBody")


def _frame_text(frame: Any) -> str:
    """The paragraphs of a text body, with the marks that the slide itself sets before them."""
    if frame is None:
        return ""
    lines: list[str] = []
    counters: dict[int, int] = {}
    for paragraph in frame.iterchildren(f"{A}p"):
        text = "".join(_runs(paragraph))
        properties = paragraph.find(f"{A}pPr")
        level = int(properties.get("lvl", "0")) if properties is not None else 0
        mark = _mark(properties, level, counters) if text.strip() else ""
        for number, line in enumerate(clean(text).split("\n")):
            line = " ".join(line.split())
            if line:
                lines.append("  " * level + (mark if number == 0 else "") + line)
    return "\n".join(lines).strip()


def _runs(paragraph: Any) -> Iterator[str]:
    for child in paragraph:
        if child.tag in (f"{A}r", f"{A}fld"):
            yield child.findtext(f"{A}t") or ""
        elif child.tag == f"{A}br":
            yield "\n"
        elif child.tag is not etree.Comment and "math" in str(child.tag):
            yield "".join(child.itertext())


def _mark(properties: Any, level: int, counters: dict[int, int]) -> str:
    auto = None if properties is None else properties.find(f"{A}buAutoNum")
    for deeper in [other for other in counters if other > level or (other == level and auto is None)]:
        del counters[deeper]
    if auto is not None:
        counters[level] = counters[level] + 1 if level in counters else int(auto.get("startAt", "1"))
        kind = auto.get("type") or ""
        form = next((form for name, form in _AUTO.items() if kind.startswith(name)), "decimal")
        number = number_text(counters[level], form)
        if kind.endswith("ParenBoth"):
            return f"({number}) "
        end = ")" if kind.endswith("ParenR") else "." if kind.endswith("Period") else ""
        return f"{number}{end} "
    sign = None if properties is None else properties.find(f"{A}buChar")
    if sign is None:
        return ""
    character = sign.get("char") or ""
    font = properties.find(f"{A}buFont")
    symbols = font is not None and "wingdings" in (font.get("typeface") or "").lower()
    return "- " if symbols or not character or "\ue000" <= character[0] <= "\uf8ff" else f"{character} "


def _table(table: Any, page: int, headings: tuple[str, ...]) -> Block | None:
    rows = table.findall(f"{A}tr")
    grid = Grid([[] for _ in rows])
    for number, row in enumerate(rows):
        for column, item in enumerate(row.findall(f"{A}tc")):
            if item.get("hMerge") in ("1", "true") or item.get("vMerge") in ("1", "true"):
                continue
            body = item.find(f"{A}txBody")
            cell = Cell(squeeze(_frame_text(body)))
            grid.put(number, column, cell, int(item.get("rowSpan", "1")), int(item.get("gridSpan", "1")))
    properties = table.find(f"{A}tblPr")
    first = properties is not None and properties.get("firstRow") in ("1", "true")
    block = table_block(grid, page=page, headings=headings)
    if block is not None and first and not block.meta["header_rows"] and "\n" in block.text:
        return Block(block.text, "table", page, headings, {**block.meta, "header_rows": 1})
    return block


def _chart(root: Any, page: int, headings: tuple[str, ...]) -> Block | None:
    """The numbers behind a chart as a table: a category a row, a series a column."""
    names: list[str] = []
    columns: list[dict[int, str]] = []
    categories: dict[int, str] = {}
    for series in root.iter(f"{C}ser"):
        label = " ".join(node.text or "" for node in series.iterfind(f"{C}tx//{C}v"))
        names.append(label.strip() or f"계열 {len(names) + 1}")
        for tag in ("cat", "xVal"):
            if not categories:
                categories = _points(series.find(f"{C}{tag}"))
        columns.append(_points(series.find(f"{C}val")) or _points(series.find(f"{C}yVal")))
    numbers = sorted({number for column in columns for number in column} | set(categories))[:MAX_POINTS]
    if not names or not numbers:
        return None
    rows: list[Sequence[str]] = [["항목", *names]]
    rows += [
        [categories.get(number, str(number + 1)), *(column.get(number, "") for column in columns)] for number in numbers
    ]
    grid = Grid([[Cell(text) for text in row] for row in rows])
    title = " ".join(node.text or "" for node in root.iterfind(f"{C}chart/{C}title//{A}t"))
    return table_block(grid, page=page, headings=headings, header_rows=1, caption=title, meta={"chart": True})


def _points(source: Any) -> dict[int, str]:
    """Index → shown value; of categories on several levels, the innermost."""
    found: dict[int, str] = {}
    if source is None:
        return found
    level = source.find(f".//{C}lvl")
    holder = source if level is None else level
    code = source.findtext(f".//{C}formatCode") or "General"
    for point in holder.iter(f"{C}pt"):
        text = (point.findtext(f"{C}v") or "").strip()
        if source.find(f"{C}numRef") is not None or source.find(f"{C}numLit") is not None:
            text = _shown(text, code)
        found[int(point.get("idx", "0"))] = text
    return found


def _shown(text: str, code: str) -> str:
    try:
        value = float(text)
    except ValueError:
        return text
    number = int(value) if value.is_integer() else value
    return plain(number) if code == "General" else show_number(number, code)


def _diagram(root: Any, page: int, headings: tuple[str, ...]) -> Block | None:
    """The words of a SmartArt drawing, one element a line, in the order they were written in."""
    lines = []
    for point in root.iter(f"{DGM}pt"):
        if point.get("type", "node") in ("node", "asst"):
            line = squeeze(" ".join(node.text or "" for node in point.iter(f"{A}t")))
            if line:
                lines.append(f"- {line}")
    return Block("\n".join(lines), "list", page, headings) if lines else None

"""The second, independent reader: dochan → `hwp_tree`. It knows no automatic numbers; errors are raised."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from haechi.parsers.hwp_tree import Box, Cell, Contents, Item, Note, Paragraph, Table


def read_dochan(path: Path, is_zip: bool) -> Contents:
    """Raises ValueError with what dochan complains about: it never raises by itself and returns what it has."""
    from dochan import Dochan

    # Pictures of a HWPX are left packed; for HWP 5 dochan has no such choice.
    document = Dochan(str(path), include_assets=False) if is_zip else Dochan(str(path))
    if document.doc.errors:
        raise ValueError("; ".join(document.doc.errors)[:200])
    contents = Contents()
    for section in document.doc.sections:
        contents.sections.append((_paragraphs(section.elements, contents), 0))
    return contents


def _paragraphs(elements: list[Any], contents: Contents) -> list[Paragraph]:
    found: list[Paragraph] = []
    for element in elements:
        name = type(element).__name__
        if name == "Paragraph":
            found.append(Paragraph([element.text]))
        elif name == "Image":
            contents.pictures += 1
            found.append(Paragraph([Box(_paragraphs(element.caption, contents))]))
        else:
            item = _item(element, name, contents)
            if isinstance(item, Note) and found:
                found[-1].items.append(item)
            elif item is not None:
                found.append(Paragraph([item]))
    return found


def _item(element: Any, name: str, contents: Contents) -> Item | None:
    if name == "Table":
        return Table(_cells(element, contents), _paragraphs(element.caption, contents))
    if name == "Equation":
        return str(element.script or "")
    if name == "Footnote" and element.type in ("footnote", "endnote"):
        return Note(f"{element.number})" if element.number else "", _paragraphs(element.paragraphs, contents))
    return None  # headers, footers and comments


def _cells(table: Any, contents: Contents) -> list[Cell]:
    cells: list[Cell] = []
    covered: set[tuple[int, int]] = set()
    for row, line in enumerate(table.rows):
        for column, cell in enumerate(line):
            if cell.is_merged_away or (row, column) in covered:
                continue
            cells.append(Cell(row, column, cell.row_span, cell.col_span, False, _paragraphs(cell.paragraphs, contents)))
            if cell.row_span > 1 or cell.col_span > 1:
                covered.update(
                    (row + down, column + right)
                    for down in range(min(cell.row_span, len(table.rows) - row))
                    for right in range(min(cell.col_span, len(line) - column))
                )
    return cells

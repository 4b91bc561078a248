"""One sheet of a workbook, read as a stream: cells with what they show, merged ranges, hidden rows and columns.

openpyxl's own sheet reader gives a formula or its stored result but never both, and spreads a forged merged range
over a billion cells; its tables of number formats and its date arithmetic are used.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from lxml import etree
from openpyxl.utils.cell import column_index_from_string, get_column_letter
from openpyxl.utils.datetime import from_excel

from haechi.parsers.encoding import clean
from haechi.parsers.number_format import show_moment, show_number

S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
MAX_ROW, MAX_COLUMN = 1_048_576, 16_384
#: Formula cells without a stored result that a warning names.
NAMED = 8

_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7})")


@dataclass(frozen=True)
class Format:
    """What a cell's style says: number format, whether that is of a date or of a span, whether the text is bold."""

    code: str = "General"
    date: bool = False
    span: bool = False
    bold: bool = False


@dataclass
class Sheet:
    """`cells` are (row, column) → shown text, 1-based, without empty ones; `merged` are (top, left, bottom, right)."""

    name: str
    cells: dict[tuple[int, int], str] = field(default_factory=dict)
    bold: set[tuple[int, int]] = field(default_factory=set)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    unsolved: list[str] = field(default_factory=list)
    filtered: bool = False
    frozen_rows: int = 0


def read_sheet(data: bytes, name: str, strings: Sequence[str], formats: Sequence[Format], epoch: Any) -> Sheet:
    """Raises lxml's XMLSyntaxError for broken XML, IndexError for a text that the workbook does not hold."""
    sheet = Sheet(name)
    row = 0
    wanted = [f"{S}{tag}" for tag in ("row", "mergeCell", "col", "autoFilter", "pane")]
    hidden_lines: set[int] = set()
    events = etree.iterparse(io.BytesIO(data), tag=wanted, resolve_entities=False, no_network=True, load_dtd=False)
    for _, element in events:
        tag = element.tag
        if tag == f"{S}row":
            row = _integer(element.get("r")) or row + 1
            # Rows folded by an outline are one click away; those of a filter are decided on below.
            if element.get("hidden") in ("1", "true") and not _integer(element.get("outlineLevel")):
                hidden_lines.add(row)
            _row(element, row, sheet, strings, formats, epoch)
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
        elif tag == f"{S}mergeCell":
            bounds = _range(element.get("ref") or "")
            if bounds and bounds[:2] != bounds[2:]:
                sheet.merged.append(bounds)
        elif tag == f"{S}col":
            if element.get("hidden") in ("1", "true") and not _integer(element.get("outlineLevel")):
                last = min(_integer(element.get("max")), MAX_COLUMN)
                sheet.hidden_columns.update(range(_integer(element.get("min")), last + 1))
        elif tag == f"{S}pane" and (element.get("state") or "").startswith("frozen"):
            sheet.frozen_rows = _integer((element.get("ySplit") or "").partition(".")[0])
        elif tag == f"{S}autoFilter":
            sheet.filtered = len(element) > 0
    sheet.hidden_rows = set() if sheet.filtered else hidden_lines
    return sheet


def _row(line: Any, row: int, sheet: Sheet, strings: Sequence[str], formats: Sequence[Format], epoch: Any) -> None:
    column = 0
    for element in line.iterchildren(f"{S}c"):
        at = _REFERENCE.fullmatch(element.get("r") or "")
        column = column_index_from_string(at[1]) if at else column + 1
        if len(element) and row <= MAX_ROW and column <= MAX_COLUMN:
            _cell(element, (row, column), sheet, strings, formats, epoch)


def _cell(
    element: Any, place: tuple[int, int], sheet: Sheet, strings: Sequence[str], formats: Sequence[Format], epoch: Any
) -> None:
    style = _integer(element.get("s"))
    shape = formats[style] if style < len(formats) else Format()
    value = element.findtext(f"{S}v")
    text = ""
    kind = element.get("t", "n")
    if kind == "inlineStr":
        inline = element.find(f"{S}is")
        text = "" if inline is None else string_text(inline)
    elif not value:
        # An empty result is written as such; nothing at all means that nobody calculated.
        if element.find(f"{S}f") is not None and (value is None or kind != "str"):
            sheet.unsolved.append(f"{get_column_letter(place[1])}{place[0]}")
            text = "(계산되지 않은 수식)"
    elif kind == "s":
        text = strings[_integer(value)]
    elif kind == "b":
        text = "TRUE" if value.strip() == "1" else "FALSE"
    elif kind == "d":
        text = _iso(value, shape.code)
    elif kind in ("e", "str"):
        text = value
    else:
        text = _number(value, shape, epoch)
    text = clean(text).strip()
    if text:
        sheet.cells[place] = text
        if shape.bold:
            sheet.bold.add(place)


def string_text(item: Any) -> str:
    """The text of a shared or inline string; the readings of Japanese words that stand beside it are left out."""
    parts: list[str] = []
    for child in item:
        if child.tag == f"{S}t":
            parts.append(child.text or "")
        elif child.tag == f"{S}r":
            parts.append(child.findtext(f"{S}t") or "")
    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda match: chr(int(match[1], 16)), "".join(parts))


def _number(value: str, shape: Format, epoch: Any) -> str:
    try:
        number: int | float = float(value)
    except ValueError:
        return value
    if float(number).is_integer() and abs(number) < 1e15:
        number = int(number)
    if shape.date:
        try:
            moment = from_excel(number, epoch, timedelta=shape.span)
        except (OverflowError, ValueError, TypeError):
            return show_number(number, "General")
        if isinstance(moment, time) and number == 0 and show_moment(datetime(2000, 1, 1), shape.code) != "00:00":
            return "0"  # a day that is zero is no day
        return "" if moment is None else show_moment(moment, shape.code)
    return show_number(number, shape.code)


def _iso(value: str, code: str) -> str:
    for kind in (datetime, date, time):
        try:
            moment = kind.fromisoformat(value.rstrip("Z"))
        except ValueError:
            continue
        return show_moment(moment, code)
    return value


def _range(reference: str) -> tuple[int, int, int, int] | None:
    first, _, last = reference.partition(":")
    start, end = _REFERENCE.fullmatch(first), _REFERENCE.fullmatch(last or first)
    if start is None or end is None:
        return None
    return (
        int(start[2]),
        column_index_from_string(start[1]),
        min(int(end[2]), MAX_ROW),
        min(column_index_from_string(end[1]), MAX_COLUMN),
    )


def _integer(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 9 else 0

"""XLSX → one document: a sheet is a heading, each of its tables a block whose lines are rows of the sheet.

Cells read as they are shown; formulas by the result the file stores. Hidden sheets, and rows and columns hidden by
hand, are left out with a warning; rows a filter or a folded outline hides are data and stay.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from lxml import etree
from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format
from openpyxl.utils.cell import get_column_letter
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH

from haechi.errors import ParseError
from haechi.parsers.base import ParseOptions
from haechi.parsers.encoding import clean
from haechi.parsers.office_package import OfficePackage
from haechi.parsers.text import path_title
from haechi.parsers.xlsx_sheet import NAMED, Format, S, Sheet, read_sheet, string_text
from haechi.parsers.xlsx_tables import sheet_blocks
from haechi.parsers.zip_guard import broken
from haechi.types import Block, Document

_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"

#: Formats that a Korean Excel names by number only, and those whose currency sign follows the reader's computer.
_KOREAN_FORMATS = {
    **dict.fromkeys((*range(27, 32), *range(34, 37), *range(50, 59)), "yyyy-mm-dd"),
    32: 'h"시" mm"분"',
    33: 'h"시" mm"분" ss"초"',
    **dict.fromkeys((5, 6, 42), "#,##0;-#,##0"),
    **dict.fromkeys((7, 8, 44), "#,##0.00;-#,##0.00"),
}


class XlsxParser:
    """`.xlsx`, `.xlsm`, `.xltx`, `.xltm`; macros are not read."""

    name = "xlsx"

    def parse(self, path: Path, source: str, options: ParseOptions) -> list[Document]:
        warnings: list[str] = []
        blocks: list[Block] = []
        with OfficePackage(path, source, "xlsx") as package:
            for sheet in _sheets(package, warnings):
                warnings += _warnings(sheet)
                heading = Block(sheet.name, "heading", None, (sheet.name,), {"sheet": sheet.name})
                found = list(sheet_blocks(sheet, (sheet.name,)))
                blocks += [heading, *found] if found else []
        if not blocks:
            why = " ".join(warnings)
            raise ParseError(
                f"{source}: 값이 있는 셀이 하나도 없습니다. {why}".strip(),
                f"{source}: no visible cell has a value. {why}".strip(),
            )
        meta = {"warnings": warnings} if warnings else {}
        return [Document.make(source, path_title(source), blocks, meta)]


def _sheets(package: OfficePackage, warnings: list[str]) -> Iterator[Sheet]:
    workbook = package.xml(package.main)
    relations = package.relations(package.main)
    strings = _strings(package)
    formats = _formats(package.related_xml(package.main, "styles"))
    properties = workbook.find(f"{S}workbookPr")
    mac = properties is not None and properties.get("date1904") in ("1", "true")
    for item in workbook.iterfind(f"{S}sheets/{S}sheet"):
        name = " ".join(clean(item.get("name") or "").split()) or "(이름 없는 시트)"
        kind, part = relations.get(item.get(f"{_R}id") or "", ("", ""))
        if item.get("state") in ("hidden", "veryHidden"):
            warnings.append(f"숨긴 시트 '{name}'은(는) 넣지 않았습니다.")
        elif kind == "worksheet":
            data = package.data(part)
            try:
                yield read_sheet(data, name, strings, formats, MAC_EPOCH if mac else WINDOWS_EPOCH)
            except (etree.XMLSyntaxError, IndexError) as error:
                raise broken(package.source, error, part) from error


def _warnings(sheet: Sheet) -> Iterator[str]:
    if sheet.unsolved:
        named = _some(sheet.unsolved)
        yield (
            f"시트 '{sheet.name}': 수식 {len(sheet.unsolved)}개에 계산된 값이 저장되어 있지 않습니다({named}). "
            "엑셀에서 열어 저장한 뒤 다시 넣어 주세요."
        )
    rows = sorted(sheet.hidden_rows & {row for row, _ in sheet.cells})
    if rows:
        yield f"시트 '{sheet.name}': 숨긴 행 {len(rows)}개를 넣지 않았습니다({_some(rows)}행)."
    columns = sorted(sheet.hidden_columns & {column for _, column in sheet.cells})
    if columns:
        letters = _some([get_column_letter(column) for column in columns])
        yield f"시트 '{sheet.name}': 숨긴 열 {len(columns)}개를 넣지 않았습니다({letters}열)."


def _some(items: Sequence[object]) -> str:
    return ", ".join(map(str, items[:NAMED])) + (" 등" if len(items) > NAMED else "")


def _strings(package: OfficePackage) -> list[str]:
    """The workbook's table of texts, read as a stream: a large sheet has a million of them."""
    part = package.related(package.main, "sharedStrings")
    if part is None:
        return []
    found: list[str] = []
    data = io.BytesIO(package.data(part))
    try:
        for _, item in etree.iterparse(data, tag=f"{S}si", resolve_entities=False, no_network=True, load_dtd=False):
            found.append(string_text(item))
            item.clear()
            while item.getprevious() is not None:
                del item.getparent()[0]
    except etree.XMLSyntaxError as error:
        raise broken(package.source, error, part) from error
    return found


def _formats(root: Any) -> list[Format]:
    """The styles that cells refer to by number."""
    if root is None:
        return []
    codes = {**BUILTIN_FORMATS, **_KOREAN_FORMATS}
    for item in root.iterfind(f"{S}numFmts/{S}numFmt"):
        if (item.get("numFmtId") or "").isdecimal():
            codes[int(item.get("numFmtId"))] = item.get("formatCode") or "General"
    bold = [
        font.find(f"{S}b") is not None and font.find(f"{S}b").get("val") not in ("0", "false")
        for font in root.iterfind(f"{S}fonts/{S}font")
    ]
    formats = []
    for style in root.iterfind(f"{S}cellXfs/{S}xf"):
        code = codes.get(_integer(style.get("numFmtId")), "General")
        font = _integer(style.get("fontId"))
        formats.append(Format(code, is_date_format(code), is_timedelta_format(code), font < len(bold) and bold[font]))
    return formats


def _integer(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 7 else 0

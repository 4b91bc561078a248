from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import openpyxl
import pytest
import xlsxwriter
from openpyxl.styles import Font

from haechi.errors import ParseError
from haechi.parsers.base import ParseOptions
from haechi.parsers.number_format import show_moment, show_number
from haechi.parsers.xlsx import XlsxParser
from haechi.types import Block, Document
from tests.parsers.office_maker import make_zip


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "요율.xlsx"


def parse(file: Path, fill: Callable[[Any], None], title: str = "요율") -> Document:
    """`fill` writes into the first sheet."""
    workbook = openpyxl.Workbook()
    workbook.active.title = title
    fill(workbook.active)
    workbook.save(file)
    return read(file)


def read(file: Path) -> Document:
    return XlsxParser().parse(file, file.name, ParseOptions())[0]


def rows(*values: tuple[Any, ...]) -> Callable[[Any], None]:
    return lambda sheet: [sheet.append(row) for row in values] and None


def tables(document: Document) -> list[Block]:
    return [block for block in document.blocks if block.kind == "table"]


def edit(file: Path, part: str, change: Callable[[str], str]) -> None:
    with ZipFile(file) as container:
        members: dict[str, str | bytes] = {name: container.read(name) for name in container.namelist()}
    members[part] = change(bytes(members[part]).decode())  # type: ignore[arg-type]
    file.write_bytes(make_zip(members))


# where things stand


def test_a_sheet_is_a_heading_and_a_table_says_where_it_stands(file: Path) -> None:
    def fill(sheet: Any) -> None:
        for column, values in enumerate((["시설", "강당", "식당"], ["요금", 10000, 20000]), 2):
            for row, value in enumerate(values, 5):
                sheet.cell(row, column, value)

    document = parse(file, fill)
    assert document.title == "요율"
    assert [(block.kind, block.text) for block in document.blocks] == [
        ("heading", "요율"),
        ("table", "시설 | 요금\n강당 | 10000\n식당 | 20000"),
    ]
    table = document.blocks[1]
    assert table.headings == ("요율",)
    assert dict(table.meta) == {"sheet": "요율", "range": "B5:C7", "first_row": 5, "header_rows": 1}


def test_empty_rows_divide_tables_and_a_line_above_is_the_caption(file: Path) -> None:
    fill = rows(("2023년 요율",), ("(단위: 원)",), ("가", "나"), (1, 2), (), ("다", "라"), (3, 4), ("※ 부가세 별도",))
    document = parse(file, fill)
    first, second = tables(document)
    assert (first.text, first.meta["caption"], first.meta["first_row"]) == (
        "가 | 나\n1 | 2",
        "2023년 요율 (단위: 원)",
        3,
    )
    assert (second.text, second.meta.get("caption"), second.meta["first_row"]) == ("다 | 라\n3 | 4", None, 6)
    assert document.blocks[-1].text == "※ 부가세 별도"
    assert document.blocks[-1].meta["range"] == "A8"


def test_tables_side_by_side_are_two_but_one_empty_column_of_a_form_divides_nothing(file: Path) -> None:
    beside = parse(file, rows(("가", "나", None, "다", "라"), (1, 2, None, 3, 4)))
    assert [table.text for table in tables(beside)] == ["가 | 나\n1 | 2", "다 | 라\n3 | 4"]
    form = parse(file, rows(("이름", None, "값"), ("가", None, 1)))
    assert [table.text for table in tables(form)] == ["이름 | 값\n가 | 1"]


def test_a_list_in_one_column_can_be_cited_by_row_and_keeps_what_repeats(file: Path) -> None:
    block = parse(file, rows((), ("지침",), ("같은 말",), ("같은 말",))).blocks[1]
    assert (block.text, block.meta["first_row"], block.meta["header_rows"]) == ("지침\n같은 말\n같은 말", 2, 0)


def test_merged_ranges_are_repeated_and_headers_of_two_rows_expanded(file: Path) -> None:
    def fill(sheet: Any) -> None:
        rows(("구분", "요금", None), (None, "평일", "휴일"), ("본관", 1, 2), (None, 3, 4), ("합계", 4, 6))(sheet)
        for merged in ("A1:A2", "B1:C1", "A3:A4"):
            sheet.merge_cells(merged)

    table = tables(parse(file, fill))[0]
    assert table.text == "구분 | 요금 | 요금\n구분 | 평일 | 휴일\n본관 | 1 | 2\n본관 | 3 | 4\n합계 | 4 | 6"
    assert table.meta["header_rows"] == 2


def test_years_and_months_name_columns_though_they_are_numbers(file: Path) -> None:
    assert tables(parse(file, rows(("지점", 2022, 202301), ("서울", 5, 6))))[0].meta["header_rows"] == 1
    assert tables(parse(file, rows(("서울", 5, 6), ("부산", 7, 8))))[0].meta["header_rows"] == 0


def test_a_bold_row_over_plain_ones_is_a_header(file: Path) -> None:
    def fill(sheet: Any) -> None:
        rows((1, 2), (10, 20))(sheet)
        sheet["A1"].font = sheet["B1"].font = Font(bold=True)

    assert tables(parse(file, fill))[0].meta["header_rows"] == 1


def test_frozen_rows_are_the_header_where_words_do_not_tell(file: Path) -> None:
    def fill(sheet: Any) -> None:
        rows(("지점", "값", "값"), (None, 1, 2), ("서울", 5, 6), ("부산", 7, 8))(sheet)
        sheet.freeze_panes = "B3"

    assert tables(parse(file, fill))[0].meta["header_rows"] == 2


def test_line_numbers_of_a_table_are_rows_of_the_sheet_also_where_rows_are_hidden(file: Path) -> None:
    def fill(sheet: Any) -> None:
        rows(("가", "나"), (1, 2), (3, 4), (5, 6))(sheet)
        sheet.row_dimensions[3].hidden = True

    document = parse(file, fill)
    table = tables(document)[0]
    lines = table.text.split("\n")
    assert lines[4 - table.meta["first_row"]] == "5 | 6"
    assert "3 | 4" not in table.text
    assert "숨긴 행 1개를 넣지 않았습니다(3행)" in document.meta["warnings"][0]


def test_rows_hidden_by_a_filter_are_data(file: Path) -> None:
    # trap: a filter somebody left on would silently lose most of the sheet
    def fill(sheet: Any) -> None:
        rows(("가", "나"), (1, 2), (3, 4))(sheet)
        sheet.auto_filter.ref = "A1:B3"
        sheet.auto_filter.add_filter_column(0, ["1"])
        sheet.row_dimensions[3].hidden = True

    assert "3 | 4" in tables(parse(file, fill))[0].text


def test_hidden_sheets_and_columns_are_left_out_with_a_warning(file: Path) -> None:
    def fill(sheet: Any) -> None:
        rows(("가", "비밀", "나"), (1, "900101-1", 2))(sheet)
        sheet.column_dimensions["B"].hidden = True
        hidden = sheet.parent.create_sheet("급여")
        hidden["A1"] = "급여 값"
        hidden.sheet_state = "veryHidden"

    document = parse(file, fill)
    assert "900101" not in document.text
    assert "급여 값" not in document.text
    assert any("'급여'" in warning for warning in document.meta["warnings"])
    assert any("숨긴 열 1개" in warning and "(B열)" in warning for warning in document.meta["warnings"])


def test_a_merged_range_over_the_whole_sheet_is_not_spread_out(file: Path) -> None:
    # trap: seventeen billion cells
    parse(file, rows(("가", "나"), (1, 2)))
    forged = '</sheetData><mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'
    edit(file, "xl/worksheets/sheet1.xml", lambda xml: xml.replace("</sheetData>", forged))
    assert tables(read(file))[0].text == "가 | 나\n1 | 2"


# what cells show


def test_cells_read_as_they_are_shown(file: Path) -> None:
    def fill(sheet: Any) -> None:
        values = [
            (datetime(2023, 5, 30), "yyyy-mm-dd"),
            (datetime(2023, 5, 30, 14, 5), 'yyyy"년" m"월" d"일" h:mm'),
            (date(2023, 5, 30), 'm"월" d"일"'),
            (time(9, 30), "h:mm"),
            (timedelta(hours=30, minutes=5), "[h]:mm"),
            (0.155, "0.0%"),
            (1234567, "#,##0"),
            (1234567, '#,##0"원"'),
            (5000, "[$₩-412]#,##0"),
            (True, "General"),
            ("#N/A", "General"),
            ("줄\n바꿈", "General"),
            (0.1 + 0.2, "General"),
        ]
        sheet.append(["값"] * 2)
        for value, code in values:
            sheet.append([code, value])
            sheet.cell(sheet.max_row, 2).number_format = code

    shown = [line.split(" | ")[-1] for line in tables(parse(file, fill))[0].text.split("\n")[1:]]
    assert shown == [
        "2023-05-30", "2023-05-30 14:05", "2023-05-30", "09:30", "30:05", "15.5%", "1,234,567", "1,234,567원", "₩5,000",
        "TRUE", "#N/A", "줄 바꿈", "0.3",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        (-5000, '"₩"#,##0;[Red]-"₩"#,##0', "-₩5,000"),
        (-5000, '_-* #,##0_-;-* #,##0_-;_-* "-"_-;_-@_-', "-5,000"),
        (0, '_-* #,##0_-;-* #,##0_-;_-* "-"_-;_-@_-', "-"),
        (-3, "#,##0;△#,##0", "△3"),
        (1234567, '#,##0,"천원"', "1,235천원"),
        (3, "0.##", "3"),
        (0.285, "0.00", "0.29"),
        (7, "000", "007"),
        (1012345678, "000-0000-0000", "010-1234-5678"),
        (12345.678, "0.00E+00", "1.23E+04"),
        (5, '[>3]"많음";"적음"', "많음"),
        (42, 'General"명"', "42명"),
        (1e-7, "General", "0.0000001"),
        (1 / 7, "General", "0.142857143"),
        (12345678.125, "General", "12345678.13"),
        (1e300, "General", f"{1e300:.0f}"),
        (float("nan"), "0.0", "#NUM!"),
    ],
)
def test_number_formats(value: float, code: str, shown: str) -> None:
    assert show_number(value, code) == shown


@pytest.mark.parametrize(("code", "shown"), [("yyyy-mm", "2023-05"), ('yyyy"년"', "2023"), ("h:mm:ss", "00:00")])
def test_what_a_date_format_leaves_out_is_left_out(code: str, shown: str) -> None:
    assert show_moment(datetime(2023, 5, 30), code) == shown


def test_date_formats_that_korean_excel_knows_by_number_are_dates(file: Path) -> None:
    # trap: number formats 27 to 36 and 50 to 58 stand in no file and no library's table
    parse(file, rows(("날짜", "값"), ("가", 45076)))
    edit(file, "xl/styles.xml", lambda xml: re.sub(r"(<cellXfs.*?)<xf ", r'\1<xf numFmtId="31" ', xml, count=1).replace(
        'numFmtId="31" numFmtId="0"', 'numFmtId="31"'))  # fmt: skip
    assert tables(read(file))[0].text.endswith("2023-05-30")


def test_formulas_read_as_their_stored_result(file: Path) -> None:
    parse(file, rows(("값", "합"), (1, 0)))
    cell = re.compile(r'<c r="B2"[^>]*>.*?</c>')
    edit(file, "xl/worksheets/sheet1.xml", lambda xml: cell.sub('<c r="B2"><f>SUM(A2)</f><v>7</v></c>', xml))
    document = read(file)
    assert tables(document)[0].text == "값 | 합\n1 | 7"
    assert "warnings" not in document.meta


def test_formulas_without_a_result_are_named_and_never_empty(file: Path) -> None:
    # trap: a file written by a program that cannot calculate; every reader takes these cells for empty ones
    document = parse(file, rows(("값", "합"), (1, "=SUM(A2)")))
    assert tables(document)[0].text == "값 | 합\n1 | (계산되지 않은 수식)"
    assert "수식 1개" in document.meta["warnings"][0]
    assert "B2" in document.meta["warnings"][0]


def test_strings_kept_in_the_shared_table_are_read_with_all_their_runs(file: Path) -> None:
    # openpyxl writes texts into their cells; Excel, and XlsxWriter like it, into a table of their own
    workbook = xlsxwriter.Workbook(file)
    sheet = workbook.add_worksheet()
    sheet.write_row(0, 0, ["가", "나"])
    sheet.write_rich_string(1, 0, "반은 ", workbook.add_format({"bold": True}), "굵게")
    sheet.write(1, 1, "가")
    workbook.close()
    assert tables(read(file))[0].text == "가 | 나\n반은 굵게 | 가"


def test_readings_beside_japanese_words_are_left_out(file: Path) -> None:
    parse(file, rows(("가", "나"), (1, 2)))
    edit(file, "xl/worksheets/sheet1.xml", lambda xml: xml.replace("</t>", "</t><rPh><t>읽기</t></rPh>"))
    assert tables(read(file))[0].text == "가 | 나\n1 | 2"


# refusals


def test_an_empty_workbook_is_refused(file: Path) -> None:
    with pytest.raises(ParseError, match="값이 있는 셀이 하나도 없습니다"):
        parse(file, lambda sheet: None)


def test_texts_that_went_missing_are_a_refusal_not_empty_cells(file: Path) -> None:
    workbook = xlsxwriter.Workbook(file)
    workbook.add_worksheet().write_row(0, 0, ["가", "나"])
    workbook.close()
    edit(file, "xl/sharedStrings.xml", lambda xml: "<sst/>")
    with pytest.raises(ParseError, match="깨졌습니다"):
        read(file)
    with ZipFile(file) as container:
        members: dict[str, str | bytes] = {name: container.read(name) for name in container.namelist()}
    del members["xl/sharedStrings.xml"]
    file.write_bytes(make_zip(members))
    with pytest.raises(ParseError, match="sharedStrings"):
        read(file)


def test_a_broken_sheet_is_refused_not_read_in_part(file: Path) -> None:
    parse(file, rows(("가", "나"), (1, 2)))
    edit(file, "xl/worksheets/sheet1.xml", lambda xml: xml[: len(xml) // 2])
    with pytest.raises(ParseError, match="깨졌습니다"):
        read(file)

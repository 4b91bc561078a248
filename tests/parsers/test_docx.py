from __future__ import annotations

import html
import re
from pathlib import Path
from zipfile import ZipFile

import pytest

from haechi.errors import ParseError
from haechi.parsers.base import ParseOptions
from haechi.parsers.docx import DocxParser
from haechi.parsers.docx_numbering import number_text
from haechi.types import Block, Document
from tests.parsers.office_maker import make_docx, make_zip, numbered, numbering, p, style, tbl, tc

SPAN = '<w:gridSpan w:val="{}"/>'.format
DOWN, GOES_ON = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "규정.docx"


def parse(file: Path, body: str, **parts: str) -> Document:
    file.write_bytes(make_docx(body, **parts))
    return DocxParser().parse(file, file.name, ParseOptions())[0]


def lines(document: Document) -> list[str]:
    return document.text.split("\n")


def tables(document: Document) -> list[Block]:
    return [block for block in document.blocks if block.kind == "table"]


# headings


def test_headings_are_found_by_style_in_english_and_korean_and_make_a_path(file: Path) -> None:
    styles = style("a3", "Title") + style("1", "heading 1") + style("x", "개요 2") + style("y", "내 제목", based_on="1")
    body = p("여비 규정", '<w:pStyle w:val="a3"/>') + p("총칙", '<w:pStyle w:val="1"/>')
    body += p("목적", '<w:pStyle w:val="x"/>') + p("정한다.") + p("부칙", '<w:pStyle w:val="y"/>') + p("끝.")
    document = parse(file, body, styles=styles)
    assert document.title == "여비 규정"
    assert [block.headings for block in document.blocks if block.kind == "paragraph"] == [
        ("총칙", "목적"),
        ("부칙",),
    ]


def test_an_outline_level_makes_a_heading_and_level_ten_takes_it_away(file: Path) -> None:
    styles = style("1", "heading 1")
    body = p("총칙", '<w:outlineLvl w:val="0"/>') + p("본문", '<w:pStyle w:val="1"/><w:outlineLvl w:val="9"/>')
    assert [block.kind for block in parse(file, body, styles=styles).blocks] == ["heading", "paragraph"]


def test_a_long_paragraph_in_a_heading_style_is_text(file: Path) -> None:
    body = p("긴 문장입니다. " * 30, '<w:outlineLvl w:val="0"/>')
    assert parse(file, body).blocks[0].kind == "paragraph"


# automatic numbers


def test_automatic_numbers_stand_in_the_text_as_word_shows_them(file: Path) -> None:
    # trap: none of these numbers stands anywhere in the document's text
    levels = numbering(("decimal", "제%1조"), ("decimalEnclosedCircle", "%2"), ("decimal", "%3."), ("ganada", "%4."))
    body = "".join(
        p(text, numbered(1, level))
        for text, level in [
            ("(목적)", 0), ("정한다.", 1), ("둔다.", 1), ("첫째", 2), ("목", 3), ("둘째 목", 3),
            ("둘째", 2), ("(정의)", 0), ("뜻", 1),
        ]
    )  # fmt: skip
    assert lines(parse(file, body, numbering=levels)) == [
        "제1조 (목적)", "① 정한다.", "② 둔다.", "1. 첫째", "가. 목", "나. 둘째 목", "2. 둘째", "제2조 (정의)", "① 뜻",
    ]  # fmt: skip


def test_levels_above_are_named_and_a_second_list_can_start_again(file: Path) -> None:
    levels = numbering(("decimal", "%1"), ("decimal", "%1.%2")) + (
        '<w:num w:numId="2"><w:abstractNumId w:val="0"/>'
        '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num>'
    )
    body = p("가", numbered(1)) + p("나", numbered(1, 1)) + p("다", numbered(1, 1)) + p("라", numbered(2))
    assert lines(parse(file, body, numbering=levels)) == ["1 가", "1.1 나", "1.2 다", "1 라"]


def test_a_style_brings_its_number_and_a_zero_takes_it_away(file: Path) -> None:
    styles = style("n", "번호", numbered(1))
    body = (
        p("가", '<w:pStyle w:val="n"/>')
        + p("나", '<w:pStyle w:val="n"/>' + numbered(0))
        + p("다", '<w:pStyle w:val="n"/>')
    )
    assert lines(parse(file, body, styles=styles, numbering=numbering(("chosung", "%1)")))) == [
        "ㄱ) 가",
        "나",
        "ㄴ) 다",
    ]


def test_bullets_of_symbol_fonts_become_dashes_and_korean_ones_stay(file: Path) -> None:
    wingdings = '<w:rPr><w:rFonts w:ascii="Wingdings"/></w:rPr>'
    assert parse(file, p("가", numbered(1)), numbering=numbering(("bullet", "l"), extra=wingdings)).text == "- 가"
    assert parse(file, p("가", numbered(1)), numbering=numbering(("bullet", "□"))).text == "□ 가"


@pytest.mark.parametrize(
    ("kind", "number", "shown"),
    [
        ("ganada", 15, "가가"), ("decimalEnclosedCircle", 21, "㉑"), ("decimalEnclosedParen", 3, "⑶"),
        ("upperRoman", 14, "XIV"), ("lowerLetter", 27, "aa"), ("koreanCounting", 21, "이십일"),
        ("koreanLegal", 21, "스물하나"),
        ("koreanDigital", 10, "일영"), ("ideographTraditional", 2, "乙"), ("decimalZero", 7, "07"), ("none", 3, ""),
    ],
)  # fmt: skip
def test_word_number_formats(kind: str, number: int, shown: str) -> None:
    assert number_text(number, kind) == shown


# tables


def test_merged_cells_are_repeated_where_a_reader_reads_them(file: Path) -> None:
    table = tbl(
        tc("구분", properties=DOWN) + tc("요금", properties=SPAN(2)),
        tc("", properties=GOES_ON) + tc("평일") + tc("휴일"),
        tc("강당") + tc("10,000원") + tc("12,000원"),
        tc("비고: 부가세 별도", properties=SPAN(3)),
    )
    block = tables(parse(file, table))[0]
    assert block.text.split("\n") == [
        "구분 | 요금 | 요금",
        "구분 | 평일 | 휴일",
        "강당 | 10,000원 | 12,000원",
        "비고: 부가세 별도",
    ]
    assert block.meta["header_rows"] == 2


def test_empty_cells_keep_their_place_and_paragraphs_of_a_cell_share_a_line(file: Path) -> None:
    table = tbl(tc("이름") + tc("비고"), tc("가", "나") + tc(""))
    assert tables(parse(file, table))[0].text == "이름 | 비고\n가 나 | "


def test_a_repeated_header_row_is_the_header_even_where_it_holds_numbers(file: Path) -> None:
    head = "<w:tr><w:trPr><w:tblHeader/></w:trPr>" + tc("1") + tc("2") + "</w:tr>"
    assert tables(parse(file, tbl(head, tc("3") + tc("4"))))[0].meta["header_rows"] == 1


def test_a_table_of_values_without_names_has_no_header(file: Path) -> None:
    assert tables(parse(file, tbl(tc("강당") + tc("100원"), tc("식당") + tc("200원"))))[0].meta["header_rows"] == 0


def test_shaded_labels_beside_values_name_rows_not_columns(file: Path) -> None:
    # trap: the first line of a form reads like the head of a table
    shaded = '<w:shd w:fill="D9D9D9"/>'
    form = tbl(tc("성명", properties=shaded) + tc("홍길동"), tc("부서", properties=shaded) + tc("총무과"))
    assert tables(parse(file, form))[0].meta["header_rows"] == 0
    head = tbl(tc("2023", properties=shaded) + tc("15%", properties=shaded), tc("1") + tc("2"))
    assert tables(parse(file, head))[0].meta["header_rows"] == 1


def test_nested_tables_follow_the_table_that_holds_them(file: Path) -> None:
    inner = tbl(tc("안1") + tc("안2"))
    document = parse(file, tbl(tc("밖") + tc("앞글", inner, p("뒷글")), tc("끝") + tc("값")) + p("다음"))
    assert [block.text for block in document.blocks] == ["밖 | 앞글 뒷글\n끝 | 값", "안1 | 안2", "다음"]


def test_a_table_of_one_cell_is_a_frame_around_text(file: Path) -> None:
    document = parse(file, tbl(tc("안내", tbl(tc("가") + tc("나")))))
    assert [(block.kind, block.text) for block in document.blocks] == [("paragraph", "안내"), ("table", "가 | 나")]


def test_captions_and_units_leave_the_text_for_the_table(file: Path) -> None:
    styles = style("c", "caption")
    table = tbl(tc("가") + tc("나"))
    document = parse(
        file,
        p("표 1. 수수료") + p("(단위: 원)") + table + p("사이 글") + table + p("표 2. 여비", '<w:pStyle w:val="c"/>')
        + p("그림 1. 조직도", '<w:pStyle w:val="c"/>') + p("별표 3") + table,
        styles=styles,
    )  # fmt: skip
    assert [block.meta.get("caption") for block in tables(document)] == ["표 1. 수수료 (단위: 원)", "표 2. 여비", None]
    # 별표 is a place in a statute, and a picture's words belong to no table
    assert [b.text for b in document.blocks if b.kind != "table"] == ["사이 글", "그림 1. 조직도", "별표 3"]


# what a reader sees


def test_insertions_are_kept_deletions_comments_and_hidden_text_dropped(file: Path) -> None:
    runs = (
        "<w:ins><w:r><w:t>넣은 </w:t></w:r></w:ins><w:del><w:r><w:delText>지운 </w:delText></w:r></w:del>"
        "<w:moveFrom><w:r><w:t>옮기기 전 </w:t></w:r></w:moveFrom><w:moveTo><w:r><w:t>옮긴 </w:t></w:r></w:moveTo>"
        '<w:r><w:rPr><w:vanish/></w:rPr><w:t>숨긴 </w:t></w:r><w:r><w:commentReference w:id="1"/></w:r>'
        "<w:r><w:instrText>PAGE</w:instrText></w:r><w:hyperlink><w:r><w:t>이음</w:t></w:r></w:hyperlink>"
    )
    assert parse(file, p("남은 ", runs=runs)).text == "남은 넣은 옮긴 이음"


def test_text_hidden_by_its_style_is_dropped_unless_a_run_shows_it(file: Path) -> None:
    hidden = style("h", "숨김").replace("</w:style>", "<w:rPr><w:vanish/></w:rPr></w:style>")
    shown = '<w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t>보임</w:t></w:r>'
    body = p("숨긴 글", '<w:pStyle w:val="h"/>') + p("숨긴 글", '<w:pStyle w:val="h"/>', shown)
    assert parse(file, body, styles=hidden).text == "보임"


def test_ticked_boxes_of_symbol_fonts_are_told_from_empty_ones(file: Path) -> None:
    signs = "".join(f'<w:r><w:sym w:font="Wingdings" w:char="{code}"/></w:r>' for code in ("F0FE", "F0A8", "F04A"))
    assert parse(file, p("동의", runs=signs)).text == "동의☑□"


def test_the_instruction_of_an_empty_field_is_no_content(file: Path) -> None:
    field = "<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>{}</w:sdtContent></w:sdt>"
    inline = field.format("<w:r><w:t>여기를 클릭</w:t></w:r>")
    assert parse(file, p("성명: ", runs=inline) + field.format(p("여기를 클릭"))).text == "성명:"


def test_a_row_deleted_with_track_changes_is_gone(file: Path) -> None:
    gone = '<w:tr><w:trPr><w:del w:id="1"/></w:trPr>' + tc("옛") + tc("값") + "</w:tr>"
    assert tables(parse(file, tbl(tc("가") + tc("나"), gone, tc("다") + tc("라"))))[0].text == "가 | 나\n다 | 라"


def test_a_text_box_is_read_once_though_it_is_stored_twice(file: Path) -> None:
    # trap: the box stands in mc:Choice and again, for old programs, in mc:Fallback
    box = "<w:txbxContent>" + p("상자 글") + "</w:txbxContent>"
    runs = (
        f"<w:r><mc:AlternateContent><mc:Choice><w:drawing><wps:txbx>{box}</wps:txbx></w:drawing></mc:Choice>"
        f"<mc:Fallback><w:pict><v:textbox>{box}</v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r>"
    )
    assert lines(parse(file, p("본문", runs=runs) + p("다음"))) == ["본문", "상자 글", "다음"]


def test_footnotes_follow_the_block_that_refers_to_them_and_endnotes_the_document(file: Path) -> None:
    notes = '<w:{0} w:type="separator" w:id="0">' + p("선") + '</w:{0}><w:{0} w:id="2">' + p("{1}") + "</w:{0}>"
    runs = '<w:r><w:footnoteReference w:id="2"/></w:r><w:r><w:endnoteReference w:id="2"/></w:r>'
    document = parse(
        file,
        p("요금", runs=runs) + p("다음"),
        footnotes=notes.format("footnote", "부가세 별도"),
        endnotes=notes.format("endnote", "출처"),
    )
    assert [(block.text, block.meta.get("note")) for block in document.blocks] == [
        ("요금1)i)", None),
        ("1) 부가세 별도", "1)"),
        ("다음", None),
        ("i) 출처", "i)"),
    ]


def test_lines_of_a_table_of_contents_make_one_marked_block(file: Path) -> None:
    styles = style("t", "toc 1")
    body = "<w:sdt><w:sdtContent>" + p("총칙 3", '<w:pStyle w:val="t"/>') * 2 + "</w:sdtContent></w:sdt>" + p("글")
    document = parse(file, body, styles=styles)
    assert [(block.text, block.meta.get("toc")) for block in document.blocks] == [
        ("총칙 3\n총칙 3", True),
        ("글", None),
    ]


def test_pages_are_not_guessed(file: Path) -> None:
    document = parse(file, p("가", runs="<w:r><w:lastRenderedPageBreak/></w:r>") + p("나"))
    assert {block.page for block in document.blocks} == {None}


def test_files_with_macros_are_read_without_them(file: Path) -> None:
    file.write_bytes(make_docx(p("글"), "application/vnd.ms-word.document.macroEnabled.main+xml"))
    assert DocxParser().parse(file, file.name, ParseOptions())[0].text == "글"


def test_strict_files_are_read(file: Path) -> None:
    # trap: "Strict Open XML" names the same elements in other namespaces, relationships included
    file.write_bytes(make_docx(p("엄격한 글", '<w:pStyle w:val="1"/>'), styles=style("1", "heading 1")))
    usual = b"http://schemas.openxmlformats.org/"
    with ZipFile(file) as container:
        members: dict[str, str | bytes] = {
            name: re.sub(usual + rb"(\w+)/2006/(main|relationships)", rb"http://purl.oclc.org/ooxml/\1/\2", data)
            for name, data in ((name, container.read(name)) for name in container.namelist())
        }
    members["_rels/.rels"] = str(members["_rels/.rels"], "utf-8").replace(  # type: ignore[arg-type]
        "purl.oclc.org/ooxml/package/relationships", "schemas.openxmlformats.org/package/2006/relationships"
    )
    file.write_bytes(make_zip(members))
    document = DocxParser().parse(file, file.name, ParseOptions())[0]
    assert [(block.kind, block.text) for block in document.blocks] == [("heading", "엄격한 글")]


def test_a_document_without_letters_is_refused_with_a_hint(file: Path) -> None:
    with pytest.raises(ParseError, match="OCR"):
        parse(file, p("") + "<w:p><w:r><w:drawing/></w:r></w:p>")


def test_a_scan_with_a_line_of_text_is_not_a_silent_success(file: Path) -> None:
    blip = '<w:r><w:drawing><a:blip xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"/></w:drawing></w:r>'
    assert "그림 1개" in parse(file, p("붙임", runs=blip)).meta["warnings"][0]
    assert "warnings" not in parse(file, p("긴 글이다. " * 50, runs=blip)).meta


def test_no_paragraph_of_real_documents_is_lost(shared_data: Path) -> None:
    paths = sorted((shared_data / "fixtures" / "docx").glob("*.docx"))
    assert paths
    for path in paths:
        found = "".join(DocxParser().parse(path, path.name, ParseOptions())[0].text.split())
        with ZipFile(path) as container:
            xml = container.read("word/document.xml").decode()
        for paragraph in re.findall(r"<w:p[ >].*?</w:p>", re.sub(r"<mc:Fallback.*?</mc:Fallback>", "", xml), re.DOTALL):
            words = "".join(re.findall(r"<w:t(?: [^>]*)?>([^<]*)</w:t>", paragraph))
            assert "".join(html.unescape(words).split()) in found, path.name

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest

from haechi.errors import ParseError
from haechi.parsers.base import ParseOptions, Parser
from haechi.parsers.detect import parser_for
from haechi.parsers.html import HtmlParser
from haechi.parsers.markdown import MarkdownParser
from haechi.parsers.rows import CsvParser, JsonlParser
from haechi.parsers.text import BLOCK_CHARS, TextParser
from haechi.types import Document

DEFAULT = ParseOptions()


def parse(parser: Parser, path: Path, content: str | bytes, fields: tuple[str, ...] = DEFAULT.fields) -> list[Document]:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return parser.parse(path, path.name, ParseOptions(fields))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "자료.txt"


# text


@pytest.mark.parametrize("content", [b"", b" \n\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused(file: Path, content: bytes) -> None:
    with pytest.raises(ParseError, match="빈 파일"):
        parse(TextParser(), file, content)


def test_text_becomes_paragraphs_by_blank_lines(file: Path) -> None:
    document = parse(TextParser(), file, "\ufeff첫 문단\n둘째 줄\n\n\n둘째 문단\n")[0]
    assert [block.text for block in document.blocks] == ["첫 문단\n둘째 줄", "둘째 문단"]
    assert document.title == "자료"


def test_text_without_blank_lines_is_never_one_giant_block(file: Path) -> None:
    document = parse(TextParser(), file, "한 줄이다.\n" * 5000)[0]
    assert max(len(block.text) for block in document.blocks) < BLOCK_CHARS + 10
    assert document.text == "\n".join(["한 줄이다."] * 5000)


def test_a_line_of_60_000_characters_keeps_every_letter(file: Path) -> None:
    assert parse(TextParser(), file, "가" * 60_000)[0].text == "가" * 60_000


def test_a_huge_single_line_is_cut_into_blocks_without_losing_a_letter(file: Path) -> None:
    document = parse(TextParser(), file, "가나 " * 200_000)[0]
    assert len(document.blocks) > 3
    assert "".join(document.text.split()) == "가나" * 200_000


def test_the_title_of_an_nfd_file_name_is_nfc(tmp_path: Path) -> None:
    # trap: macOS and some archives give decomposed names, which match nothing that is typed
    path = tmp_path / unicodedata.normalize("NFD", "여비규정.txt")
    assert parse(TextParser(), path, "내용")[0].title == "여비규정"


# markdown


def test_markdown_headings_make_a_path_and_escapes_are_rendered(file: Path) -> None:
    text = "# 규정\n\n## 제1장 총칙\n\n##### 제1조 (목적)\n\n**①** 정한다.\n\n"
    text += "  1\\. 첫째\n    가\\. 목이다\n\n    나\\. 떨어진 목\n"
    document = parse(MarkdownParser(), file, text)[0]
    assert document.title == "규정"
    assert document.text == "규정\n제1장 총칙\n제1조 (목적)\n① 정한다.\n1. 첫째\n가. 목이다\n나. 떨어진 목"
    assert document.blocks[3].headings == ("규정", "제1장 총칙", "제1조 (목적)")


def test_markdown_lists_keep_their_markers(file: Path) -> None:
    document = parse(MarkdownParser(), file, "뜻은 다음과 같다.\n1. 첫째\n2. 둘째\n   - 안쪽\n② 다음 항\n")[0]
    assert document.text == "뜻은 다음과 같다.\n1. 첫째\n2. 둘째\n  - 안쪽\n② 다음 항"


def test_markdown_a_stray_end_of_an_image_swallows_no_item(file: Path) -> None:
    # Statutes as Markdown carry `<img …>` … `</img>`; the second opened an HTML block and the 호 behind it was lost.
    text = '1\\. 첫째\n\n<img src="a" alt="b">\n\n</img>\n  2\\. 둘째\n'
    document = parse(MarkdownParser(), file, text)[0]
    assert "2. 둘째" in document.text.split("\n")


def test_markdown_tables_are_one_block_with_their_header(file: Path) -> None:
    table = parse(MarkdownParser(), file, "| 시설 | 사용료 |\n|---|---|\n| 강당 | **10,000원** |\n")[0].blocks[0]
    assert (table.kind, table.text) == ("table", "시설 | 사용료\n강당 | 10,000원")
    assert table.meta["header_rows"] == 1


def test_markdown_front_matter_goes_to_meta(file: Path) -> None:
    text = "---\n제목: 여비 규정\n공포번호: '00010'\n부서:\n- 총무과\n---\n\n본문이다.\n"
    document = parse(MarkdownParser(), file, text)[0]
    assert document.title == "여비 규정"
    assert document.meta["공포번호"] == "00010"
    assert document.text == "본문이다."


# html


def test_euc_kr_pages_are_decoded_before_the_parser_sees_them(file: Path) -> None:
    page = '<html><head><meta http-equiv="Content-Type" content="text/html; charset=euc-kr"><title>공지</title></head>'
    page += "<body><nav>메뉴</nav><h1>휴관 안내</h1><p>월요일은<br>쉽니다.</p><script>var x;</script>"
    page += "<footer>발</footer></body>"
    document = parse(HtmlParser(), file, page.encode("cp949"))[0]
    assert document.title == "공지"
    assert [(block.kind, block.text) for block in document.blocks] == [
        ("heading", "휴관 안내"),
        ("paragraph", "월요일은\n쉽니다."),
    ]
    assert document.blocks[1].headings == ("휴관 안내",)


def test_html_tables_and_lists_are_read_row_by_row(file: Path) -> None:
    page = (
        "<table><tr><th>시설</th><th>요금</th></tr><tr><td>강당</td><td>1만 원</td></tr></table><ul><li>가<li>나</ul>"
    )
    blocks = parse(HtmlParser(), file, page)[0].blocks
    assert [(block.kind, block.text) for block in blocks] == [
        ("table", "시설 | 요금\n강당 | 1만 원"),
        ("list", "- 가\n- 나"),
    ]


def test_layout_tables_of_old_pages_are_read_through(file: Path) -> None:
    page = "<table><tr><td><h2>제목</h2><p>본문</p></td><td><table><tr><td>값</td></tr></table></td></tr></table>"
    blocks = parse(HtmlParser(), file, page)[0].blocks
    assert [block.text for block in blocks] == ["제목", "본문", "값"]


def test_deeply_nested_pages_do_not_exhaust_the_stack(file: Path) -> None:
    assert parse(HtmlParser(), file, "<div>" * 5000 + "바닥")[0].text == "바닥"


# rows


def test_a_row_keeps_id_title_text_source_and_the_rest_as_metadata(file: Path) -> None:
    row = {"id": 7, "title": "여비", "text": "하루 2만 원", "source": "규정집", "부서": ["총무"], "해": 2024}
    document = parse(JsonlParser(), file, json.dumps(row, ensure_ascii=False))[0]
    assert (document.external_id, document.title, document.text, document.source) == (
        "7",
        "여비",
        "하루 2만 원",
        "규정집",
    )
    assert document.meta["부서"] == '["총무"]'
    assert document.meta["해"] == 2024
    assert document.meta["row"] == 1
    assert document.meta["fields"] == ["title", "text"]


def test_fields_text_leaves_the_title_out_of_the_index_but_keeps_it_to_show(file: Path) -> None:
    document = parse(JsonlParser(), file, '{"title": "제목", "text": "본문"}', ("text",))[0]
    assert (document.title, document.meta["fields"]) == ("제목", ["text"])


def test_an_unknown_field_is_refused_with_the_columns_that_exist(file: Path) -> None:
    with pytest.raises(ParseError, match=r"답변.*있는 열: id, text"):
        parse(JsonlParser(), file, '{"id": 1, "text": "본문"}', ("답변",))


def test_a_csv_row_without_a_text_column_becomes_column_value_lines(file: Path) -> None:
    document = parse(CsvParser(), file, "시설,요금\n강당,10000\n".encode("cp949"))[0]
    assert document.text == "시설: 강당\n요금: 10000"
    assert document.source == "자료.txt 1행"


def test_quoted_newlines_and_other_delimiters_are_read(file: Path) -> None:
    documents = parse(CsvParser(), file, 'id;text\n1;"첫 줄\n둘째; 줄"\n2;끝\n')
    assert [document.text for document in documents] == ["첫 줄\n둘째; 줄", "끝"]


@pytest.mark.parametrize("row", ['2,"닫히지 않은 글\n3,다음\n', '2,"글"꼬리\n3,다음\n'])
def test_unbalanced_quotes_are_refused_with_their_line(file: Path, row: str) -> None:
    with pytest.raises(ParseError, match="3번째 줄"):
        parse(CsvParser(), file, "id,text\n1,좋은 행\n" + row)


def test_a_csv_without_a_header_is_refused(file: Path) -> None:
    with pytest.raises(ParseError, match="열 이름"):
        parse(CsvParser(), file, "1,2\n3,4\n")


def test_a_bad_json_line_is_reported_and_the_others_are_kept(file: Path) -> None:
    documents = parse(JsonlParser(), file, '{"id":"a","text":"하나"}\n{깨진 줄\n[1]\n{"id":"a","text":"둘"}\n')
    assert [document.text for document in documents] == ["하나", "둘"]
    warnings = " ".join(documents[0].meta["warnings"])
    assert "2번째 줄" in warnings
    assert "3번째 줄" in warnings
    assert "id 'a'가 1행과 같습니다" in warnings


def test_a_file_without_a_good_row_is_refused(file: Path) -> None:
    with pytest.raises(ParseError, match="1번째 줄"):
        parse(JsonlParser(), file, "깨진 줄\n")


def test_json_escapes_cannot_smuggle_nul_or_surrogates_in(file: Path) -> None:
    document = parse(JsonlParser(), file, '{"text": "가\\u0000나\\ud800다", "m": "\\udfff"}')[0]
    assert document.text == "가나\ufffd다"
    assert document.meta["m"] == "\ufffd"


# choice of parser


@pytest.mark.parametrize(
    ("name", "parser"), [("가.TXT", "text"), ("가.md", "markdown"), ("가.htm", "html"), ("가.tsv", "csv")]
)
def test_the_suffix_chooses_the_parser(tmp_path: Path, name: str, parser: str) -> None:
    (tmp_path / name).write_text("내용", "utf-8")
    assert parser_for(tmp_path / name) == parser


def test_a_saved_page_named_txt_is_read_as_a_page(file: Path) -> None:
    file.write_text("<!DOCTYPE html><p>글", "utf-8")
    assert parser_for(file) == "html"


@pytest.mark.parametrize("name", ["가.dwg", "가.zip", "가"])
def test_unsupported_formats_say_what_is_supported(name: str) -> None:
    with pytest.raises(ParseError, match=r"\.pdf"):
        parser_for(Path(name))

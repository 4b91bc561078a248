"""What the look of a page means: columns, tables, headings, footnotes, contents. Both back ends where they can."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from haechi import registry
from haechi.parsers.base import ParseOptions
from haechi.types import Block, Document
from tests.parsers.pdf_maker import Page, draw_pdf

BOTH = pytest.mark.parametrize("name", ["pdf", "pdf_plumber"])
Reader = Callable[..., Document]

# Lines as wide as their column, and a last one that is not.
LEFT = [
    "왼쪽 단의 첫째 줄은 여기에서 시작하고",
    "둘째 줄로 이어지며 셋째 줄까지 채우고",
    "넷째 줄에서 왼쪽 단의 글이 끝이 난다.",
]
RIGHT = [
    "오른쪽 단의 글은 왼쪽이 끝난 다음에야",
    "읽어야 하고 줄마다 번갈아 읽는 것은",
    "단을 나눈 쪽에서 가장 흔한 잘못이다.",
]
BODY = "본문은 이 크기로 길게 이어지며 문서에서 가장 많은 글자가 이 크기로 적혀 있다."


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    def parse(pages: Sequence[Page], name: str = "pdf", **options: str) -> Document:
        path = tmp_path / "문서.pdf"
        path.write_bytes(draw_pdf(pages, title=options.get("title", "")))
        documents = registry.load("parsers", name)().parse(path, path.name, ParseOptions())
        return documents[0]

    return parse


def tables(document: Document) -> list[Block]:
    return [block for block in document.blocks if block.kind == "table"]


def texts(document: Document) -> list[str]:
    return [block.text for block in document.blocks if block.kind != "table"]


@BOTH
@pytest.mark.parametrize("interleaved", [True, False])
def test_two_columns_are_read_one_after_the_other(read: Reader, name: str, interleaved: bool) -> None:
    # trap: some printers draw row by row across both columns, and PDFium then puts both on one line
    page = Page().text(40, 40, "두 단에 걸친 제목", 16)
    if interleaved:
        for row, (left, right) in enumerate(zip(LEFT, RIGHT, strict=True)):
            page.text(40, 80 + 16 * row, left).text(300, 80 + 16 * row, right)
    else:
        page.lines(40, 80, LEFT).lines(300, 80, RIGHT)
    page.text(40, 200, "두 단 아래에서 다시 쪽 전체의 너비로 적은 글이며 오른쪽 끝까지 이어진다.", 10)
    text = "".join(read([page], name).text.split())
    order = [text.index("".join(part.split())) for part in (*LEFT, *RIGHT, "두 단 아래에서")]
    assert order == sorted(order)


@BOTH
def test_words_beside_each_other_without_rules_stay_on_their_rows(read: Reader, name: str) -> None:
    page = Page().text(40, 40, BODY)
    rows = [("성명", "홍길동"), ("부서", "총무과"), ("전화", "02-123-4567"), ("직급", "주무관")]
    for row, (label, value) in enumerate(rows):
        page.text(40, 80 + 20 * row, label).text(200, 80 + 20 * row, value)
    found = texts(read([page], name))
    assert [f"{label} {value}" for label, value in rows] == found[1:]


@BOTH
def test_a_ruled_table_is_one_block_and_its_words_are_not_doubled(read: Reader, name: str) -> None:
    rows = [["구분", "수수료", "비고"], ["등본", "1,000원", ""], ["초본", "500원", "전자 신청"]]
    page = Page().text(40, 40, BODY).table(40, 80, [80, 100, 120], rows).text(40, 160, "표 아래의 글이다.")
    document = read([page], name)
    (table,) = tables(document)
    assert table.text == "구분 | 수수료 | 비고\n등본 | 1,000원 |\n초본 | 500원 | 전자 신청"
    assert table.meta["header_rows"] == 1
    assert table.page == 1
    assert texts(document) == [BODY, "표 아래의 글이다."]
    assert document.text.index(BODY) < document.text.index("등본") < document.text.index("표 아래")


def test_a_table_open_at_its_sides_keeps_its_outer_columns(read: Reader) -> None:
    # trap: Korean tables often have no line at the left and right
    rows = [["지역", "인원", "예산"], ["서울", "40", "1,200"], ["부산", "50", "2,300"]]
    (table,) = tables(read([Page().text(40, 40, BODY).table(40, 80, [80, 80, 80], rows, sides=False)]))
    assert table.text.split("\n")[1] == "서울 | 40 | 1,200"


@BOTH
def test_merged_cells_are_read_in_each_of_their_rows_and_head_each_of_their_columns(read: Reader, name: str) -> None:
    page = Page().text(40, 40, BODY)
    for y, x0 in [(80, 40), (100, 120), (120, 40), (140, 120), (160, 40)]:
        page.line(x0, y, 280, y)
    for x, y0 in [(40, 80), (120, 80), (200, 100), (280, 80)]:
        page.line(x, y0, x, 160)
    for x, y, text in [
        (44, 94, "구분"),
        (124, 84, "사용 건수"),
        (124, 104, "합계"),
        (204, 104, "문서"),
        (44, 134, "기관"),
        (124, 124, "17"),
        (204, 124, "14"),
        (124, 144, "21"),
        (204, 144, "18"),
    ]:
        page.text(x, y, text)
    (table,) = tables(read([page], name))
    assert table.text.split("\n") == [
        "구분 | 사용 건수 | 사용 건수",
        "구분 | 합계 | 문서",
        "기관 | 17 | 14",
        "기관 | 21 | 18",
    ]
    assert table.meta["header_rows"] == 2


def test_lines_of_a_cell_become_one_line(read: Reader) -> None:
    page = Page().text(40, 40, BODY).grid(40, 80, [60, 200], 2, high=60)
    page.text(44, 84, "항목").text(104, 84, "내용")
    page.text(44, 144, "구").text(44, 160, "분").lines(104, 144, ["첫째 줄 |", "둘째 줄"])
    (table,) = tables(read([page]))
    # trap: a bar in a cell must not look like another cell; 구 and 분 one below the other are one word
    assert table.text.split("\n")[1] == "구분 | 첫째 줄 ǀ 둘째 줄"


def test_labels_at_the_side_are_no_header(read: Reader) -> None:
    page = (
        Page()
        .shade(40, 80, 80, 60)
        .table(40, 80, [80, 200], [["기관명", "가온시"], ["담당", "총무과"], ["비고", "없음"]])
    )
    assert tables(read([page.text(40, 40, BODY)]))[0].meta["header_rows"] == 0


def test_shading_above_is_a_header(read: Reader) -> None:
    page = (
        Page()
        .shade(40, 80, 280, 20)
        .table(40, 80, [80, 200], [["기관명", "역할"], ["가온시", "총괄"], ["누리군", "집행"]])
    )
    assert tables(read([page.text(40, 40, BODY)]))[0].meta["header_rows"] == 1


@pytest.mark.parametrize(
    ("above", "below", "caption"),
    [
        (["표 1. 수수료의 종류"], [], "표 1. 수수료의 종류"),
        (["<표 2-3> 연도별 예산", "(단위: 백만원)"], [], "<표 2-3> 연도별 예산 (단위: 백만원)"),
        (["< 사용 실적(2022년 기준) >"], [], "< 사용 실적(2022년 기준) >"),
        ([], ["표 4. 아래에 적은 제목"], "표 4. 아래에 적은 제목"),
    ],
)
def test_a_caption_goes_with_its_table(read: Reader, above: list[str], below: list[str], caption: str) -> None:
    page = Page().text(40, 40, BODY)
    page.lines(40, 114 - 16 * len(above), above).table(40, 114, [80, 80], [["가", "나다"], ["1", "2"]])
    page.lines(40, 160, below)
    document = read([page])
    assert tables(document)[0].meta["caption"] == caption
    assert texts(document) == [BODY]


def test_a_sentence_above_a_table_is_no_caption(read: Reader) -> None:
    page = Page().text(40, 90, "표 1에 적은 수수료를 낸다.").table(40, 110, [80, 80], [["가", "나다"], ["1", "2"]])
    assert texts(read([page])) == ["표 1에 적은 수수료를 낸다."]


def test_a_table_on_two_pages_keeps_its_header_and_its_page_numbers(read: Reader) -> None:
    widths = [80, 100, 120]
    first = (
        Page()
        .text(40, 60, "표 1. 수수료")
        .table(40, 80, widths, [["구분", "수수료", "비고"], ["등본", "1,000원", "가"]])
    )
    second = Page().table(40, 60, widths, [["초본", "500원", "나"]] * 2).text(40, 140, "끝이다.")
    third = Page().table(40, 60, widths, [["다른", "표의", "머리"], ["초본", "500원", "나"]])
    found = tables(read([first, second, third]))
    assert found[1].text == "구분 | 수수료 | 비고\n초본 | 500원 | 나\n초본 | 500원 | 나"
    assert found[1].page == 2
    assert dict(found[1].meta) == {"header_rows": 1, "caption": "표 1. 수수료", "continued": True}
    # the text between parts the third table from the second
    assert "continued" not in found[2].meta


def test_a_table_whose_page_shows_neither_its_top_nor_its_end_is_still_a_table(read: Reader) -> None:
    first = Page().text(40, 40, BODY).line(40, 80, 440, 80).line(40, 100, 440, 100)
    second = Page()
    for page, top in ((first, 80), (second, 60)):
        for x in (40, 240, 440):
            page.line(x, top, x, 200)
    first.text(100, 84, "현행").text(300, 84, "개정안")
    first.lines(44, 104, ["제1조를 여기에 적고 그", "내용은 이와 같다."]).lines(
        244, 104, ["제1조는 다음과 같이", "바꾸어 적는다."]
    )
    second.lines(44, 64, LEFT[:1] + ["가나다라마바사"] * 4).lines(244, 64, RIGHT[:1] + ["아자차카타파하"] * 4)
    found = tables(read([first, second]))
    assert [block.page for block in found] == [1, 2]
    assert found[1].text.startswith("현행 | 개정안\n왼쪽 단의")


def test_larger_and_bold_lines_are_headings_with_their_path(read: Reader) -> None:
    page = Page().text(40, 40, "제1장 총칙", 18).lines(40, 80, [BODY, BODY])
    page.text(40, 130, "1. 수수료의 종류", bold=True).lines(40, 150, [BODY, BODY])
    page.text(40, 200, "제2장 부과", 18).text(40, 240, BODY)
    blocks = read([page]).blocks
    assert [(block.text, block.headings) for block in blocks if block.kind == "heading"] == [
        ("제1장 총칙", ("제1장 총칙",)),
        ("1. 수수료의 종류", ("제1장 총칙", "1. 수수료의 종류")),
        ("제2장 부과", ("제2장 부과",)),
    ]
    assert blocks[-1].headings == ("제2장 부과",)


def test_an_article_is_text_however_it_is_set(read: Reader) -> None:
    # trap: the chunker for laws finds 조 itself; a bold 제1조(목적) must not be torn off its text
    page = Page().text(40, 40, "제1조(목적) 이 규정은 목적을 정한다.", bold=True).lines(40, 60, [BODY, BODY])
    assert not [block for block in read([page]).blocks if block.kind == "heading"]


def test_a_heading_in_a_box_is_no_table(read: Reader) -> None:
    page = Page().grid(40, 40, [30, 200], 1, high=30).text(46, 46, "Ⅰ", 16).text(80, 46, "사업 개요", 16)
    document = read([page.lines(40, 90, [BODY] * 3)])
    assert (document.blocks[0].kind, document.blocks[0].text) == ("heading", "Ⅰ 사업 개요")


def test_a_framed_page_with_a_small_box_at_its_edge_is_no_table(read: Reader) -> None:
    page = Page().grid(30, 30, [520], 1, high=700).grid(40, 690, [100], 1, high=40).lines(40, 40, [BODY] * 12, pitch=30)
    assert not tables(read([page.text(50, 700, "담당 부서").text(200, 700, "총무과장")]))


def test_what_hangs_below_a_bullet_belongs_to_it_and_an_indented_line_opens_a_paragraph(read: Reader) -> None:
    page = (
        Page()
        .text(40, 40, "- 제안 내용은 꼭 필요한 것을 위주로 하여 명료하게 작성하여야 하며,")
        .text(60, 56, "그 표현은 이와 같다.")
    )
    page.lines(
        40,
        90,
        [
            "본문은 여기에서 시작하여 오른쪽 끝까지 이어지고 둘째 줄에서도",
            "계속하여 오른쪽 끝까지 이어지는 글이며 이 줄에서 끝이 나게 된다.",
        ],
    )
    page.text(52, 122, "들여 쓴 줄은 새 문단이다.")
    assert [text[-6:] for text in texts(read([page]))] == ["이와 같다.", "나게 된다.", "새 문단이다."[-6:]]


def test_a_footnote_stands_after_the_text_with_its_mark(read: Reader) -> None:
    page = Page().lines(40, 600, ["현행법1)은 그 사항을 정하고 있으며 이를 따른다고 한다.", BODY])
    page.text(40, 760, "1) 가온 기본법 제15조를 말한다.", 8).text(40, 774, "이 법은 2020년에 만들었다.", 8)
    blocks = read([page]).blocks
    assert blocks[-2].meta == {"note": "1)"}
    assert blocks[-1].text == "이 법은 2020년에 만들었다."
    assert blocks[-1].meta == {"note": "1)"}


def test_a_table_of_contents_is_marked_and_its_leaders_are_shortened(read: Reader) -> None:
    entries = ["1. 개요 ············ 1", "2. 추진 배경 ............ 3", "3. 일정 ……………… 12"]
    contents = Page().text(40, 40, "목 차", 16).lines(40, 80, entries, pitch=20)
    blocks = read([contents, Page().text(40, 40, BODY)]).blocks
    assert [block.text for block in blocks[1:4]] == ["1. 개요 … 1", "2. 추진 배경 … 3", "3. 일정 … 12"]
    assert all(block.meta["toc"] for block in blocks[:4])
    assert "toc" not in blocks[4].meta


@pytest.mark.parametrize(("rotate", "turn"), [(90, "0 1 -1 0"), (0, "0 1 -1 0"), (270, "0 -1 1 0"), (180, "-1 0 0 -1")])
def test_turned_pages_are_read_upright(read: Reader, rotate: int, turn: str) -> None:
    # trap: landscape tables are turned by the page or by the text alone
    page = Page(rotate=rotate)
    for row, text in enumerate(["돌린 쪽의 첫째 줄", "돌린 쪽의 둘째 줄이며 더 길다."]):
        step = {
            "0 1 -1 0": (100 + 20 * row, 600),
            "0 -1 1 0": (300 - 20 * row, 200),
            "-1 0 0 -1": (400, 500 - 20 * row),
        }
        page.text(*step[turn], text, turn=turn)
    assert texts(read([page])) == ["돌린 쪽의 첫째 줄", "돌린 쪽의 둘째 줄이며 더 길다."]


def test_a_word_parted_by_a_soft_hyphen_is_joined_and_a_full_line_goes_on(read: Reader) -> None:
    page = Page().lines(
        40, 40, ["가나다라마바사아자차카타파하 Retrieval Augmented Genera-", "tion이라고 부르는 방법이다."]
    )
    assert texts(read([page])) == ["가나다라마바사아자차카타파하 Retrieval Augmented Generation이라고 부르는 방법이다."]


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("가온시 수수료 징수 조례", "가온시 수수료 징수 조례"),
        ("Microsoft Word - 문서1.hwp", "문서"),
        ("PowerPoint 프레젠테이션", "문서"),
        ("보고서(최종).hwpx", "문서"),
        ("12", "문서"),
    ],
)
def test_the_title_of_the_file_is_taken_when_it_is_one(read: Reader, title: str, shown: str) -> None:
    assert read([Page().text(40, 40, BODY)], title=title).title == shown


def test_a_header_that_changes_with_the_chapter_is_removed(read: Reader) -> None:
    pages = [
        Page().text(40, 20, f"제{1 + number // 4}편 가온시 업무 편람", 8).text(40, 80, f"{name} 쪽의 본문이다.")
        for number, name in enumerate("일이삼사오육칠팔")
    ]
    for number, page in enumerate(pages, 1):
        page.text(290, 810, str(number))
    assert texts(read(pages)) == [f"{name} 쪽의 본문이다." for name in "일이삼사오육칠팔"]


@BOTH
def test_upright_writing_is_one_word_and_does_not_cut_into_the_lines_beside_it(read: Reader, name: str) -> None:
    page = Page()
    for row, letter in enumerate("별첨자료"):
        page.text(40, 60 + 12 * row, letter)
    page.lines(100, 60, ["첫째 줄은 여기에 있다.", "둘째 줄은 여기에 있다.", "셋째 줄은 여기에 있다."])
    text = read([page], name).text
    assert "별첨자료" in text
    assert "둘째 줄은 여기에 있다." in text


def test_ligatures_are_read_as_their_letters(read: Reader) -> None:
    assert "office file" in read([Page().text(40, 40, "oﬃce ﬁle을 쓴다.")]).text


def test_text_drawn_twice_to_look_bold_is_read_once(read: Reader) -> None:
    page = Page().text(40, 40, "두 번 그린 글").text(40.3, 40, "두 번 그린 글")
    assert texts(read([page])) == ["두 번 그린 글"]


def test_chapters_that_each_begin_a_page_are_no_running_header(read: Reader) -> None:
    # trap: digits aside, 제1장, 제2장 and 제3장 are the same line at the same height
    pages = [Page().text(40, 30, f"제{number}장", 16).lines(40, 80, [BODY] * 3) for number in (1, 2, 3)]
    assert [text for text in texts(read(pages)) if text.startswith("제")] == ["제1장", "제2장", "제3장"]


@BOTH
def test_a_scanned_page_with_a_stamp_counts_as_a_page_without_text(read: Reader, name: str) -> None:
    # trap: the stamp or the page number is text, what the page says is not
    document = read([Page().lines(40, 40, [BODY] * 3), Page().picture().text(400, 40, "대외비")], name)
    assert "2쪽" in document.meta["warnings"][0]


def test_a_table_inside_a_cell_is_read_once(read: Reader) -> None:
    page = Page().text(40, 40, BODY).grid(40, 80, [80, 300], 2, high=100)
    page.text(44, 84, "항목").text(124, 84, "내용").text(44, 184, "금액").text(124, 184, "안의 표")
    page.table(140, 210, [100, 100], [["구분", "원"], ["등본", "1,000"]])
    document = read([page])
    outer, inner = tables(document)
    assert outer.text == "항목 | 내용\n금액 | 안의 표"
    assert inner.text == "구분 | 원\n등본 | 1,000"
    assert document.text.count("등본") == 1


def test_three_columns_are_read_one_after_the_other(read: Reader) -> None:
    page = Page()
    columns = [[f"{name} 단의 {row} 줄을 적은 글이고" for row in "일이삼사"] for name in "가나다"]
    for row in range(4):
        for column, lines in enumerate(columns):
            page.text(30 + 185 * column, 60 + 16 * row, lines[row])
    text = "".join(read([page]).text.split())
    order = [text.index("".join(line.split())) for lines in columns for line in lines]
    assert order == sorted(order)

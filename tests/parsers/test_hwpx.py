"""What a reader of a HWPX file gets: numbers written out, values under their headers, notes, boxes."""

from __future__ import annotations

from pathlib import Path

import pytest

from haechi.parsers.base import ParseOptions
from haechi.parsers.hwp import HwpParser
from haechi.types import Block, Document
from tests.parsers.hwpx_maker import (
    HEADER,
    auto_number,
    box,
    cell,
    grid,
    make_hwpx,
    note,
    paragraph,
    sub_list,
    table,
)


def parse(folder: Path, data: bytes, name: str = "문서.hwpx") -> Document:
    path = folder / name
    path.write_bytes(data)
    return HwpParser().parse(path, name, ParseOptions())[0]


def read(folder: Path, *body: str) -> tuple[Block, ...]:
    return parse(folder, make_hwpx(*body)).blocks


def test_automatic_numbers_are_written_out_and_outline_levels_are_headings(tmp_path: Path) -> None:
    blocks = read(
        tmp_path,
        paragraph("총칙", shape=1),
        paragraph("(목적) 이 규정은 여비를 정한다.", shape=7),
        paragraph("(정의) 뜻은 다음과 같다.", shape=7),
        paragraph("출장", shape=3),
        paragraph("숙박", shape=4),
        paragraph("식비", shape=4),
        paragraph("조식", shape=5),
        paragraph("파견", shape=3),
        paragraph("현지", shape=4),  # starts again below a new upper number
        paragraph("○ 아님", shape=6),  # a Wingdings bullet means nothing outside of its font
        paragraph("여비", shape=2),
        paragraph("보칙", shape=1),
    )
    assert [block.text for block in blocks] == [
        *("제1장 총칙", "제1조(목적) 이 규정은 여비를 정한다.", "제2조(정의) 뜻은 다음과 같다."),
        *("1. 출장", "가. 숙박", "나. 식비", "1) 조식", "2. 파견", "가. 현지", "• ○ 아님", "제1절 여비", "제2장 보칙"),
    ]
    assert blocks[3].headings == ("제1장 총칙",)
    assert blocks[3].kind == "list"
    assert blocks[10].headings == ("제1장 총칙", "제1절 여비")
    assert blocks[11].headings == ("제2장 보칙",)
    assert blocks[11].kind == "heading"


def test_an_outlined_sentence_is_text_not_a_heading(tmp_path: Path) -> None:
    (block,) = read(tmp_path, paragraph("신청서는 접수한 날부터 7일 안에 처리한다.", shape=2))
    assert (block.kind, block.headings) == ("list", ())


def test_typed_chapter_numbers_are_headings_also_in_a_frame_and_a_table_of_contents_is_not(tmp_path: Path) -> None:
    frame = table(cell(0, 0, "Ⅱ. 추진 계획"))
    blocks = read(tmp_path, "Ⅱ. 추진 계획 ········ 3", "제1장 총칙", "제1절 통칙", "글", paragraph(frame), "내용")
    assert [block.headings for block in blocks] == [
        *((), ("제1장 총칙",), ("제1장 총칙", "제1절 통칙"), ("제1장 총칙", "제1절 통칙")),
        *(("Ⅱ. 추진 계획",), ("Ⅱ. 추진 계획",)),
    ]


def test_a_merged_label_is_repeated_beside_and_below_in_a_table_with_a_header(tmp_path: Path) -> None:
    (block,) = read(
        tmp_path,
        paragraph(
            table(
                *(cell(0, 0, "구분", rows=2), cell(0, 1, "2024년", columns=2), cell(0, 3, "비고", rows=2)),
                *(cell(1, 1, "상반기"), cell(1, 2, "하반기")),
                *(cell(2, 0, "서울", rows=2), cell(2, 1, "10"), cell(2, 2, "20"), cell(2, 3, "")),
                *(cell(3, 1, "30"), cell(3, 2, "40"), cell(3, 3, "잠정")),
                caption="표 1. 접수 건수",
            )
        ),
    )
    assert block.text.split("\n") == [
        "구분 | 2024년 | 2024년 | 비고",
        "구분 | 상반기 | 하반기 | 비고",
        "서울 | 10 | 20 | ",
        "서울 | 30 | 40 | 잠정",
    ]
    assert block.meta == {"header_rows": 2, "caption": "표 1. 접수 건수"}


def test_title_cells_the_author_marked_are_the_header(tmp_path: Path) -> None:
    rows = [cell(0, 0, "1급", header=True), cell(0, 1, "1,000원", header=True), cell(1, 0, "2급"), cell(1, 1, "900원")]
    (block,) = read(tmp_path, paragraph(table(*rows)))
    assert block.meta["header_rows"] == 1


def test_a_form_puts_the_cells_of_a_row_one_after_the_other(tmp_path: Path) -> None:
    # No row has a cell for every column: repeating a merged cell would say the name five times.
    (block,) = read(
        tmp_path,
        paragraph(
            table(
                *(cell(0, 0, "신청인", rows=2), cell(0, 1, "성명"), cell(0, 2, "홍길동", columns=3)),
                *(cell(1, 1, "주소", columns=2), cell(1, 3, "서울", columns=2)),
            )
        ),
    )
    assert block.text == "신청인 | 성명 | 홍길동\n신청인 | 주소 | 서울"
    assert block.meta["header_rows"] == 0


def test_a_value_without_a_label_belongs_to_the_label_above(tmp_path: Path) -> None:
    (block,) = read(tmp_path, paragraph(grid([["관련 법령: 둘", "국세징수법 제56조"], ["", "국세기본법 제36조"]])))
    assert block.text == "관련 법령: 둘 | 국세징수법 제56조 국세기본법 제36조"


def test_a_frame_around_prose_is_read_as_prose(tmp_path: Path) -> None:
    prose = "가" * 70
    blocks = read(
        tmp_path,
        paragraph(table(cell(0, 0, "둘레", "만 있는 글"))),
        paragraph(
            table(
                *(cell(0, 0, "문서번호"), cell(0, 1, "12-3")),
                cell(1, 0, "회신", columns=2),
                cell(2, 0, prose, columns=2),
            )
        ),
    )
    assert [(block.kind, block.text) for block in blocks] == [
        *(("paragraph", "둘레"), ("paragraph", "만 있는 글"), ("table", "문서번호 | 12-3")),
        *(("paragraph", "회신"), ("paragraph", prose)),
    ]


def test_a_nested_table_keeps_its_rows_and_the_label_of_its_row(tmp_path: Path) -> None:
    inner = grid([["구분", "금액", "비고"], ["국내", "100원", "선불"]])
    blocks = read(
        tmp_path,
        paragraph(
            table(
                *(
                    cell(0, 0, "수수료"),
                    cell(0, 1, paragraph(inner)),
                    cell(1, 0, "끝"),
                    cell(1, 1, paragraph(grid([["가", "나"]]))),
                )
            )
        ),
    )
    assert [block.text for block in blocks] == ["수수료 | \n끝 | 가 나", "구분 | 금액 | 비고\n국내 | 100원 | 선불"]
    assert blocks[1].meta == {"header_rows": 1, "caption": "수수료"}


def test_a_caption_keeps_its_number(tmp_path: Path) -> None:
    number = paragraph("표 ", auto_number(3), " 수수료")
    (block,) = read(tmp_path, paragraph(table(cell(0, 0, "가"), cell(0, 1, "나"), caption=number)))
    assert block.meta["caption"] == "표 3 수수료"


def test_notes_stand_after_what_they_belong_to_with_their_mark(tmp_path: Path) -> None:
    blocks = read(
        tmp_path,
        paragraph("본문이다.", note(1, "각주이다."), " 이어진다."),
        paragraph(table(cell(0, 0, "가"), cell(0, 1, paragraph("나", note(2, "표의 각주"))))),
        paragraph("끝", note(1, "미주이다.", "endNote")),
    )
    assert [(block.text, block.meta.get("note")) for block in blocks] == [
        *(("본문이다. 이어진다.", None), ("1) 각주이다.", "1)"), ("가 | 나", None), ("2) 표의 각주", "2)")),
        *(("끝", None), ("1) 미주이다.", "1)")),
    ]


def test_what_floats_does_not_cut_a_sentence(tmp_path: Path) -> None:
    blocks = read(
        tmp_path, paragraph("한 문장이 ", box("글상자"), "이어진다."), paragraph("앞", box("줄 안", inline=True), "뒤")
    )
    assert [block.text for block in blocks] == ["한 문장이 이어진다.", "글상자", "앞", "줄 안", "뒤"]


def test_headers_footers_comments_and_page_numbers_are_not_text(tmp_path: Path) -> None:
    outside = "".join(
        f"<hp:ctrl><hp:{name}>{sub_list('밖')}</hp:{name}></hp:ctrl>" for name in ("header", "footer", "hiddenComment")
    )
    field = f'<hp:ctrl><hp:fieldBegin type="MEMO">{sub_list("메모")}</hp:fieldBegin></hp:ctrl>'
    (block,) = read(tmp_path, paragraph(f"{outside}", f"{field}", "안", auto_number(7, "PAGE")))
    assert block.text == "안"


def test_equations_ruby_and_drawn_titles_are_kept_and_pictures_counted(tmp_path: Path) -> None:
    document = parse(
        tmp_path,
        make_hwpx(
            paragraph("<hp:equation><hp:script>a over b</hp:script></hp:equation>"),
            paragraph("<hp:dutmal><hp:mainText>大韓</hp:mainText><hp:subText>대한</hp:subText></hp:dutmal>"),
            paragraph('<hp:textart text="글맵시 제목"/>'),
            paragraph(f"<hp:pic><hp:caption>{sub_list('그림 설명')}</hp:caption></hp:pic>"),
        ),
    )
    assert document.text == "a over b\n大韓(대한)\n글맵시 제목\n그림 설명"
    assert document.meta["pictures"] == 1


def test_deleted_text_of_tracked_changes_is_kept_and_said(tmp_path: Path) -> None:
    tracked = "<hp:t>남은<hp:deleteBegin/>지운<hp:deleteEnd/></hp:t>"
    document = parse(tmp_path, make_hwpx(paragraph(tracked)))
    assert "변경 추적" in document.meta["warnings"][0]


@pytest.mark.parametrize(
    ("name", "title"), [("출장 여비 규정.hwpx", "출장 여비 규정"), ("010000123.hwpx", "여비 지급 기준")]
)
def test_a_file_named_by_a_number_takes_its_subject_as_title(name: str, title: str, tmp_path: Path) -> None:
    assert parse(tmp_path, make_hwpx("시행일 2024", "제 목 : 여비 지급 기준"), name).title == title


def test_a_forged_number_format_is_not_repeated_before_every_paragraph(tmp_path: Path) -> None:
    header = HEADER.replace("^1.", "^1." + "가" * 60_000).encode()
    (block,) = parse(tmp_path, make_hwpx(paragraph("글", shape=3), parts={"Contents/header.xml": header})).blocks
    assert len(block.text) < 60

"""HWP 5 gives the same blocks as HWPX: records, numbering, merged cells, notes, and what is left out."""

from __future__ import annotations

import struct
from pathlib import Path

from haechi.parsers.base import ParseOptions
from haechi.parsers.hwp import HwpParser
from haechi.types import Block
from tests.parsers.hwp5_maker import (
    auto_number,
    cell,
    control,
    make_hwp5,
    mark,
    numbering,
    para_shape,
    paragraph,
    record,
    section_definition,
    table,
    wide,
)


def read(folder: Path, *paragraphs: bytes, info: bytes = b"") -> tuple[Block, ...]:
    path = folder / "문서.hwp"
    path.write_bytes(make_hwp5(*paragraphs, info=info))
    return HwpParser().parse(path, path.name, ParseOptions())[0].blocks


def test_numbers_outline_and_headings(tmp_path: Path) -> None:
    info = (
        numbering(("제^1장", 0), ("제^2절", 0))
        + numbering(("^1.", 0), ("^2.", 8))
        + para_shape()
        + para_shape(1, 0)
        + para_shape(2, 0, ref=2)
        + para_shape(2, 1, ref=2)
    )
    blocks = read(
        tmp_path,
        paragraph(mark(2) + wide("총칙"), section_definition(1), shape=1),
        paragraph("출장", shape=2),
        paragraph("숙박", shape=3),
        paragraph("식비", shape=3),
        paragraph("보칙", shape=1),
        info=info,
    )
    assert [block.text for block in blocks] == ["제1장 총칙", "1. 출장", "가. 숙박", "나. 식비", "제2장 보칙"]
    assert blocks[2].headings == ("제1장 총칙",)


def test_a_table_with_merged_and_title_cells_and_its_numbered_caption(tmp_path: Path) -> None:
    caption = paragraph(wide("표 ") + mark(18) + wide(" 요금"), auto_number(2, 3, kind=4), level=2)
    cells = [
        *(cell(0, 0, "구분", 2, title=True), cell(0, 1, "요금", 2, title=True)),
        *(cell(1, 0, "국내", 2, rows=2), cell(1, 1, "100원", 2), cell(2, 1, "200원", 2)),
    ]
    before, block, after = read(
        tmp_path, paragraph(wide("앞") + mark(11) + wide("뒤"), table(1, *cells, caption=caption))
    )
    assert (before.text, after.text) == ("앞", "뒤")
    assert block.text == "구분 | 요금\n국내 | 100원\n국내 | 200원"
    assert block.meta == {"header_rows": 1, "caption": "표 2 요금"}


def test_notes_are_kept_and_headers_and_comments_are_not(tmp_path: Path) -> None:
    inside = paragraph(mark(18) + wide(" 각주이다."), auto_number(1, 3, kind=1, after=")"), level=2)
    controls = [
        control("fn  ", 1) + record(0x48, 2, bytes(16)) + inside,
        control("head", 1) + record(0x48, 2, bytes(16)) + paragraph("머리말", level=2),
        control("tcmt", 1) + record(0x48, 2, bytes(16)) + paragraph("숨은 설명", level=2),
    ]
    blocks = read(tmp_path, paragraph(wide("본문") + mark(17) + mark(16) + mark(15), *controls))
    assert [(block.text, block.meta.get("note")) for block in blocks] == [("본문", None), ("1) 각주이다.", "1)")]


def test_a_text_box_and_an_equation_are_kept(tmp_path: Path) -> None:
    drawing = (
        control("gso ", 1, struct.pack("<I", 0)) + record(0x4C, 2) + record(0x48, 3) + paragraph("글상자", level=3)
    )
    script = "a over b"
    equation = control("eqed", 1) + record(0x58, 2, struct.pack("<IH", 0, len(script)) + wide(script))
    blocks = read(tmp_path, paragraph(wide("글") + mark(11) + mark(11), drawing, equation))
    assert [block.text for block in blocks] == ["글a over b", "글상자"]


def test_lines_tabs_and_wide_characters_in_text(tmp_path: Path) -> None:
    tab = struct.pack("<H", 9) + bytes(12) + struct.pack("<H", 9)
    (block,) = read(tmp_path, paragraph(wide("갑") + tab + wide("을\n") + wide("漢字 𠀀")))
    assert block.text == "갑 을\n漢字 𠀀"

from __future__ import annotations

import base64
import copy
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from haechi.errors import ParseError
from haechi.parsers.base import ParseOptions
from haechi.parsers.pptx import PptxParser
from haechi.types import Document
from tests.parsers.office_maker import make_zip

#: A picture of one dot.
DOT = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "발표.pptx"


def parse(file: Path, *slides: Callable[[Any], None], title: str = "") -> Document:
    """Each function fills a slide that has a title only."""
    presentation = Presentation()
    for fill in slides:
        slide = presentation.slides.add_slide(presentation.slide_layouts[5])
        slide.shapes.title.text = title
        fill(slide)
    presentation.save(file)
    return read(file)


def read(file: Path) -> Document:
    return PptxParser().parse(file, file.name, ParseOptions())[0]


def box(shapes: Any, text: str, left: float, top: float) -> Any:
    shape = shapes.add_textbox(Inches(left), Inches(top), Inches(2), Inches(0.5))
    shape.text_frame.text = text
    return shape


def test_a_slide_is_a_page_and_its_title_a_heading(file: Path) -> None:
    document = parse(file, lambda s: box(s.shapes, "가", 1, 2), lambda s: box(s.shapes, "나", 1, 2), title="요금 안내")
    assert [(block.kind, block.page, block.text) for block in document.blocks] == [
        ("heading", 1, "요금 안내"),
        ("paragraph", 1, "가"),
        ("heading", 2, "요금 안내"),
        ("paragraph", 2, "나"),
    ]
    assert document.blocks[1].headings == ("요금 안내",)
    assert document.title == "요금 안내"


def test_shapes_are_read_by_place_not_by_age_and_groups_are_entered(file: Path) -> None:
    def fill(slide: Any) -> None:
        box(slide.shapes, "넷째", 1, 5)
        box(slide.shapes, "둘째", 5, 2.05)
        group = slide.shapes.add_group_shape()
        box(group.shapes, "셋째 뒤", 1, 4)
        box(group.shapes, "셋째 앞", 1, 3)
        box(slide.shapes, "첫째", 1, 2.1)  # a hair lower, but to the left: the same line

    assert parse(file, fill).text.split("\n") == ["첫째", "둘째", "셋째 앞", "셋째 뒤", "넷째"]


def test_tables_with_merged_cells(file: Path) -> None:
    def fill(slide: Any) -> None:
        table = slide.shapes.add_table(3, 3, Inches(1), Inches(2), Inches(6), Inches(1)).table
        for row, values in enumerate([("구분", "요금", ""), ("본관", "1", "2"), ("", "3", "4")]):
            for column, value in enumerate(values):
                table.cell(row, column).text = value
        table.cell(0, 1).merge(table.cell(0, 2))
        table.cell(1, 0).merge(table.cell(2, 0))

    block = parse(file, fill).blocks[0]
    assert (block.kind, block.text) == ("table", "구분 | 요금 | 요금\n본관 | 1 | 2\n본관 | 3 | 4")
    assert block.meta["header_rows"] == 1


def test_the_numbers_behind_a_chart_become_a_table(file: Path) -> None:
    def fill(slide: Any) -> None:
        data = CategoryChartData(number_format="#,##0")
        data.categories = ["1분기", "2분기"]
        data.add_series("서울", (1000, 2500))
        data.add_series("부산", (10, None))
        place = (Inches(1), Inches(2), Inches(5), Inches(3))
        chart = slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, *place, data).chart
        chart.has_title = True
        chart.chart_title.text_frame.text = "분기 매출"

    block = parse(file, fill).blocks[0]
    assert block.text == "항목 | 서울 | 부산\n1분기 | 1,000 | 10\n2분기 | 2,500 | "
    assert dict(block.meta) == {"chart": True, "header_rows": 1, "caption": "분기 매출"}


def test_speaker_notes_are_kept_and_marked(file: Path) -> None:
    def fill(slide: Any) -> None:
        box(slide.shapes, "본문", 1, 2)
        slide.notes_slide.notes_text_frame.text = "말로 한다."

    note = parse(file, fill).blocks[-1]
    assert (note.text, note.page, note.meta["speaker_notes"]) == ("[발표자 노트] 말로 한다.", 1, True)


def test_hidden_slides_are_left_out_with_a_warning_and_pages_stay_right(file: Path) -> None:
    def hide(slide: Any) -> None:
        box(slide.shapes, "비밀", 1, 2)
        slide.element.set("show", "0")

    document = parse(file, hide, lambda slide: box(slide.shapes, "보임", 1, 2))
    assert [(block.text, block.page) for block in document.blocks] == [("보임", 2)]
    assert "1쪽" in document.meta["warnings"][0]


def test_smart_art_gives_its_words(file: Path) -> None:
    parse(file, lambda slide: box(slide.shapes, "글", 1, 6))
    with ZipFile(file) as container:
        members: dict[str, Any] = {name: container.read(name) for name in container.namelist()}
    drawing, diagram = "http://schemas.openxmlformats.org/drawingml/2006/main", "drawingml/2006/diagram"
    frame = (
        "<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id='9' name='d'/><p:cNvGraphicFramePr/><p:nvPr/>"
        "</p:nvGraphicFramePr><p:xfrm><a:off x='0' y='0'/><a:ext cx='9' cy='9'/></p:xfrm><a:graphic>"
        f"<a:graphicData uri='d'><d:relIds xmlns:d='http://schemas.openxmlformats.org/{diagram}' r:dm='rId9'/>"
        "</a:graphicData></a:graphic></p:graphicFrame></p:spTree>"
    ).encode()
    slide, relations = "ppt/slides/slide1.xml", "ppt/slides/_rels/slide1.xml.rels"
    members[slide] = members[slide].replace(b"</p:spTree>", frame)
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/diagramData"
    link = f'<Relationship Id="rId9" Type="{kind}" Target="../diagrams/data1.xml"/></Relationships>'.encode()
    members[relations] = members[relations].replace(b"</Relationships>", link)
    points = "".join(
        f"<d:pt type='{kind}'><d:t><a:p><a:r><a:t>{text}</a:t></a:r></a:p></d:t></d:pt>"
        for kind, text in [("doc", "틀"), ("node", "접수"), ("node", "심사")]
    )
    members["ppt/diagrams/data1.xml"] = (
        f"<d:dataModel xmlns:d='http://schemas.openxmlformats.org/{diagram}' xmlns:a='{drawing}'>"
        f"<d:ptLst>{points}</d:ptLst></d:dataModel>"
    )
    file.write_bytes(make_zip(members))
    assert read(file).text == "- 접수\n- 심사\n글"


def test_a_shape_stored_in_two_versions_is_read_once(file: Path) -> None:
    def fill(slide: Any) -> None:
        box(slide.shapes, "본문", 1, 2)
        shape = box(slide.shapes, "수식", 1, 4).element
        name = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
        wrapper = shape.makeelement(f"{name}AlternateContent")
        shape.addprevious(wrapper)
        for tag, child in ((f"{name}Choice", shape), (f"{name}Fallback", copy.deepcopy(shape))):
            reading = wrapper.makeelement(tag)
            reading.append(child)
            wrapper.append(reading)

    assert parse(file, fill).text == "본문\n수식"


def test_numbers_and_marks_the_slide_sets_stand_in_the_text(file: Path) -> None:
    def fill(slide: Any) -> None:
        frame = box(slide.shapes, "가", 1, 2).text_frame
        frame.add_paragraph().text = "나"
        for paragraph in frame.paragraphs:
            properties = paragraph._p.get_or_add_pPr()
            mark = properties.makeelement(
                "{http://schemas.openxmlformats.org/drawingml/2006/main}buAutoNum", {"type": "circleNumDbPlain"}
            )
            properties.append(mark)

    assert parse(file, fill).text == "① 가\n② 나"


def test_shows_are_read_like_presentations(file: Path) -> None:
    parse(file, lambda slide: box(slide.shapes, "글", 1, 2))
    with ZipFile(file) as container:
        members: dict[str, str | bytes] = {name: container.read(name) for name in container.namelist()}
    types = bytes(members["[Content_Types].xml"])  # type: ignore[arg-type]
    members["[Content_Types].xml"] = types.replace(b"presentation.main+xml", b"slideshow.main+xml")
    file.write_bytes(make_zip(members))
    assert read(file).text == "글"


def test_slides_of_pictures_are_refused_with_a_hint(file: Path) -> None:
    with pytest.raises(ParseError, match="OCR"):
        parse(file, lambda slide: None)


def test_slides_that_are_only_a_picture_are_named(file: Path) -> None:
    def picture(slide: Any) -> None:
        slide.shapes.add_picture(io.BytesIO(base64.b64decode(DOT)), Inches(1), Inches(2))

    document = parse(file, lambda slide: box(slide.shapes, "글", 1, 2), picture)
    assert "2쪽" in document.meta["warnings"][0]


def test_a_presentation_with_a_missing_part_is_refused(file: Path) -> None:
    parse(file, lambda slide: box(slide.shapes, "글", 1, 2))
    with ZipFile(file) as container:
        members: dict[str, str | bytes] = {
            name: container.read(name) for name in container.namelist() if name != "ppt/slides/slide1.xml"
        }
    file.write_bytes(make_zip(members))
    with pytest.raises(ParseError, match="깨졌습니다"):
        read(file)

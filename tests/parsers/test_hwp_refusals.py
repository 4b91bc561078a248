"""What is not read says why and what to do; what is damaged goes to the second reader or is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from haechi.errors import ParseError
from haechi.parsers import hwp, hwp_blocks
from haechi.parsers.base import ParseOptions
from haechi.parsers.detect import parser_for
from haechi.parsers.hwp_tree import Contents, Paragraph
from haechi.types import Document
from tests.parsers import hwp5_maker as ole
from tests.parsers.hwpx_maker import NAMES, cell, make_hwpx, paragraph, sub_list, table

LONG = (
    "이 규정은 공무로 출장하는 사람에게 주는 여비의 종류와 금액을 정한다. 여비는 운임과 숙박비와 식비와 일비로 나눈다."
)
ENTITIES = f'<!DOCTYPE a [<!ENTITY b "c">]><hs:sec {NAMES}>{paragraph("<hp:t>&b;</hp:t>")}</hs:sec>'.encode()


def parse(folder: Path, data: bytes, name: str = "가.hwp") -> Document:
    path = folder / name
    path.write_bytes(data)
    return hwp.HwpParser().parse(path, name, ParseOptions())[0]


def zipped(**parts: bytes) -> bytes:
    """Names are written as Python can: `Contents__section0_xml`."""
    return make_hwpx("글", parts={name.replace("__", "/").replace("_", "."): data for name, data in parts.items()})


REFUSED = {
    "MarkAny": (b"<MARKANY_DOCUMENTSAFER>\x04" + bytes(range(200)), "DRM.*MarkAny.*해제"),
    "Fasoo": (b"\x9b DRMONE  This Document is encrypted and protected by Fasoo DRM" + bytes(99), "DRM.*Fasoo"),
    "Softcamp": (b"SCDSA004" + bytes(200), "DRM.*Softcamp"),
    "HWP 3": (b"HWP Document File V3.00 \x1a\1\2\3\4\5" + bytes(200), "3.x.*다른 이름으로 저장"),
    "HWPML": (b'<?xml version="1.0"?><HWPML Version="2.8">', "HWPML.*다른 이름으로 저장"),
    "PDF": (b"%PDF-1.7 ...", "PDF 파일입니다. 확장자를 .pdf"),
    "password": (ole.make_hwp5(ole.paragraph("글"), flags=3), "암호가 걸린"),
    "own DRM": (ole.make_hwp5(ole.paragraph("글"), flags=0x11), "DRM"),
    "HWPX password": (
        make_hwpx("글", parts={"META-INF/manifest.xml": b"<x><odf:encryption-data/></x>"}),
        "암호가 걸린",
    ),
    "version 6": (
        ole.make_hwp5(ole.paragraph("글"), streams={"FileHeader": ole.file_header(1, (6, 0, 0, 0))}),
        "6.x",
    ),
    "doc": (ole.make_ole({"WordDocument": b"x"}), r"\.doc.*다른 이름으로 저장"),
    "xls": (ole.make_ole({"Workbook": b"x"}), "xls 파일입니다"),
    "Office password": (ole.make_ole({"EncryptedPackage": b"x"}), "암호가 걸린"),
    "random": (b"\x01\x02" * 500, "한글 문서.*아니거나 깨진"),
    "only a signature": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\xff" * 600, "깨진 한글 문서"),
    "cut zip": (make_hwpx(LONG)[:-40], "깨진 한글 문서"),
    "cut section": (
        ole.make_hwp5(ole.paragraph("글"), streams={"BodyText/Section0": ole.deflate(b"\x42\0\xf0\x0f")}),
        "깨진 한글 문서",
    ),
    "entities": (zipped(Contents__section0_xml=ENTITIES), "깨진 한글 문서"),
    "no text": (make_hwpx(" "), "빈 문서"),
    "only a picture": (make_hwpx(paragraph("<hp:pic/>")), "그림·개체 1개만.*OCR"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_file_is_refused_with_the_reason(case: str, tmp_path: Path) -> None:
    data, reason = REFUSED[case]
    with pytest.raises(ParseError, match=f"가.hwp: .*{reason}"):
        parse(tmp_path, data)


def test_docx_named_hwp_is_told_its_right_suffix(tmp_path: Path) -> None:
    from io import BytesIO
    from zipfile import ZipFile

    out = BytesIO()
    with ZipFile(out, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    with pytest.raises(ParseError, match=r"docx 파일입니다. 확장자를 \.docx"):
        parse(tmp_path, out.getvalue())


def test_the_content_decides_not_the_suffix(tmp_path: Path) -> None:
    assert parse(tmp_path, make_hwpx("글이다"), "가.hwp").text == "글이다"
    assert parse(tmp_path, ole.make_hwp5(ole.paragraph("글이다")), "가.hwpx").text == "글이다"
    assert parser_for(Path("가.HWP")) == parser_for(Path("나.hwpx")) == "hwp"


def test_bombs_are_refused_before_they_are_unpacked(tmp_path: Path) -> None:
    huge = b" " * (17 << 20)  # far below the largest part allowed, but a thousand times its packed size
    with pytest.raises(ParseError, match="지나치게 커지는"):
        parse(tmp_path, zipped(Contents__section0_xml=huge))
    with pytest.raises(ParseError, match="지나치게 커지는"):
        parse(tmp_path, ole.make_hwp5(streams={"BodyText/Section0": ole.deflate(huge)}))


@pytest.mark.parametrize(("row", "column"), [(9_999_999, 0), (0, 9_999_999), (65_535, 65_535), (-1, 0)])
def test_forged_cell_addresses_are_refused(row: int, column: int, tmp_path: Path) -> None:
    with pytest.raises(ParseError, match="표의 크기가 이상"):
        parse(tmp_path, make_hwpx(paragraph(table(cell(0, 0, "가"), cell(row, column, "나")))))


def test_many_small_tables_that_would_become_gigabytes_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hwp_blocks, "MAX_CELLS", 100)
    small = paragraph(table(cell(0, 0, "가", rows=99), cell(0, 1, "나"), cell(9, 1, "다")))
    assert parse(tmp_path, make_hwpx(*[small] * 2)).blocks
    with pytest.raises(ParseError, match="지나치게 커지는"):
        parse(tmp_path, make_hwpx(*[small] * 40))


def test_huge_spans_end_where_the_table_ends(tmp_path: Path) -> None:
    data = make_hwpx(paragraph(table(cell(0, 0, "가", rows=2**31), cell(0, 1, "나", columns=2**31), cell(1, 1, "다"))))
    assert parse(tmp_path, data).text == "가 | 나\n가 | 다"


def test_two_cells_in_one_place_lose_no_text(tmp_path: Path) -> None:
    data = make_hwpx(paragraph(table(cell(0, 0, "가"), cell(0, 1, "나"), cell(0, 0, "숨은 글"))))
    assert "숨은 글" in parse(tmp_path, data).text


def test_tables_nested_beyond_reason_are_refused(tmp_path: Path) -> None:
    nested = "가"
    for _ in range(25):
        nested = paragraph(f"<hp:rect><hp:drawText>{sub_list(nested)}</hp:drawText></hp:rect>")
    with pytest.raises(ParseError, match="너무 깊이"):
        parse(tmp_path, make_hwpx(nested))


def test_what_our_reader_cannot_read_is_read_by_the_second_one_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(data: bytes, source: str) -> Contents:
        raise ValueError("broken")

    monkeypatch.setattr(hwp, "read_hwpx", broken)
    document = parse(tmp_path, make_hwpx(paragraph(table(cell(0, 0, LONG), cell(0, 1, "나"))), preview=LONG))
    assert document.text == f"{LONG} | 나"
    assert "dochan" in document.meta["warnings"][0]


def preview_lost(monkeypatch: pytest.MonkeyPatch, second: str | None) -> None:
    def read_dochan(path: Path, is_zip: bool) -> Contents:
        if second is None:
            raise ValueError("broken")
        return Contents(sections=[([Paragraph([second])], 0)])

    monkeypatch.setattr(hwp, "read_dochan", read_dochan)


@pytest.mark.parametrize("second", [None, "", "다른 짧은 글"])
def test_text_that_the_stored_preview_has_and_we_have_not_is_a_failure(
    second: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    preview_lost(monkeypatch, second)
    with pytest.raises(ParseError, match=r"미리보기 글자의 .*만 찾았습니다"):
        parse(tmp_path, make_hwpx("짧은 글", preview=LONG))


def test_the_second_reader_is_taken_when_it_has_the_preview(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    preview_lost(monkeypatch, LONG)
    document = parse(tmp_path, make_hwpx("짧은 글", preview=LONG))
    assert document.text == LONG
    assert "dochan" in document.meta["warnings"][0]


def test_an_old_preview_is_said_when_both_readers_agree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A program that fills in a template leaves the template's preview.
    new = "새로 채운 본문은 미리보기와 전혀 다르다. " * 5
    preview_lost(monkeypatch, new)
    document = parse(tmp_path, make_hwpx(new, preview=LONG))
    assert document.text == new.strip()
    assert "미리보기가 본문과 다릅니다" in document.meta["warnings"][0]


def test_dochan_alone_can_be_chosen(tmp_path: Path) -> None:
    path = tmp_path / "가.hwpx"
    path.write_bytes(
        make_hwpx(
            paragraph("제목", shape=1), paragraph(table(cell(0, 0, "가", rows=2), cell(0, 1, "나"), cell(1, 1, "다")))
        )
    )
    document = hwp.DochanHwpParser().parse(path, path.name, ParseOptions())[0]
    assert document.text == "제목\n가 | 나\n가 | 다"
    path.write_bytes(make_hwpx("짧은 글", preview=LONG))
    with pytest.raises(ParseError, match="미리보기"):
        hwp.DochanHwpParser().parse(path, path.name, ParseOptions())

"""Files that cannot be read say why and what to do, whatever their suffix claims."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zipfile import ZIP_BZIP2, ZIP_STORED

import pytest

from haechi import registry
from haechi.errors import ParseError
from haechi.parsers import zip_guard
from haechi.parsers.base import ParseOptions
from haechi.parsers.detect import parser_for
from tests.parsers.office_maker import make_docx, make_ole, make_zip, p

OFFICE = ("docx", "xlsx", "pptx")


def refusal(name: str, path: Path, content: bytes) -> str:
    path.write_bytes(content)
    with pytest.raises(ParseError, match=path.name) as caught:
        registry.load("parsers", name)().parse(path, path.name, ParseOptions())
    return str(caught.value)


@pytest.mark.parametrize("name", OFFICE)
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (make_ole("EncryptionInfo", "EncryptedPackage"), "암호"),
        (make_ole("EncryptedPackage", "DRMEncryptedTransform"), "DRM"),
        (make_ole("WordDocument"), r"\.doc\).*다른 이름으로 저장.*\.docx"),
        (make_ole("Workbook"), r"\.xls\).*다른 이름으로 저장.*\.xlsx"),
        (make_ole("PowerPoint Document"), r"\.ppt\).*다른 이름으로 저장.*\.pptx"),
        (make_ole("FileHeader", "BodyText"), r"\.hwp"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(40), "깨졌"),
        (b"<MARKANY_DOCUMENTSAFER>" + bytes(200), "DRM"),
        ("이름,나이\n가,1\n".encode("cp949"), "글.*확장자"),
        (b"%PDF-1.7\n", "PDF"),
        (make_zip({"a.txt": "글"}), "본문이 없는"),
        (make_zip({"mimetype": "application/hwp+zip"}), "hwp"),
        (make_zip({"[Content_Types].xml": "<Types"}), "깨졌"),
    ],
    ids=lambda value: value[:8].hex() if isinstance(value, bytes) else None,
)
def test_each_refusal_names_its_reason(name: str, content: bytes, reason: str, tmp_path: Path) -> None:
    import re

    assert re.search(reason, refusal(name, tmp_path / "가.파일", content), re.DOTALL)


def test_an_office_file_under_another_suffix_is_named(tmp_path: Path) -> None:
    assert "확장자를 .docx" in refusal("xlsx", tmp_path / "가.xlsx", make_docx(p("글")))


def test_a_cut_file_and_a_file_with_flipped_bits_are_refused(tmp_path: Path) -> None:
    whole = make_docx(p("글" * 5000))
    assert "깨졌" in refusal("docx", tmp_path / "가.docx", whole[: len(whole) // 2])
    at = whole.index(b"word/document.xml") + 40
    assert "깨졌" in refusal("docx", tmp_path / "가.docx", whole[:at] + b"\xff\xff\xff\xff" + whole[at + 4 :])


def test_zip_bombs_are_refused_before_they_are_inflated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = make_zip({"word/document.xml": bytes(zip_guard.RATIO_FROM_BYTES + 1)})
    assert "압축률" in refusal("docx", tmp_path / "가.docx", bomb)
    monkeypatch.setattr(zip_guard, "MAX_MEMBER_BYTES", 1000)
    assert "지나치게" in refusal("docx", tmp_path / "가.docx", make_zip({"a": bytes(1001)}))
    monkeypatch.setattr(zip_guard, "MAX_TOTAL_BYTES", 1500)
    assert "합계" in refusal("docx", tmp_path / "가.docx", make_zip({"a": bytes(900), "b": bytes(900)}))
    monkeypatch.setattr(zip_guard, "MAX_MEMBERS", 1)
    assert "2개" in refusal("docx", tmp_path / "가.docx", make_zip({"a": b"", "b": b""}))


def test_a_forged_size_does_not_let_a_bomb_through(tmp_path: Path) -> None:
    # trap: the directory claims 10 bytes; whoever trusts it and inflates anyway gets sixteen megabytes
    bomb = make_zip({"word/document.xml": bytes(16 << 20)})
    forged = bomb.replace((16 << 20).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    refusal("docx", tmp_path / "가.docx", forged)


def test_a_directory_that_points_outside_of_the_file_is_refused(tmp_path: Path) -> None:
    # trap: zipfile asks for two gigabytes of memory before it finds that they are not there
    whole = make_zip({"word/document.xml": "<a/>"}, ZIP_STORED)
    at = whole.index(b"PK\x01\x02")
    huge = (0x7FFFFFFF).to_bytes(4, "little")
    forged = whole[: at + 20] + huge + whole[at + 24 :]
    assert "목차" in refusal("docx", tmp_path / "가.docx", forged)


def test_compression_that_cannot_be_bounded_is_refused(tmp_path: Path) -> None:
    assert "압축 방식" in refusal("docx", tmp_path / "가.docx", make_zip({"word/document.xml": "<a/>"}, ZIP_BZIP2))


def test_document_types_and_entities_are_refused(tmp_path: Path) -> None:
    laughs = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "' + "하" * 10 + '">]><a>&b;</a>'
    for encoding in ("utf-8", "utf-16"):
        content = make_zip({"word/document.xml": laughs.encode(encoding)})
        assert "DOCTYPE" in refusal("docx", tmp_path / "가.docx", content)


def test_xml_nested_without_end_is_refused(tmp_path: Path) -> None:
    assert "깨졌" in refusal("docx", tmp_path / "가.docx", make_docx("<w:sdt>" * 20_000 + "</w:sdt>" * 20_000))


# which parser reads what


@pytest.mark.parametrize(
    ("name", "content", "parser"),
    [
        ("가.docm", b"PK", "docx"),
        ("가.XLSM", b"PK", "xlsx"),
        ("가.ppsx", b"PK", "pptx"),
        ("가.mht", b"", "html"),
        ("가.doc", make_ole("WordDocument"), "docx"),
        ("가.xls", b"PK\x03\x04", "xlsx"),
        # what Korean web systems call an Excel download
        ("가.xls", b"<html><table><tr><td>1", "html"),
        ("가.doc", b"MIME-Version: 1.0\n", "html"),
    ],
)
def test_office_suffixes_and_what_hides_behind_the_old_ones(
    name: str, content: bytes, parser: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    assert parser_for(tmp_path / name) == parser


def test_old_word_files_are_refused_with_what_to_do(shared_data: Path) -> None:
    files = sorted((shared_data / "fixtures" / "doc_legacy").glob("*.doc"))
    assert files
    for path in files:
        parser: Any = registry.load("parsers", parser_for(path))()
        with pytest.raises(ParseError, match="다른 이름으로 저장"):
            parser.parse(path, path.name, ParseOptions())

"""What every parser of the registry must hold; a new back end is one row in `SAMPLES`."""

from __future__ import annotations

import io
import unicodedata
from pathlib import Path

import pytest

from haechi import registry
from haechi.errors import ParseError
from haechi.parsers.base import ParseOptions
from tests.parsers.fake_tesseract import FakeTesseract, png, tesseract
from tests.parsers.hwpx_maker import make_hwpx
from tests.parsers.office_maker import make_docx, p
from tests.parsers.pdf_maker import make_pdf

__all__ = ["tesseract"]

BODY = unicodedata.normalize("NFD", "해치는 근거만 말한다.")


def _xlsx() -> bytes:
    import openpyxl

    workbook, data = openpyxl.Workbook(), io.BytesIO()
    workbook.active["A1"] = BODY
    workbook.save(data)
    return data.getvalue()


def _pptx() -> bytes:
    from pptx import Presentation

    presentation, data = Presentation(), io.BytesIO()
    presentation.slides.add_slide(presentation.slide_layouts[5]).shapes.title.text = BODY
    presentation.save(data)
    return data.getvalue()


SAMPLES: dict[str, tuple[str, bytes]] = {
    "text": ("가.txt", BODY.encode()),
    "markdown": ("가.md", f"# 제목\n\n{BODY}\n".encode()),
    "html": ("가.html", f"<title>제목</title><p>{BODY}</p>".encode()),
    "pdf": ("가.pdf", make_pdf([["해치는 근거만 말한다."]])),
    "pdf_plumber": ("가.pdf", make_pdf([["해치는 근거만 말한다."]])),
    "docx": ("가.docx", make_docx(p(BODY))),
    "xlsx": ("가.xlsx", _xlsx()),
    "pptx": ("가.pptx", _pptx()),
    "hwp": ("가.hwpx", make_hwpx(BODY)),
    "hwp_dochan": ("가.hwpx", make_hwpx(BODY)),
    "csv": ("가.csv", f"id,text\n1,{BODY}\n".encode()),
    "jsonl": ("가.jsonl", f'{{"id": 1, "text": "{BODY}"}}\n'.encode()),
    "image": ("가.png", png([(60, 60, 0)])),
}
#: Only pictures need a setting: OCR is off unless asked for.
OPTIONS = ParseOptions(ocr="auto")


@pytest.fixture(autouse=True)
def reading(tesseract: FakeTesseract) -> None:
    """The scripted tesseract reads the same sentence on the drawn page."""
    tesseract.play([(unicodedata.normalize("NFC", BODY), 95)])


def test_every_built_in_parser_has_a_sample() -> None:
    assert set(SAMPLES) == set(registry.BACKENDS["parsers"])


@pytest.mark.parametrize("name", SAMPLES)
def test_a_parser_gives_clean_documents_with_stable_ids(name: str, tmp_path: Path) -> None:
    file_name, data = SAMPLES[name]
    path = tmp_path / file_name
    path.write_bytes(data)
    parser = registry.load("parsers", name)()
    documents = parser.parse(path, file_name, OPTIONS)
    assert parser.name == name
    assert documents
    for document in documents:
        assert "해치는 근거만 말한다." in document.text
        assert unicodedata.is_normalized("NFC", document.text)
        assert "\x00" not in document.text
        assert document.title
        assert document.source.startswith(file_name)
        assert all(block.text.strip() for block in document.blocks)
    again = parser.parse(path, file_name, OPTIONS)
    assert [document.id for document in again] == [document.id for document in documents]


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("content", [None, b"", b"\x00\x01\x02\x03" * 500])
def test_a_parser_refuses_missing_empty_and_binary_files_with_a_reason(
    name: str, content: bytes | None, tmp_path: Path
) -> None:
    path = tmp_path / SAMPLES[name][0]
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ParseError, match=path.name):
        registry.load("parsers", name)().parse(path, path.name, OPTIONS)

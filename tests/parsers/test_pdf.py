from __future__ import annotations

import io
from pathlib import Path

import pypdfium2
import pytest
from pypdfium2 import raw

from haechi.errors import ParseError
from haechi.parsers.base import ParseOptions
from haechi.parsers.pdf import PdfParser, _without_furniture
from haechi.parsers.pdf_lines import join_lines, word_breaks
from tests.chunkers.helpers import shared_data

FIXTURES = shared_data() / "fixtures" / "pdf"


def make_pdf(pages: list[list[str]]) -> bytes:
    """A PDF of Latin lines in a standard font, made by PDFium itself."""
    document = pypdfium2.PdfDocument.new()
    font = raw.FPDFText_LoadStandardFont(document.raw, b"Helvetica")
    for lines in pages:
        page = document.new_page(595, 842)
        for index, line in enumerate(lines):
            item = raw.FPDFPageObj_CreateTextObj(document.raw, font, 12.0)
            encoded = (line + "\0").encode("utf-16-le")
            raw.FPDFText_SetText(item, raw.FPDF_WIDESTRING.from_buffer_copy(encoded) if False else _wide(encoded))
            raw.FPDFPageObj_Transform(item, 1, 0, 0, 1, 50, 780 - 20 * index)
            raw.FPDFPage_InsertObject(page.raw, item)
        page.gen_content()
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _wide(encoded: bytes) -> object:
    import ctypes

    return ctypes.cast(ctypes.create_string_buffer(encoded), ctypes.POINTER(ctypes.c_ushort))

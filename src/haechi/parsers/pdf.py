"""PDF → blocks with their 1-based page, through PDFium. Pages without usable text go to OCR (`pdf_ocr`).

A page becomes lines and ruled tables in reading order (`pdf_chars`, `pdf_rules`, `pdf_grid`, `pdf_columns`); running
headers, footers and page numbers are removed (`pdf_furniture`); the rest is joined into blocks (`pdf_blocks`).
A page without text, or whose font has no usable character map, is reported; a document made only of such pages, or
with next to nothing on many pages, is refused. PDFium is not thread-safe: parse in a worker process.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pypdfium2

from haechi.errors import ParseError
from haechi.parsers.base import ParseOptions
from haechi.parsers.encoding import read_bytes
from haechi.parsers.pdf_blocks import pdf_blocks
from haechi.parsers.pdf_chars import LineMaker, placing, read_glyphs, tables_with_text, turn_of
from haechi.parsers.pdf_columns import arrange
from haechi.parsers.pdf_furniture import remove_furniture
from haechi.parsers.pdf_grid import find_grids
from haechi.parsers.pdf_ocr import read_scanned, wanted_pages
from haechi.parsers.pdf_page import PdfPage
from haechi.parsers.pdf_rules import read_rules
from haechi.parsers.text import path_title, short_title
from haechi.types import Block, Document

#: Characters of the private use area stand where a font's map is broken; some symbol bullets are normal.
MAX_BROKEN_SHARE = 0.1
#: A page with fewer characters than this, most of it covered by a picture, is a scan with a stamp or a page number.
MIN_CHARACTERS = 30
MIN_IMAGE_SHARE = 0.5
#: So many pages with fewer characters each, on average, are a scan or a broken file.
MANY_PAGES = 5
MIN_AVERAGE = 6

_BROKEN = re.compile("[\x01\x03-\x08\x0e-\x1f\ue000-\uf8ff\U000f0000-\U0010ffff]")
_FILE_NAME = re.compile(
    r"\.(?:hwpx?|docx?|pptx?|xlsx?|pdf|txt|ai|indd|qxd)\b|^(?:Microsoft |Hwp|한글|untitled|제목 ?없음)", re.I
)
_PLACEHOLDER = re.compile(
    r"^(?:PowerPoint 프레젠테이션|PowerPoint Presentation|문서\s?\d*|Document\s?\d*|슬라이드 \d+)$", re.I
)


class PdfParser:
    """`.pdf` with a text layer."""

    name = "pdf"

    def parse(self, path: Path, source: str, options: ParseOptions) -> list[Document]:
        pages, title = self.read(path, source)
        empty = [page.number for page in pages if _is_empty(page)]
        broken = [page.number for page in pages if page.broken]
        scanned = read_scanned(path, source, wanted_pages(options, [*empty, *broken], len(pages)), options)
        if len(empty) + len(broken) == len(pages) and not scanned.blocks:
            raise _unreadable(source, len(pages), bool(broken), scanned.warnings)
        for page in pages:
            if page.number in scanned.read:
                page.items = []
        empty, broken = scanned.without(empty), scanned.without(broken)
        warnings: list[str] = [*scanned.warnings]
        if empty:
            warnings.append(f"글자 정보(텍스트 층)가 없는 쪽: {_page_list(empty)}. 그림으로만 된 쪽은 읽지 못합니다.")
        if broken:
            warnings.append(f"글꼴의 글자 대응표가 깨져 읽지 않은 쪽: {_page_list(broken)}.")
        if unruled := [page.number for page in pages if page.unruled]:
            warnings.append(f"선이 너무 많아 표를 찾지 않고 글로만 읽은 쪽: {_page_list(unruled)}.")
        remove_furniture(pages)
        blocks = scanned.merged(pdf_blocks(pages))
        _refuse_nearly_empty(blocks, len(pages), source)
        meta: dict[str, Any] = {"pages": len(pages)}
        if warnings:
            meta["warnings"] = warnings
        return [Document.make(source, title or path_title(source), blocks, meta)]

    def read(self, path: Path, source: str) -> tuple[list[PdfPage], str]:
        """All pages, and the title the file gives itself ("" where that is no title)."""
        document = _open(path, source)
        try:
            title = document.get_metadata_dict().get("Title", "")
            return [_read_page(document, index, source) for index in range(len(document))], good_title(title)
        finally:
            document.close()


def _open(path: Path, source: str) -> pypdfium2.PdfDocument:
    data = read_bytes(path, source)
    try:
        return pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise needs_password(source) from error
        raise cannot_open(source, error) from error


def needs_password(source: str) -> ParseError:
    """The refusal of an encrypted file."""
    return ParseError(
        f"{source}: 암호가 걸린 PDF입니다. 암호를 푼 파일을 넣어 주세요.", f"{source}: the PDF needs a password"
    )


def cannot_open(source: str, error: Exception) -> ParseError:
    """The refusal of a file that is no PDF any more."""
    return ParseError(
        f"{source}: 깨진 PDF라 열 수 없습니다. 원본에서 PDF를 다시 만들어 넣어 주세요. ({error})",
        f"{source}: broken PDF ({error})",
    )


def broken_page(source: str, number: int, error: Exception) -> ParseError:
    """The refusal of a file with a page that cannot be read."""
    return ParseError(
        f"{source}: {number}쪽이 깨져 읽을 수 없습니다. 원본에서 PDF를 다시 만들어 넣어 주세요. ({error})",
        f"{source}: page {number} is broken ({error})",
    )


def _read_page(document: pypdfium2.PdfDocument, index: int, source: str) -> PdfPage:
    """One page: its lines and tables in reading order. Raises ParseError when the page is damaged."""
    try:
        page = document[index]
        text = page.get_textpage()
    except pypdfium2.PdfiumError as error:
        raise broken_page(source, index + 1, error) from error
    try:
        place, width, height = placing(page, turn_of(page, text))
        glyphs = read_glyphs(text, place)
        rules = read_rules(page, place)
        made = PdfPage(index + 1, width, height, image_share=rules.image_area / max(1.0, width * height))
        if is_broken(glyphs.text):
            made.broken = True
            return made
        tables = tables_with_text(find_grids(rules), glyphs)
        made.unruled = rules.too_many
        made.items = arrange(LineMaker(text, glyphs, tables).items())
        return made
    finally:
        text.close()
        page.close()


def is_broken(text: str) -> bool:
    """Whether a page's text is nonsense, because its fonts have no usable character map."""
    visible = len("".join(text.split()))
    return visible > 0 and len(_BROKEN.findall(text)) > visible * MAX_BROKEN_SHARE


def _is_empty(page: PdfPage) -> bool:
    """Whether a page has no text layer: nothing at all, or a stamp on a picture."""
    if page.broken:
        return False
    return not page.characters or (page.characters < MIN_CHARACTERS and page.image_share >= MIN_IMAGE_SHARE)


def _refuse_nearly_empty(blocks: Sequence[Block], pages: int, source: str) -> None:
    found = sum(len("".join(block.text.split())) for block in blocks)
    if not blocks or (pages >= MANY_PAGES and found < pages * MIN_AVERAGE):
        raise ParseError(
            f"{source}: {pages}쪽에서 글자를 {found}자밖에 읽지 못했습니다. 스캔한 그림이거나 글자가 도형으로 바뀐 "
            "PDF로 보입니다. 원본에서 PDF를 다시 만들거나 문자 인식(OCR) 뒤에 넣어 주세요.",
            f"{source}: only {found} characters on {pages} pages (a scan, or text turned into shapes?)",
        )


def good_title(title: str) -> str:
    """The title of the file's properties when it reads like one, not like a file name or a program's default."""
    title = short_title(" ".join(title.split())) or ""
    if len(title) < 2 or _FILE_NAME.search(title) or _PLACEHOLDER.match(title) or "\ufffd" in title:
        return ""
    return title if re.search(r"[가-힣A-Za-z]{2}", title) else ""


def _unreadable(source: str, pages: int, broken: bool, why: Sequence[str] = ()) -> ParseError:
    if why:
        return ParseError(
            f"{source}: {pages}쪽 모두 글자 정보(텍스트 층)가 없거나 깨졌습니다. {' '.join(why)}",
            f"{source}: no usable text layer on any of the {pages} pages, and OCR read nothing",
        )
    if broken:
        return ParseError(
            f"{source}: 글꼴의 글자 대응표가 깨져 {pages}쪽 모두 읽을 수 없습니다. 원본에서 PDF를 다시 만들어 주세요.",
            f"{source}: the fonts have no usable character map on any of the {pages} pages",
        )
    return ParseError(
        f"{source}: {pages}쪽 모두 글자 정보(텍스트 층)가 없습니다. 스캔한 그림 PDF는 문자 인식(OCR) 뒤에 넣어 주세요.",
        f"{source}: no text layer on any of the {pages} pages (a scan?); run OCR first",
    )


def _page_list(numbers: Sequence[int]) -> str:
    shown = ", ".join(f"{number}쪽" for number in numbers[:10])
    return shown + (f" 등 {len(numbers)}쪽" if len(numbers) > 10 else "")

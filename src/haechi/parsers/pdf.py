"""PDF → paragraphs with their 1-based page, through PDFium. Pages without usable text go to OCR (`pdf_ocr`).

Running headers, footers and page numbers are removed; broken lines are joined again (`pdf_lines`). A page without text,
or whose font has no usable character map, is reported; a document made only of such pages is refused.
PDFium is not thread-safe: parse in a worker process.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pypdfium2

from haechi.errors import ParseError
from haechi.parsers.base import ParseOptions
from haechi.parsers.encoding import clean, read_bytes
from haechi.parsers.pdf_lines import join_lines, word_breaks
from haechi.parsers.pdf_ocr import read_scanned, wanted_pages
from haechi.parsers.text import path_title
from haechi.types import Block, Document

#: Characters of the private use area stand where a font's map is broken; some symbol bullets are normal.
MAX_BROKEN_SHARE = 0.1
#: A line at the edge of the page that repeats on this share of the pages is a running header or footer.
REPEATED_SHARE = 0.5
EDGE_LINES = 2

# A bare number is dropped only where it repeats from page to page: at the foot of one page it may belong to a table.
_PAGE_NUMBER = re.compile(
    r"^\s*(?:[-–—]\s*\d{1,4}\s*[-–—]|\d{1,4}\s*/\s*\d{1,4}|(?:p\.?\s*)\d{1,4}|\d{1,4}\s*쪽)\s*$", re.I
)
# PDFium puts a page number drawn first onto the same line as the text that follows it.
_LEADING_NUMBER = re.compile(r"^\s*[-–—]\s*\d{1,4}\s*[-–—]\s+(?=\S)")
_BROKEN = re.compile("[\x01-\x08\x0e-\x1f\ue000-\uf8ff\U000f0000-\U0010ffff]")
_SOFT_HYPHEN = re.compile("[\x02\ufffe]\r?\n")


class PdfParser:
    """`.pdf` with a text layer."""

    name = "pdf"

    def parse(self, path: Path, source: str, options: ParseOptions) -> list[Document]:
        texts = _page_texts(path, source)
        warnings: list[str] = []
        empty = [number for number, text in enumerate(texts, 1) if not text.strip()]
        broken = [number for number, text in enumerate(texts, 1) if _is_broken(text)]
        scanned = read_scanned(path, source, wanted_pages(options, [*empty, *broken], len(texts)), options)
        if len(empty) + len(broken) == len(texts) and not scanned.blocks:
            raise _unreadable(source, len(texts), bool(broken), scanned.warnings)
        warnings += scanned.warnings
        left_out = {*broken, *scanned.read}
        empty, broken = scanned.without(empty), scanned.without(broken)
        if empty:
            warnings.append(f"글자 정보(텍스트 층)가 없는 쪽: {_page_list(empty)}. 그림으로만 된 쪽은 읽지 못합니다.")
        if broken:
            warnings.append(f"글꼴의 글자 대응표가 깨져 읽지 않은 쪽: {_page_list(broken)}.")
        pages = [[] if number in left_out else text.split("\n") for number, text in enumerate(texts, 1)]
        pages = _without_furniture(pages)
        breaks = word_breaks([line for page in pages for line in page])
        blocks = scanned.merged(
            [
                Block(paragraph, page=number)
                for number, page in enumerate(pages, 1)
                for paragraph in join_lines(page, breaks)
            ]
        )
        meta: dict[str, Any] = {"pages": len(texts)}
        if warnings:
            meta["warnings"] = warnings
        return [Document.make(source, path_title(source), blocks, meta)]


def _page_texts(path: Path, source: str) -> list[str]:
    data = read_bytes(path, source)
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise ParseError(
                f"{source}: 암호가 걸린 PDF입니다. 암호를 푼 파일을 넣어 주세요.", f"{source}: the PDF needs a password"
            ) from error
        raise ParseError(
            f"{source}: 깨진 PDF라 열 수 없습니다. 원본에서 PDF를 다시 만들어 넣어 주세요. ({error})",
            f"{source}: broken PDF ({error})",
        ) from error
    texts: list[str] = []
    try:
        for index in range(len(document)):
            try:
                page = document[index]
                raw = page.get_textpage().get_text_bounded()
            except pypdfium2.PdfiumError as error:
                raise ParseError(
                    f"{source}: {index + 1}쪽이 깨져 읽을 수 없습니다. ({error})",
                    f"{source}: page {index + 1} is broken",
                ) from error
            # Judged before cleaning: cleaning takes the control characters away that tell of a broken font.
            texts.append(raw if _is_broken(raw) else clean(_SOFT_HYPHEN.sub("", raw)))
            page.close()
    finally:
        document.close()
    return texts


def _is_broken(text: str) -> bool:
    visible = len(text) - sum(text.count(space) for space in " \r\n\t")
    return visible > 0 and len(_BROKEN.findall(text)) > visible * MAX_BROKEN_SHARE


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


def _without_furniture(pages: list[list[str]]) -> list[list[str]]:
    """Drop page numbers at the edges, and edge lines that repeat from page to page (digits aside)."""
    pages = [[line.rstrip("\n") for line in page] for page in pages]
    seen: Counter[str] = Counter()
    for page in pages:
        filled = [line for line in page if line.strip()]
        seen.update({_shape(line) for line in (*filled[:EDGE_LINES], *filled[-EDGE_LINES:])})
    needed = max(3, len(pages) * REPEATED_SHARE)
    repeated = {shape for shape, times in seen.items() if times >= needed}
    return [_trim(page, repeated) for page in pages]


def _trim(page: list[str], repeated: set[str]) -> list[str]:
    filled = [index for index, line in enumerate(page) if line.strip()]
    edges = {*filled[:EDGE_LINES], *filled[-EDGE_LINES:]}
    kept = [
        line
        for index, line in enumerate(page)
        if index not in edges or not (_PAGE_NUMBER.match(line) or _shape(line) in repeated)
    ]
    for index, line in enumerate(kept):
        if line.strip():
            kept[index] = _LEADING_NUMBER.sub("", line)
            break
    return kept


def _shape(line: str) -> str:
    return re.sub(r"\d+", "#", " ".join(line.split()))

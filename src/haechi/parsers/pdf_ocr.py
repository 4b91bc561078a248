"""Pages of a PDF without usable text: drawn as pictures and read by OCR, where the options and the machine allow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from haechi.errors import ParseError
from haechi.parsers import tesseract
from haechi.parsers.base import ParseOptions
from haechi.types import Block

if TYPE_CHECKING:
    from PIL.Image import Image

#: Points an inch; a page larger than MAX_PIXELS at the wanted resolution is drawn smaller.
POINTS = 72
MAX_PIXELS = 30_000_000


@dataclass(frozen=True)
class ScannedPages:
    """What OCR gave for the pages `asked` of it: their blocks in order, what a user must know, which it `read`."""

    asked: tuple[int, ...] = ()
    read: tuple[int, ...] = ()
    blocks: tuple[Block, ...] = ()
    warnings: tuple[str, ...] = ()

    def without(self, numbers: Sequence[int]) -> list[int]:
        """The pages among `numbers` that these warnings do not speak of."""
        return [number for number in numbers if number not in self.asked]

    def merged(self, blocks: Sequence[Block]) -> list[Block]:
        """The text layer's blocks and these, by page; both keep their order within a page."""
        return sorted([*blocks, *self.blocks], key=lambda block: block.page or 0)


def wanted_pages(options: ParseOptions, empty: Sequence[int], pages: int) -> list[int]:
    """Which pages (1-based) OCR reads: those without text, or all with ocr = "always"; none with "off"."""
    if options.ocr == "off":
        return []
    return list(range(1, pages + 1)) if options.ocr == "always" else sorted(set(empty))


def read_scanned(path: Path, source: str, numbers: Sequence[int], options: ParseOptions) -> ScannedPages:
    """Draw these pages (1-based) at `options.ocr_dpi` and read them.

    With "auto" a machine without tesseract leaves them unread and says so in a warning; with "always" it raises
    ParseError. Never call it from two threads: PDFium is not thread-safe.
    """
    if not numbers:
        return ScannedPages()
    from haechi.parsers.ocr import blocks_of, page_list, read_pages, warnings_of

    reason = tesseract.problem()
    if reason is not None:
        if options.ocr == "always":
            raise ParseError(f"{source}: {reason.korean}", f"{source}: {reason.english}")
        note = f"글자 정보(텍스트 층)가 없거나 깨져 읽지 못한 쪽: {page_list(numbers)}. {reason.korean}"
        return ScannedPages(tuple(numbers), warnings=(note,))
    try:
        pages = read_pages(_drawn(path, source, numbers, options.ocr_dpi), len(numbers))
    except ParseError as error:
        if error.korean.startswith(source):
            raise
        raise ParseError(f"{source}: {error.korean}", f"{source}: {error.english}") from error
    read = tuple(page.number for page in pages if not page.problem)
    return ScannedPages(tuple(numbers), read, tuple(blocks_of(pages)), tuple(warnings_of(pages)))


def _drawn(path: Path, source: str, numbers: Sequence[int], dpi: int) -> Iterator[tuple[int, Image, int]]:
    import pypdfium2

    document = pypdfium2.PdfDocument(path)
    try:
        for number in numbers:
            try:
                page = document[number - 1]
                width, height = page.get_size()
                scale = min(dpi / POINTS, (MAX_PIXELS / max(1.0, width * height)) ** 0.5)
                picture = page.render(scale=scale, grayscale=True).to_pil().convert("L")
                page.close()
            except (pypdfium2.PdfiumError, ValueError, OverflowError) as error:
                raise ParseError(
                    f"{source}: {number}쪽을 그림으로 그릴 수 없습니다. ({error})",
                    f"{source}: page {number} cannot be drawn ({error})",
                ) from error
            yield number, picture, max(1, round(scale * POINTS))
    finally:
        document.close()

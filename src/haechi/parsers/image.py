"""A picture of a page → what OCR reads on it. A TIFF of several pages is a document of several pages.

Pictures are turned as their camera says (EXIF), flattened on white, and refused when they are too large to be a page.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from haechi.errors import ParseError
from haechi.parsers.base import ParseOptions
from haechi.parsers.encoding import read_bytes
from haechi.parsers.text import path_title
from haechi.types import Document

if TYPE_CHECKING:
    from PIL.Image import Image

#: Pixels of one page at most: A3 at 600 dpi has 70 million. More is a decompression bomb or a poster.
MAX_PIXELS = 100_000_000
MAX_PAGES = 2_000
#: Larger pages are made smaller before they are read; A3 at 300 dpi has 17 million pixels.
READ_PIXELS = 30_000_000
#: Letters of usual text (10 to 11 points) are this high per dot per inch; tells the resolution where the file does not.
LETTER_PER_DPI = 0.135


class ImageParser:
    """`.png`, `.jpg`, `.tif`, `.bmp`, `.webp`, through OCR."""

    name = "image"

    def parse(self, path: Path, source: str, options: ParseOptions) -> list[Document]:
        if options.ocr == "off":
            raise ParseError(
                f"{source}: 문자 인식(OCR)이 꺼져 있어 그림을 읽지 않습니다. haechi.toml의 [parsers] ocr를 "
                '"auto"로 바꾸세요.',
                f'{source}: OCR is off, so pictures are not read; set [parsers] ocr = "auto"',
            )
        from haechi.parsers.ocr import blocks_of, read_pages, warnings_of

        read_bytes(path, source)  # missing and empty files are refused in the usual words
        total = _count(path, source)
        try:
            pages = read_pages(_pictures(path, source), total)
        except ParseError as error:
            raise _of(source, error) from error
        blocks = blocks_of(pages)
        notes = warnings_of(pages)
        if not blocks:
            raise ParseError(
                f"{source}: 그림에서 글을 읽지 못했습니다. {' '.join(notes)}".strip(),
                f"{source}: no readable text in the picture ({', '.join(sorted({page.problem for page in pages}))})",
            )
        meta: dict[str, Any] = {"pages": total, "warnings": notes}
        return [Document.make(source, path_title(source), blocks, meta)]


def _of(source: str, error: ParseError) -> ParseError:
    """The same reason with the file's name before it."""
    if error.korean.startswith(source):
        return error
    return ParseError(f"{source}: {error.korean}", f"{source}: {error.english}")


def _open(path: Path, source: str) -> Image:
    from PIL import Image as Pillow

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Pillow.DecompressionBombWarning)  # MAX_PIXELS decides
            return Pillow.open(path, formats=("PNG", "JPEG", "TIFF", "BMP", "WEBP"))
    except Pillow.DecompressionBombError as error:
        raise _too_large(source, str(error)) from error
    except (OSError, ValueError, SyntaxError) as error:
        raise _broken(source, error) from error


def _too_large(source: str, what: str) -> ParseError:
    return ParseError(
        f"{source}: 그림이 너무 큽니다({what}, 최대 {MAX_PIXELS / 1e6:.0f}백만 화소). 크기를 줄여 다시 넣어 주세요.",
        f"{source}: the picture is too large ({what}; at most {MAX_PIXELS / 1e6:.0f} million pixels)",
    )


def _broken(source: str, error: Exception) -> ParseError:
    return ParseError(
        f"{source}: 그림 파일이 아니거나 깨졌습니다. PNG·JPEG·TIFF로 다시 저장해 주세요. ({type(error).__name__})",
        f"{source}: not a picture, or broken ({type(error).__name__}: {error})",
    )


def _count(path: Path, source: str) -> int:
    """The number of pages. Only TIFF has more than one: the other frames of a WebP or PNG are an animation."""
    with _open(path, source) as picture:
        if picture.format != "TIFF":
            return 1
        try:
            pages = int(getattr(picture, "n_frames", 1))
        except (OSError, ValueError, SyntaxError, EOFError) as error:
            raise _broken(source, error) from error
    if pages > MAX_PAGES:
        raise ParseError(
            f"{source}: 쪽이 너무 많습니다({pages}쪽, 최대 {MAX_PAGES}쪽). 파일을 나누어 주세요.",
            f"{source}: too many pages ({pages}; at most {MAX_PAGES}); split the file",
        )
    return pages


def _pictures(path: Path, source: str) -> Iterator[tuple[int, Image, int]]:
    with _open(path, source) as picture:
        for index in range(_count(path, source)):
            try:
                if index:
                    picture.seek(index)
                width, height = picture.size
                if width * height > MAX_PIXELS:
                    raise _too_large(source, f"{width}×{height}")
                grey = _grey(picture)
            except (OSError, ValueError, SyntaxError, EOFError) as error:
                raise _broken(source, error) from error
            yield index + 1, grey, resolution(grey, picture.info.get("dpi"))


def _grey(picture: Image) -> Image:
    """Upright, on white, 8 bits of grey, not larger than READ_PIXELS."""
    from PIL import Image as Pillow
    from PIL import ImageOps

    picture.load()
    upright = ImageOps.exif_transpose(picture) if picture.format != "TIFF" or picture.tell() == 0 else picture
    if upright.mode.startswith("I;16") or upright.mode in ("I", "F"):
        low, high = upright.getextrema()
        scale = 255 / max(1.0, float(high) - float(low))  # type: ignore[arg-type]
        upright = upright.convert("F").point(lambda value: (value - low) * scale)
    elif "A" in upright.getbands() or "transparency" in upright.info:
        coloured = upright.convert("RGBA")
        paper = Pillow.new("RGBA", coloured.size, "white")
        upright = Pillow.alpha_composite(paper, coloured)
    elif upright.mode == "CMYK":
        upright = upright.convert("RGB")
    grey = upright.convert("L")
    pixels = grey.width * grey.height
    if pixels > READ_PIXELS:
        share = (READ_PIXELS / pixels) ** 0.5
        grey = grey.resize((max(1, int(grey.width * share)), max(1, int(grey.height * share))))
    return grey


def resolution(grey: Image, stated: Any) -> int:
    """Dots per inch: what the file states where that is a scanner's, else judged by the height of its lines."""
    from haechi.parsers.ocr_layout import line_height

    try:
        dots = float(stated[0])
    except (TypeError, ValueError, IndexError, ZeroDivisionError):
        dots = 0.0
    if 140 <= dots <= 1200:
        return round(dots)
    height = line_height(grey)
    return max(70, min(600, round(height / LETTER_PER_DPI))) if height else 300

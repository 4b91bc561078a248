"""Pictures of pages → blocks that say they were read by OCR, and how sure tesseract was.

A page is straightened, cut into columns and table cells (`ocr_layout`), and all pieces are stacked into one tall strip
that tesseract reads as one block of text (`tesseract`): one call a page, and no line can run across two columns or two
cells. A page that reads badly is turned upright and tried in tesseract's own layout; what stays nonsense is not
given out at all. Pages are read side by side over the cores.
"""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

from haechi.parsers import tesseract
from haechi.parsers.encoding import clean
from haechi.parsers.ocr_layout import Box, Layout, Region, find_layout, line_height, skew
from haechi.parsers.ocr_slots import cores, slot
from haechi.parsers.pdf_lines import WordBreaks, word_breaks
from haechi.parsers.progress import page_done
from haechi.parsers.tesseract import ReadLine, mean_confidence
from haechi.types import Block

if TYPE_CHECKING:
    from PIL.Image import Image

#: Seconds for one page, all attempts together.
PAGE_SECONDS = 90.0
#: Pages read at once at most: each holds some 50 MB.
MAX_PAGES_AT_ONCE = 8
#: Below this mean confidence a page is tried in other ways; below the second it is nonsense and left out.
WEAK = 0.7
GARBAGE = 0.4
#: A page of which less than this share are Hangul or Latin words of two letters or more is nonsense too.
MIN_WORD_SHARE = 0.3
#: A line read with less than this is a picture or a stain.
MIN_LINE = 0.3
#: Lines below this are read a second time, with the English data.
WEAK_LINE = 0.87
#: Pages below this are read, and the reader is told.
DOUBTFUL = 0.8
#: Letters lower than this are enlarged to WANTED pixels: tesseract's model wants lines of about 36 pixels.
SMALL, WANTED = 22.0, 34.0
#: Tesseract takes pictures of up to 32,767 pixels a side.
MAX_STRIP = 24_000
PAD = 24

Problem = Literal["", "empty", "garbage", "timeout"]

_OPENS = re.compile(
    r"\s*(?:제\s?\d+\s?[조장절편관]|부\s?칙|[①-⑳]|\d{1,3}\s?[.)]\s|[(（]\s?[\d가-하]{1,2}\s?[)）]|[가-하]\s?[.)]\s|[-–•·○●◦□■◆◇▶※*☞@]\s)"
)
_ENDED = re.compile(r"[.:;!?。)\]」』”]$")
_PAGE_NUMBER = re.compile(r"^\s*[-–—~ㅡ]?\s*\d{1,4}\s*[-–—~ㅡ]?\s*$")
_LETTER = re.compile(r"[0-9A-Za-z가-힣一-鿿①-⑳]")
_HANGUL = re.compile(r"[가-힣]")
_WORDS = re.compile(r"[가-힣]{2,}|[A-Za-z]{2,}|\d+")


@dataclass(frozen=True)
class Part:
    """Lines of one column, or the rows of a table (`rows` holds its lines of text, cells joined)."""

    lines: tuple[ReadLine, ...]
    rows: tuple[str, ...] = ()

    @property
    def confidence(self) -> float:
        return mean_confidence([word for line in self.lines for word in line.words])


@dataclass(frozen=True)
class OcrPage:
    """What a page gave. `confidence` is the mean over its letters, 0 to 1. A page with a `problem` has no parts."""

    number: int
    parts: tuple[Part, ...] = ()
    confidence: float = 0.0
    problem: Problem = ""


@dataclass
class _Piece:
    """One column or cell on the strip: where it comes from and where it stands."""

    region: int
    cell: int | None
    box: Box
    top: int = 0
    lines: list[ReadLine] = field(default_factory=list)


def read_pages(pictures: Iterable[tuple[int, Image, int]], total: int, jobs: int | None = None) -> list[OcrPage]:
    """Read (page number, grey picture, dpi) one after the other, several at once; pages come back in order.

    Only this thread draws from `pictures` (PDFium is not thread-safe). Raises ParseError when tesseract is missing.
    """
    reason = tesseract.problem()
    if reason is not None:
        raise reason
    jobs = jobs or min(MAX_PAGES_AT_ONCE, cores())
    done: list[OcrPage] = []
    waiting: deque[Future[OcrPage]] = deque()
    with ThreadPoolExecutor(jobs) as pool:
        try:
            for number, picture, dpi in pictures:
                waiting.append(pool.submit(read_page, picture, dpi, number))
                while len(waiting) > jobs:
                    done.append(waiting.popleft().result())
                    page_done(len(done), total)
            while waiting:
                done.append(waiting.popleft().result())
                page_done(len(done), total)
        finally:
            for future in waiting:
                future.cancel()
    return done


def read_page(picture: Image, dpi: int, number: int = 1) -> OcrPage:
    """Read one grey picture. Raises ParseError when tesseract fails; a page over its time is a `problem`."""
    with slot():
        return _read_page(picture, dpi, number, time.monotonic() + PAGE_SECONDS)


def _read_page(picture: Image, dpi: int, number: int, deadline: float) -> OcrPage:
    try:
        best = _attempt(picture, dpi, number, deadline)
        if best.confidence >= WEAK or not _any_ink(picture):
            return _judged(best)
        way_up = tesseract.turned(picture, dpi=dpi, timeout=deadline - time.monotonic())
        if way_up:
            picture = picture.rotate(-way_up, expand=True, fillcolor=255)
            best = max(best, _attempt(picture, dpi, number, deadline), key=_hangul)
        if best.confidence < WEAK:
            lines = tesseract.read_lines(picture, mode=4, dpi=dpi, timeout=deadline - time.monotonic())
            best = max(best, _page(number, [Part(tuple(lines))]), key=_hangul)
        return _judged(best)
    except tesseract.PageTimeoutError:
        return OcrPage(number, problem="timeout")


def _any_ink(picture: Image) -> bool:
    low, high = picture.getextrema()
    return bool(high - low > 40)  # type: ignore[operator]


def _attempt(picture: Image, dpi: int, number: int, deadline: float) -> OcrPage:
    """The page by our own layout: straightened, enlarged where its letters are small, cut and stacked."""
    from PIL import Image as Pillow

    angle = skew(picture, dpi)
    if angle:
        picture = picture.rotate(angle, resample=Pillow.Resampling.BICUBIC, fillcolor=_paper(picture))
    height = line_height(picture)
    if 6 <= height < SMALL:
        factor = WANTED / height
        size = (round(picture.width * factor), round(picture.height * factor))
        picture, dpi = picture.resize(size, Pillow.Resampling.LANCZOS), round(dpi * factor)
    layout = find_layout(picture, dpi)
    pieces = _pieces(layout)
    for strip in _strips(pieces):
        image = _draw(picture, layout, strip)
        for line in _read_strip(image, min(dpi, 600), deadline):
            _give_back(line, strip)
    return _page(number, [_part(index, region, pieces) for index, region in enumerate(layout.regions)])


def _paper(picture: Image) -> int:
    """The grey of the paper: corners of another grey would have edges that look like lines."""
    counts = picture.histogram()
    return max(range(128, 256), key=lambda grey: counts[grey])


def _read_strip(image: Image, dpi: int, deadline: float) -> list[ReadLine]:
    """The lines of a strip; those that Korean alone reads badly are read with Latin too; the surer one stays."""
    from PIL import Image as Pillow

    lines = tesseract.read_lines(image, mode=6, dpi=dpi, timeout=deadline - time.monotonic())
    weak = [index for index, line in enumerate(lines) if line.confidence < WEAK_LINE and line.text.strip()]
    boxes = [(0, max(0, lines[index].top - 6), image.width, lines[index].bottom + 6) for index in weak]
    pieces = [_Piece(index, None, box) for index, box in zip(weak, boxes, strict=True)]
    for strip in _strips(pieces):
        height = strip[-1].top + strip[-1].box[3] - strip[-1].box[1] + PAD
        drawn = Pillow.new("L", (image.width + 2 * PAD, height), 255)
        for piece in strip:
            drawn.paste(image.crop(piece.box), (PAD, piece.top))
        timeout = deadline - time.monotonic()
        for line in tesseract.read_lines(drawn, mode=6, dpi=dpi, timeout=timeout, latin=True):
            _give_back(line, strip)
        for piece in strip:
            if len(piece.lines) == 1 and piece.lines[0].confidence > lines[piece.region].confidence:
                lines[piece.region] = piece.lines[0]
    return lines


def _pieces(layout: Layout) -> list[_Piece]:
    pieces = []
    for index, region in enumerate(layout.regions):
        if not region.cells:
            pieces.append(_Piece(index, None, region.box))
            continue
        for number, cell in enumerate(region.cells):
            if layout.has_letters(cell.box):
                pieces.append(_Piece(index, number, cell.box))
    return pieces


def _strips(pieces: Sequence[_Piece]) -> Iterator[list[_Piece]]:
    """Pieces that fit one picture; sets where each stands on it."""
    strip: list[_Piece] = []
    top = PAD
    for piece in pieces:
        height = piece.box[3] - piece.box[1]
        if strip and top + height > MAX_STRIP:
            yield strip
            strip, top = [], PAD
        piece.top = top
        strip.append(piece)
        top += height + 2 * PAD
    if strip:
        yield strip


def _draw(picture: Image, layout: Layout, strip: Sequence[_Piece]) -> Image:
    import numpy as np
    from PIL import Image as Pillow

    tables = [region.box for region in layout.regions if region.cells]
    width = max(piece.box[2] - piece.box[0] for piece in strip) + 2 * PAD
    height = strip[-1].top + strip[-1].box[3] - strip[-1].box[1] + PAD
    drawn = Pillow.new("L", (width, height), 255)
    for piece in strip:
        left, top, right, bottom = piece.box
        pixels = np.array(picture.crop(piece.box))
        paper = int(np.percentile(pixels, 90))
        rules = layout.rules_in(piece.box)[: pixels.shape[0], : pixels.shape[1]]
        pixels[: rules.shape[0], : rules.shape[1]][rules] = paper
        if piece.cell is None:
            for table in tables:  # text may stand beside a table that is read by itself
                across = slice(max(0, table[0] - left), max(0, min(table[2], right) - left))
                pixels[max(0, table[1] - top) : max(0, min(table[3], bottom) - top), across] = paper
        # Grey cells become white: their edges would be lines again.
        lifted = np.clip(pixels.astype(np.int16) + (255 - paper), 0, 255).astype(np.uint8)
        drawn.paste(Pillow.fromarray(lifted), (PAD, piece.top))
    return drawn


def _give_back(line: ReadLine, strip: Sequence[_Piece]) -> None:
    """Put a line of the strip into the piece it stands in, in the page's own coordinates."""
    middle = (line.top + line.bottom) / 2
    piece = min(strip, key=lambda item: max(item.top - middle, middle - item.top - (item.box[3] - item.box[1]), 0))
    across, down = piece.box[0] - PAD, piece.box[1] - piece.top
    words = tuple(
        replace(
            word, left=word.left + across, right=word.right + across, top=word.top + down, bottom=word.bottom + down
        )
        for word in line.words
    )
    piece.lines.append(ReadLine(words))


def _part(index: int, region: Region, pieces: Sequence[_Piece]) -> Part:
    own = [piece for piece in pieces if piece.region == index]
    if not region.cells:
        return Part(tuple(line for piece in own for line in piece.lines))
    kept = {piece.cell: [line for line in piece.lines if _is_text(line)] for piece in own}
    rows = max(cell.rows[1] for cell in region.cells)
    columns = max(cell.columns[1] for cell in region.cells)
    table = [[""] * columns for _ in range(rows)]
    for number, cell in enumerate(region.cells):
        text = " ".join(clean(line.text) for line in kept.get(number, ()))
        for row in range(*cell.rows):  # what stands beside several rows belongs to each of them
            table[row][cell.columns[0]] = text.replace(" | ", " ")
    lines = tuple(line for found in kept.values() for line in found)
    return Part(lines, tuple(" | ".join(row) for row in table if any(row)))


def _is_text(line: ReadLine) -> bool:
    return line.confidence >= MIN_LINE and bool(_LETTER.search(line.text))


def _page(number: int, parts: Sequence[Part]) -> OcrPage:
    kept = []
    for part in parts:
        lines = part.lines if part.rows else tuple(line for line in part.lines if _is_text(line))
        if part is parts[-1] and not part.rows and lines and _PAGE_NUMBER.match(lines[-1].text):
            lines = lines[:-1]
        if lines:
            kept.append(replace(part, lines=lines))
    words = [word for part in kept for line in part.lines for word in line.words]
    return OcrPage(number, tuple(kept), mean_confidence(words))


def _hangul(page: OcrPage) -> float:
    """How much Korean was read, doubtful letters counting less; Latin counts a little, for pages without Korean."""
    text = "".join(line.text for part in page.parts for line in part.lines)
    return (len(_HANGUL.findall(text)) + 0.1 * len(_LETTER.findall(text))) * page.confidence


def _judged(page: OcrPage) -> OcrPage:
    text = " ".join(line.text for part in page.parts for line in part.lines)
    visible = len("".join(text.split()))
    if not visible:
        return OcrPage(page.number, problem="empty")
    words = sum(len(word) for word in _WORDS.findall(text))
    if page.confidence < GARBAGE or words < visible * MIN_WORD_SHARE:
        return OcrPage(page.number, confidence=page.confidence, problem="garbage")
    return page


def blocks_of(pages: Sequence[OcrPage]) -> list[Block]:
    """The blocks of all pages in order; `meta["ocr"]` is the mean confidence of each."""
    texts = [line.text for page in pages for part in page.parts if not part.rows for line in part.lines]
    breaks = word_breaks(texts)
    blocks: list[Block] = []
    for page in pages:
        for part in page.parts:
            if part.rows:
                meta: dict[str, Any] = {"ocr": round(part.confidence, 2), "header_rows": _header_rows(part.rows)}
                blocks.append(Block("\n".join(part.rows), "table", page.number, meta=meta))
                continue
            for text, lines in _paragraphs(part.lines, breaks):
                confidence = mean_confidence([word for line in lines for word in line.words])
                blocks.append(Block(text, "paragraph", page.number, meta={"ocr": round(confidence, 2)}))
    return blocks


def _header_rows(rows: Sequence[str]) -> int:
    """One where the first row fills every column and has no number in it."""
    return int(len(rows) > 1 and all(cell.strip() and not re.search(r"\d", cell) for cell in rows[0].split(" | ")))


def _paragraphs(lines: Sequence[ReadLine], breaks: WordBreaks) -> Iterator[tuple[str, list[ReadLine]]]:
    """Lines that belong together: the one before is full, and the next neither opens a unit nor stands apart."""
    if not lines:
        return
    left, right = min(line.left for line in lines), max(line.right for line in lines)
    heights = sorted(line.bottom - line.top for line in lines)
    height = max(1, heights[len(heights) // 2])
    pitches = sorted(after.top - before.top for before, after in pairwise(lines))
    pitch = min(pitches[len(pitches) // 2], 2 * height) if pitches else 0
    text, own = lines[0].text, [lines[0]]
    for before, line in pairwise(lines):
        ended = bool(_ENDED.search(text))
        full = right - before.right <= max(2 * height, 0.06 * (right - left))
        apart = line.top - before.top > 1.6 * pitch or line.top < before.top
        indented = line.left - left > height and line.left - before.left > height / 2
        if full and not apart and not _OPENS.match(line.text) and not (ended and indented):
            text = text + breaks.joiner(text, line.text) + line.text
            own.append(line)
            continue
        yield clean(text), own
        text, own = line.text, [line]
    yield clean(text), own


def warnings_of(pages: Sequence[OcrPage]) -> list[str]:
    """What a user must know: which pages were read from pictures, which poorly, and which not at all."""
    read = [page for page in pages if not page.problem]
    warnings = []
    if read:
        mean = sum(page.confidence for page in read) / len(read)
        warnings.append(
            f"문자 인식(OCR)으로 읽은 쪽: {page_list([page.number for page in read])} (평균 확신도 {mean:.0%}). "
            "숫자는 원본과 견주어 보세요."
        )
    if doubtful := [page.number for page in read if page.confidence < DOUBTFUL]:
        warnings.append(f"문자 인식의 확신도가 낮은 쪽: {page_list(doubtful)}. 더 선명하게 스캔하면 나아집니다.")
    reasons: dict[Problem, str] = {
        "garbage": "문자 인식 결과가 글로 보이지 않아 넣지 않은 쪽: {}. 더 선명하게 다시 스캔해 주세요.",
        "timeout": f"문자 인식이 {PAGE_SECONDS:.0f}초 안에 끝나지 않아 읽지 못한 쪽: {{}}.",
        "empty": "문자 인식에서 글자를 찾지 못한 쪽: {}.",
    }
    for problem, text in reasons.items():
        if numbers := [page.number for page in pages if page.problem == problem]:
            warnings.append(text.format(page_list(numbers)))
    return warnings


def page_list(numbers: Sequence[int]) -> str:
    """`1쪽, 3쪽`; the first ten of many."""
    shown = ", ".join(f"{number}쪽" for number in numbers[:10])
    return shown + (f" 등 {len(numbers)}쪽" if len(numbers) > 10 else "")

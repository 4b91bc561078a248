"""Plain pieces of so many characters with overlap, for comparison with the units that know what they cut.

One separator cuts only there; several are tried coarse to fine. A piece over the embedder's limit is cut again, and the
notes say so, as they do when a separator never occurs and nothing could be cut. Neighbouring blocks count as
separated by a blank line. Labels: `조각 N`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from haechi.chunkers.base import TokenBudget
from haechi.chunkers.budget import Meter, Span, trim
from haechi.chunkers.fixed_split import split_characters, split_recursively
from haechi.chunkers.lines import Pages
from haechi.chunkers.table import Tables
from haechi.errors import ConfigError
from haechi.types import BLOCK_SEPARATOR, Chunk, Document

#: The deck's RAG and chat page settings.
SIZE, OVERLAP, SEPARATORS = 1000, 50, ("\n\n", "\n", " ", "")
BLANK_LINE = "\n\n"
_LONGEST = "조각 999999 (999/999)"


class FixedChunker:
    """Registry name `fixed`. Raises ConfigError for an overlap that is not smaller than the size."""

    unit = "fixed"

    def __init__(self, size: int = SIZE, overlap: int = OVERLAP, separators: Sequence[str] = SEPARATORS) -> None:
        if size < 1 or not 0 <= overlap < size or not separators:
            raise ConfigError(
                f"fixed_size = {size}, fixed_overlap = {overlap}: 크기는 1 이상, 겹침은 0 이상이고 크기보다 "
                "작아야 하며 fixed_separators는 하나 이상이어야 합니다",
                f"fixed_size = {size}, fixed_overlap = {overlap}: expected size >= 1, 0 <= overlap < size, and at "
                "least one separator",
            )
        self.size, self.overlap, self.separators = size, overlap, tuple(separators)

    def split(self, document: Document, budget: TokenBudget) -> list[Chunk]:
        meter = Meter(budget, document.title)
        tables, pages = Tables(document), Pages(document)
        chunks: list[Chunk] = []
        over: list[int] = []
        spans = self._spans(document)
        cut_until = 0
        for number, (start, end) in enumerate(spans, 1):
            # Pieces that were cut again are smaller than the overlap may be: what follows them repeats nothing.
            start, end = trim(document.text, max(start, cut_until), end)
            if start >= end:
                continue
            headings, meta = tables.beside(start, end)
            kept = meter.headings(headings, _LONGEST)
            text = document.text[start:end]
            fits = meter.fits_whole(text, kept, _LONGEST)
            if not fits:
                over.append(len(text))
                cut_until = end
            parts = [(start, end)] if fits else meter.cut(document.text, start, end, kept, _LONGEST)
            for part, (first, last) in enumerate(parts, 1):
                label = f"조각 {number}" if fits else f"조각 {number} ({part}/{len(parts)})"
                page = pages.page(first)
                chunks.append(
                    Chunk.make(
                        document, first, last, unit=self.unit, label=label, page=page, headings=kept, meta=dict(meta)
                    )
                )
        self._warn(document, spans, over, budget)
        return chunks

    def _spans(self, document: Document) -> list[Span]:
        """Spans of `document.text`; the splitters see a blank line between two blocks."""
        blocks = [block.text for block in document.blocks]
        text = BLANK_LINE.join(blocks)
        if len(self.separators) == 1 and self.separators[0]:
            found = split_characters(text, self.size, self.overlap, self.separators[0])
        else:
            found = split_recursively(text, self.size, self.overlap, self.separators)
        extra = len(BLANK_LINE) - len(BLOCK_SEPARATOR)
        starts, position = [], 0
        for block in blocks:
            starts.append(position)
            position += len(block) + len(BLANK_LINE)

        def there(offset: int) -> int:
            before = bisect_right(starts, offset) - 1
            inside = min(offset - starts[before], len(blocks[before]) + len(BLOCK_SEPARATOR))
            return starts[before] - before * extra + inside

        spans = [trim(document.text, there(start), there(end - 1) + 1) for start, end in found]
        return list(dict.fromkeys(span for span in spans if span[0] < span[1]))

    def _warn(self, document: Document, spans: Sequence[Span], over: Sequence[int], budget: TokenBudget) -> None:
        longest = max((end - start for start, end in spans), default=0)
        if longest > self.size:
            count = sum(end - start > self.size for start, end in spans)
            marks = ", ".join(repr(separator) for separator in self.separators)
            never = "없어 하나도 나누지 못했습니다" if len(spans) == 1 else "드물어 다 나누지 못했습니다"
            budget.notes.warnings.append(
                f"구분자 {marks}가 글에 {never}: 크기 {self.size}자를 넘는 조각 {count}개(가장 긴 것 {longest}자). "
                "haechi.toml의 [ingest] fixed_separators를 확인하세요"
            )
        if over:
            budget.notes.warnings.append(
                f"임베딩 한도({budget.limit}토큰)를 넘는 조각 {len(over)}개(전체 {len(spans)}개)를 문장 경계에서 다시 "
                "나누었습니다"
            )

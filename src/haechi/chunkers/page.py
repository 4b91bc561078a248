"""A page → one chunk; a page over the embedder's limit is cut at sentences and rows into `3쪽 (1/2)`.

The fewest vectors of all units, and the bluntest. A document without pages counts as one page (`전체`).
"""

from __future__ import annotations

from collections.abc import Iterator

from haechi.chunkers.base import TokenBudget
from haechi.chunkers.budget import Meter, trim
from haechi.chunkers.lines import block_spans
from haechi.chunkers.table import Tables
from haechi.types import Block, Chunk, Document


class PageChunker:
    """Registry name `page`."""

    unit = "page"

    def split(self, document: Document, budget: TokenBudget) -> list[Chunk]:
        return list(self._chunks(document, budget))

    def _chunks(self, document: Document, budget: TokenBudget) -> Iterator[Chunk]:
        tables = Tables(document)
        text = document.text
        for start, end, page, outer, contents in _pages(document):
            name = f"{page}쪽" if page is not None else "전체"
            longest = f"{name} (999/999)"
            meter = Meter(budget, document.title)
            captions, meta = tables.beside(start, end)
            meta = meta | ({"toc": True} if contents else {})
            kept = meter.headings((*outer, *captions), longest)
            if meter.fits_whole(text[start:end], kept, longest):
                pieces = [(start, end, kept, meta)]
            else:
                # A page is cut into as few pieces as the limit allows, not to the size of a paragraph.
                room = budget.limit - budget.count(meter.place(outer, longest))
                wide = Meter(budget, document.title, max(room, budget.limit // 4))
                pieces = [
                    (piece.start, piece.end, piece.headings, piece.meta)
                    for piece in tables.cut(start, end, wide, outer, longest)
                ]
            for number, (first, last, headings, inner) in enumerate(pieces, 1):
                label = name if len(pieces) == 1 else f"{name} ({number}/{len(pieces)})"
                yield Chunk.make(
                    document, first, last, unit=self.unit, label=label, page=page, headings=headings, meta=inner
                )


def _pages(document: Document) -> Iterator[tuple[int, int, int | None, tuple[str, ...], bool]]:
    """(start, end, page, headings, whether it is a table of contents alone) of each run of blocks on one page."""
    found: list[list[tuple[int, int, Block]]] = []
    page: int | None = None
    for span in block_spans(document):
        if not span[2].text.strip():
            continue
        if found and (span[2].page is None or page == span[2].page):
            found[-1].append(span)
        else:
            found.append([span])
            page = span[2].page
    for run in found:
        start, end = trim(document.text, run[0][0], run[-1][1])
        contents = all(block.meta.get("toc") for _, _, block in run)
        yield start, end, run[0][2].page, run[0][2].headings, contents

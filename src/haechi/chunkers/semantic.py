"""Text cut where its meaning shifts, by the home's own embedder: no service is asked.

Every sentence is embedded with its two neighbours; where two such windows are less alike than most (the percentile of
all the document's steps), a new chunk begins. Headings and tables always end one. A chunk over the limit is
cut at sentence ends. Labels: `3쪽` where there are pages, else `내용 N`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from haechi.chunkers.base import TokenBudget
from haechi.chunkers.budget import Meter, Span
from haechi.chunkers.lines import block_spans
from haechi.chunkers.table import Tables, is_table, table_label
from haechi.errors import ConfigError
from haechi.korean.sentences import split_sentences
from haechi.types import Block, Chunk, Document

Embed = Callable[[Sequence[str]], NDArray[np.float32]]

#: Above this percentile of all distances a step is a shift (the classic value).
PERCENTILE = 95.0
_BATCH = 256
_LONGEST = "내용 999999"


@dataclass
class _Section:
    """Prose under one heading; `opening` is where its headings begin."""

    opening: int
    block: Block
    sentences: list[Span]
    pages: list[int | None]


class SemanticChunker:
    """Registry name `semantic`. `embed` gives normalised vectors of passages, one row a text."""

    unit = "semantic"

    def __init__(self, embed: Embed, percentile: float = PERCENTILE) -> None:
        if not 0 < percentile < 100:
            raise ConfigError(
                f"semantic_percentile = {percentile}: 0보다 크고 100보다 작아야 합니다",
                f"semantic_percentile = {percentile}: expected a number between 0 and 100",
            )
        self._embed = embed
        self._percentile = percentile

    def split(self, document: Document, budget: TokenBudget) -> list[Chunk]:
        meter = Meter(budget, document.title)
        items = list(_sections(document, meter))
        sections = [item for item in items if isinstance(item, _Section)]
        shifts = self._shifts(document.text, sections, budget)
        chunks: list[Chunk] = []
        tables = Tables(document)
        for item in items:
            if isinstance(item, _Section):
                chunks += self._prose(document, item, shifts, meter, len(chunks))
            else:
                start, end, block = item
                for piece in tables.cut(start, end, meter, block.headings, _LONGEST):
                    label = table_label(piece.meta, _label(block, block.page, len(chunks) + 1))
                    chunks.append(
                        Chunk.make(
                            document,
                            piece.start,
                            piece.end,
                            unit=self.unit,
                            label=label,
                            page=block.page,
                            headings=piece.headings,
                            meta=piece.meta,
                        )
                    )
        return chunks

    def _shifts(self, text: str, sections: Sequence[_Section], budget: TokenBudget) -> set[int]:
        """Offsets of the sentences at which a new meaning begins."""
        windows: list[str] = []
        for section in sections:
            windows += _windows(text, section.sentences, budget)
        vectors = [self._embed(windows[start : start + _BATCH]) for start in range(0, len(windows), _BATCH)]
        if not vectors:
            return set()
        matrix = np.concatenate(vectors)
        steps: list[tuple[int, float]] = []
        row = 0
        for section in sections:
            for place, (start, _) in enumerate(section.sentences):
                if place:
                    steps.append((start, 1.0 - float(matrix[row - 1] @ matrix[row])))
                row += 1
        if not steps:
            return set()
        threshold = float(np.percentile([distance for _, distance in steps], self._percentile))
        return {start for start, distance in steps if distance > threshold}

    def _prose(
        self, document: Document, section: _Section, shifts: set[int], meter: Meter, before: int
    ) -> Iterator[Chunk]:
        kept = meter.headings(section.block.headings, _LONGEST)
        groups: list[tuple[int, int, int | None]] = []
        for (start, end), page in zip(section.sentences, section.pages, strict=True):
            if groups and start not in shifts:
                groups[-1] = (groups[-1][0], end, groups[-1][2])
            else:
                groups.append((start if groups else section.opening, end, page))
        number = before
        for start, end, page in groups:
            fits = meter.fits_whole(document.text[start:end], kept, _LONGEST)
            spans = [(start, end)] if fits else meter.cut(document.text, start, end, kept, _LONGEST)
            for first, last in spans:
                number += 1
                label = _label(section.block, page, number)
                yield Chunk.make(document, first, last, unit=self.unit, label=label, page=page, headings=kept)


def _label(block: Block, page: int | None, number: int) -> str:
    return f"{page}쪽" if page is not None else f"내용 {number}"


def _sections(document: Document, meter: Meter) -> Iterator[_Section | tuple[int, int, Block]]:
    """Prose between headings and tables, and the tables, in order."""
    open_: _Section | None = None
    opening: tuple[int, Block] | None = None
    for start, end, block in block_spans(document):
        if not block.text.strip():
            continue
        if block.kind == "heading":
            if open_:
                yield open_
                open_ = None
            opening = opening or (start, block)
            opening = (opening[0], block)
        elif is_table(block) or block.meta.get("toc"):
            if open_:
                yield open_
                open_ = None
            yield (opening[0] if opening else start), end, block
            opening = None
        else:
            spans = [(start + first, start + last) for first, last in split_sentences(block.text)]
            spans = [piece for span in spans for piece in _bounded(document.text, span, meter)]
            if open_ and open_.block.headings == block.headings:
                open_.sentences += spans
                open_.pages += [block.page] * len(spans)
                continue
            if open_:
                yield open_
            open_ = _Section(opening[0] if opening else start, block, spans, [block.page] * len(spans))
            opening = None
    if open_:
        yield open_
    elif opening:
        block = opening[1]
        last = len(document.text.rstrip())
        yield _Section(opening[0], block, [(opening[0], last)], [block.page])


def _bounded(text: str, span: Span, meter: Meter) -> list[Span]:
    """A sentence as it is, or in pieces that the embedder can read."""
    if span[1] - span[0] <= meter.target:
        return [span]
    return meter.cut(text, *span, (), _LONGEST)


def _windows(text: str, spans: Sequence[Span], budget: TokenBudget) -> list[str]:
    """Each sentence with its neighbours, alone where three are more than the embedder reads."""
    windows = []
    for place, (start, end) in enumerate(spans):
        window = text[spans[max(0, place - 1)][0] : spans[min(len(spans) - 1, place + 1)][1]]
        windows.append(window if budget.count(window) <= budget.limit else text[start:end])
    return windows

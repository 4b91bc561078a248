"""A sentence → one chunk, for texts whose sentences stand on their own (minutes, lists of facts, guidelines).

A heading opens the sentence that follows it. Tables are cut between rows as everywhere; a table of contents stays
apart. Label: `문장 N`, counted over the document; a sentence over the embedder's limit becomes `문장 N (1/3)`.
"""

from __future__ import annotations

from collections.abc import Iterator

from haechi.chunkers.base import TokenBudget
from haechi.chunkers.budget import Meter, Span
from haechi.chunkers.lines import block_spans
from haechi.chunkers.table import Tables, is_table, table_label
from haechi.korean.sentences import split_sentences
from haechi.types import Block, Chunk, Document

_LONGEST = "문장 999999 (999/999)"


class SentenceChunker:
    """Registry name `sentence`."""

    unit = "sentence"

    def split(self, document: Document, budget: TokenBudget) -> list[Chunk]:
        return list(self._chunks(document, Meter(budget, document.title)))

    def _chunks(self, document: Document, meter: Meter) -> Iterator[Chunk]:
        tables = Tables(document)
        number = 0
        for start, end, block in _with_headings(document):
            if is_table(block) or block.meta.get("toc"):
                number += 1
                kept = meter.headings(block.headings, _LONGEST)
                for piece in tables.cut(start, end, meter, kept, _LONGEST):
                    label = table_label(piece.meta, f"문장 {number}")
                    yield self._make(document, piece.start, piece.end, label, block, piece.headings, piece.meta)
                continue
            kept = meter.headings(block.headings, _LONGEST)
            for first, last in _sentences(document.text, start, end, block):
                number += 1
                fits = meter.fits_whole(document.text[first:last], kept, _LONGEST)
                spans = [(first, last)] if fits else meter.cut(document.text, first, last, kept, _LONGEST)
                for part, (begin, stop) in enumerate(spans, 1):
                    label = f"문장 {number}" if fits else f"문장 {number} ({part}/{len(spans)})"
                    yield self._make(document, begin, stop, label, block, kept, {})

    def _make(
        self,
        document: Document,
        start: int,
        end: int,
        label: str,
        block: Block,
        headings: tuple[str, ...],
        meta: dict[str, object],
    ) -> Chunk:
        return Chunk.make(
            document, start, end, unit=self.unit, label=label, page=block.page, headings=headings, meta=meta
        )


def _with_headings(document: Document) -> Iterator[tuple[int, int, Block]]:
    """Blocks that are not headings, each from where the headings before it begin; headings at the end by themselves."""
    opened: tuple[int, int, Block] | None = None
    for start, end, block in block_spans(document):
        if not block.text.strip():
            continue
        if block.kind == "heading":
            opened = (opened[0] if opened else start, end, block)
        else:
            yield (opened[0] if opened else start), end, block
            opened = None
    if opened:
        yield opened


def _sentences(text: str, start: int, end: int, block: Block) -> Iterator[Span]:
    """The sentences of a block; what stands before it (its headings) goes with the first one."""
    body = max(start, end - len(block.text))
    first = True
    for begin, stop in split_sentences(text[body:end]):
        yield (start if first else body + begin), body + stop
        first = False

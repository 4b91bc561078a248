"""A row of a table → one chunk; a row that is too long is cut at sentence ends into `N행 (1/3)` pieces.

A row of a database says itself what it is called (`row_label`: `고객문의 id=123`).
"""

from __future__ import annotations

from haechi.chunkers.base import TokenBudget
from haechi.chunkers.budget import Meter, trim
from haechi.types import Chunk, Document


class RowChunker:
    """Registry name `row`. A file of prose given as a row is one row without a number."""

    unit = "row"

    def split(self, document: Document, budget: TokenBudget) -> list[Chunk]:
        text = document.text
        start, end = trim(text, 0, len(text))
        if start == end:
            return []
        meter = Meter(budget, document.title)
        row = document.meta.get("row")
        label = str(document.meta.get("row_label") or (f"{row}행" if row is not None else "전체"))
        meta = {} if row is None else {"row": row}
        if meter.fits_whole(text[start:end], (), label):
            return [Chunk.make(document, start, end, unit=self.unit, label=label, meta=meta)]
        # Counted with the longest form of the label, so that "(12/34)" cannot push a piece over the limit.
        spans = meter.cut(text, start, end, (), f"{label} (99999/99999)")
        return [
            Chunk.make(document, first, last, unit=self.unit, label=f"{label} ({number}/{len(spans)})", meta=meta)
            for number, (first, last) in enumerate(spans, 1)
        ]

"""Laws and 규정 → one chunk per 조, a long 조 by 항, a long 항 by groups of 호. No chunk crosses an article.

Labels are what a lawyer would write: `제12조`, `제12조제2항`, `제12조제2항제3호`, `부칙 제1조`, `별표 1`. Each chunk
of an article carries its number and title in `headings`; a later group of 호 carries the sentence that introduces them
as well, because "다음 각 호의 어느 하나" is what gives them their meaning.
`meta`: law, part (본문, 부칙, 별표), article, article_title, paragraph, items, deleted, supplement (a 부칙's heading).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from haechi.chunkers.base import TokenBudget
from haechi.chunkers.budget import Meter, Span, trim
from haechi.chunkers.law_structure import Article, Gap, Part, parts
from haechi.chunkers.lines import Pages
from haechi.chunkers.table import Tables
from haechi.korean import law_units
from haechi.korean.law_units import Unit
from haechi.types import Chunk, Document

_DELETED = re.compile(r"\s*[<\[(]?\s*삭\s*제\s*(?:[>\])]|[<\[(][^>\])]*[>\])]|\d[\d. ]*)?\s*\.?\s*$")


class LawArticleChunker:
    """Registry name `law_article`."""

    unit = "law_article"

    def split(self, document: Document, budget: TokenBudget) -> list[Chunk]:
        return list(_Splitter(document, budget).chunks())


class _Splitter:
    def __init__(self, document: Document, budget: TokenBudget) -> None:
        self.document = document
        self.text = document.text
        self.meter = Meter(budget, document.title)
        self.pages = Pages(document)
        self.tables = Tables(document)

    def chunks(self) -> Iterator[Chunk]:
        for index, part in enumerate(parts(self.document)):
            yield from self._before_articles(part, first=index == 0)
            units: list[Article | Gap] = [*part.articles, *part.gaps]
            for item in sorted(units, key=lambda unit: unit.start):
                if isinstance(item, Gap):
                    yield from self._cut(item.start, item.end, self.unit, item.heading, (), {"part": part.kind})
                else:
                    yield from self._article(part, item)

    def _before_articles(self, part: Part, first: bool) -> Iterator[Chunk]:
        """The preamble of a law, or a 부칙 without articles. Headings alone make no chunk."""
        starts = [article.start for article in part.articles] + list(part.stops)
        end = min(starts, default=part.end)
        if part.kind == "본문":
            start, end = trim(self.text, part.start, end)
            if first and self._has_prose(start, end):
                yield from self._cut(start, end, "preamble", "전문", (), {"part": part.kind})
        elif part.kind == "부칙" and self.text[part.body : end].strip():
            meta = {"part": part.kind, "article": "부칙", "supplement": part.heading}
            # What stands between the heading and the first article, or the whole of a 부칙 without articles.
            yield from self._paragraphs(part.start, end, part.body, "부칙", (part.heading,), meta, "부칙 ")

    def _has_prose(self, start: int, end: int) -> bool:
        """Whether a preamble says more than the title and headings do."""
        title = "".join(self.document.title.split())
        return any("".join(line.split()) != title for line in self.pages.prose(start, end))

    def _article(self, part: Part, article: Article) -> Iterator[Chunk]:
        name = f"{article.label}({article.title})" if article.title and part.kind != "별표" else article.label
        outer = (part.heading,) if part.kind == "부칙" else article.levels
        own = (" ".join(article.title.split())) if part.kind == "별표" else name
        meta: dict[str, Any] = {"part": part.kind, "article": article.number}
        if part.kind == "부칙":
            meta["supplement"] = part.heading
        if article.title and part.kind != "별표":
            meta["article_title"] = article.title
        if _DELETED.match(self.text[article.body : article.end]):
            meta["deleted"] = True
        if part.kind == "별표":
            self.meter.fits_whole(self.text[article.start : article.end], (own,), article.label)
            yield from self._cut(article.start, article.end, self.unit, article.label, (own,), meta)
            return
        yield from self._paragraphs(article.start, article.end, article.body, article.label, (*outer, own), meta, None)

    @property
    def unit(self) -> str:
        return LawArticleChunker.unit

    def _paragraphs(
        self,
        start: int,
        end: int,
        body: int,
        label: str,
        headings: Sequence[str],
        meta: dict[str, Any],
        prefix: str | None,
    ) -> Iterator[Chunk]:
        """An article whole when it is short, else by 항, else by 호."""
        start, end = trim(self.text, start, end)
        kept = self.meter.headings(headings, label)
        if self.meter.is_short(self.text[start:end], kept, label):
            self.meter.budget.notes.add(True)
            yield self._make(start, end, self.unit, label, kept, meta)
            return
        self.meter.fits_whole(self.text[start:end], kept, label)
        units = law_units.paragraphs(self.text, start, body, end)
        if not units:
            yield from self._items(start, end, body, label, headings, meta)
        for unit in units:
            number = f"{(prefix or label)}{unit.label}"
            inner = {**meta, "paragraph": int(unit.label[1:-1])}
            yield from self._items(unit.start, unit.end, body, number, headings, inner)

    def _items(
        self, start: int, end: int, body: int, label: str, headings: Sequence[str], meta: dict[str, Any]
    ) -> Iterator[Chunk]:
        """A 항 (or an article without 항) whole, else by groups of 호."""
        start, end = trim(self.text, start, end)
        kept = self.meter.headings(headings, label)
        if self.meter.is_short(self.text[start:end], kept, label):
            yield self._make(start, end, self.unit, label, kept, meta)
            return
        items = law_units.items(self.text, start, end)
        lead = (start, items[0].start) if items else (start, end)
        if len(items) < 2:
            yield from self._cut(start, end, self.unit, label, headings, meta)
            return
        introduction = law_units.introduction(self.text[max(start, body) : lead[1]])
        for index, group in enumerate(self._groups(lead, items)):
            name = f"{label}{_range(group)}"
            above = headings if index == 0 or not introduction else (*headings, introduction)
            inner = {**meta, "items": _range(group)} if group else meta
            first = start if index == 0 else group[0].start
            last = group[-1].end if group else lead[1]
            # A first piece that is the introduction alone keeps the label of the 항.
            yield from self._cut(first, last, self.unit, name, above, inner)

    def _groups(self, lead: Span, items: Sequence[Unit]) -> list[list[Unit]]:
        """Neighbouring 호 up to the target size; the first group shares its room with the introduction."""
        count = self.meter.tokens
        size = count(self.text[lead[0] : lead[1]])
        groups: list[list[Unit]] = [[]]
        for item in items:
            length = item.end - item.start
            tokens = (
                self.meter.target + 1 if length > self.meter.target * 8 else count(self.text[item.start : item.end])
            )
            if size + tokens > self.meter.target and (groups[-1] or size):
                groups.append([])
                size = 0
            groups[-1].append(item)
            size += tokens
        return [group for index, group in enumerate(groups) if group or index == 0]

    def _cut(
        self, start: int, end: int, unit: str, label: str, headings: Sequence[str], meta: dict[str, Any]
    ) -> Iterator[Chunk]:
        """As many pieces as the limit demands, all under one label."""
        start, end = trim(self.text, start, end)
        kept = self.meter.headings(headings, label)
        contents = any(block.meta.get("toc") for _, _, block in self.tables.within(start, end))
        if self.meter.is_short(self.text[start:end], kept, label) and not contents:
            yield self._make(start, end, unit, label, kept, meta)
            return
        pieces = self.tables.cut(start, end, self.meter, headings, label)
        for number, piece in enumerate(pieces, 1):
            inner = {**meta, **piece.meta}
            if len(pieces) > 1:
                inner["piece"] = f"{number}/{len(pieces)}"
            yield self._make(piece.start, piece.end, unit, label, piece.headings, inner)

    def _make(
        self, start: int, end: int, unit: str, label: str, headings: Sequence[str], meta: dict[str, Any]
    ) -> Chunk:
        captions, beside = self.tables.beside(start, end)
        if not meta.get("table") and self.meter.fits(self.text[start:end], (*headings, *captions), label):
            headings = (*headings, *captions)
        meta = {"law": self.document.meta.get("law") or self.document.title, **beside, **meta}
        page = self.pages.page(start)
        return Chunk.make(self.document, start, end, unit=unit, label=label, page=page, headings=headings, meta=meta)


def _range(group: Sequence[Unit]) -> str:
    if not group:
        return ""
    first, last = group[0].label, group[-1].label
    return first if first == last else f"{first}~{last}"

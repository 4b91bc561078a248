"""From a named unit (`제60조제2항`) to a hit that is that unit: its label, its words, its place in the document.

A chunk may be a whole 조 or a part of one; the units are read from the article's words, put together from its chunks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from haechi.korean import law_units
from haechi.korean.law_dates import iso_day
from haechi.korean.law_units import Unit
from haechi.retrievers.reference import Reference
from haechi.stores.base import Store
from haechi.types import Chunk, Hit

_HEAD = re.compile(
    r"\s*(?:제\s*\d+\s*조(?:\s*의\s*\d+)?\s*(?:[(（【\[〔](?:[^()（）【】\[\]〔〕]|[(（][^()（）]*[)）])*[)）】\]〕])?)"
)
_NUMBER = re.compile(r"제\s?(\d+)\s?호")
_DAY = re.compile(r"\d{4}\s?[.\-년]\s?\d{1,2}\s?[.\-월]\s?\d{1,2}")


@dataclass(frozen=True)
class ArticleText:
    """One article put together from its chunks; offsets of `text` plus `offset` are offsets of the document."""

    chunks: tuple[Chunk, ...]
    text: str
    offset: int
    body: int
    units: tuple[Unit, ...]

    @property
    def label(self) -> str:
        """`제60조`, `부칙 제2조`, `별표 2`."""
        return str(self.chunks[0].meta.get("article") or self.chunks[0].label)

    def chunk_at(self, place: int) -> Chunk:
        """The chunk that holds an offset of `text`."""
        at = place + self.offset
        return next((chunk for chunk in reversed(self.chunks) if chunk.start <= at), self.chunks[0])


def assemble(chunks: Sequence[Chunk]) -> ArticleText:
    """The article that these chunks (in order, one at least) make up; what lies between them is white space."""
    offset = chunks[0].start
    text = ""
    for chunk in chunks:
        start = chunk.start - offset
        text = text[:start] + "\n" * (start - len(text)) + chunk.text
    head = _HEAD.match(text)
    body = head.end() if head else text.find("\n") + 1 if chunks[0].meta.get("part") != "본문" else 0
    return ArticleText(tuple(chunks), text, offset, body, law_units.units(text, 0, body, len(text)))


def articles(chunks: Sequence[Chunk]) -> list[list[Chunk]]:
    """Chunks of a document, an article each: every 부칙 has a 제1조 of its own, a collection has several 제1조."""
    groups: list[list[Chunk]] = []
    for chunk in chunks:
        last = groups[-1][-1] if groups else None
        same = last is not None and bool(chunk.meta.get("article")) and _number(last) == _number(chunk)
        if same and not _opens(chunk):
            groups[-1].append(chunk)
        else:
            groups.append([chunk])
    return groups


def _number(chunk: Chunk) -> tuple[object, ...]:
    return tuple(chunk.meta.get(key) for key in ("part", "supplement", "article", "article_title"))


def _opens(chunk: Chunk) -> bool:
    """Whether a chunk begins with its article's own number and title, not in the middle of it."""
    head = _HEAD.match(chunk.text)
    if head is None or not chunk.meta.get("article"):
        return False
    name = "".join(head.group().split())
    number = str(chunk.meta["article"]).removeprefix("부칙 ")
    return name.startswith(number) and (name != number or "article_title" not in chunk.meta)


def unit_hits(store: Store, entries: Mapping[int, Hit], reference: Reference) -> dict[int, Hit]:
    """The named unit as a hit, by the entry of the chunk it stands in; empty when the article has no such unit.

    One hit a document: copies of a law answer each for itself. Among several 부칙 with such a unit the one that the
    question tells by number or day counts, else the newest of the law's own.
    """
    found: dict[int, Hit] = {}
    for document_id in dict.fromkeys(hit.chunk.document_id for hit in entries.values()):
        own = {entry: hit for entry, hit in entries.items() if hit.chunk.document_id == document_id}
        numbers = dict.fromkeys(str(hit.chunk.meta.get("article")) for hit in own.values())
        chunks = [
            chunk
            for number in numbers
            for chunk in store.article_chunks(document_id, number)
            if (chunk.meta.get("part") == "부칙") == reference.in_supplement
        ]
        groups = articles(chunks)
        if reference.in_supplement:
            groups = _supplements(groups, reference.words)
        for group in groups:
            hit = _unit_hit(assemble(group), own, reference.parts)
            if hit is not None:
                found[hit[0]] = hit[1]
                break
    return found


def _supplements(groups: list[list[Chunk]], words: str) -> list[list[Chunk]]:
    """부칙 in the order in which they are meant: named by number or day, the law's own, the newest."""
    number, day = _NUMBER.search(words), _DAY.search(words)

    def rank(place: int) -> tuple[bool, bool, int]:
        heading = str(groups[place][0].meta.get("supplement") or "")
        told = bool(number and f"제{number.group(1)}호" in "".join(heading.split()))
        told = told or bool(day and iso_day(day.group()) in [iso_day(item) for item in _DAY.findall(heading)])
        return (not told, re.match(r"부\s*칙\s*[(（]", heading) is not None, -place)

    return [groups[place] for place in sorted(range(len(groups)), key=rank)]


def _unit_hit(article: ArticleText, entries: Mapping[int, Hit], parts: Sequence[str]) -> tuple[int, Hit] | None:
    found = law_units.find(article.units, parts) if parts else None
    if parts and found is None:
        return None
    label, unit = found or ("", Unit("", 0, len(article.text)))
    first = max(unit.start, article.body)
    whole = article.text[first : unit.end]
    start = first + len(whole) - len(whole.lstrip())
    end = first + len(whole.rstrip())
    chunk = article.chunk_at(start)
    entry, hit = next(((entry, hit) for entry, hit in entries.items() if hit.chunk.id == chunk.id), (None, None))
    if entry is None or hit is None:
        return None
    meta = {**hit.chunk.meta, "unit": label} if label else hit.chunk.meta
    if label and (lead := law_units.lead(article.text, article.body, article.units, unit)):
        meta = {**meta, "lead": lead}
    shown = article.label + label if label else hit.chunk.label
    narrowed = replace(
        hit.chunk,
        text=article.text[start:end],
        start=article.offset + start,
        end=article.offset + end,
        label=shown,
        meta=meta,
    )
    return entry, replace(hit, chunk=narrowed if label else hit.chunk)

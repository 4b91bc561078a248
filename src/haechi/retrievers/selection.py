"""From ranked entries to hits: filters (before the cut to k, fetching more until enough pass) and one hit a chunk."""

from __future__ import annotations

import datetime
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePath

from haechi.errors import InputError
from haechi.korean.named_articles import mentions
from haechi.korean.protect import clean
from haechi.retrievers.base import Filters
from haechi.retrievers.versions import Versions, law_key
from haechi.stores.base import Store
from haechi.types import Chunk, Hit

#: Chunks with more keys than this (a page in sentences) don't widen the pool any further.
_MOST_KEYS = 8.0


@dataclass(frozen=True)
class Ranked:
    """An index entry with the score a retriever gave it and what that was made of."""

    entry: int
    score: float
    signals: Mapping[str, float] = field(default_factory=dict)


class Selection:
    """What may be found for one question: the wanted values, and only the version of a law in force on the day.

    Raises InputError for a day that does not exist.
    """

    def __init__(self, filters: Filters | None, versions: Versions) -> None:
        self._equals = filters.equals if filters else {}
        self._in_force = versions.on(_day(filters.as_of) if filters and filters.as_of is not None else None)

    def __bool__(self) -> bool:
        return bool(self._equals) or bool(self._in_force.hidden)

    def passes(self, hit: Hit) -> bool:
        """Whether the hit is of a version in force and every wanted value is its own."""
        if hit.chunk.document_id in self._in_force.hidden:
            return False
        return all(_same(hit, key, value) for key, value in self._equals.items())

    def finish(self, hits: Iterable[Hit]) -> list[Hit]:
        """The hits with a note where their law has other versions."""
        return [self._in_force.stamp(hit) for hit in hits]


def _day(text: str) -> str:
    try:
        if len(text) == 10:
            return datetime.date.fromisoformat(text).isoformat()
    except ValueError:
        pass
    raise InputError(
        f"기준일 '{text}': 있는 날짜를 YYYY-MM-DD로 쓰세요(예: --as-of 2024-03-01)",
        f"as of '{text}': expected a date, YYYY-MM-DD (--as-of 2024-03-01)",
    )


def _same(hit: Hit, key: str, value: str) -> bool:
    """One wanted value. Names of laws and articles are compared as names, `section` with any heading above."""
    chunk = hit.chunk
    if key == "article":
        return _same_article(chunk, value)
    if key == "section":
        return any(_begins(heading, value) for heading in chunk.headings)
    fields = {
        "source": hit.document_source,
        "file": hit.document_source,
        "title": hit.document_title,
        "label": chunk.label,
        "unit": chunk.unit,
        "external_id": hit.external_id,
    }
    found = fields[key] if key in fields else chunk.meta.get(key)
    if found is None:
        return False
    wanted, present = _nfc(value), _nfc(str(found))
    if key == "law":
        return law_key(wanted) == law_key(present)
    return wanted == present or (key in ("source", "file") and wanted == PurePath(present).name)


def _same_article(chunk: Chunk, value: str) -> bool:
    """`제60조`, `60조`, `제60조제2항` (a chunk that is or holds the 항), `부칙 제1조`, `별표 2`."""
    article = str(chunk.meta.get("article") or "")
    named = next(mentions(clean(value)), None)
    if not article or named is None:
        return bool(article) and _nfc(value) == _nfc(article)
    supplement = "부칙" in value[: named.start + 2]
    wanted = f"부칙 {named.article}" if supplement and named.article else named.article
    paragraph = next((part for part in named.parts if part.endswith("항")), None)
    own = chunk.meta.get("paragraph")
    return article == wanted and (paragraph is None or own is None or f"제{own}항" == paragraph or own == paragraph)


def _begins(heading: str, value: str) -> bool:
    heading, value = " ".join(_nfc(heading).split()), " ".join(_nfc(value).split())
    return heading == value or heading.startswith((value + " ", value + "("))


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def candidates(
    search: Callable[[int], Sequence[int]], store: Store, selection: Selection, pool: int, total: int
) -> list[int]:
    """The first `pool` entries that pass, best first; fetches 4 times as many each round until enough pass."""
    if not selection:
        return list(search(pool))
    wanted = pool
    while True:
        ids = search(wanted)
        hits = store.hits(ids)
        passed = [entry for entry in ids if entry in hits and selection.passes(hits[entry])]
        if len(passed) >= pool or wanted >= total:
            return passed[:pool]
        wanted *= 4


def widened(pool: int, store: Store) -> int:
    """A pool of entries that holds about `pool` chunks when chunks have several keys."""
    return round(pool * min(max(store.keys_per_chunk(), 1.0), _MOST_KEYS))


def first_chunks(
    ranked: Sequence[Ranked], store: Store, k: int, retriever: str, known: Mapping[int, Hit] | None = None
) -> list[Hit]:
    """The first k hits of different chunks. An entry that the store no longer has is passed over."""
    found: dict[str, Hit] = {}
    for start in range(0, len(ranked), 2 * k or 1):
        batch = ranked[start : start + 2 * k]
        hits = {**store.hits([item.entry for item in batch if not known or item.entry not in known]), **(known or {})}
        for item in batch:
            hit = hits.get(item.entry)
            if hit is not None and len(found) < k and hit.chunk.id not in found:
                found[hit.chunk.id] = replace(hit, score=item.score, retriever=retriever, signals=dict(item.signals))
        if len(found) >= k:
            break
    return list(found.values())

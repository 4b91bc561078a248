"""From ranked entries to hits: filters (before the cut to k, fetching more until enough pass) and one hit a chunk."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePath

from haechi.errors import InputError
from haechi.retrievers.base import Filters
from haechi.stores.base import Store
from haechi.types import Hit

#: Chunks with more keys than this (a page in sentences) don't widen the pool any further.
_MOST_KEYS = 8.0


@dataclass(frozen=True)
class Ranked:
    """An index entry with the score a retriever gave it and what that was made of."""

    entry: int
    score: float
    signals: Mapping[str, float] = field(default_factory=dict)


def check(filters: Filters | None) -> None:
    """Refuse what this version cannot honour rather than ignore it."""
    if filters is not None and filters.as_of is not None:
        raise InputError(
            f"기준일 검색은 아직 지원하지 않습니다: {filters.as_of!r}. --as-of 없이 다시 실행하세요",
            f"searching as of a date is not supported yet: {filters.as_of!r}; run again without --as-of",
        )


def passes(hit: Hit, filters: Filters | None) -> bool:
    """Whether every wanted value is the hit's own. `source` also matches by file name."""
    if not filters:
        return True
    return all(_same(hit, key, value) for key, value in filters.equals.items())


def _same(hit: Hit, key: str, value: str) -> bool:
    fields = {
        "source": hit.document_source,
        "title": hit.document_title,
        "label": hit.chunk.label,
        "unit": hit.chunk.unit,
        "external_id": hit.external_id,
    }
    found = fields[key] if key in fields else hit.chunk.meta.get(key)
    if found is None:
        return False
    wanted, present = _nfc(value), _nfc(str(found))
    return wanted == present or (key == "source" and wanted == PurePath(present).name)


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def candidates(
    search: Callable[[int], Sequence[int]], store: Store, filters: Filters | None, pool: int, total: int
) -> list[int]:
    """The first `pool` entries that pass, best first; fetches 4 times as many each round until enough pass."""
    if not filters:
        return list(search(pool))
    wanted = pool
    while True:
        ids = search(wanted)
        hits = store.hits(ids)
        passed = [entry for entry in ids if entry in hits and passes(hits[entry], filters)]
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

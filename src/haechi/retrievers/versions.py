"""Several versions of one law in a home: which one answers on a given day.

Versions are documents that name the same law and their day of coming into force. On a day the newest version already in
force counts; of two with one day the one promulgated later, and exact copies stay side by side. Without a day asked
for, a law of which no version is in force yet answers with the one that comes first. Documents without dates always
count.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from haechi.korean.protect import clean
from haechi.stores.base import LawRecord, Store
from haechi.types import Hit

_DAYS_KEPT = 8


def today() -> str:
    """The day on which a question without a day is asked, ISO."""
    return datetime.date.today().isoformat()


def law_key(name: str) -> str:
    """A law's name as a key: spaces, middle dots and brackets do not matter."""
    return "".join(letter for letter in clean(name).lower() if letter.isalnum())


@dataclass(frozen=True)
class InForce:
    """The choice for one day: documents left out of a search, and what to say about the versions of the others."""

    hidden: frozenset[str] = frozenset()
    notes: dict[str, str] = field(default_factory=dict)

    def stamp(self, hit: Hit) -> Hit:
        """The hit with `version_note` in its metadata when its law has other versions here."""
        note = self.notes.get(hit.chunk.document_id)
        if note is None:
            return hit
        return replace(hit, chunk=replace(hit.chunk, meta={**hit.chunk.meta, "version_note": note}))


class Versions:
    """Knows the home's laws; rebuilt when the store changes."""

    def __init__(self, store: Store, clock: Callable[[], str] = today) -> None:
        self._store = store
        self._clock = clock
        self._generation: int | None = None
        self._laws: dict[str, list[LawRecord]] = {}
        self._records: dict[str, LawRecord] = {}
        #: By day and strictness, for this state of the store; a question may speak of two days.
        self._chosen: dict[tuple[str, bool], InForce] = {}

    def on(self, day: str | None) -> InForce:
        """The choice for `day`, or for today."""
        self._refresh()
        key = (day or self._clock(), day is not None)
        if key not in self._chosen:
            if len(self._chosen) >= _DAYS_KEPT:
                self._chosen.clear()
            self._chosen[key] = _choose(self._laws, key[0], strict=key[1])
        return self._chosen[key]

    def documents(self, law: str, day: str | None = None) -> list[LawRecord]:
        """The documents of a law that count on `day` (today without one); usually one."""
        chosen = self.on(day)
        return [record for record in self._laws.get(law_key(law), ()) if record.document_id not in chosen.hidden]

    def names(self) -> list[str]:
        """The names of the laws that are here."""
        self._refresh()
        return sorted({record.law for records in self._laws.values() for record in records})

    def record(self, document_id: str) -> LawRecord | None:
        """The law that a document is, if it says so."""
        self._refresh()
        return self._records.get(document_id)

    def _refresh(self) -> None:
        generation = self._store.generation()
        if generation == self._generation:
            return
        laws: dict[str, list[LawRecord]] = defaultdict(list)
        for record in self._store.laws():
            laws[law_key(record.law)].append(record)
        self._laws, self._generation, self._chosen = dict(laws), generation, {}
        self._records = {record.document_id: record for records in laws.values() for record in records}


def _choose(laws: dict[str, list[LawRecord]], day: str, *, strict: bool) -> InForce:
    hidden: set[str] = set()
    notes: dict[str, str] = {}
    for records in laws.values():
        dated = [record for record in records if record.version]
        if not dated:
            continue
        chosen = _current(dated, day, strict=strict)
        hidden.update(record.document_id for record in dated if record not in chosen)
        for record in chosen:
            note = _note(record, dated, day)
            if note:
                notes[record.document_id] = note
    return InForce(frozenset(hidden), notes)


def _current(dated: Sequence[LawRecord], day: str, *, strict: bool) -> list[LawRecord]:
    begun = [record for record in dated if record.effective <= day]
    if begun:
        best = max((record.effective, record.promulgated) for record in begun)
        return [record for record in begun if (record.effective, record.promulgated) == best]
    if strict:
        return []
    first = min(record.effective for record in dated)
    soon = [record for record in dated if record.effective == first]
    last = max(record.promulgated for record in soon)
    return [record for record in soon if record.promulgated == last]


def _note(record: LawRecord, dated: Sequence[LawRecord], day: str) -> str:
    others = sorted({other.version for other in dated if other.version != record.version})
    parts = [f"{day} 현재 아직 시행 전입니다"] if record.effective > day else []
    if others:
        parts.append("다른 판: " + ", ".join(others))
    return "; ".join(parts)

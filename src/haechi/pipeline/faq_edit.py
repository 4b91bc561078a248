"""Changing a home's FAQ: a file read in, one pair added, pairs removed for good, suggestions reviewed.

Each change is one transaction and touches no index, so it waits for no ingest. Old words leave the file at once when
nobody else writes to the home, else with the next ingest or `haechi verify --repair`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from haechi.errors import HomeError, InputError
from haechi.korean.asking import squeezed
from haechi.pipeline.faq_table import BadRow, id_of, read_faq
from haechi.stores.faq_base import FaqPair, WordingState

if TYPE_CHECKING:
    from haechi.pipeline.build import Home

#: What `put_faq` records as the maker of wordings that came with a file, or by hand.
FROM_FILE, BY_HAND = "import", "hand"


@dataclass
class ImportReport:
    """Ids by what became of them, and the rows that were left out."""

    added: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)

    def record(self) -> dict[str, Any]:
        """The JSON of `haechi faq import`."""
        return {
            "added": len(self.added),
            "updated": len(self.updated),
            "unchanged": len(self.unchanged),
            "failed": [{"line": row.line, "reason": row.reason} for row in self.bad],
        }


def import_faq(home: Home, path: Path) -> ImportReport:
    """Read a file in. Pairs that did not change stay as they are; none is removed because the file lacks it.

    A row without an id takes that of the pair with the same question. Raises InputError for a file that is no FAQ.
    """
    pairs, bad = read_faq(path)
    report = ImportReport(bad=bad)
    of_file = {pair.id for _, pair in pairs}
    by_question = {squeezed(pair.question): pair.id for pair in home.store.faq_pairs()}
    for line, pair in pairs:
        there = by_question.get(squeezed(pair.question), pair.id)
        own_id = pair.id != id_of(pair.question)
        if there != pair.id and own_id and there not in of_file:
            report.bad.append(BadRow(line, f"질문이 이미 있는 FAQ '{there}'의 질문과 같습니다"))
            continue
        kept = pair if own_id else replace(pair, id=there)
        getattr(report, home.store.put_faq(kept, FROM_FILE)).append(kept.id)
    _finish(home)
    return report


def add_pair(home: Home, pair: FaqPair) -> str:
    """Add or change one pair; returns added, updated or unchanged. Raises InputError for a question that is taken."""
    for other in home.store.faq_pairs():
        if other.id != pair.id and squeezed(other.question) == squeezed(pair.question):
            raise InputError(
                f"같은 질문이 이미 있습니다: {other.id}. 고치기: haechi faq add … --id {other.id}",
                f"this question is there already: {other.id}; to change it: haechi faq add … --id {other.id}",
            )
    done = home.store.put_faq(pair, BY_HAND)
    _finish(home)
    return done


def remove_pairs(home: Home, ids: Sequence[str]) -> int:
    """Remove pairs for good. Raises InputError for an unknown id; then nothing was removed."""
    known = {pair.id for pair in home.store.faq_pairs()}
    unknown = [identity for identity in ids if identity not in known]
    if unknown:
        raise InputError(
            f"FAQ '{unknown[0]}'이(가) 없습니다. 목록: haechi faq list",
            f"no FAQ pair '{unknown[0]}'; see: haechi faq list",
        )
    count = home.store.remove_faq(set(ids))
    _finish(home)
    return count


def review(home: Home, ids: Collection[int], state: WordingState) -> list[str]:
    """Approve or reject suggestions by id, all that wait when `ids` is empty; gives their texts."""
    waiting = {
        item.id: item.text for pair in home.store.faq_pairs() for item in pair.wordings if item.state == "suggested"
    }
    unknown = sorted(set(ids) - set(waiting))
    if unknown:
        raise InputError(
            f"기다리는 제안 {unknown[0]}번이 없습니다. 목록: haechi faq suggest --list",
            f"no suggestion {unknown[0]} is waiting; see: haechi faq suggest --list",
        )
    chosen = sorted(ids or waiting)
    home.store.review_wordings(chosen, state)
    return [waiting[identity] for identity in chosen]


def _finish(home: Home) -> None:
    from haechi.pipeline.erase import finish_removals

    if home.store.purge_due():
        with contextlib.suppress(HomeError), home.store.writer():
            finish_removals(home)

"""What an ingest tells while it runs, and what it says when it is done."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any


@dataclass(frozen=True)
class Progress:
    """Where a run stands. `done` and `total` are bytes of sources; `seconds_left` is None until it can be estimated."""

    stage: str
    source: str
    done: int
    total: int
    embedded: int
    seconds_left: float | None


@dataclass
class IngestReport:
    """What a run did. `documents` and `chunks` count what this run wrote; `embedded` counts texts sent to the model.

    `units_found` counts articles, paragraphs, pages … as they stand in the texts; `units_over_limit` those of them that
    the embedder could not have read whole and that were cut further.
    """

    documents: int = 0
    chunks: int = 0
    embedded: int = 0
    skipped: int = 0
    removed: int = 0
    moved: list[dict[str, str]] = field(default_factory=list)
    failed: list[dict[str, str]] = field(default_factory=list)
    warnings: list[dict[str, str]] = field(default_factory=list)
    units: list[dict[str, str]] = field(default_factory=list)
    units_found: int = 0
    units_over_limit: int = 0
    seconds: float = 0.0
    interrupted: bool = False

    def add(self, other: IngestReport) -> None:
        """Sum up the reports of several runs."""
        for item in fields(self):
            mine, theirs = getattr(self, item.name), getattr(other, item.name)
            setattr(self, item.name, mine or theirs if isinstance(mine, bool) else mine + theirs)


def report_record(report: IngestReport) -> dict[str, Any]:
    """The JSON of `haechi ingest`."""
    return {
        "documents": report.documents,
        "chunks": report.chunks,
        "embedded": report.embedded,
        "skipped": report.skipped,
        "removed": report.removed,
        "moved": report.moved,
        "failed": report.failed,
        "warnings": report.warnings,
        "units": report.units,
        "units_found": report.units_found,
        "units_over_limit": report.units_over_limit,
        "over_limit_percent": round(100 * report.units_over_limit / report.units_found, 1)
        if report.units_found
        else 0.0,
        "interrupted": report.interrupted,
        "seconds": round(report.seconds, 3),
    }

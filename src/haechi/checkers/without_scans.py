"""No claim is contradicted by text alone that OCR read from a picture: it may be misread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from haechi.checkers.base import Evidence
from haechi.checkers.value_checker import OCR_ONLY
from haechi.types import Verdict


def without_scans(check: Callable[[Sequence[Evidence]], list[Verdict]], evidence: Sequence[Evidence]) -> list[Verdict]:
    """The verdicts over all passages; one that falls away without the scanned passages is `unchecked`."""
    verdicts = check(evidence)
    clear = [passage for passage in evidence if passage.ocr is None]
    if not verdicts or len(clear) == len(evidence):
        return verdicts
    kept = {(verdict.start, verdict.end, verdict.label) for verdict in check(clear)}
    return [
        verdict
        if (verdict.start, verdict.end, verdict.label) in kept
        else replace(verdict, label="unchecked", explanation=OCR_ONLY, suggestion="")
        for verdict in verdicts
    ]

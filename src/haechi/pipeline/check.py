"""Checkers alone, on anyone's answer over anyone's evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from haechi.checkers.base import Checker, Evidence
from haechi.records import verdict_record
from haechi.registry import load, names
from haechi.types import Verdict


@dataclass(frozen=True)
class CheckReport:
    """`supported` is None when nothing could be checked. `corrected` applies every suggestion the evidence settles."""

    supported: bool | None
    verdicts: tuple[Verdict, ...]
    corrected: str


def default_checkers() -> list[Checker]:
    """Every checker, those of outside packages included."""
    return [load("checkers", name)() for name in names("checkers")]


def check_answer(checkers: Sequence[Checker], answer: str, evidence: Sequence[str], question: str = "") -> CheckReport:
    """Judge every value of the answer against the evidence."""
    passages = [Evidence(text) for text in evidence]
    verdicts = tuple(verdict for checker in checkers for verdict in checker.check(answer, passages, question))
    labels = {verdict.label for verdict in verdicts}
    supported: bool | None
    if labels & {"contradicted", "not_found"}:
        supported = False
    else:
        supported = True if "supported" in labels else None
    return CheckReport(supported, verdicts, _corrected(answer, verdicts))


def _corrected(answer: str, verdicts: Sequence[Verdict]) -> str:
    """Replace a contradicted claim by the evidence's value where the claim stands exactly once.

    Law references are only flagged: over corrupted statute sentences their suggestion was the right one 96 times of
    153, against 626 of 656 for amounts, dates and quantities, and a wrong correction is worse than none.
    """
    for verdict in verdicts:
        settled = verdict.label == "contradicted" and verdict.checker != "law_article"
        if settled and verdict.suggestion and answer.count(verdict.claim) == 1:
            answer = answer.replace(verdict.claim, verdict.suggestion)
    return answer


def check_record(report: CheckReport) -> dict[str, Any]:
    """The JSON of `haechi check`."""
    return {
        "supported": report.supported,
        "verdicts": [verdict_record(verdict) for verdict in report.verdicts],
        "corrected": report.corrected,
    }

"""What a checker must do. One check, three uses: shown to the user, counted in evaluation, rewarded in training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from haechi.types import Verdict


@dataclass(frozen=True)
class Evidence:
    """One passage a claim may rest on: its text, and the label and title a reader would cite it by.

    `ocr` is the confidence of text that was read from a picture. Such text may be misread, digits above all, so that no
    claim is `supported` or `contradicted` by it alone.
    """

    text: str
    label: str = ""
    title: str = ""
    ocr: float | None = None


class Checker(Protocol):
    """Judges every claim of its kind in an answer; no claim of that kind gives an empty list.

    A claim that it cannot judge is `unchecked` with the reason in `explanation`, never left out.
    """

    name: str

    def check(self, answer: str, evidence: Sequence[Evidence], question: str = "") -> list[Verdict]: ...

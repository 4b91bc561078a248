"""Dates, years and times of day in an answer: 2021년 is not 2023년; 2024년 is in 2024. 3. 1."""

from __future__ import annotations

from haechi.checkers.value_checker import ValueChecker
from haechi.types import ValueKind


class DateChecker(ValueChecker):
    """Judges every date of an answer; the rules stand in `value_checker.py`."""

    name = "date"
    kinds: tuple[ValueKind, ...] = ("date",)

"""Quantities in an answer: 3개월, 두 명, 30일 이내; 3년 이상 is not 3년 이하."""

from __future__ import annotations

from haechi.checkers.value_checker import ValueChecker
from haechi.types import ValueKind


class QuantityChecker(ValueChecker):
    """Judges every quantity of an answer; the rules stand in `value_checker.py`."""

    name = "quantity"
    kinds: tuple[ValueKind, ...] = ("quantity",)

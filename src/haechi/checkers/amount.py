"""Amounts of money and ratios in an answer: 3억 원 = 300,000,000원, and not 30억 원."""

from __future__ import annotations

from haechi.checkers.value_checker import ValueChecker
from haechi.types import ValueKind


class AmountChecker(ValueChecker):
    """Judges every amount of an answer; the rules stand in `value_checker.py`."""

    name = "amount"
    kinds: tuple[ValueKind, ...] = ("amount",)

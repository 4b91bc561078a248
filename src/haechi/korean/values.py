"""The one value parser: every amount, date, quantity and law reference in a text, with its span and canonical form.

`parse_values(text)` returns values sorted by start that never overlap; the longest span wins, then law references
before dates, amounts and quantities. `value.surface == text[value.start:value.end]` holds for any text, and equal
`normalised` means equal value: 3천만 원, 30,000,000원 and 삼천만원 are all `KRW:30000000`.
The forms are documented per kind in `amounts.py`, `dates.py`, `quantities.py` and `law_references.py`.

Bare numbers (17, phone numbers, codes, list markers) are no values. Names are another parser's work.
"""

from __future__ import annotations

from haechi.korean.amounts import find_amounts
from haechi.korean.dates import find_dates
from haechi.korean.law_references import find_law_references
from haechi.korean.numerals import fold
from haechi.korean.quantities import find_quantities
from haechi.korean.variants import surface_variants
from haechi.types import Value

__all__ = ["is_approximate", "is_uncertain", "parse_values", "surface_variants"]


def parse_values(text: str) -> list[Value]:
    """All values in `text`. Never raises; time is linear in the length of the text."""
    folded = fold(text)
    plain = folded.text
    found = [*find_law_references(plain), *find_dates(plain), *find_amounts(plain), *find_quantities(plain)]
    found.sort(key=lambda item: (item.start - item.end, item.rank, item.start))
    taken = bytearray(len(plain))
    values = []
    for item in found:
        # Longer spans were placed first, so an overlap shows at one of the two ends.
        if taken[item.start] or taken[item.end - 1]:
            continue
        taken[item.start : item.end] = b"\1" * (item.end - item.start)
        start, end = folded.original(item.start), folded.original(item.end)
        values.append(Value(item.kind, text[start:end], item.normalised, start, end))
    values.sort(key=lambda value: value.start)
    return values


def is_uncertain(value: Value) -> bool:
    """Recognised but not resolved: 작년, 다음 달 말일, 2월 30일."""
    return value.normalised.startswith("date:?")


def is_approximate(value: Value) -> bool:
    """Written with 여: 3억여 원 is three hundred million and a bit."""
    return value.normalised.endswith("~")

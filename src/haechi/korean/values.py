"""The one value parser: every amount, date, quantity, law reference, telephone number, e-mail address and code in a
text, with its span, canonical form and certainty.

`parse_values(text)` returns values sorted by start that never overlap; the longest span wins, then law references
before dates, amounts and quantities. `value.surface == text[value.start:value.end]` holds for any text, and equal
`normalised` means equal value: 3천만 원, 30,000,000원 and 삼천만원 are all `KRW:30000000`.
The forms are documented per kind in `amounts.py`, `dates.py`, `quantities.py`, `law_references.py`, `contacts.py` and
`codes.py`, with what each of them calls ambiguous or unresolved.

Bare numbers (17) and the markers of lists are no values. Names are another parser's work.
"""

from __future__ import annotations

from haechi.korean.amounts import find_amounts
from haechi.korean.codes import find_codes
from haechi.korean.contacts import find_contacts
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
    found = [
        *find_law_references(plain),
        *find_dates(plain),
        *find_amounts(plain),
        *find_quantities(plain),
        *find_contacts(plain),
        *find_codes(plain),
    ]
    found.sort(key=lambda item: (item.start - item.end, item.rank, item.start))
    taken = bytearray(len(plain))
    values = []
    for item in found:
        # Longer spans were placed first, so an overlap shows at one of the two ends.
        if taken[item.start] or taken[item.end - 1]:
            continue
        taken[item.start : item.end] = b"\1" * (item.end - item.start)
        start, end = folded.original(item.start), folded.original(item.end)
        if start < end:
            values.append(Value(item.kind, text[start:end], item.normalised, start, end, item.certainty))
    values.sort(key=lambda value: value.start)
    return values


def is_uncertain(value: Value) -> bool:
    """Recognised but not resolved: 작년, 다음 달 말일, 2월 30일."""
    return value.normalised.startswith("date:?")


def is_approximate(value: Value) -> bool:
    """Written with 여: 3억여 원 is three hundred million and a bit."""
    return value.normalised.endswith("~")

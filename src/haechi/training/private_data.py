"""Personal data in training texts: resident and card numbers, passports, accounts, mobile numbers, e-mail addresses.

What is found is named by its kind and never repeated: a report about private data must not spread it.
"""

from __future__ import annotations

import re

from haechi.korean.contacts import find_contacts
from haechi.korean.numerals import fold

_RESIDENT = re.compile(r"(?<!\d)(\d{2})(\d{2})(\d{2})\s?[-–~]\s?[1-8]\d{6}(?!\d)")
_RESIDENT_WORD = re.compile(r"(?:주민|외국인)\s?등록\s?번호\D{0,12}(\d{2})(\d{2})(\d{2})[1-8]\d{6}(?!\d)")
_CARD = re.compile(r"(?<![\d-])(?:\d{4}[ -]?){3}\d{1,7}(?![\d-])")
_PASSPORT = re.compile(r"여권[^\n]{0,12}?(?<![A-Za-z])[MSRODG]\d{3}[0-9A-Z]\d{4}(?!\d)", re.IGNORECASE)
_ACCOUNT = re.compile(r"(?:계좌|입금|송금)[^\d\n]{0,24}(?<!\d)\d{2,6}-\d{2,6}-\d{2,8}(?:-\d{1,6})?(?!\d)")
#: Names that no one can own (RFC 2606), for addresses that are made up.
_RESERVED = re.compile(r"@(?:[\w-]+\.)*(?:example(?:\.[a-z.]+)?|[\w-]+\.(?:test|invalid|example))$")


def private_in(text: str) -> list[str]:
    """Kinds of private data in a text, each once: resident, card, passport, account, mobile, email."""
    plain = fold(text).text
    found = []
    if any(_is_day(match) for pattern in (_RESIDENT, _RESIDENT_WORD) for match in pattern.finditer(plain)):
        found.append("resident")
    if any(_is_card(match[0]) for match in _CARD.finditer(plain)):
        found.append("card")
    if _PASSPORT.search(plain):
        found.append("passport")
    if any(not _made_up(re.sub(r"\D", "", match[0])) for match in _ACCOUNT.finditer(plain)):
        found.append("account")
    kinds = {_contact(item.normalised) for item in find_contacts(plain)}
    return [*found, *sorted(kinds & {"mobile", "email"})]


def office_numbers(text: str) -> int:
    """How many telephone numbers of offices a text has; those that cannot be called (02-000-…) do not count."""
    return sum(_contact(item.normalised) == "office" for item in find_contacts(fold(text).text))


def _contact(normalised: str) -> str:
    kind, _, value = normalised.partition(":")
    if kind == "mail":
        return "" if _RESERVED.search(value) else "email"
    if kind != "tel" or len(value) < 8 or _made_up(value):
        return ""
    return "mobile" if re.match(r"01[016-9]", value) else "office"


def _made_up(number: str) -> bool:
    """Exchange 000 or 0000, or the same digit throughout: no such number is given out."""
    body = re.sub(r"^(?:02|0\d\d)", "", number)
    return body.startswith("000") or body.endswith("0000") or len(set(number)) <= 2


def _is_day(match: re.Match[str]) -> bool:
    return 1 <= int(match[2]) <= 12 and 1 <= int(match[3]) <= 31


def _is_card(text: str) -> bool:
    number = re.sub(r"\D", "", text)
    if not 13 <= len(number) <= 19 or number[0] not in "34569" or len(set(number)) <= 2:
        return False
    doubled = (int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(number)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0

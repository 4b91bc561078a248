"""Telephone numbers and e-mail addresses: 02-1234-5678, (02) 123-4567, 1588-1234, +82 2 123 4567, 국번 없이 120.

Canonical forms: `tel:0212345678` (digits alone; +82 is written as the leading 0), `tel:120`, `내선:123`, and
`mail:help@example.go.kr` in small letters. Which number belongs to whom is not read here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from haechi.korean.found import Found
from haechi.korean.numerals import lazily

RANK = 0

_AREA = r"0(?:2|[3-6][1-5]|70|50[0-9]?|80|1[016-9])"
_FULL = lazily(
    rf"(?<![0-9A-Za-z-])(?:\+82[ -]?(?:\(0\))?(?P<abroad>0?(?:2|[3-6][1-5]|70|1[016-9]))|\({_AREA}\)|{_AREA}\)?)"
    r"[ .\-]{0,2}[0-9]{3,4}[ .\-]{1,2}[0-9]{4}(?![0-9]|-[0-9])"
    r"|(?<![0-9A-Za-z-])(?:01[016-9][0-9]{7,8}|02[0-9]{7,8}|0[3-6][1-5][0-9]{7,8})(?![0-9])"
    r"|(?<![0-9A-Za-z.,-])1[3568][0-9]{2}-[0-9]{4}(?![0-9]|-[0-9]| ?년)"
)
# A bare 120 is a number of anything; it is one to call where the text says so.
_SHORT = lazily(
    r"(?:국번 ?없이 ?|☎ ?|(?:전화|콜센터|신고 ?전화|상담 ?전화|대표 ?번호)(?:는|은"
    r"|번호는?)?[ :]{1,2})\(?(?P<n>1[0-9]{2,3})(?![0-9]|-[0-9])"
    r"|(?<![0-9A-Za-z.,-])(?P<call>11[0-9]|1[23][0-9])(?=(?: ?번)?(?:으로|로|에|번) ?(?:전화|신고|문의|연락|상담))"
)
_EXTENSION = lazily(r"내선 ?(?:번호 ?)?[:]? ?(?P<n>[0-9]{2,5})(?![0-9])")
_MAIL = lazily(r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,5}")
_DIGITS = re.compile(r"[^0-9]")


def find_contacts(text: str) -> Iterator[Found]:
    """All telephone numbers and e-mail addresses in folded text, unsorted and possibly overlapping."""
    for match in _FULL().finditer(text):
        digits = _DIGITS.sub("", match[0].removeprefix("+82"))
        if match["abroad"] and not digits.startswith("0"):
            digits = "0" + digits
        yield Found(match.start(), match.end(), "phone", f"tel:{digits}", RANK)
    for match in _SHORT().finditer(text):
        group = "n" if match["n"] else "call"
        yield Found(match.start(group), match.end(group), "phone", f"tel:{match[group]}", RANK)
    for match in _EXTENSION().finditer(text) if "내선" in text else ():
        yield Found(match.start(), match.end(), "phone", f"내선:{match['n']}", RANK)
    for match in _MAIL().finditer(text) if "@" in text else ():
        yield Found(match.start(), match.end(), "email", f"mail:{match[0].lower()}", RANK)

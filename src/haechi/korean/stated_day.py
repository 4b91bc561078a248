"""The day a question speaks of: `2023년 기준`, `2024. 3. 1. 당시`, `2019년 5월에는`, as an ISO day."""

from __future__ import annotations

import calendar
import datetime
import re
from dataclasses import dataclass

_BASIS = r"\s*(?:말|초)?\s*(?:일자)?\s*(?:을|를|으로|로|의)?\s*(?:기준|당시|시점|현재|적용|시행)"
_DAY = re.compile(rf"((?:19|20)\d{{2}})\s*[.\-/년]\s*(\d{{1,2}})\s*[.\-/월]\s*(\d{{1,2}})\s*[.일]?{_BASIS}")
_MONTH = re.compile(rf"((?:19|20)\d{{2}})\s*[.\-/년]\s*(\d{{1,2}})\s*월{_BASIS}")
_YEAR = re.compile(rf"((?:19|20)\d{{2}})\s*년도?{_BASIS}")


@dataclass(frozen=True)
class StatedDay:
    """`surface` is what the question says; a month or year alone means its last day, today at the latest."""

    day: str
    surface: str


def stated_day(question: str, today: str) -> StatedDay | None:
    """The first such day that exists; None when the question names none. `today` is ISO."""
    for pattern in (_DAY, _MONTH, _YEAR):
        match = pattern.search(question)
        if match is None:
            continue
        year, month, day = (int(part) for part in [*match.groups(), *("0",) * 3][:3])
        try:
            found = datetime.date(year, month or 12, day or calendar.monthrange(year, month or 12)[1]).isoformat()
        except (ValueError, calendar.IllegalMonthError):
            return None
        return StatedDay(found if day else min(found, max(today, f"{year}-01-01")), match.group().strip())
    return None

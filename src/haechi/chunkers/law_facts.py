"""What a law document says about itself: name, kind, days of promulgation and of coming into force.

`with_law_facts` puts them into `document.meta`: law, kind, promulgated, effective, version (`시행 2026-03-17`) and
effective_reason. A key is absent where the document does not say it; `effective_reason` then says why. Days come from
front matter, else from the header line, else from the revision history and the newest own 부칙.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from haechi.chunkers.law_structure import Part, parts
from haechi.korean.law_dates import LawDates, header_dates, history_dates, iso_day, merged, supplement_dates
from haechi.types import Document

_FRONT_EFFECTIVE = ("시행일자", "시행일", "effective")
_FRONT_PROMULGATED = ("공포일자", "공포일", "개정일자", "개정일", "발령일자", "promulgated")
_FRONT_KIND = ("법령구분", "법령종류", "kind")
_KINDS = (
    "시행규칙 시행령 법률 헌법 규정 규칙 세칙 지침 내규 조례 정관 요령 훈령 예규 고시 강령 기준 편람 회칙 약관"
).split()
#: A date, a version or 개정 behind a name in a title or a file name: 인사규정(2024. 3. 1. 개정), 인사규정_v2.
_NAME_TAIL = re.compile(
    r"[\s_\-]*(?:[(\[（][^()\[\]（）]*(?:\d|개정|제정|시행|최종|전문)[^()\[\]（）]*[)\]）]|\d{4}[.\-_]?\d{2}[.\-_]?\d{2}"
    r"|\d{4}(?:년|[.\-]\d{1,2})?|(?:ver?|v)[.\s]?\d[\d.]*|최종본?|개정본?|전문|신구대비)[\s_.\-]*$",
    re.IGNORECASE,
)
_OTHER_LAW = re.compile(r"부\s*칙\s*[(（]")
_HEAD_CHARS = 3_000
_TAIL_CHARS = 4_000


def with_law_facts(document: Document) -> Document:
    """The document with what it says about itself in `meta`. For documents that were recognised as a law or rule."""
    found = parts(document)
    dates = _dates(document, found)
    name = law_name(document.title)
    facts: dict[str, Any] = {"law": name, "kind": _kind(document.meta, dates, name)}
    if dates.promulgated:
        facts["promulgated"] = dates.promulgated
    if dates.effective:
        facts["effective"] = dates.effective
        facts["version"] = f"시행 {dates.effective}"
    if dates.reason:
        facts["effective_reason"] = dates.reason
    return replace(document, meta={**document.meta, **{key: value for key, value in facts.items() if value}})


def law_name(title: str) -> str:
    """The name that all versions share: a title without its date, version number and 개정 note."""
    name = " ".join(title.split())
    while (shorter := _NAME_TAIL.sub("", name)) and shorter != name:
        name = shorter
    return name


def _dates(document: Document, found: list[Part]) -> LawDates:
    front = LawDates(_front(document.meta, _FRONT_PROMULGATED), _front(document.meta, _FRONT_EFFECTIVE))
    if front.effective:
        return replace(front, reason="파일 머리의 시행일자")
    text = document.text
    dates = merged(front, header_dates(text[:_HEAD_CHARS]))
    if dates.effective:
        return dates
    # A revision history stands before the first article or behind everything.
    first = min((article.start for part in found for article in part.articles), default=_HEAD_CHARS)
    head, tail = text[:first], text[max(first, len(text) - _TAIL_CHARS) :]
    history = merged(history_dates(head.split("\n")), history_dates(tail.split("\n")))
    dates = merged(dates, history)
    return dates if dates.effective else merged(dates, _from_supplement(text, found, dates.promulgated))


def _from_supplement(text: str, found: list[Part], promulgated: str) -> LawDates:
    """From the newest 부칙 of the law's own; one that another law's revision brought counts when it is newer."""
    supplements = [part for part in found if part.kind == "부칙"]
    if not supplements:
        return LawDates(reason="시행일을 적은 머리말, 부칙, 개정 이력이 없습니다")
    dated = [(supplement_dates(part.heading, "").promulgated, part) for part in supplements]
    newest = max(dated, key=lambda pair: (pair[0], pair[1].start))[1]
    known = promulgated if len(supplements) == 1 or newest is supplements[-1] else ""
    dates = supplement_dates(newest.heading, text[newest.body : newest.end], known)
    if promulgated and dates.promulgated and dates.promulgated < promulgated:
        return LawDates(promulgated, "", "", "마지막 개정일보다 부칙이 오래되어 시행일을 알 수 없습니다")
    return dates


def _front(meta: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    return next((day for key in keys if (day := iso_day(str(meta.get(key) or "")))), "")


def _kind(meta: Mapping[str, Any], dates: LawDates, name: str) -> str:
    """시행령 and 시행규칙 by name (대통령령 and 부령 say less), else what the document says, else by name."""
    by_name = next((kind for kind in _KINDS if name.endswith(kind)), "법률" if name.endswith("법") else "")
    if by_name in ("시행령", "시행규칙"):
        return by_name
    stated = next((str(meta[key]) for key in _FRONT_KIND if meta.get(key)), "") or dates.kind
    return stated or by_name

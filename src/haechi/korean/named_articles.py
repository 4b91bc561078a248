"""The articles a question asks for, down to 항·호·목: `제60조의2제1항`, `60조 2항`, `별표 2 제3호`.

Laxer than `law_references` (a question may leave out 제 and spaces) and without law names, which only a home knows.
Needs text from `protect.clean`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from haechi.korean.law_units import LETTERS
from haechi.korean.protect import article_label

_SUB = r"(?:\s?의\s?(?P<{0}>\d{{1,3}})(?![\d년월일개명인차번%]))?"
# `3조 원` and `3조 2천억` are money, not articles.
_NOT_MONEY = r"(?!\s?(?:원|달러|[\d,]{1,9}[천백십]?[억만원]))"
# 3항목, 2호선, 5호봉, 101호실 and the like.
_NO_UNIT = r"(?![목선봉실기관]|차(?!\s?목))"
_TAIL = (
    r"(?:[\s,]{0,2}제?\s?(?P<paragraph>\d{1,3})\s?항(?!목))?"
    rf"(?:[\s,]{{0,2}}제?\s?(?P<item>\d{{1,3}})\s?호{_NO_UNIT}{_SUB.format('item_sub')})?"
    rf"(?:[\s,]{{0,2}}(?P<letter>[{LETTERS}])\s?목(?![록적표차]))?"
)
_MENTION = re.compile(
    rf"(?:별\s?표(?:\s?제?\s?(?P<table>\d{{1,3}}){_SUB.format('table_sub')}(?:\s?호(?!\s?의))?)?"
    rf"|별\s?지(?:\s?제?\s?(?P<form>\d{{1,3}})\s?호?{_SUB.format('form_sub')}\s?호?)?(?:\s?서식)?"
    rf"|제\s?(?P<article>\d{{1,4}})\s?조{_SUB.format('article_sub')}"
    rf"|(?<![\d.,제])(?P<bare>\d{{1,4}})\s?조{_SUB.format('bare_sub')}{_NOT_MONEY}"
    r"|(?<![가-힣])(?P<same>같은\s?|동\s?|(?:그|위|해당)\s)(?P<same_unit>[조항호])(?:문)?(?=[\s제의에은는도이가,.?]|\d|$)"
    rf"|(?<![\d.,\-제가-힣])(?=제?\s?\d{{1,3}}\s?(?:항{_NO_UNIT}|호{_NO_UNIT}))"
    rf"){_TAIL}"
)


@dataclass(frozen=True)
class Mention:
    """One mention: `article` is 제60조의2, `별표 2`, `별지 제3호서식` or "" when only units inside one are named.

    `parts` are the units in it (제1항, 제3호, 가목); `same` is 조, 항 or 호 for 같은 조, 같은 항, 같은 호.
    """

    start: int
    end: int
    article: str
    parts: tuple[str, ...] = ()
    same: str = ""

    def after(self, previous: Mention | None) -> Mention | None:
        """With what it leaves out taken from the mention before it; None when it leaves out and nothing is before."""
        if self.article:
            return self
        if previous is None or not previous.article:
            return None
        level = {"조": 0, "항": 1, "호": 2}.get(self.same)
        first = self.parts[0] if self.parts else ""
        if level is None:
            level = 0 if first.endswith("항") else 1 if "호" in first else 2
        kept = tuple(part for part in previous.parts if _rank(part) <= level)
        return Mention(self.start, self.end, previous.article, kept + self.parts)


def mentions(text: str) -> Iterator[Mention]:
    """All mentions in order; those that leave something out are not filled in (see `Mention.after`)."""
    for match in _MENTION.finditer(text):
        group = match.groupdict()
        parts = _parts(group)
        article = _article(match, group)
        if article or parts or group["same"]:
            yield Mention(match.start(), match.end(), article, parts, group["same_unit"] or "")


def _article(match: re.Match[str], group: dict[str, str | None]) -> str:
    if group["article"] or group["bare"]:
        return article_label(str(group["article"] or group["bare"]), group["article_sub"] or group["bare_sub"])
    head = match.group().replace(" ", "")
    if head.startswith("별표"):
        return f"별표 {int(group['table'])}{_sub(group['table_sub'])}" if group["table"] else "별표"
    if head.startswith("별지"):
        return f"별지 제{int(group['form'])}호{_sub(group['form_sub'])}서식" if group["form"] else "별지"
    return ""


def _parts(group: dict[str, str | None]) -> tuple[str, ...]:
    parts = []
    if group["paragraph"]:
        parts.append(f"제{int(group['paragraph'])}항")
    if group["item"]:
        parts.append(f"제{int(group['item'])}호{_sub(group['item_sub'])}")
    if group["letter"]:
        parts.append(f"{group['letter']}목")
    return tuple(parts)


def _sub(number: str | None) -> str:
    return f"의{int(number)}" if number else ""


def _rank(part: str) -> int:
    return next(rank for rank, unit in enumerate("항호목", 1) if unit in part)

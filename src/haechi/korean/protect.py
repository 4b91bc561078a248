"""The pre-tokenizer: what mecab would break (numbers, dates, law references, codes, Latin words) is cut out first.

It only shapes index tokens, so that one fact written two ways meets in search: `3,000원` and `3천 원`,
`2024. 3. 1.` and `2024년 3월 1일`, `60조2항` and `제60조제2항`. It judges nothing; values proper are parsed in
`korean/values.py`. Every pattern is bounded, so the time is linear in the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

#: Goes into the analyser's fingerprint: raise it whenever a token could change.
PROTECT_VERSION = "2"

# Under NFKC paragraph numbers ①..⑳ would become stray digits, and the middle dot of statutes (ㆍ, U+318D) a vowel.
SEPARATORS = re.compile("[\u2460-\u2473\u3251-\u325f\u318d\u119e\u00b7\u30fb\u2027\u2219\u22c5\x00-\x1f\x7f]+")
SPACES = re.compile(r"\s+")

_ARTICLE = r"(?P<article>\d{1,4})\s?조(?:\s?의\s?(?P<branch>\d{1,3})(?![\d년월일개명인차번%]))?"
_PARAGRAPH = r"(?:[\s,]{0,2}제?\s?(?P<paragraph>\d{1,3})\s?항)?(?:[\s,]{0,2}제?\s?(?P<item>\d{1,3})\s?호)?"
# `3조 원` and `3조 2천억` are money, not articles.
_NOT_MONEY = r"(?!\s?(?:원|달러|[\d,]{1,9}[천백십]?[억만원]))"
#: `제60조의2제3항제1호`, with or without 제 and spaces.
LAW_REFERENCE = re.compile(
    rf"(?:제\s?{_ARTICLE}|(?<![\d.,제]){_ARTICLE.replace('(?P<', '(?P<bare_')}{_NOT_MONEY}){_PARAGRAPH}"
)

_NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d{1,18})(?:\.\d{1,9})?"
_AMOUNT = rf"(?:(?:{_NUMBER}[천백십]?[조억만]\s?){{1,4}}(?:{_NUMBER}[천백십]?)?|{_NUMBER}[천백십]?)"
_UNITS = "원|%|퍼센트|개월|년|월|일|시간|시|분|초|명|인|회|개|세|살|주|배|번|층|점|위|달러|km|kg|cm|mm|m2|m"
_PROTECTED = re.compile(
    "|".join(
        (
            r"(?P<email>[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,5})",
            r"(?P<date>(?<!\d)(?P<y>\d{4})(?:년\s?|[.\-/]\s?)(?P<m>\d{1,2})(?:월\s?|[.\-/]\s?)(?P<d>\d{1,2})(?!\d)일?)",
            f"(?P<law>{LAW_REFERENCE.pattern})",
            r"(?P<clause>제\s?(?P<clause_n>\d{1,4})\s?(?P<clause_u>[항호목장절관편])|별표\s?(?P<table>\d{1,3}(?:의\d{1,2})?))",
            r"(?P<code>\d{1,12}(?:-[A-Za-z0-9]{1,12}){1,6})",
            r"(?P<latin>[A-Za-z]\w{0,40}(?:[-_./&][A-Za-z0-9]{1,40}){0,8})",
            rf"(?P<amount>{_AMOUNT})(?:\s?(?P<unit>{_UNITS})(?![A-Za-z]))?",
        )
    ),
    re.ASCII,
)
_PIECE = re.compile(rf"({_NUMBER})([천백십]?)([조억만]?)")
_SCALE = {"": 1, "십": 10, "백": 100, "천": 1000, "만": 10**4, "억": 10**8, "조": 10**12}
_PARTS = re.compile(r"[a-z]+|\d+")
# A particle left hanging after a protected value (`60조는` → `는`) would be tagged as a noun by mecab.
PARTICLE = re.compile(
    "(?:으로써|으로서|으로|에서는|에서도|에서|에게|에는|에도|에|은|는|이나|이며|이고|이란|이라|이|가|을|를|의|과|와|도|만|"
    "로서|로써|로|까지|부터|마다|보다|나|며|씩|째)(?![가-힣])"
)


@dataclass(frozen=True, slots=True)
class Piece:
    """Either plain text for mecab (`tokens` empty) or a protected span with its tokens, the most specific first."""

    text: str
    tokens: tuple[str, ...] = ()
    start: int = 0


def clean(text: str) -> str:
    """NFC, then NFKC without its traps, control characters (mecab stops at NUL) and lone surrogates removed."""
    text = text.encode("utf-8", "ignore").decode("utf-8")
    text = SEPARATORS.sub(" ", unicodedata.normalize("NFC", text))
    return SPACES.sub(" ", unicodedata.normalize("NFKC", text)).strip()


def article_label(number: str, branch: str | None) -> str:
    """`제60조` or `제60조의2`, the form the chunkers write."""
    return f"제{int(number)}조" + (f"의{int(branch)}" if branch else "")


def split_protected(text: str) -> Iterator[Piece]:
    """Cut cleaned text into plain and protected pieces, in order."""
    position = 0
    for match in _PROTECTED.finditer(text):
        if match.start() > position:
            yield Piece(text[position : match.start()], (), position)
        yield Piece(match.group(), tuple(dict.fromkeys(_tokens(match))), match.start())
        position = after_particle(text, match.end())
    if position < len(text):
        yield Piece(text[position:], (), position)


def after_particle(text: str, position: int) -> int:
    """Where the text goes on behind a particle that hangs at `position`; `position` when none does."""
    particle = PARTICLE.match(text, position)
    return particle.end() if particle else position


def _tokens(match: re.Match[str]) -> list[str]:
    group = match.groupdict()
    if group["law"]:
        article = article_label(group["article"] or group["bare_article"], group["branch"] or group["bare_branch"])
        tokens = [article]
        for value, unit in ((group["paragraph"], "항"), (group["item"], "호")):
            if value:
                tokens.append(f"{tokens[-1]}제{int(value)}{unit}")
        return tokens
    if group["clause"]:
        return (
            [f"별표{group['table']}", "별표"] if group["table"] else [f"제{int(group['clause_n'])}{group['clause_u']}"]
        )
    if group["date"]:
        year, month, day = int(group["y"]), int(group["m"]), int(group["d"])
        return [f"{year:04d}-{month:02d}-{day:02d}", f"{year}년", f"{month}월", f"{day}일"]
    if group["amount"]:
        number = _value(group["amount"])
        return [number + group["unit"], number] if group["unit"] else [number]
    whole = match.group().lower()
    return [whole, *(_PARTS.findall(whole) if not whole.isalpha() else [])]


def _value(amount: str) -> str:
    """`3천만` → `30000000`, `1.50` → `1.5`."""
    total = sum(
        float(number.replace(",", "")) * _SCALE[small] * _SCALE[big]
        if "." in number
        else int(number.replace(",", "")) * _SCALE[small] * _SCALE[big]
        for number, small, big in _PIECE.findall(amount)
    )
    return f"{total:.9f}".rstrip("0").rstrip(".") if isinstance(total, float) else str(total)

"""Finds the skeleton of a law or a 규정: 편·장·절·관, 조, 부칙, 별표 and 별지, with offsets into the document's text.

It reads Markdown headings (`##### 제1조 (목적)`), plain text and PDF lines (`제1조(목적) 이 규정은 …`). A line counts
as an article only if what follows its number reads like a heading: `제3조제1항에 따른 …` at a line start refers.
It does not split articles (`law_article`) and knows nothing of tokens.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from haechi.chunkers.lines import Line, lines
from haechi.types import Document

#: Order of the levels in a breadcrumb.
LEVELS = "편장절관"

_LEVEL = re.compile(r"\s*(제\s*(\d+)\s*([편장절관])(?:\s*의\s*\d+)?)(?=\s|$|[(（])\s*(.*)$")
_NOT_A_LEVEL = re.compile(
    r"^(?:및|또는|부터|까지|내지|중\s|에\s|의\s|을\s|를\s|[(（][^)]*[)）]\s*(?:을|를|의|에)|.*(?:다|함|음)[.]?$)"
)
_SUPPLEMENT = re.compile(r"\s*부\s*칙\s*(?:[(（〔].*[)）〕])?\s*(?:[<〈\[(（].*[>〉\])）])?\s*$")
_ANNEX = re.compile(
    r"\s*(?:[\[<【〔(]\s*)?(별\s*표|별\s*지)\s*(?:제?\s*(\d+)\s*(?:호\s*)?((?:의|-)\s*\d+)?\s*(?:호)?\s*(서\s*식)?)?"
    r"\s*(?P<close>[\]>】〕)])?(?P<rest>.*)$"
)
_ARTICLE = re.compile(r"\s*제\s*(\d+)\s*조(?:\s*의\s*(\d+))?")
_TITLE = re.compile(r"\s*[(（【\[〔]((?:[^()（）【】\[\]〔〕]|[(（][^()（）]*[)）])*)[)）】\]〕]")
# After a title: particles and 항·호 mean that the line goes on about the article, it does not open it.
_REFERS = re.compile(
    r"^(?:에(?:서|는|도|게|\s)|의\s|[을를와과]|으?로\s|및|또는|부터|까지|내지|[,ㆍ·~∼]|제\s*\d+\s*[항호조]"
    r"|[이가은는도만]\s(?!법|영|규|조례|지침|내규|예규|고시|요령|세칙|기준|약관|정관|훈령|계약|회칙|조는))"
    r"|^\s+(?:및|또는|부터|까지|내지|중\s|제\s*\d+\s*[항호]|각\s*[호항]|[의에을를와과]\s|외에|단서|본문\s|전단|후단)"
)
_RANGE = re.compile(r"^\s*(?:부터|내지|및|,|~|∼)\s*(제\s*\d+\s*조(?:\s*의\s*\d+)?).{0,20}?(?:삭\s*제|생\s*략)")
_GONE = re.compile(r"^\s*[<\[(]?\s*(?:삭\s*제|생\s*략)")
_CONTENTS = re.compile(r"(?:[.·…‥⋯ㆍ]\s?){4,}\s*\d*\s*$|\t+\d+\s*$")
_CLOSED = ".。>])〉】」:;"


@dataclass(frozen=True)
class Article:
    """One 조. `number` is `제12조의2`; `label` adds the part (`부칙 제1조`) or a range of deleted articles."""

    number: str
    label: str
    title: str
    key: tuple[int, int]
    start: int
    end: int
    body: int
    levels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Gap:
    """Words between a 장 heading and the article after it; no article owns them, and they must not be lost."""

    start: int
    end: int
    heading: str


@dataclass(frozen=True)
class Part:
    """본문, one 부칙 with its own promulgation heading, one 별표 or 별지: a stretch of text with its articles."""

    kind: str
    heading: str
    start: int
    end: int
    body: int
    articles: tuple[Article, ...] = ()
    gaps: tuple[Gap, ...] = ()
    stops: tuple[int, ...] = ()


@dataclass
class _Open:
    """A part while its lines are collected."""

    kind: str
    heading: str
    line: Line | None
    found: list[_Candidate] = field(default_factory=list)
    levels: list[Line] = field(default_factory=list)


@dataclass(frozen=True)
class _Candidate:
    article: Article
    is_heading: bool
    titled: bool


def parts(document: Document) -> list[Part]:
    """The parts of the document in order, the body first. Their articles are in text order."""
    text = document.text
    opened = [_Open("본문", "", None)]
    levels: dict[str, str] = {}
    previous = ""
    for line in lines(document):
        current = opened[-1]
        part = _part_heading(line, current)
        if part is not None:
            opened.append(part)
            levels = {}
        elif (level := _level(line, current, previous)) is not None:
            if current.kind != "본문":
                current = _Open("본문", "", line)
                opened.append(current)
            rank = LEVELS.index(level[0])
            levels = {name: title for name, title in levels.items() if LEVELS.index(name) < rank}
            levels[level[0]] = level[1]
            current.levels.append(line)
        else:
            candidate = _candidate(line, current, previous, tuple(levels.values()))
            if candidate is not None:
                if current.kind == "부칙" and candidate.article.number == "제1조" and candidate.article.title == "목적":
                    current = _Open("본문", "", line)  # the next regulation of a collection
                    opened.append(current)
                current.found.append(candidate)
        previous = line.text
    ends = [part.line.start for part in opened[1:] if part.line is not None] + [len(text)]
    return [_close(part, text, end) for part, end in zip(opened, ends, strict=True)]


def _part_heading(line: Line, current: _Open) -> _Open | None:
    text = line.text
    if len(text) > 200 or _CONTENTS.search(text):
        return None
    if _SUPPLEMENT.match(text):
        return _Open("부칙", " ".join(text.split()), line)
    match = _ANNEX.match(text)
    if match is None or not _is_annex_heading(line, match):
        return None
    kind = "".join(match.group(1).split())
    name = kind
    if match.group(2):
        suffix = "".join((match.group(3) or "").split())
        name = f"별표 {match.group(2)}{suffix}" if kind == "별표" else f"별지 제{match.group(2)}호{suffix}서식"
    opened = _Open("별표", " ".join(text.split()), line)
    opened.found.append(_Candidate(_annex_article(line, name), True, True))
    return opened


def _annex_article(line: Line, name: str) -> Article:
    title = " ".join(line.text.split())
    return Article(name, name, title, (0, 0), line.start, line.end, line.end)


def _is_annex_heading(line: Line, match: re.Match[str]) -> bool:
    rest = match.group("rest")
    if line.block.kind == "heading":
        return True
    if match.group("close") and line.text.strip()[0] in "[<【〔(":
        # "[별표 1] 시설 사용료" opens it, "[별표 1]에 따른" and "[별표 1]과 같다" speak of it.
        return (
            not re.match(r"^[가-힣]", rest)
            and len(line.text) < 120
            and not re.match(r"^\s*(?:및|또는|의|에|과|와)\s", rest)
        )
    return (
        bool(re.fullmatch(r"\s*(?:[<\[(].*[>\])])?\s*", rest))
        and len(line.text) < 80
        and bool(match.group(2) or not rest)
    )


def _level(line: Line, current: _Open, previous: str) -> tuple[str, str] | None:
    """(편·장·절·관, its whole heading) when the line is one."""
    match = _LEVEL.match(line.text)
    if match is None or current.kind == "별표":
        return None
    title = match.group(4).strip()
    if line.block.kind != "heading":
        if len(line.text) > 80 or _NOT_A_LEVEL.match(title) or _CONTENTS.search(line.text) or not _is_closed(previous):
            return None
        # Amending 부칙 quote chapters; only a first chapter can begin a new regulation there.
        if current.kind == "부칙" and (match.group(2) != "1" or not title):
            return None
    elif current.kind == "부칙" and match.group(2) != "1":
        return None
    return match.group(3), " ".join(line.text.split())


def _candidate(line: Line, current: _Open, previous: str, levels: tuple[str, ...]) -> _Candidate | None:
    match = _ARTICLE.match(line.text)
    if match is None or current.kind == "별표":
        return None
    rest = line.text[match.end() :]
    number = f"제{match.group(1)}조" + (f"의{match.group(2)}" if match.group(2) else "")
    key = (int(match.group(1)), int(match.group(2) or 0))
    titled = _TITLE.match(rest)
    is_heading = line.block.kind == "heading"
    title, label = "", number
    if titled:
        title = " ".join(titled.group(1).split())
        if _GONE.match(title):
            title = ""
    after = rest[titled.end() :] if titled else rest
    if span := _RANGE.match(rest):
        label = f"{number}부터 {''.join(span.group(1).split())}까지"
    elif not is_heading and (_REFERS.match(after) or _CONTENTS.search(line.text)):
        return None
    elif not is_heading and not titled and not _may_be_untitled(rest, key, current, previous):
        return None
    body = line.start + match.end() + (titled.end() if titled else 0)
    if current.kind == "부칙":
        number, label = f"부칙 {number}", f"부칙 {label}"
    article = Article(number, label, title, key, line.start, line.end, body, levels)
    return _Candidate(article, is_heading, bool(titled))


def _may_be_untitled(rest: str, key: tuple[int, int], current: _Open, previous: str) -> bool:
    """`제3조 대한민국의 영토는 …`: an article without a title must follow its predecessor and a finished line."""
    if rest and not rest[0].isspace() and not _GONE.match(rest):
        return False
    if not _is_closed(previous):
        return False
    if not current.found:
        return key == (1, 0)
    last = current.found[-1].article.key
    return key in ((last[0] + 1, 0), (last[0], last[1] + 1 if last[1] else 2))


def _is_closed(previous: str) -> bool:
    end = previous.rstrip()
    return not end or end[-1] in _CLOSED or len(end) < 40


def _close(part: _Open, text: str, end: int) -> Part:
    start = part.line.start if part.line else 0
    body = part.line.end if part.line and part.heading else start
    chosen = _chosen(part.found, text)
    levels = tuple(line.start for line in part.levels)
    stops = sorted([*(candidate.article.start for candidate in chosen), *levels, end])
    articles = []
    for candidate in chosen:
        article = candidate.article
        articles.append(replace(article, end=stops[bisect_right(stops, article.start)]))
    gaps = []
    for line in part.levels:
        stop = stops[bisect_right(stops, line.start)]
        if text[line.end : stop].strip():
            gaps.append(Gap(line.end, stop, " ".join(line.text.split())))
    return Part(part.kind, part.heading, start, end, body, tuple(articles), tuple(gaps), levels)


def _chosen(found: Sequence[_Candidate], text: str) -> list[_Candidate]:
    """Headings of the format are trusted; among lines the longest run of rising numbers wins, others are quotations."""
    headings = [candidate for candidate in found if candidate.is_heading]
    if headings:
        return headings
    runs: list[list[_Candidate]] = [[]]
    for candidate in found:
        if candidate.article.key == (1, 0) and candidate.titled and runs[-1]:
            runs.append([])
        runs[-1].append(candidate)
    runs = [_rising(run) for run in runs]
    kept = [run for index, run in enumerate(runs) if index == len(runs) - 1 or not _is_contents(run, text)]
    return [candidate for run in kept for candidate in run]


def _is_contents(run: Sequence[_Candidate], text: str) -> bool:
    """A table of contents: most of its articles have no words of their own before the next one."""
    ends = [candidate.article.start for candidate in run[1:]]
    bare = sum(
        len(text[candidate.article.body : end].strip(" \n\t.·…0123456789")) < 2
        for candidate, end in zip(run, ends, strict=False)
    )
    return len(run) >= 3 and bare > len(ends) / 2


def _rising(run: Sequence[_Candidate]) -> list[_Candidate]:
    """The longest non-falling subsequence by article number (patience sorting)."""
    tails: list[tuple[int, int]] = []
    tail_index: list[int] = []
    before: list[int] = []
    for index, candidate in enumerate(run):
        position = bisect_right(tails, candidate.article.key)
        before.append(tail_index[position - 1] if position else -1)
        if position == len(tails):
            tails.append(candidate.article.key)
            tail_index.append(index)
        else:
            tails[position] = candidate.article.key
            tail_index[position] = index
    chosen: list[_Candidate] = []
    index = tail_index[-1] if tail_index else -1
    while index >= 0:
        chosen.append(run[index])
        index = before[index]
    return chosen[::-1]

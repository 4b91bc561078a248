"""Joins the broken lines of a page into paragraphs. Text only: no positions, columns or tables.

A line that reaches the usual width goes on in the next one, unless that one opens a unit (제N조, ①, 1., 가., □ …).
Korean PDFs often break lines inside a word and keep no trace of it. Whether a break stood between words is decided by
the document's own vocabulary: the joined word seen elsewhere means no space, both halves seen elsewhere mean a space.
What stays open follows the majority of the decided ones.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

#: A line this wide, as a share of the page's wide lines, was broken because it was full.
FULL_SHARE = 0.85
#: With at least this share of breaks inside words, the document breaks lines anywhere.
ANYWHERE_SHARE = 0.3

_OPENS = re.compile(
    r"""\s*(?:
      제\s*\d+\s*(?:편|장|절|관)(?:의\s*\d+)?\s
    | 제\s*\d+\s*조(?:의\s*\d+)?\s*[(（【\[]
    | 제\s*\d+\s*조(?:의\s*\d+)?\s+(?:삭제|[①-⑳])
    | 부\s*칙\s*(?:[<(〈\[]|$) | [\[<【〔]\s*별\s*[표지]
    | [①-⑳㉑-㉟㊱-㊿] | \d{1,3}(?:의\d+)?\s*[.)]\s | [(（]\s*(?:\d{1,2}|[가나다라마바사아자차카타파하])\s*[)）]
    | [Ⅰ-Ⅻ]+\s*[.．]? | [-–•·○●◦□■▣◆◇▶▷※*☞▪]\s?
    )""",
    re.VERBOSE,
)
# 가. 나. 다. open a 목, but "…한 / 다. 그리고" is a broken sentence: what stands before decides.
_LETTER = re.compile(r"\s*[가나다라마바사아자차카타파하]\s*[.)]\s")
_ENDED = ".,:;!?>)]」』”’。"
_WORD = re.compile(r"[가-힣A-Za-z0-9]+")
_LAST_WORD = re.compile(r"[가-힣A-Za-z0-9]+$")


@dataclass(frozen=True)
class WordBreaks:
    """What a document's own words say about its line breaks."""

    words: Counter[str]
    anywhere: bool

    def joiner(self, line: str, following: str) -> str:
        """A space or nothing, between a line and the one that goes on."""
        return " " if _decide(line, following, self.words, default=not self.anywhere) else ""


def word_breaks(lines: Sequence[str]) -> WordBreaks:
    """Learn from all lines of a document."""
    words: Counter[str] = Counter()
    for line in lines:
        found = _WORD.findall(line)
        # The first and last word of a line may be halves; only whole words are evidence.
        words.update(found[1:-1])
    inside = between = 0
    for line, following in pairwise(lines):
        if _OPENS.match(following) or not line.strip():
            continue
        choice = _decide(line, following, words, default=None)
        inside += choice is False
        between += choice is True
    return WordBreaks(words, inside > (inside + between) * ANYWHERE_SHARE)


def _decide(line: str, following: str, words: Counter[str], default: bool | None) -> bool | None:
    if line[-1:].isspace() or following[:1].isspace():
        return True
    left, right = _LAST_WORD.search(line), _WORD.match(following)
    if left is None or right is None:
        # Punctuation at the break: only an opening mark or a middle dot holds on to what follows.
        return not (line[-1:] in "(「『“‘[<ㆍ·" or following[:1] in ")」』”’]>.,ㆍ·")
    first, second = left.group(), right.group()
    if first[-1].isascii() and second[0].isascii():
        return True
    joined, apart = words[first + second], min(words[first], words[second])
    if joined == apart:
        return default
    return apart > joined


def join_lines(lines: Sequence[str], breaks: WordBreaks) -> Iterator[str]:
    """The paragraphs of one page."""
    filled = [line for line in lines if line.strip()]
    if not filled:
        return
    widths = sorted(_width(line) for line in filled)
    full = widths[int(len(widths) * 0.9)] * FULL_SHARE
    current = ""
    last_width = 0
    for line in lines:
        text = line.strip()
        if not text:
            last_width = 0
            continue
        if current and last_width >= full and not _opens(line, current):
            current += breaks.joiner(current, line).strip("\n") + text if not current.endswith(" ") else text
        else:
            if current.strip():
                yield current.strip()
            current = text
        if line[-1:] == " ":
            current += " "
        last_width = _width(line)
    if current.strip():
        yield current.strip()


def _opens(line: str, current: str) -> bool:
    """Whether `line` begins something new: a marked unit, or an indented line after a finished sentence."""
    ended = current.rstrip()[-1:] in _ENDED
    return bool(_OPENS.match(line)) or (ended and bool(_LETTER.match(line))) or (line[:1] == " " and ended)


def _width(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in line.rstrip())

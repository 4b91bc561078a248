"""Joins the broken lines of a page, which stand in reading order, into paragraphs.

A line that reaches the end of its column goes on in the next one, unless that one opens a unit (제N조, ①, 1., 가., □ …),
is set in another size, or stands apart.
Korean PDFs often break lines inside a word and keep no trace of it. Whether a break stood between words is decided by
the document's own vocabulary: the joined word seen elsewhere means no space, both halves seen elsewhere mean a space.
What stays open follows the majority of the decided ones.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from haechi.parsers.pdf_page import Line

#: A line that leaves less than this share of its column empty at the end was broken because it was full.
EMPTY_SHARE = 0.15
#: White between two lines of a paragraph is less than this, in font sizes; sizes differ by less than this share.
APART = 1.6
SIZE_SHARE = 0.12
#: With at least this share of breaks inside words, the document breaks lines anywhere.
ANYWHERE_SHARE = 0.3

_OPENS = re.compile(
    r"""\s*(?:
      제\s*\d+\s*(?:편|장|절|관)(?:의\s*\d+)?\s
    | 제\s*\d+\s*조(?:의\s*\d+)?\s*[(（【\[]
    | 제\s*\d+\s*조(?:의\s*\d+)?\s+(?:삭제|[①-⑳])
    | 부\s*칙\s*(?:[<(〈\[]|$) | [\[<【〔]\s*별\s*[표지]
    | [①-⑳㉑-㉟㊱-㊿] | \d{1,3}(?:의\d+)?\s*[.)]\s | [(（]\s*(?:\d{1,2}|[가나다라마바사아자차카타파하])\s*[)）]
    | [Ⅰ-Ⅻ]+\s*[.．]? | [-–•·○●◦□■▣◆◇▶▷▸※*☞▪❍❏\ue000-\uf8ff]\s?
    )""",
    re.VERBOSE,
)
# 가. 나. 다. open a 목, but "…한 / 다. 그리고" is a broken sentence: what stands before decides.
_LETTER = re.compile(r"\s*[가나다라마바사아자차카타파하]\s*[.)]\s")
_LEADERS = re.compile(r"\s*(?:(?:[.·‥…∙・․⋯ㆍ]\s?){4,}|[…⋯]{2,}|-{8,})\s*([0-9ivxlcⅰ-ⅿ]{1,5})\s*$")
#: How `Line.text` marks a word parted at the end of the line.
SOFT_HYPHEN = "\u00ad"
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


@dataclass(slots=True)
class Paragraph:
    """Lines that belong together, and their text."""

    text: str
    lines: list[Line]

    @property
    def size(self) -> float:
        """The font size of most of its text."""
        return max(self.lines, key=lambda line: len(line.text)).size

    @property
    def bold(self) -> bool:
        return all(line.bold for line in self.lines)


def join_lines(lines: Sequence[Line], breaks: WordBreaks) -> Iterator[Paragraph]:
    """The paragraphs of neighbouring lines."""
    current: Paragraph | None = None
    for line in lines:
        if not line.text.strip():
            continue
        if current is not None and _goes_on(current, line):
            current.text = glue(current.text, line.text, breaks)
            current.lines.append(line)
            continue
        if current is not None:
            yield current
        current = Paragraph(line.text, [line])
    if current is not None:
        yield current


def glue(text: str, following: str, breaks: WordBreaks) -> str:
    """`text` and the line that goes on from it. A soft hyphen at the end means that a word was parted."""
    if text.endswith(SOFT_HYPHEN):
        return text[:-1] + following.lstrip()
    joiner = breaks.joiner(text, following)
    return text.rstrip() + joiner + following.lstrip()


def _goes_on(current: Paragraph, line: Line) -> bool:
    last = current.lines[-1]
    if _opens(line.text, current.text, line.x0 > line.left + line.size * 0.8) or _LEADERS.search(last.text):
        return False
    if abs(line.size - last.size) > SIZE_SHARE * max(line.size, last.size):
        return False
    if current.bold != line.bold and current.bold:
        return False
    pitch = (line.top + line.bottom - last.top - last.bottom) / 2
    if not 0 < pitch < (1 + APART) * line.size and not (last.right <= line.left or pitch < 0):
        return False
    if last.text.endswith(SOFT_HYPHEN):
        return True
    return last.right - last.x1 <= max(2 * last.size, EMPTY_SHARE * (last.right - last.left))


def is_contents_line(text: str) -> bool:
    """Whether a line is an entry of a table of contents: leaders, then a page number."""
    return bool(_LEADERS.search(text))


def without_leaders(text: str) -> str:
    """`1. 개요 ······ 3` → `1. 개요 … 3`."""
    return _LEADERS.sub(r" … \1", text)


def _opens(text: str, current: str, indented: bool) -> bool:
    """Whether a line begins something new: a marked unit, or an indented line after a finished sentence."""
    ended = current.rstrip()[-1:] in _ENDED
    return bool(_OPENS.match(text)) or (ended and bool(_LETTER.match(text))) or (indented and ended)

"""Joins the broken lines of a page, which stand in reading order, into paragraphs.

A line that fills its column goes on in the next one, unless that one opens a unit (제N조, ①, 1., 가., □ …),
is set in another size, or stands apart.
Korean PDFs often break lines inside a word and keep no trace of it. A document whose breaks tear words (mecab is sure
of some of them), or that keeps the spaces before other breaks, breaks anywhere: there each break is decided by the
document's own words (the joined word seen elsewhere means no space), then by what mecab makes of the halves. In all
others a break stands for a space.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from haechi.korean.spacing import has_space, space_cost
from haechi.parsers.pdf_page import Line

#: A line that leaves less than this share of its column empty at the end was broken because it was full.
EMPTY_SHARE = 0.15
#: White between two lines of a paragraph is less than this, in font sizes; sizes differ by less than this share.
APART = 1.6
#: Lines of at least so many characters that begin and end together are one text, however wide their column is.
BOXED_CHARS = 24
SIZE_SHARE = 0.12
#: Shorter lines say nothing about breaks, and more breaks than this say no more.
EVIDENCE_CHARS = 12
EVIDENCE_BREAKS = 500
MIN_EVIDENCE = 2
#: With this share of breaks that keep their space, or that tear words for certain, lines break anywhere.
KEPT_SHARE = 0.1
TORN_SHARE = 0.15
TORN_COST = 2000

_OPENS = re.compile(
    r"""\s*(?:
      제\s*\d+\s*(?:편|장|절|관)(?:의\s*\d+)?\s
    | 제\s*\d+\s*조(?:의\s*\d+)?\s*[(（【\[]
    | 제\s*\d+\s*조(?:의\s*\d+)?\s+(?:삭제|[①-⑳])
    | 부\s*칙\s*(?:[<(〈\[]|$) | [\[<【〔]\s*별\s*[표지]
    | [①-⑳㉑-㉟㊱-㊿] | \d{1,3}(?:의\d+)?\s*[.)][\s「『] | [(（]\s*(?:\d{1,2}|[가나다라마바사아자차카타파하])\s*[)）]
    | [Ⅰ-Ⅻ]+\s*[.．]? | [-–•·○●◦□■▣◆◇▶▷▸※*☞▪❍❏\ue000-\uf8ff]\s?
    )""",
    re.VERBOSE,
)
# 가. 나. open a 목, but "…한 / 다. 그리고" is a broken sentence: what stands before decides, as for 제2조부터 … 생략.
_LETTER = re.compile(
    r"\s*(?:[가나다라마바사아자차카타파하]\s*[.)]\s|제\s*\d+\s*조(?:의\s*\d+)?\s*(?:생략|부터|내지|및)[^가-힣]|제\s*\d+\s*조\s*$)"
)
_LEADERS = re.compile(r"\s*(?:(?:[.·‥…∙・․⋯ㆍ]\s?){4,}|[…⋯]{2,}|-{8,})\s*([0-9ivxlcⅰ-ⅿ]{1,5})\s*$")
#: How `Line.text` marks a word parted at the end of the line.
SOFT_HYPHEN = "\u00ad"
#: A minus that belongs to the figure on the next line.
_SIGN = re.compile(r"(?:^|[\s(~])[-−–△▲+]$")
_ENDED = ".,:;!?>)]」』”’。"
_COUNTER = re.compile(
    r"(?:년|월|일|조|항|호|명|원|개|회|차|세|분의|퍼센트|만|억|천|백|시|분|초|쪽|건|점|위|층|급)(?![가-힣]{3})"
)
_BETWEEN = frozenset({"및", "또는"})
_HANGUL = re.compile("[가-힣]")
_WORD = re.compile(r"[가-힣A-Za-z0-9]+")
_LAST_WORD = re.compile(r"[가-힣A-Za-z0-9]+$")


@dataclass(frozen=True)
class WordBreaks:
    """What a document's own words say about its line breaks. `anywhere`: they also stand inside words."""

    words: Counter[str]
    anywhere: bool

    def joiner(self, line: str, following: str) -> str:
        """A space or nothing, between a line and the one that goes on."""
        return " " if self._is_space(line, following) else ""

    def _is_space(self, line: str, following: str) -> bool:
        if line[-1:].isspace() or following[:1].isspace():
            return True
        left, right = _LAST_WORD.search(line), _WORD.match(following)
        if left is None or right is None:
            if _SIGN.search(line) and following[:1].isdigit():
                return False
            # Punctuation at the break: only an opening mark or a middle dot holds on to what follows.
            return not (line[-1:] in "(「『“‘[<ㆍ·" or following[:1] in ")」』”’]>.,ㆍ·")
        first, second = left.group(), right.group()
        joined, apart = self.words[first + second], min(self.words[first], self.words[second])
        if first[-1].isascii() and second[0].isascii():
            return not (first[-1].isdigit() and second[0].isdigit() and joined > apart)
        if joined > apart:
            return False
        if not self.anywhere:
            return True
        if (first == "제" and second[0].isdigit()) or (first[-1].isdigit() and _COUNTER.match(second)):
            return False
        return first in _BETWEEN or has_space(line, following)


def word_breaks(lines: Sequence[str]) -> WordBreaks:
    """Learn from all lines of a document."""
    words: Counter[str] = Counter()
    kept = torn = pairs = 0
    for line in lines:
        # The first and last word of a line may be halves; only whole words are evidence.
        words.update(_WORD.findall(line)[1:-1])
    for line, following in pairwise(lines):
        if len(line) < EVIDENCE_CHARS or _OPENS.match(following) or not _HANGUL.match(following):
            continue
        if _HANGUL.match(line.rstrip()[-1:]):
            pairs += 1
            kept += line[-1].isspace()
            if not line[-1].isspace() and pairs <= EVIDENCE_BREAKS:
                torn += space_cost(line, following) > TORN_COST
    # Where the file keeps the space before some line breaks, a break without one stands inside a word.
    anywhere = kept >= max(MIN_EVIDENCE, KEPT_SHARE * pairs)
    return WordBreaks(words, anywhere or torn >= max(MIN_EVIDENCE, TORN_SHARE * min(pairs, EVIDENCE_BREAKS)))


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
    if _opens(line.text, current.text, _is_indented(current, line)) or _LEADERS.search(last.text):
        return False
    if abs(line.size - last.size) > SIZE_SHARE * max(line.size, last.size):
        return False
    if current.bold != line.bold and current.bold:
        return False
    pitch = (line.top + line.bottom - last.top - last.bottom) / 2
    next_column = last.right <= line.left or pitch < 0
    if not 0 < pitch < (1 + APART) * line.size and not next_column:
        return False
    if next_column and current.text.rstrip()[-1:] in _ENDED:
        return False
    if last.text.endswith(SOFT_HYPHEN):
        return True
    aligned = abs(line.x0 - last.x0) < 0.5 * line.size and line.x1 <= last.x1 + line.size
    if aligned and len(last.text) >= BOXED_CHARS and last.text.rstrip()[-1:] not in _ENDED:
        return True  # text in a box, narrower than the column it stands in
    return last.right - last.x1 <= max(2 * last.size, EMPTY_SHARE * (last.right - last.left))


def _is_indented(current: Paragraph, line: Line) -> bool:
    """Whether a line is set in more than the paragraph above it. What follows a bullet hangs, which is no indent."""
    if len(current.lines) > 1:
        return line.x0 > current.lines[-1].x0 + 0.8 * line.size
    return not _OPENS.match(current.text) and line.x0 > line.left + 0.8 * line.size


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

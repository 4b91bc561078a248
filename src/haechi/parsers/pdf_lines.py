"""Joins the broken lines of a page, which stand in reading order, into paragraphs.

A line that fills its column goes on in the next one, unless that one opens a unit (제N조, ①, 1., 가., □ …),
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
#: Lines of at least so many characters that begin and end together are one text, however wide their column is.
BOXED_CHARS = 24
SIZE_SHARE = 0.12
#: With at least this share of breaks inside words, the document breaks lines anywhere.
ANYWHERE_SHARE = 0.3
#: Shorter lines say nothing about breaks; so many breaks with a space before them, and this share, are evidence.
EVIDENCE_CHARS = 12
MIN_KEPT = 3
KEPT_SHARE = 0.1
MIN_PARTED = 2
PARTED_SHARE = 0.03

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
# What never begins a word of its own: particles and endings. 이 and 도 do (이 규정, 도 지사).
_SUFFIX = re.compile(
    r"(?:[가을를은는의에로와과며면다적서써야여던록]|으로|에서|에게|에는|에도|까지|부터|으로써|로써|로서|으로서|라는|이라는|이라고|이며|이고|이다"
    r"|입니다|습니다|니다|들은|들을|들이|들의)$"
)
# 하다 and 되다 hold on to a noun, and stand alone after a particle.
_VERB = re.compile(
    r"(?:하|되)(?:[는며고면여어기지게]|여야|어야|도록|거나|였다|었다|였으며|려는|려고)?$"
    r"|(?:[할한함된될됨]|합니다|됩니다|해야|했다|됐다|했습니다|됐습니다|하였습니다|되었습니다|한다|된다|하여야|되어야)$"
)
# What ends a word: seen before a space in 80 % or more of random breaks in encyclopedia and statute text.
_AFTER = re.compile(
    r"[가-힣A-Za-z0-9](?:[을를는은할]|따른|따라|하여|에서|부터|거나|위해|통해|면서|도록|지만|에는|에도)$"
    r"|[가-힣A-Za-z0-9]{2}[의에로과와고게야며나가이한된던도]$|^(?:및|등|또는|그)$"
)
# What begins a word of its own after a noun.
_BEFORE = re.compile(
    r"(?:위하여|위한|대하여|대한|따라|따른|관한|있다|있는|있으며|없는|없다|것|것을|것이|것으로|때|때에|때에는|경우|경우에|경우에는|등|등의|등을|및|또는|수)$"
)
_ENDED = ".,:;!?>)]」』”’。"
_WORD = re.compile(r"[가-힣A-Za-z0-9]+")
_LAST_WORD = re.compile(r"[가-힣A-Za-z0-9]+$")


@dataclass(frozen=True)
class WordBreaks:
    """What a document's own words say about its line breaks. `anywhere`: they also stand inside words."""

    words: Counter[str]
    anywhere: bool

    def joiner(self, line: str, following: str) -> str:
        """A space or nothing, between a line and the one that goes on."""
        return " " if _decide(line, following, self.words, not self.anywhere, self.anywhere) else ""


def word_breaks(lines: Sequence[str]) -> WordBreaks:
    """Learn from all lines of a document."""
    words: Counter[str] = Counter()
    for line in lines:
        found = _WORD.findall(line)
        # The first and last word of a line may be halves; only whole words are evidence.
        words.update(found[1:-1])
    inside = between = kept = parted = pairs = 0
    for line, following in pairwise(lines):
        if _OPENS.match(following) or len(line) < EVIDENCE_CHARS:
            continue
        if line[-1].isspace():
            kept += bool(_LAST_WORD.search(line.rstrip()))
            continue
        pairs += 1
        parted += _is_parted(line, following)
        choice = _decide(line, following, words, default=None)
        inside += choice is False
        between += choice is True
    # Where the file keeps the space before some line breaks, a break without one stands inside a word.
    keeps = kept >= max(MIN_KEPT, KEPT_SHARE * (inside + between + kept))
    # Lines broken between words never begin with a bare particle.
    torn = parted >= max(MIN_PARTED, PARTED_SHARE * pairs)
    return WordBreaks(words, keeps or torn or inside > (inside + between) * ANYWHERE_SHARE)


def _is_parted(line: str, following: str) -> bool:
    """Whether a particle or ending was torn from its word."""
    right = _WORD.match(following)
    return right is not None and "가" <= line[-1] <= "힣" and bool(_SUFFIX.match(right.group()))


def _decide(line: str, following: str, words: Counter[str], default: bool | None, grammar: bool = True) -> bool | None:
    """Whether a space stood at the break. `grammar` lets particles and endings speak before the document's words."""
    if line[-1:].isspace() or following[:1].isspace():
        return True
    left, right = _LAST_WORD.search(line), _WORD.match(following)
    if left is None or right is None:
        if _SIGN.search(line) and following[:1].isdigit():
            return False
        # Punctuation at the break: only an opening mark or a middle dot holds on to what follows.
        return not (line[-1:] in "(「『“‘[<ㆍ·" or following[:1] in ")」』”’]>.,ㆍ·")
    first, second = left.group(), right.group()
    joined, apart = words[first + second], min(words[first], words[second])
    if first[-1].isascii() and second[0].isascii():
        return not (first[-1].isdigit() and second[0].isdigit() and joined > apart)
    if grammar and _SUFFIX.match(second):
        return False
    if grammar and _VERB.match(second):
        return bool(_AFTER.search(first))
    if grammar and _BEFORE.match(second):
        return True
    if joined != apart:
        return apart > joined
    return True if grammar and _AFTER.search(first) else default


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

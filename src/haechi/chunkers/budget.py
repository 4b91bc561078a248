"""Fits text into the embedder's real limit: exact counts decide, nothing is ever cut off silently.

What is counted is what the index embeds: title, headings, label and text. Pieces are slices, never rewritten text.
Sentence ends here are punctuation only; a morpheme analyser would cost more than the embedding saves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from haechi.chunkers.base import TokenBudget
from haechi.errors import ParseError

#: A unit up to this size stays whole; two of them fit the prompt's evidence (about 450 tokens).
TARGET_TOKENS = 250
#: Headings and label may take this share of the limit; outer headings go first.
MAX_PLACE_SHARE = 0.5

Span = tuple[int, int]

_SENTENCE_END = re.compile(r"(?<=[^\W\d_][.!?。])[\"'”’」』)\]>]*\s+|(?<=[)\]>”’\"][.!?])\s+|(?<=>)\s*\n|\n")
_SHORT_MARKER = re.compile(r"(?:^|\s)[가-힣A-Za-z]\.\s*$")


class Meter:
    """Counts what a chunk will cost under one budget."""

    def __init__(self, budget: TokenBudget, title: str, target: int = TARGET_TOKENS) -> None:
        self.budget = budget
        self.title = title
        self.target = min(target, budget.limit)
        self._frame = budget.count("")

    def tokens(self, text: str) -> int:
        """Tokens of the text alone: counts that are added up must not each hold the prefix and special tokens."""
        return self.budget.count(text) - self._frame

    def place(self, headings: Sequence[str], label: str) -> str:
        """The line that the index puts before the text (the longest form of it)."""
        return " > ".join((self.title, *headings, label)) + "\n"

    def headings(self, headings: Sequence[str], label: str) -> tuple[str, ...]:
        """The headings that leave enough room for text; the outermost are dropped first."""
        kept = tuple(headings)
        while kept and self.budget.count(self.place(kept, label)) > self.budget.limit * MAX_PLACE_SHARE:
            kept = kept[1:]
        return kept

    def fits(self, text: str, headings: Sequence[str], label: str) -> bool:
        """Whether the whole passage stays within the embedder's limit. Exact."""
        return self.budget.count(self.place(headings, label) + text) <= self.budget.limit

    def fits_whole(self, text: str, headings: Sequence[str], label: str) -> bool:
        """`fits` for a text of any length, noted in the budget as one unit of the chunker."""
        fits = len(text) <= self.budget.limit * 8 and self.fits(text, headings, label)
        self.budget.notes.add(fits)
        return fits

    def is_short(self, text: str, headings: Sequence[str], label: str) -> bool:
        """Whether the text is of the wanted size and the passage within the limit."""
        # A text of four times the target in characters is never that short; the count of a huge text is saved.
        if len(text) > self.target * 8:
            return False
        return self.tokens(text) <= self.target and self.fits(text, headings, label)

    def cut(self, text: str, start: int, end: int, headings: Sequence[str], label: str) -> list[Span]:
        """Cut `text[start:end]` at line and sentence ends into pieces of about the target, each within the limit."""
        return list(self._pack(text, list(sentences(text, start, end)), headings, label))

    def _pack(self, text: str, parts: list[Span], headings: Sequence[str], label: str) -> Iterator[Span]:
        """Greedy: counts each part once, then proves each piece; a piece that is too long after all is halved."""
        first: int | None = None
        last = size = 0
        for begin, stop in parts:
            # A very long part is cut anyway; counting it whole would cost as much as counting all its pieces.
            tokens = self.tokens(text[begin:stop]) if stop - begin <= self.target * 8 else self.target + 1
            if first is not None and size + tokens > self.target:
                yield from self._prove(text, first, last, headings, label)
                first, size = None, 0
            if tokens > self.target:
                yield from self._prove(text, begin, stop, headings, label)
                continue
            first = begin if first is None else first
            last, size = stop, size + tokens
        if first is not None:
            yield from self._prove(text, first, last, headings, label)

    def _prove(self, text: str, start: int, end: int, headings: Sequence[str], label: str) -> Iterator[Span]:
        stack = [(start, end)]
        while stack:
            begin, stop = trim(text, *stack.pop())
            if begin >= stop:
                continue
            if stop - begin <= self.target * 8 and self.fits(text[begin:stop], headings, label):
                yield begin, stop
            elif stop - begin == 1:
                # One character over the limit means that the place alone fills it; `headings` prevents this.
                raise ParseError(
                    f"'{self.title[:40]}…': 제목이 너무 길어 임베딩 모델의 한도({self.budget.limit}토큰) 안에 "
                    "본문을 넣을 수 없습니다. 제목을 줄여 주세요.",
                    f"the title leaves no room for text within {self.budget.limit} tokens; shorten it",
                )
            else:
                half = _middle(text, begin, stop)
                stack += [(half, stop), (begin, half)]


def trim(text: str, start: int, end: int) -> Span:
    """The span without surrounding white space."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def sentences(text: str, start: int, end: int) -> Iterator[Span]:
    """Sentence and line spans of `text[start:end]`, without the space between them."""
    begin = start
    for match in _SENTENCE_END.finditer(text, start, end):
        if text[match.start() - 1] == "." and _SHORT_MARKER.search(text, max(begin, match.start() - 3), match.start()):
            continue  # "가. " opens an item, it ends nothing
        if match.start() > begin:
            yield begin, match.start()
        begin = match.end()
    if begin < end:
        yield begin, end


def _middle(text: str, start: int, end: int) -> int:
    """A cut near the middle: at a line end, a comma or a space in the middle half, else between two characters."""
    middle, low, high = (start + end) // 2, start + (end - start) // 4, end - (end - start) // 4
    for mark in ("\n", ", ", " "):
        before, after = text.rfind(mark, low, middle), text.find(mark, middle, high)
        found = [position for position in (before, after) if position >= 0]
        if found:
            return min(found, key=lambda position: abs(position - middle)) + len(mark)
    # Never between a letter and its combining mark.
    while middle < end - 1 and "\u0300" <= text[middle] <= "\u036f":
        middle += 1
    return middle

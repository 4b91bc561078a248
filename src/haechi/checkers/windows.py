"""Which stretch of the evidence a sentence should be read against: models read a few hundred tokens at a time.

A window is the sentence of the evidence that shares most with the claim, what belongs to it (its proviso, the lead of
its list, the passage's title) and then its neighbours, as far as there is room.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from haechi.checkers.base import Evidence
from haechi.korean.base import Analyser
from haechi.korean.sentences import split_sentences
from haechi.registry import load

#: Sentences that change what the one before them says.
_PROVISO = re.compile(r"^(?:다만|단,|단 |이 경우|그러나|그렇지만|하지만|예외)")
_ITEM = re.compile(r"^(?:\d{1,2}(?:의\d+)?[.)]|[가-하][.)]|[-·•○※*])\s?")
#: Another window is worth reading when its sentence shares at least this much of what the best one shares.
_NEXT_BEST = 0.5


@dataclass(frozen=True)
class Window:
    """`text` is what the model reads, `sentence` the one that was looked for, `passage` its number."""

    text: str
    sentence: str
    passage: int
    share: float


@dataclass(frozen=True)
class _Line:
    text: str
    passage: int
    tokens: frozenset[str]
    cost: int


class EvidenceWindows:
    """The sentences of all passages, read once; `find` is asked for every sentence of an answer."""

    def __init__(self, evidence: Sequence[Evidence], count: Callable[[str], int]) -> None:
        self._heads = [_head(passage) for passage in evidence]
        self._head_costs = [count(head) if head else 0 for head in self._heads]
        self._lines = [
            _Line(passage.text[start:end], number, frozenset(_tokens(passage.text[start:end])), 0)
            for number, passage in enumerate(evidence)
            for start, end in split_sentences(passage.text)
        ]
        self._lines = [_Line(line.text, line.passage, line.tokens, count(line.text)) for line in self._lines]
        self._known = Counter(token for line in self._lines for token in line.tokens)

    def find(self, claim: str, room: int, most: int = 2) -> list[Window]:
        """Up to `most` windows of about `room` tokens, the best first; none when there is no evidence."""
        tokens = frozenset(_tokens(claim))
        found: list[Window] = []
        taken: set[int] = set()
        ranked = sorted(range(len(self._lines)), key=lambda place: (-self._share(tokens, place), place))
        for place in ranked:
            share = self._share(tokens, place)
            if len(found) == most or (found and share < _NEXT_BEST * found[0].share):
                break
            if place in taken or (found and share == 0.0):
                continue
            chosen = self._grown(place, tokens, room)
            taken |= chosen
            line = self._lines[place]
            text = "\n".join(self._lines[number].text for number in sorted(chosen))
            head = self._heads[line.passage]
            found.append(Window(f"{head}\n{text}" if head else text, line.text, line.passage, share))
        return found

    def _share(self, tokens: frozenset[str], place: int) -> float:
        """How much the line has of the claim; a word of few lines counts more."""
        common = tokens & self._lines[place].tokens
        total = len(self._lines) + 1
        # Of two lines that share the same, the shorter one says it more plainly.
        own = math.sqrt(1 + len(self._lines[place].tokens))
        return sum(math.log(1 + total / self._known[token]) for token in common) * (1 + 1 / own)

    def _grown(self, place: int, tokens: frozenset[str], room: int) -> set[int]:
        passage = self._lines[place].passage
        mine = [number for number, line in enumerate(self._lines) if line.passage == passage]
        first, last = mine[0], mine[-1]
        chosen = {place}
        left = room - self._head_costs[passage] - self._lines[place].cost

        def take(number: int) -> bool:
            nonlocal left
            if number in chosen or not first <= number <= last or self._lines[number].cost > left:
                return False
            chosen.add(number)
            left -= self._lines[number].cost
            return True

        if _ITEM.match(self._lines[place].text):
            lead = place
            while lead > first and _ITEM.match(self._lines[lead].text):
                lead -= 1
            take(lead)
        if _PROVISO.match(self._lines[place].text):
            take(place - 1)
        for number in sorted(chosen):
            while number < last and _PROVISO.match(self._lines[number + 1].text):
                number += 1
                if not take(number):
                    break
        # What shares most with the claim first, then what stands nearest.
        others = sorted(
            (number for number in mine if number not in chosen),
            key=lambda number: (-self._share(tokens, number) / (1 + abs(number - place)), abs(number - place)),
        )
        for number in others:
            take(number)
        return chosen


def _head(passage: Evidence) -> str:
    """Title and label where the text does not begin with them already."""
    parts = [part for part in (passage.title, passage.label) if part and part not in passage.text[: 2 * len(part) + 20]]
    return " ".join(dict.fromkeys(parts))


def content_tokens(text: str) -> list[str]:
    """The morphemes that carry meaning, in dictionary form."""
    return _tokens(text)


def _tokens(text: str) -> list[str]:
    return _analyser().tokens(text)


@cache
def _analyser() -> Analyser:
    made: Analyser = load("analysers", "mecab")()
    return made

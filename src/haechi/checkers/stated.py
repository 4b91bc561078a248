"""Every value that the evidence states, with the sentence it stands in: what the checkers compare an answer with."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from haechi.checkers.base import Evidence
from haechi.checkers.context import content_words
from haechi.korean.bounds import Bound, bound_of
from haechi.korean.sentences import split_sentences
from haechi.korean.values import parse_values
from haechi.types import Value

_CITATION = re.compile(r"\[\d+(?:\s*,\s*\d+)*\]")
_NEAR = 14
_REACH = 400


@dataclass(frozen=True)
class Stated:
    """One value in its place. `words` are those of its sentence, `near` those within a few characters of it."""

    value: Value
    sentence: str
    bound: Bound | None = None
    bounded: str = ""
    passage: int = -1
    words: frozenset[str] = field(default_factory=frozenset)
    near: frozenset[str] = field(default_factory=frozenset)


def without_citations(answer: str) -> str:
    """`answer` with [1] and [1, 2] blanked to spaces, so that offsets stay and markers are no numbers."""
    return _CITATION.sub(lambda match: " " * len(match[0]), answer)


def stated_in(text: str, passage: int = -1) -> list[Stated]:
    """The values of one text in order."""
    values = parse_values(text)
    if not values:
        return []
    spans = split_sentences(text)
    starts = [start for start, _ in spans]
    stated = []
    for value in values:
        position = bisect_right(starts, value.start) - 1
        start, end = spans[position] if position >= 0 else (value.start, value.end)
        # A table or a PDF can be one endless line; without a limit every value of it would read all of it.
        start, end = max(start, value.start - _REACH), min(max(end, value.end), value.end + _REACH)
        bound = bound_of(text, value)
        around = (
            text[max(start, value.start - _NEAR) : value.start] + " " + text[value.end : min(end, value.end + _NEAR)]
        )
        words = content_words(text[start : value.start] + " " + text[value.end : end])
        bounded = text[bound.start : bound.end] if bound else value.surface
        stated.append(Stated(value, text[start:end], bound, bounded, passage, words, content_words(around)))
    return stated


def stated_in_evidence(evidence: Sequence[Evidence]) -> list[Stated]:
    """The values of all passages: their text, label and title. A label or a title is its own sentence."""
    stated: list[Stated] = []
    for number, passage in enumerate(evidence):
        stated += stated_in(passage.text, number)
        for heading in (passage.label, passage.title):
            words = content_words(passage.text)
            stated += [
                Stated(item.value, heading, item.bound, item.bounded, number, words, item.near)
                for item in stated_in(heading, number)
            ]
    return stated

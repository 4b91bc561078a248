"""Every value that the evidence states, with the sentence it stands in: what the checkers compare an answer with."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from haechi.checkers.base import Evidence
from haechi.checkers.context import content_words
from haechi.korean.bounds import Bound, bound_of
from haechi.korean.sentences import split_sentences
from haechi.korean.values import parse_values
from haechi.types import Value

_CITATION = re.compile(r"\[\d+(?:\s*,\s*\d+)*\]")
_NEAR = 14
_REACH = 400
_ALIGNED = 60
_SILENT = re.compile(r"[^0-9A-Za-z가-힣%]+")
_BRACKETED = re.compile(r"\([^()]*\)")
_MARKER = re.compile(r"^\s*(?:[①-⑳㉑-㉟]|\d{1,3}(?:의\d+)?[.)](?!\d)|[가-힣][.)])\s*")
_RANGE = re.compile(r"\s?(?:~|∼|〜|-|내지|에서|부터)\s?\Z")
_PARTICLES = {
    **dict.fromkeys(("으로", "로"), "로"), **dict.fromkeys(("을", "를"), "를"), **dict.fromkeys(("은", "는"), "는"),
    **dict.fromkeys(("이", "가"), "가"), **dict.fromkeys(("과", "와"), "와"), **dict.fromkeys(("이나", "나"), "나"),
    **dict.fromkeys(("이며", "며"), "며"), **dict.fromkeys(("이고", "고"), "고"), **dict.fromkeys(("이라", "라"), "라"),
}  # fmt: skip
_PARTICLE = re.compile("|".join(sorted(_PARTICLES, key=len, reverse=True)))
_BOUNDED_KINDS = frozenset({"amount", "date", "quantity"})


@dataclass(frozen=True)
class Stated:
    """One value in its place. `words` are those of its sentence, `near` those within a few characters of it.

    `left` and `right` are the letters beside the value (`behind`: beside value and bound) without spaces and signs, the
    value's end of them first. `after` is the rest of the sentence as written. `upto` is the other end of a range
    (3~5일) that this value opens. `bounded` is the value with its bound as written, without 부터 and 까지.
    """

    value: Value
    sentence: str
    bound: Bound | None = None
    bounded: str = ""
    passage: int = -1
    words: frozenset[str] = field(default_factory=frozenset)
    near: frozenset[str] = field(default_factory=frozenset)
    left: str = ""
    right: str = ""
    behind: str = ""
    after: str = ""
    upto: Value | None = None

    @property
    def stretch(self) -> tuple[int, int]:
        """Where `bounded` stands in the text."""
        if self.bound is None or self.bound.edge:
            return self.value.start, self.value.end
        return self.bound.start, self.bound.end


def without_citations(answer: str) -> str:
    """`answer` with [1] and [1, 2] blanked to spaces, so that offsets stay and markers are no numbers."""
    return _CITATION.sub(lambda match: " " * len(match[0]), answer)


def stated_in(text: str, passage: int = -1) -> list[Stated]:
    """The values of one text in order."""
    found = _stated(text)
    return [replace(item, passage=passage) for item in found] if passage >= 0 else list(found)


# Every checker asks for the values of the same few passages.
@lru_cache(maxsize=64)
def _stated(text: str) -> tuple[Stated, ...]:
    values = parse_values(text)
    if not values:
        return ()
    blanked = list(text)
    for value in values:
        blanked[value.start : value.end] = " " * (value.end - value.start)
    plain = "".join(blanked)
    spans = split_sentences(text)
    starts = [start for start, _ in spans]
    words: dict[tuple[int, int], frozenset[str]] = {}
    stated = []
    for number, value in enumerate(values):
        position = bisect_right(starts, value.start) - 1
        start, end = spans[position] if position >= 0 else (value.start, value.end)
        # A table or a PDF can be one endless line; without a limit every value of it would read all of it.
        start, end = max(start, value.start - _REACH), min(max(end, value.end), value.end + _REACH)
        if (start, end) not in words:
            words[start, end] = content_words(plain[start:end])
        bound = bound_of(text, value) if value.kind in _BOUNDED_KINDS else None
        # 까지 behind 최대 3일 stays outside, as it does behind 3일.
        tail = bound.end if bound and not bound.edge else value.end
        head = bound.start if bound and not bound.edge else value.start
        around = plain[max(start, value.start - _NEAR) : min(end, value.end + _NEAR)]
        follower = values[number + 1] if number + 1 < len(values) else None
        opens = follower is not None and _RANGE.fullmatch(text, value.end, follower.start) is not None
        stated.append(
            Stated(
                value,
                text[start:end],
                bound,
                text[head:tail],
                -1,
                words[start, end],
                content_words(around),
                _letters(_MARKER.sub("", text[start:head]))[-_ALIGNED:][::-1],
                _behind(text[value.end : min(end, value.end + 4 * _ALIGNED)])[:_ALIGNED],
                _behind(text[bound.end if bound else value.end : min(end, value.end + 4 * _ALIGNED)])[:_ALIGNED],
                text[tail:end],
                follower if opens else None,
            )
        )
    return tuple(stated)


def stated_in_evidence(evidence: Sequence[Evidence]) -> list[Stated]:
    """The values of all passages: their text, label and title. A label or a title is its own sentence."""
    stated: list[Stated] = []
    for number, passage in enumerate(evidence):
        stated += stated_in(passage.text, number)
        for heading in (passage.label, passage.title):
            found = stated_in(heading, number) if heading else []
            if found:
                words = content_words(passage.text)
                stated += [replace(item, sentence=heading, words=words) for item in found]
    return stated


def _letters(text: str) -> str:
    # What stands in brackets is left out: a shortened sentence leaves it out too.
    return _SILENT.sub("", _BRACKETED.sub("", text))


def _behind(text: str) -> str:
    """The letters behind a value. Its particle follows the value's last sound, so that its two forms are one."""
    letters = _letters(text)
    match = _PARTICLE.match(letters)
    return _PARTICLES[match[0]] + letters[match.end() :] if match else letters

"""What a passage says of names: the names in it, each with its sentence and the words around it."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from haechi.checkers.context import content_words, shared
from haechi.korean.gazetteer import Gazetteer, compact, learn
from haechi.korean.josa import strip_josa
from haechi.korean.name_reading import Name, Word, read_words
from haechi.korean.names import find_names
from haechi.korean.sentences import split_sentences

_REACH = 300
#: Above this a passage is no passage but a document; its names are not needed to judge a sentence.
_LONGEST = 20_000


@dataclass(frozen=True)
class Context:
    """The place of a name: the stems of the words before and after it, and the words of its sentence without it."""

    sentence: str
    before: str
    after: str
    words: frozenset[str]

    def alike(self, other: Context) -> tuple[int, float]:
        """How many of its two neighbours the places share, and the share of this sentence's words in the other."""
        neighbours = sum(
            bool(mine) and bool(theirs) and (mine.startswith(theirs) or theirs.startswith(mine))
            for mine, theirs in ((self.before, other.before), (self.after, other.after))
        )
        return neighbours, shared(self.words, other.words) / len(self.words) if self.words else 0.0


class Source:
    """One passage with label and title. Most names of a true answer stand in it letter by letter, so that its
    morphemes, names and abbreviations are read only when a name does not.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        #: Without spaces, dots and quotes.
        self.letters = compact(text)
        self._contexts: dict[int, Context] = {}

    @cached_property
    def words(self) -> Sequence[Word]:
        """The words in order."""
        return read_words(self.text[:_LONGEST])

    @cached_property
    def places(self) -> Mapping[str, Sequence[int]]:
        """Stem → where it stands among the words."""
        places: dict[str, list[int]] = {}
        for number, word in enumerate(self.words):
            places.setdefault(word.stem, []).append(number)
        return places

    @cached_property
    def names(self) -> Sequence[Name]:
        """The names in order."""
        return find_names(self.text[:_LONGEST], words=self.words)

    @cached_property
    def aliases(self) -> Gazetteer:
        """The abbreviations that the passage defines."""
        return learn([self.text])

    @cached_property
    def spans(self) -> list[tuple[int, int]]:
        """The sentences."""
        return split_sentences(self.text)

    def context(self, name: Name) -> Context:
        """The place of one of `names`."""
        found = self._contexts.get(name.start)
        if found is None:
            found = self._contexts[name.start] = context_of(self.text, name, self.spans)
        return found

    def sentence_at(self, place: int) -> str:
        """The sentence at an offset of `text`."""
        return next((self.text[start:end] for start, end in self.spans if start <= place < end), "")

    def sentence_with(self, name: str) -> str:
        """The sentence in which a compact name stands; empty where it stands across two."""
        for start, end in self.spans:
            if name in compact(self.text[start:end]):
                return self.text[start:end]
        return ""

    def nearly(self, stem: str) -> bool:
        """Whether the letters hold `stem` with one syllable different."""
        wrong = (re.escape(stem[:place]) + "." + re.escape(stem[place + 1 :]) for place in range(len(stem)))
        return re.search("|".join(wrong), self.letters) is not None


@functools.lru_cache(maxsize=256)
def source_of(text: str, label: str = "", title: str = "") -> Source:
    """A passage, remembered: every sentence of an answer is judged against the same ones."""
    return Source("\n".join(part for part in (text, label, title) if part))


def context_of(text: str, name: Name, spans: list[tuple[int, int]] | None = None) -> Context:
    """The place of `name` in `text`; `spans` are the sentences where the caller has them already."""
    spans = split_sentences(text) if spans is None else spans
    start, end = next(((start, end) for start, end in spans if start <= name.start < end), (name.start, name.end))
    start, end = max(start, name.start - _REACH), min(max(end, name.end), name.end + _REACH)
    left, right = text[start : name.start], text[name.end : end]
    before, after = left.split(), right.split()
    # What is written together with the name: its title and particle
    attached = bool(right) and not right[0].isspace()
    tail = after[1:] if attached else after
    return Context(
        text[start:end],
        _stem(before[-1]) if before else "",
        _stem(tail[0]) if tail else "",
        content_words(left + " " + right),
    )


def _stem(word: str) -> str:
    stem = strip_josa(word.strip(".,()[]「」'\"“”‘’"))
    return stem if len(stem) >= 2 else ""

"""What a passage says of names: the names in it, each with its sentence and the words around it. Read once a passage."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

from haechi.checkers.context import content_words, shared
from haechi.korean.gazetteer import Gazetteer, compact, learn
from haechi.korean.josa import strip_josa
from haechi.korean.names import Name, Word, find_names, read_words
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


@dataclass(frozen=True)
class Placed:
    """A name of the evidence in its place."""

    name: Name
    context: Context


@dataclass(frozen=True)
class Source:
    """One passage with label and title: its letters without spaces and dots, its names, words and abbreviations."""

    text: str
    letters: str
    names: tuple[Placed, ...]
    words: tuple[Word, ...]
    places: Mapping[str, tuple[int, ...]]
    aliases: Gazetteer

    def sentence_at(self, place: int) -> str:
        """The sentence at an offset of `text`."""
        return next((self.text[start:end] for start, end in split_sentences(self.text) if start <= place < end), "")

    def sentence_with(self, name: str) -> str:
        """The sentence in which a compact name stands; empty where it stands across two."""
        for start, end in split_sentences(self.text):
            if name in compact(self.text[start:end]):
                return self.text[start:end]
        return ""


@functools.lru_cache(maxsize=256)
def source_of(text: str, label: str = "", title: str = "") -> Source:
    """Read a passage. Cached: every sentence of an answer is judged against the same ones."""
    whole = "\n".join(part for part in (text, label, title) if part)
    words = read_words(whole[:_LONGEST])
    names = find_names(whole[:_LONGEST], words=words)
    spans = split_sentences(whole[:_LONGEST])
    placed = tuple(Placed(name, context_of(whole, name, spans)) for name in names)
    places: dict[str, tuple[int, ...]] = {}
    for number, word in enumerate(words):
        places[word.stem] = (*places.get(word.stem, ()), number)
    return Source(whole, compact(whole), placed, tuple(words), places, learn([whole]))


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

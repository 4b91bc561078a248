"""A home's own words, found before any back end reads the text, and its synonyms, which act on questions only.

A word stands whole in index and question, with its parts beside it. Finding is one look into a table a character,
longest word first; a compiled mecab dictionary would be tied to one back end and to its version.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from haechi.korean.protect import PARTICLE

#: What a word may be: a name, a noun, or a word that names no topic of its own.
TAGS = ("NNP", "NNG", "MAG")
#: Shorter ones must stand alone (behind them nothing or a particle): 해치 is no part of 해치다.
_SHORT = 3


@dataclass(frozen=True, order=True)
class Word:
    """`text` as it is written, spaces included; `parts` are found beside it."""

    text: str
    parts: tuple[str, ...] = ()
    tag: str = "NNP"

    @property
    def token(self) -> str:
        return self.text.replace(" ", "").lower()


class Found(NamedTuple):
    """A word in a text; spaces of the word may be missing there."""

    start: int
    end: int
    word: Word


#: word → what means the same, one way.
Synonyms = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Lexicon:
    """`synonyms` is asked at every question, so that an edit acts at once; `words` belong to an index."""

    words: tuple[Word, ...] = ()
    synonyms: Callable[[], Synonyms] = dict

    @property
    def digest(self) -> str:
        return digest(self.words)

    def find(self, text: str) -> Iterator[Found]:
        """Words in a cleaned text, from left to right, the longest first where several begin."""
        lowered = text.lower() if len(text.lower()) == len(text) else text
        position = 0
        while self._table and position < len(text):
            found = self._at(lowered, position)
            if found is None:
                position += 1
            else:
                yield found
                position = found.end

    def _at(self, text: str, start: int) -> Found | None:
        for word in self._table.get(text[start], ()):
            end = _match(text, start, word.text.lower())
            if end and _apart(text, start, end) and (len(word.token) >= _SHORT or _alone(text, start, end)):
                return Found(start, end, word)
        return None

    @cached_property
    def _table(self) -> dict[str, list[Word]]:
        table: dict[str, list[Word]] = {}
        for word in sorted(self.words, key=lambda word: -len(word.token)):
            table.setdefault(word.token[0], []).append(word)
        return table


NONE = Lexicon()


def digest(words: tuple[Word, ...]) -> str:
    """Names a set of words; empty without any."""
    if not words:
        return ""
    rows = [[word.text, word.parts, word.tag] for word in sorted(words)]
    return hashlib.sha256(json.dumps(rows, ensure_ascii=False).encode()).hexdigest()[:12]


def _match(text: str, start: int, word: str) -> int:
    """Where `word` ends when it begins at `start`, its spaces being optional; 0 when it does not stand there."""
    place = start
    for character in word:
        if text[place : place + 1] == character:
            place += 1
        elif character != " ":
            return 0
    return place


def _apart(text: str, start: int, end: int) -> bool:
    """A Latin word or a number is not found inside a longer one."""

    def joined(left: str, right: str) -> bool:
        return bool(left and right) and (left + right).isascii() and left.isalnum() and right.isalnum()

    return not joined(text[start - 1 : start], text[start]) and not joined(text[end - 1], text[end : end + 1])


def _alone(text: str, start: int, end: int) -> bool:
    before, after = text[start - 1 : start], text[end : end + 1]
    return not _is_hangul(before) and (not _is_hangul(after) or PARTICLE.match(text, end) is not None)


def _is_hangul(character: str) -> bool:
    return "가" <= character <= "힣"

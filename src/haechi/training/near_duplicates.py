"""Texts that are nearly alike, and runs of letters that two texts share, without comparing every text with every other.

Compared are letters and digits alone, composed and in small letters: spaces, marks, full-width forms and invisible
characters change nothing. Two texts are near when they share a share of their letter triples (Jaccard). The search is
exact: two sets that share so much must share some of the rarest few triples of each (prefix filter).
"""

from __future__ import annotations

import math
import unicodedata
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

#: A piece of text that stands in so many others is a set phrase: no more of them are looked at.
_SET_PHRASE = 50
#: Of the rarest triples of both, so many must be common before two sets are compared whole.
_COMMON = 4


def letters(text: str) -> str:
    """Letters and digits of a text, one after another."""
    return "".join(mark for mark in unicodedata.normalize("NFKC", text).casefold() if mark.isalnum())


def triples(text: str) -> frozenset[str]:
    """All runs of three of a text's letters; the whole of it when it is shorter."""
    plain = letters(text)
    return frozenset(plain[start : start + 3] for start in range(max(1, len(plain) - 2))) if plain else frozenset()


def alike(one: frozenset[str], other: frozenset[str]) -> float:
    """Jaccard: what both have of what either has, 0 to 1; two empty sets are alike."""
    either = len(one | other)
    return len(one & other) / either if either else 1.0


class NearIndex:
    """Finds texts that share at least `share` (above 0, at most 1) of their triples with a given one.

    `texts` are all that will be added or looked for, as far as they are known: they say which triples are rare.
    """

    def __init__(self, share: float, texts: Iterable[str] = ()) -> None:
        self.share = share
        self._numbers: dict[str, int] = {}
        self._sets: list[array[int]] = []
        self._keys: list[int] = []
        self._holders: dict[int, list[int]] = defaultdict(list)
        counts = Counter(gram for text in texts for gram in triples(text))
        for gram, _ in sorted(counts.items(), key=lambda item: (item[1], item[0])):
            self._numbers[gram] = len(self._numbers)

    def add(self, key: int, text: str) -> None:
        """Keep a text under a number; a text without letters is never found."""
        found = self._ordered(text)
        if not found:
            return
        for number in found[: self._prefix(len(found))[0]]:
            self._holders[number].append(len(self._sets))
        self._sets.append(array("I", found))
        self._keys.append(key)

    def find(self, text: str) -> Iterator[int]:
        """The numbers of the texts near this one, in the order in which they were added."""
        mine = self._ordered(text)
        own = set(mine)
        length, common = self._prefix(len(mine))
        counts: Counter[int] = Counter()
        for number in mine[:length]:
            counts.update(self._holders.get(number, ()))
        for place in sorted(place for place, count in counts.items() if count >= min(common, _COMMON)):
            other = self._sets[place]
            if not self.share * len(mine) <= len(other) <= len(mine) / self.share:
                continue
            both = sum(number in own for number in other)
            if both >= self.share * (len(mine) + len(other) - both):
                yield self._keys[place]

    def _prefix(self, size: int) -> tuple[int, int]:
        """(how many of a set's rarest triples to look at, how many of them a near set has in its own)."""
        shared = math.ceil(self.share * size - 1e-9)
        common = min(_COMMON, max(1, shared))
        return size - shared + common, common

    def _ordered(self, text: str) -> list[int]:
        numbers = self._numbers
        # A triple not seen before is the last in the order; the order must only be the same for all sets.
        return sorted(numbers.setdefault(gram, len(numbers)) for gram in sorted(triples(text)))


class RunIndex:
    """Finds a run of at least `run` letters that a text shares with one of the texts added, wherever it stands."""

    def __init__(self, run: int) -> None:
        self.run = run
        # Whatever its offset, a run of this length covers one whole piece of the cut text.
        self._step = max(1, (run + 1) // 2)
        self._texts: list[str] = []
        self._keys: list[int] = []
        self._pieces: dict[str, list[tuple[int, int]]] = defaultdict(list)

    def add(self, key: int, text: str) -> None:
        """Keep a text under a number; one that is shorter than a run is never found."""
        plain = letters(text)
        if len(plain) < self.run:
            return
        place = len(self._texts)
        self._texts.append(plain)
        self._keys.append(key)
        for start in range(0, len(plain) - self._step + 1, self._step):
            holders = self._pieces[plain[start : start + self._step]]
            if len(holders) < _SET_PHRASE:
                holders.append((place, start))

    def find(self, text: str) -> Iterator[tuple[int, str]]:
        """(number of the text, the letters shared), longest stretch at each place; spaces and marks are left out."""
        plain = letters(text)
        start = 0
        while start <= len(plain) - self._step:
            best: tuple[int, str] | None = None
            for place, offset in self._pieces.get(plain[start : start + self._step], ()):
                other = self._texts[place]
                left = 0
                while left < min(start, offset) and plain[start - left - 1] == other[offset - left - 1]:
                    left += 1
                right = self._step
                while start + right < len(plain) and offset + right < len(other):
                    if plain[start + right] != other[offset + right]:
                        break
                    right += 1
                if left + right >= self.run and (best is None or left + right > len(best[1])):
                    best = (self._keys[place], plain[start - left : start + right])
            if best is None:
                start += 1
            else:
                yield best
                start += self._step


class WholeIndex:
    """Finds which of some short texts stand whole inside a longer one."""

    def __init__(self, least: int) -> None:
        """Texts of fewer than `least` letters are too common to say anything, and are only found as the whole text."""
        self.least = least
        self._whole: dict[str, int] = {}
        self._starts: dict[str, list[tuple[str, int]]] = defaultdict(list)

    def add(self, key: int, text: str) -> None:
        """Keep a text under a number."""
        plain = letters(text)
        if plain and plain not in self._whole:
            self._whole[plain] = key
            if len(plain) >= self.least:
                self._starts[plain[: self.least]].append((plain, key))

    def find(self, text: str) -> int | None:
        """The number of a text that is this one, or stands in it; None when there is none."""
        plain = letters(text)
        if plain in self._whole:
            return self._whole[plain]
        for start in range(len(plain) - self.least + 1):
            for other, key in self._starts.get(plain[start : start + self.least], ()):
                if plain.startswith(other, start):
                    return key
        return None


def digits(texts: Sequence[str]) -> list[str]:
    """All digit runs of texts in order: what differs in one of them is not nearly alike."""
    found: list[str] = []
    for text in texts:
        run = ""
        for mark in unicodedata.normalize("NFKC", text) + " ":
            if mark.isdecimal():
                run += mark
            elif run and mark != ",":
                found.append(run)
                run = ""
    return found

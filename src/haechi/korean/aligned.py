"""A text made ready for analysis, whose every character knows where it stood: highlights must fit the original.

The same steps as `protect.clean` and `hanja.in_hangul`; only `Analyser.spans` pays for them (some 2 µs a character).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from unicodedata import combining, normalize

from haechi.korean.protect import SEPARATORS, SPACES


class Aligned:
    """`text` and, for each of its characters, (start, end) in the text it was made from."""

    def __init__(self, original: str) -> None:
        self.text = ""
        self.places: list[tuple[int, int]] = []
        characters: list[str] = []
        for start, end in _clusters(original):
            cluster = original[start:end].encode("utf-8", "ignore").decode("utf-8")
            separated = SEPARATORS.sub(" ", normalize("NFC", cluster))
            for character in normalize("NFKC", separated):
                characters.append(character)
                self.places.append((start, end))
        self.text = "".join(characters)
        self.sub(SPACES, lambda match: " ")
        left = len(self.text) - len(self.text.lstrip())
        self.text = self.text.strip()
        self.places = self.places[left : left + len(self.text)]

    def sub(self, pattern: re.Pattern[str], new: Callable[[re.Match[str]], str]) -> None:
        """Like `re.sub`. What stays the same at the beginning of a match keeps its place, the rest gets the rest's."""
        text: list[str] = []
        places: list[tuple[int, int]] = []
        position = 0
        for match in pattern.finditer(self.text):
            written = new(match)
            text += [self.text[position : match.start()], written]
            places += self.places[position : match.start()]
            old = self.places[match.start() : match.end()]
            if len(written) == len(old):
                places += old
            else:
                same = 0
                while same < min(len(written), len(old)) and written[same] == match[0][same]:
                    same += 1
                places += old[:same]
                rest = old[same:] or old[-1:]
                places += [(rest[0][0], rest[-1][1])] * (len(written) - same)
            position = match.end()
        if not position:
            return
        text.append(self.text[position:])
        places += self.places[position:]
        self.text, self.places = "".join(text), places

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Offsets of a stretch of `text` in the original."""
        return self.places[start][0], self.places[end - 1][1]


def _clusters(text: str) -> list[tuple[int, int]]:
    """(start, end) of each base character with what combines with it: normalising looks no further than that."""
    found: list[tuple[int, int]] = []
    position = 0
    while position < len(text):
        end = position + 1
        while end < len(text) and _combines(text[end]):
            end += 1
        found.append((position, end))
        position = end
    return found


def _combines(character: str) -> bool:
    # Vowels and finals of decomposed Hangul, accents, the half-width voice marks of kana; lone surrogates vanish.
    ranges = (("\u1160", "\u11ff"), ("\uff9e", "\uff9f"), ("\ud800", "\udfff"))
    return combining(character) > 0 or any(first <= character <= last for first, last in ranges)

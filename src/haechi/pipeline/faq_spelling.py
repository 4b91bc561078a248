"""Slips of the finger in a question, mended by the words of the FAQ: one letter in one syllable.

A slip must not be confused with another word: 기간 is no misspelt 시간. What tells them apart is mecab's dictionary: a
slip (환블) costs it much more than the word that was meant, another word about as much (see docs/experiments.md).
"""

from __future__ import annotations

from collections.abc import Iterable

from haechi.korean.jamo import one_apart
from haechi.korean.spacing import path_cost

#: In mecab's units. Short words are more often words of their own (입차, 임차).
_SLIP, _SHORT_SLIP = 2400, 4500
_LONGEST = 10


class Spelling:
    """Words of the FAQ, looked up with any one syllable left open."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = frozenset(word for word in words if 2 <= len(word) <= _LONGEST)
        self._open: dict[str, list[str]] = {}
        for word in sorted(self._words):
            for place in range(len(word)):
                self._open.setdefault(f"{word[:place]}_{word[place + 1 :]}", []).append(word)

    def mend(self, text: str) -> str:
        """The text with its slips mended."""
        start = 0
        while start < len(text):
            for length in range(min(_LONGEST, len(text) - start), 1, -1):
                piece = text[start : start + length]
                found = piece if piece in self._words else self._meant(piece)
                if found:
                    text = text[:start] + found + text[start + length :]
                    start += length - 1
                    break
            start += 1
        return text

    def _meant(self, piece: str) -> str:
        """The word of the FAQ that was meant, or ""."""
        for place, syllable in enumerate(piece):
            for word in self._open.get(f"{piece[:place]}_{piece[place + 1 :]}", ()):
                least = _SLIP if len(word) > 2 else _SHORT_SLIP
                if one_apart(syllable, word[place]) and path_cost(piece) - path_cost(word) > least:
                    return word
        return ""

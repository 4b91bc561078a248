"""Slips of the finger in a question, mended by the words of the FAQ: one letter in one syllable.

A slip must not be confused with another word: 기간 is no misspelt 시간. So a syllable that hardly any word has is always
mended, another one only inside a word of four syllables or more, never its last (신청인서, 신청인), and never where the
analyser finds a word of its own in its place.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from haechi.korean.jamo import is_odd, one_apart

_LONGEST = 10


class Spelling:
    """Words of the FAQ, looked up with any one syllable left open."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = frozenset(word for word in words if 2 <= len(word) <= _LONGEST)
        self._open: dict[str, list[str]] = {}
        for word in sorted(self._words):
            for place in range(len(word)):
                self._open.setdefault(f"{word[:place]}_{word[place + 1 :]}", []).append(word)

    def mend(self, text: str, found: Collection[str]) -> str:
        """The text with its slips mended; `found` are the words that the analyser found in it."""
        start = 0
        while start < len(text):
            for length in range(min(_LONGEST, len(text) - start), 1, -1):
                piece = text[start : start + length]
                if piece in self._words:
                    start += length - 1
                    break
                if mended := self._mended(piece, found):
                    text = text[:start] + mended + text[start + length :]
                    start += length - 1
                    break
            start += 1
        return text

    def _mended(self, piece: str, found: Collection[str]) -> str:
        for place, syllable in enumerate(piece):
            for word in self._open.get(f"{piece[:place]}_{piece[place + 1 :]}", ()):
                if one_apart(syllable, word[place]) and (
                    is_odd(syllable) or self._is_slip(piece, place, syllable, found)
                ):
                    return word
        return ""

    @staticmethod
    def _is_slip(piece: str, place: int, syllable: str, found: Collection[str]) -> bool:
        if len(piece) < 4 or place == len(piece) - 1:
            return False
        # A word of its own: two syllables or more that do not make up the whole.
        return not any(syllable in word and 1 < len(word) < len(piece) and word in piece for word in found)

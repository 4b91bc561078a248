"""Cutting one clause or one listed item out of a sentence, where what is left is still a good sentence.

Only clauses joined by 고 or 며 are cut, and only where what stays has a subject of its own: what stands before 지만,
되, 면 or 여 is a condition or a limit of what follows, and leaving it out would change the rest.
"""

from __future__ import annotations

import itertools
import re

from haechi.korean import mecab
from haechi.korean.base import Morpheme

#: Replace `sentence[start:end]` by `new`.
Replacement = tuple[int, int, str]

_JOINS = frozenset({"고", "며", "으며"})
_STEMS = frozenset({"VV", "VA", "VX", "XSV", "XSA", "VCP", "EP"})
_LEANING = re.compile(r"^\s*(?:다만|단,|이 경우|이때|그러나|하지만|따라서|그 |이를|이는|그런)")
_COMMA = re.compile(r",\s+")
_TAIL = re.compile(r"[\s.!?。\"'”’)\]]*(?:\[\d+(?:\s*,\s*\d+)*\]\s*)*$")
_HANGUL = 0xAC00
_FINAL_N, _FINAL_L, _FINAL_B = 4, 8, 17


def cut_out(sentence: str, start: int, end: int) -> Replacement | None:
    """What to replace so that `sentence[start:end]` is gone with its clause or list item; None where it can't."""
    return _item(sentence, start, end) or _clause(sentence, start, end)


def _item(sentence: str, start: int, end: int) -> Replacement | None:
    """`…, 등본 2천 원, …`: an item between two commas that ends with what is to go."""
    commas = [match.span() for match in _COMMA.finditer(sentence)]
    for (_, left), (right, after) in itertools.pairwise(commas):
        if left <= start and end == right and not any(_is_ending(m) for m in mecab.morphemes(sentence[left:right])):
            return left, after, ""
    return None


def _clause(sentence: str, start: int, end: int) -> Replacement | None:
    morphemes = mecab.morphemes(sentence)
    joins = [number for number, item in enumerate(morphemes) if _joins(sentence, morphemes, number)]
    bounds = [0, *(_after(sentence, morphemes[number].end) for number in joins), len(sentence)]
    spans = list(itertools.pairwise(bounds))
    place = next((n for n, (first, last) in enumerate(spans) if first <= start and end <= last), None)
    if place is None or len(spans) < 2:
        return None
    if place < len(spans) - 1:
        follows = spans[place + 1]
        if _LEANING.match(sentence[slice(*follows)]) or not _has_subject(morphemes, *follows):
            return None
        return (*spans[place], "")
    if not _has_subject(morphemes, *spans[place - 1]) or _LEANING.match(sentence[slice(*spans[place])]):
        return None
    number = joins[-1]
    closing = _closing(sentence, morphemes[number - 1])
    if closing is None:
        return None
    tail = _TAIL.search(sentence)
    return morphemes[number - 1].end - 1, tail.start() if tail else len(sentence), closing


def _joins(sentence: str, morphemes: list[Morpheme], number: int) -> bool:
    """Whether a clause ends here: 고 with a comma, 며 with a comma or a blank."""
    item = morphemes[number]
    if number == 0 or item.tag != "EC" or item.surface not in _JOINS or _last_tag(morphemes[number - 1]) not in _STEMS:
        return False
    behind = sentence[item.end : item.end + 1]
    return behind == "," or (behind == " " and item.surface != "고")


def _is_ending(item: Morpheme) -> bool:
    return item.tag.startswith(("E", "VC")) or any(tag.startswith(("E", "VC")) for _, tag in item.parts)


def _last_tag(item: Morpheme) -> str:
    """VV+EP (열렸) ends as EP does."""
    return item.tag.rpartition("+")[2]


def _after(sentence: str, position: int) -> int:
    match = re.compile(r",?\s*").match(sentence, position)
    return match.end() if match else position


def _has_subject(morphemes: list[Morpheme], start: int, end: int) -> bool:
    return any(
        start <= item.start < end and (item.tag == "JKS" or (item.tag == "JX" and item.surface in ("은", "는")))
        for item in morphemes
    )


def _closing(sentence: str, stem: Morpheme) -> str | None:
    """The last syllable of a stem with a final ending, as polite as the sentence's own end."""
    last = sentence[stem.end - 1]
    if not "가" <= last <= "힣":
        return None
    code = ord(last) - _HANGUL
    final, bare = code % 28, code - code % 28
    body = _TAIL.sub("", sentence)
    if body.endswith("니다"):
        if final in (0, _FINAL_L):
            return chr(_HANGUL + bare + _FINAL_B) + "니다"
        return last + "습니다"
    if not body.endswith("다"):
        return None
    tag = _last_tag(stem)
    if tag in ("EP", "VA", "XSA", "VCP") or last in "있없":
        return last + "다"
    if last == "않" or (tag == "VX" and last not in "하지"):
        return None  # a verb's 않는다 or an adjective's 않다
    if final in (0, _FINAL_L):
        return chr(_HANGUL + bare + _FINAL_N) + "다"
    return last + "는다"

"""How two names may be one, or one a misspelling of the other. All take compact names (`gazetteer.compact`)."""

from __future__ import annotations

from itertools import pairwise

from haechi.korean.jamo import letters
from haechi.korean.name_words import COMMITTEES, HEADS, OFFICES

#: Ends of ministries and regions, which are shortened to their first word and the end (고용노동부 → 고용부).
_CLIPPED_ENDS = ("부", "처", "청", "시", "도")
_EQUAL = frozenset(
    {frozenset({"한국", "대한민국"}), frozenset({"우리나라", "대한민국"}), frozenset({"한국", "우리나라"})}
)


def is_short_for(short: str, full: str, starts: frozenset[int]) -> bool:
    """Whether `short` abbreviates `full`: its end or beginning (복지부), or syllables of its morphemes (금감원).

    `starts` are where the morphemes of `full` begin. Leaving out whole words makes another name (한국은행 is not
    한국수출입은행), but not of a ministry or region (산업부, 서울시).
    """
    if frozenset({short, full}) in _EQUAL:
        return True
    if not 2 <= len(short) < len(full):
        return False
    if full.endswith(short) or full.startswith(short):
        # 세무서 is no short form of 온샘세무서, nor 은행 of 한들은행
        return short not in HEADS and short not in OFFICES and short.removesuffix("위원회") not in COMMITTEES
    if short[-1] == full[-1] and short[-1] in _CLIPPED_ENDS and len(short) >= 3 and full.startswith(short[:-1]):
        return True
    # 경상남도 → 경남
    if len(full) == 4 and full[-1] == "도" and short == full[0] + full[2]:
        return True
    begins = sorted(starts | {0, len(full)})
    sizes = {place: after - place for place, after in pairwise(begins)}
    return _clips(short, full, sizes, 0, False)


def _clips(rest: str, full: str, sizes: dict[int, int], place: int, clipped: bool) -> bool:
    """Whether `rest` takes the first syllables of the morphemes from `place` on, at least one of them not wholly."""
    if not rest:
        return clipped
    if place not in sizes:
        return False
    size = sizes[place]
    for taken in range(min(size, len(rest)), 0, -1):
        if full.startswith(rest[:taken], place) and _clips(
            rest[taken:], full, sizes, place + size, clipped or taken < size
        ):
            return True
    return _clips(rest, full, sizes, place + size, clipped)


def one_syllable_apart(left: str, right: str) -> int:
    """Where two names of the same length differ in just one syllable; -1 where they do not."""
    if len(left) != len(right) or left == right:
        return -1
    places = [place for place, (one, other) in enumerate(zip(left, right, strict=True)) if one != other]
    return places[0] if len(places) == 1 else -1


def misspelt(name: str, right: str) -> bool:
    """Whether `name` is `right` with one or two letters wrong; names under three syllables are too close to tell."""
    if min(len(name), len(right)) < 3 or abs(len(name) - len(right)) > 1 or name == right:
        return False
    return distance(letters(name), letters(right), 2) <= 2


def distance(left: str, right: str, limit: int) -> int:
    """Edit distance, or limit + 1 where it is more."""
    if abs(len(left) - len(right)) > limit:
        return limit + 1
    row = list(range(len(right) + 1))
    for index, one in enumerate(left, 1):
        above, row[0] = row[0], index
        for place, other in enumerate(right, 1):
            above, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, above + (one != other))
        if min(row) > limit:
            return limit + 1
    return min(row[-1], limit + 1)

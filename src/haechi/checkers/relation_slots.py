"""Where each value of a text stands: which words of its sentence, list item or table row say what it is the value of.

"A는 3만 원, B는 5만 원" holds two slots; a table's cell has its row's and its column's words.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from haechi.checkers.comparison import relation
from haechi.checkers.polarity_passage import list_items
from haechi.korean.clauses import Sentence, Word, read_sentence
from haechi.korean.clauses_match import LOOSE
from haechi.korean.sentences import split_sentences
from haechi.korean.values import parse_values
from haechi.types import Value

_BREAKS = frozenset("거나 고 며 으며 지만 되 으나 나 는데 ᆫ데 은데".split())
#: A comma, a slash or a break behind a value ends its slot: 찬성 81표, 반대 57표.
_AFTER_VALUE = re.compile(
    r"(?:[은는이가을를도의로씩]|까지|부터|마다|이며|이고|입니다|이상|이하|이내|미만|초과|[ ]|\([^)]*\))*[,/;·]"
)
#: 각 3명 이내의 이사와: the noun belongs to the value before it.
_OF_VALUE = re.compile(r" ?(?:이상|이하|이내|미만|초과)?의 [가-힣]+")
_CELLS = re.compile(r"\s*\|\s*")


@dataclass(frozen=True)
class Slot:
    """One value with the words it hangs on. `values` are the other values there; `sentence` is what a reader is shown.

    `segment` tells slots of one stretch from each other (passage sentence number, segment number).
    """

    value: Value
    words: tuple[Word, ...]
    bag: frozenset[str]
    letters: str
    values: frozenset[str]
    sentence: str
    segment: tuple[int, int]
    denied: bool = False
    all_bag: frozenset[str] = frozenset()
    all_letters: str = ""


@functools.lru_cache(maxsize=256)
def passage_slots(text: str) -> tuple[Slot, ...]:
    """The slots of a passage: its sentences and its tables."""
    slots: list[Slot] = []
    spans = split_sentences(text)
    header: list[str] = []
    lines = [text[start:end] for start, end in spans]
    items = list_items(lines)
    for number, line in enumerate(lines):
        cells = _CELLS.split(line) if " | " in line else []
        if not cells:
            header = []
            below = [word for item in items.get(number, ()) for word in read_sentence(lines[item]).words]
            slots += sentence_slots(line, number, below)
        elif not header:
            header = cells
        else:
            slots += _row_slots(line, cells, header, number)
    return tuple(slots)


def sentence_slots(text: str, number: int = 0, below: Sequence[Word] = ()) -> Iterator[Slot]:
    """The slots of one sentence, in order; `below` are the words of the list that it leads."""
    parsed = parse_values(text)
    values = [value for value in parsed if value.kind != "law_reference"]
    if not values:
        return
    sentence = read_sentence(text)
    laws = {value.normalised for value in parsed if value.kind == "law_reference"}
    edges, ends = _edges(sentence, values)
    inherited: list[Word] = []
    shared: list[Word] = []
    for place, (begin, end) in enumerate(pairwise(edges)):
        inside = [value for value in values if begin <= value.start < end]
        words = [word for word in sentence.words if begin <= word.start < end]
        if begin in ends:
            # 투표에서 찬성이 81표, 반대가 57표: what stands before the first of a row is said of all.
            shared = words[:-1] if end not in ends else []
        elif len(words) <= len(shared):
            words = shared + words
        if not any(word.role in ("topic", "subject") for word in words):
            words = inherited + words
        last = max((i for i, word in enumerate(words) if word.role in ("topic", "subject")), default=-1)
        inherited = words[: last + 1] or inherited
        if end not in ends:
            # 찬성 81표, 반대 57표가 나왔다: the predicate belongs to both.
            stop = min(edge for edge in ends if edge > end)
            tail = max((value.end for value in values if value.end <= stop), default=stop)
            words = words + [word for word in sentence.words if tail <= word.start < stop and word.verb]
        for value in inside:
            others = {other.normalised for other in inside if other is not value} | laws
            found = _slot(value, [*words, *below], others, text, (number, place), [*sentence.words, *below])
            following = (clause for clause in sentence.clauses if clause.join == "main" and clause.end > value.start)
            after = next(following, None)
            yield replace(found, denied=after is not None and after.force in ("not", "cannot", "need_not"))


def _edges(sentence: Sentence, values: Sequence[Value]) -> tuple[list[int], set[int]]:
    """Where segments begin and end, and which of these places end a clause."""
    text = sentence.text
    ends = {0, len(text)}
    for clause in sentence.clauses:
        if clause.join in ("main", "open") and (clause.ending in _BREAKS or not clause.ending):
            ends.add(clause.end)
    edges = set(ends)
    for value in values:
        if match := _AFTER_VALUE.match(text, value.end):
            edges.add(match.end())
    for value, following in pairwise(values):
        apart = any(value.end <= edge <= following.start for edge in edges)
        if not apart and relation(value, following) in ("equal", "different"):
            # 10년이 되면 3년을: two of a kind share no segment.
            if match := _OF_VALUE.match(text, value.end):
                edges.add(match.end())
                continue
            cut = [clause.end for clause in sentence.clauses if value.end <= clause.end <= following.start]
            comma = text.rfind(",", value.end, following.start) + 1
            edges.add(cut[0] if cut else comma or value.end)
    return sorted(edges), ends


def _row_slots(line: str, cells: list[str], header: list[str], number: int) -> Iterator[Slot]:
    parsed = [parse_values(cell) for cell in cells]
    for place, values in enumerate(parsed):
        # The words of the row that are no values of a column of their own, and this column's head.
        texts = [cell for at, cell in enumerate(cells) if at in (place, 0) or not parsed[at]]
        texts += header[place : place + 1]
        words = [word for part in texts for word in read_sentence(part).words]
        for value in values:
            if value.kind == "law_reference":
                continue
            beside = (other for at, found in enumerate(parsed) if at != place for other in found)
            yield _slot(value, words, {other.normalised for other in beside}, line, (number, place), words)


def _slot(
    value: Value,
    words: Iterable[Word],
    others: set[str],
    text: str,
    segment: tuple[int, int],
    everything: Iterable[Word],
) -> Slot:
    kept = tuple(word for word in words if not _of_value(word, value, text))
    return Slot(
        value,
        kept,
        _bag(kept),
        _letters(kept),
        frozenset(others),
        text,
        segment,
        all_bag=_bag(everything),
        all_letters=_letters(everything),
    )


def _of_value(word: Word, value: Value, text: str) -> bool:
    return text[word.start : word.end] in value.surface and (
        value.start <= word.start < value.end or text.find(" | ") >= 0
    )


def _bag(words: Iterable[Word]) -> frozenset[str]:
    return frozenset(part for word in words for part in (word.stem, *word.parts))


def _letters(words: Iterable[Word]) -> str:
    return "|".join(word.stem for word in words)


def keys(slot: Slot) -> list[Word]:
    """The words of a slot that may tell it from another."""
    return [word for word in slot.words if word.stem not in LOOSE and not word.stem.isdigit()]

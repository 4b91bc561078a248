"""An answer's sentence laid against the sentence of the evidence that it repeats: where one value, or one subject, was
put in another's place.

Both are read as a row of words and values; the rows are compared as `diff` compares lines. What stands on both sides
between equal words, and differs, is the slot. An answer's value that belongs elsewhere in the evidence is no true one.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from haechi.checkers.comparison import relation
from haechi.korean.clauses import Word, read_sentence
from haechi.korean.opposites import same_words
from haechi.korean.sentences import split_sentences
from haechi.korean.values import is_uncertain, parse_values
from haechi.types import Value

#: Share of the answer's words that must stand in the same order in the sentence.
_REPEATED = 0.6
_NEARLY_ALL = 0.8
#: No other sentence may repeat the answer nearly as well.
_MARGIN = 0.12
_FEWEST = 3


_ARTICLE = re.compile(r"(?:제?\d+조|별표|별지|부칙).*$")
#: Nouns that may be longer: 어린이집의 원장.
_LONGEST_NAME = 3


@dataclass(frozen=True, slots=True)
class Token:
    """A word or a value in its place; `key` is what is compared."""

    key: str
    start: int
    end: int
    value: Value | None = None
    word: Word | None = None


@dataclass(frozen=True, slots=True)
class Misplaced:
    """`text[start:end]` of the answer's sentence stands where `sentence` has `instead` ("" where roles were exchanged)."""

    start: int
    end: int
    sentence: str
    instead: str


@dataclass(frozen=True)
class _Row:
    text: str
    tokens: tuple[Token, ...]
    pairs: frozenset[str]


@functools.lru_cache(maxsize=512)
def _pairs(text: str) -> frozenset[str]:
    letters = "".join(letter for letter in text if letter.isalnum())
    return frozenset(letters[at : at + 2] for at in range(len(letters) - 1))


@functools.lru_cache(maxsize=1024)
def tokens_of(text: str) -> tuple[Token, ...]:
    """The words and values of one sentence in order; equal keys mean equal words or values."""
    values = parse_values(text)
    tokens = [Token("=" + value.normalised, value.start, value.end, value=value) for value in values]
    for word in read_sentence(text).words:
        if not any(value.start < word.end and word.start < value.end for value in values):
            tokens.append(Token(min(same_words(word.stem)), word.start, word.end, word=word))
    return tuple(sorted(tokens, key=lambda token: token.start))


@functools.lru_cache(maxsize=256)
def _sentences(text: str) -> tuple[str, ...]:
    return tuple(text[start:end] for start, end in split_sentences(text))


def misplaced(text: str, passages: Sequence[str]) -> Iterator[Misplaced]:
    """What stands in another's place in one sentence of an answer."""
    ours = tokens_of(text)
    if len(ours) < _FEWEST:
        return
    pairs = _pairs(text)
    found = []
    for passage in passages:
        for sentence in _sentences(passage):
            if len(pairs & _pairs(sentence)) < _REPEATED * 0.8 * len(pairs):
                continue
            theirs = tokens_of(sentence)
            matcher = SequenceMatcher(None, [t.key for t in ours], [t.key for t in theirs], autojunk=False)
            share = sum(block.size for block in matcher.get_matching_blocks()) / len(ours)
            found.append((share, sentence, theirs, matcher.get_opcodes()))
    if not found:
        return
    share, sentence, theirs, steps = max(found, key=lambda one: one[0])
    if share < _REPEATED:
        return
    near = [other for other in found if other[0] >= share - _MARGIN and other[1] != sentence]
    everything = [token for passage in passages for one in _sentences(passage) for token in _loose_tokens(one)]
    changed = [(ours[a:b], theirs[c:d]) for step, a, b, c, d in steps if step == "replace"]
    for left, right in changed:
        for slot in _value_slots(left, right):
            claim, source = slot
            held = [token.key for other in near for token in other[2]]
            if claim.key in held or claim.key in {token.key for token in theirs}:
                continue
            assert claim.value is not None
            if claim.value.kind == "law_reference" or any(_equal(claim.value, token) for token in everything):
                yield Misplaced(claim.start, claim.end, sentence, sentence[source.start : source.end])
    if share >= _NEARLY_ALL and not near:
        yield from _other_names(text, sentence, changed, passages)


@functools.lru_cache(maxsize=1024)
def _loose_tokens(text: str) -> tuple[Token, ...]:
    return tuple(Token("=" + value.normalised, value.start, value.end, value=value) for value in parse_values(text))


def _equal(value: Value, token: Token) -> bool:
    return token.value is not None and relation(value, token.value) == "equal"


def _value_slots(left: Sequence[Token], right: Sequence[Token]) -> Iterator[tuple[Token, Token]]:
    """Values that stand against each other, of one unit and different."""
    ours = [token for token in left if token.value]
    theirs = [token for token in right if token.value]
    if len(ours) != len(theirs) or len(ours) > 2:
        return
    for claim, source in zip(ours, theirs, strict=True):
        assert claim.value and source.value
        if is_uncertain(claim.value) or is_uncertain(source.value):
            continue
        if claim.value.kind == source.value.kind == "law_reference":
            if not _nested(_article(claim.value), _article(source.value)):
                yield claim, source
        elif relation(claim.value, source.value) == "different":
            yield claim, source


def _article(value: Value) -> str:
    """The article without its law's name, which may be left out or written another way (같은 법, 동법)."""
    found = _ARTICLE.search(value.normalised)
    return found[0] if found else value.normalised


def _nested(left: str, right: str) -> bool:
    """제76조 and 제76조제9항 may both be true."""
    return left in right or right in left


def _other_names(
    text: str,
    sentence: str,
    changed: Sequence[tuple[Sequence[Token], Sequence[Token]]],
    passages: Sequence[str],
) -> Iterator[Misplaced]:
    """One subject for another that the evidence speaks of elsewhere, or two names in each other's place."""
    singles = [(left[0], right[0]) for left, right in changed if len(left) == len(right) == 1]
    names = [(a.word, b.word) for a, b in singles if a.word and b.word and not a.word.verb and not b.word.verb]
    if len(changed) == 2 and len(names) == 2:
        (first, there), (second, then) = names
        if first.stem == then.stem and second.stem == there.stem and first.role != second.role:
            yield Misplaced(first.start, first.end, sentence, sentence[there.start : there.end])
            return
    if len(changed) != 1:
        return
    left, right = changed[0]
    if max(len(left), len(right)) > _LONGEST_NAME or any(token.value for token in (*left, *right)):
        return
    claim, source = left[-1].word, right[-1].word
    if claim is None or source is None or claim.role not in ("topic", "subject") or claim.role != source.role:
        return
    if claim.stem in source.stem or source.stem in claim.stem or source.stem in text or claim.stem in sentence:
        return
    for passage in passages:
        for other in _sentences(passage):
            if other != sentence and claim.stem in other:
                subjects = (word for word in read_sentence(other).words if word.role in ("topic", "subject"))
                if any(word.stem == claim.stem for word in subjects):
                    yield Misplaced(left[0].start, claim.end, sentence, sentence[right[0].start : source.end])
                    return

"""A passage as sentences that an answer's clause can be held against: with lists joined to their lead, and provisos."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from haechi.korean.bounds import bound_of
from haechi.korean.clauses import Clause, Sentence, read_sentence
from haechi.korean.clauses_match import bag_of
from haechi.korean.sentences import split_sentences
from haechi.korean.values import parse_values
from haechi.types import Value

_PROVISO = re.compile(r"\s*(?:[①-⑳]\s*)?(?:다만|단|그러나|하지만|그렇지만)[, ]")
_EXCEPTION = re.compile(
    r"예외|제외|그러하지|그렇지 않|아니하다|않습니다|않는다|않아요|포함하지|치지 않|빼고|관계없이|상관없이"
)
_ITEM = re.compile(r"\s*(?:\d{1,2}\.|[가-하]\.|\(?\d{1,2}\)|[-•※○])\s*(?=\S)")
#: Share of an answer's pairs of letters that a sentence about the same thing has at least.
_ALIKE = 0.15
_LEAD = re.compile(r"다음 (?:각 )?|다음과 같|아래|[:：]\s*$")


@dataclass(frozen=True)
class Claim:
    """One clause of its own, with the words and letters near it and the stretch of the sentence they stand in."""

    clause: Clause
    bag: frozenset[str]
    letters: str
    region: str


@dataclass(frozen=True)
class Said:
    """One sentence of the evidence. `bag` and `letters` are its words with its list's; `beside` are its provisos, or
    the rule that it is the proviso of; `exceptions` the letters of the passage's sentences that make an exception."""

    sentence: Sentence
    bag: frozenset[str]
    letters: str
    claims: tuple[Claim, ...]
    beside: tuple[Sentence, ...]
    exceptions: tuple[str, ...]
    proviso: bool
    values: frozenset[tuple[str, str]]

    def values_said(self, text: str, *, bounds: bool) -> bool:
        """Whether all values of `text` stand here; with `bounds` none of them has another bound than here."""
        plain = {value for value, _ in self.values}
        return all(
            value in plain and (not bounds or not bound or (value, bound) in self.values)
            for value, bound in values_of(text)
        )


@functools.lru_cache(maxsize=2048)
def sentence_values(text: str) -> tuple[Value, ...]:
    """`parse_values`, kept: every checker of meaning asks for the same sentences."""
    return tuple(parse_values(text))


@functools.lru_cache(maxsize=1024)
def values_of(text: str) -> frozenset[tuple[str, str]]:
    """(normalised value, kind of bound or "") of all values in `text`."""
    found = ((value.normalised, bound_of(text, value)) for value in sentence_values(text))
    return frozenset((normalised, bound.kind if bound else "") for normalised, bound in found)


@functools.lru_cache(maxsize=2048)
def letter_pairs(text: str) -> frozenset[str]:
    """Every two letters that follow one another, without spaces and marks: the cheap measure of likeness."""
    letters = "".join(letter for letter in text if letter.isalnum())
    return frozenset(letters[at : at + 2] for at in range(len(letters) - 1))


@dataclass(frozen=True)
class _Plan:
    """The sentences of a passage before any is read."""

    texts: tuple[str, ...]
    provisos: tuple[bool, ...]
    groups: dict[int, list[int]]
    exceptions: frozenset[int]


@functools.lru_cache(maxsize=256)
def _plan(text: str) -> _Plan:
    texts = tuple(text[start:end] for start, end in split_sentences(text))
    groups = list_items(texts)
    for lead, items in list(groups.items()):
        for item in items:
            groups.setdefault(item, [lead])
    exceptions = frozenset(number for number, one in enumerate(texts) if _EXCEPTION.search(one))
    return _Plan(texts, tuple(bool(_PROVISO.match(one)) for one in texts), groups, exceptions)


def passage_sentences(text: str, answer: Sequence[str]) -> list[Said]:
    """The sentences of one passage that can be about a sentence of `answer`, in order."""
    plan = _plan(text)
    pairs = [letter_pairs(one) for one in answer]
    found = []
    for number, one in enumerate(plan.texts):
        own = letter_pairs(" ".join([one, *(plan.texts[other] for other in plan.groups.get(number, ()))]))
        if any(len(own & asked) >= _ALIKE * len(asked) for asked in pairs):
            found.append(_said(text, number))
    return found


@functools.lru_cache(maxsize=2048)
def _said(text: str, number: int) -> Said:
    plan = _plan(text)
    sentence = read_sentence(plan.texts[number])
    group = [sentence, *(read_sentence(plan.texts[other]) for other in plan.groups.get(number, ()))]
    bag, letters = bag_of(group)
    beside = []
    if number + 1 < len(plan.texts) and plan.provisos[number + 1]:
        beside.append(read_sentence(plan.texts[number + 1]))
    if plan.provisos[number] and number:
        beside.append(read_sentence(plan.texts[number - 1]))
    return Said(
        sentence,
        bag,
        letters,
        _claims(sentence),
        tuple(beside),
        tuple(_letters(plan.texts[other]) for other in sorted(plan.exceptions - {number})),
        plan.provisos[number],
        frozenset().union(*(values_of(one.text) for one in group)),
    )


def _letters(text: str) -> str:
    return re.sub(r"[^0-9A-Za-z가-힣]", "", text)


def list_items(texts: Sequence[str]) -> dict[int, list[int]]:
    """For each sentence that leads a list (다음 각 호 …) the numbers of its items."""
    lead = -1
    joined: dict[int, list[int]] = {}
    for number, text in enumerate(texts):
        if _ITEM.match(text):
            if lead >= 0:
                joined.setdefault(lead, []).append(number)
        elif _LEAD.search(text):
            lead = number
        elif not _PROVISO.match(text):
            lead = -1
    return joined


def _claims(sentence: Sentence) -> tuple[Claim, ...]:
    """The clauses of their own, each with the words near it: its own, and those before where it has no subject."""
    found = []
    begin, whole = 0, 0
    for clause in sentence.clauses:
        if clause.join != "main":
            continue
        words = [word for word in sentence.words if begin <= word.start < clause.end]
        if any(word.role in ("topic", "subject") for word in words):
            whole = begin
        else:
            words = [word for word in sentence.words if whole <= word.start < clause.end]
        if clause.force != "unsure":
            bag = frozenset(part for word in words for part in (word.stem, *word.parts)) | clause.lemmas
            region = sentence.text[whole : clause.end]
            found.append(Claim(clause, bag, _letters(region), region))
        begin = clause.end
    return tuple(found)

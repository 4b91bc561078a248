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

_PROVISO = re.compile(r"\s*(?:[①-⑳]\s*)?(?:다만|단|그러나|하지만|그렇지만)[, ]")
_EXCEPTION = re.compile(
    r"예외|제외|그러하지|그렇지 않|아니하다|않습니다|않는다|않아요|포함하지|치지 않|빼고|관계없이|상관없이"
)
_ITEM = re.compile(r"\s*(?:\d{1,2}\.|[가-하]\.|\(?\d{1,2}\)|[-•※○])\s*(?=\S)")
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
    the rule that it is the proviso of; `exceptions` are the sentences of the passage that make an exception."""

    sentence: Sentence
    bag: frozenset[str]
    letters: str
    claims: tuple[Claim, ...]
    beside: tuple[Sentence, ...]
    exceptions: tuple[Sentence, ...]
    proviso: bool
    start: int
    values: frozenset[tuple[str, str]]

    def values_said(self, text: str, *, bounds: bool) -> bool:
        """Whether all values of `text` stand here; with `bounds` none of them has another bound than here."""
        plain = {value for value, _ in self.values}
        return all(
            value in plain and (not bounds or not bound or (value, bound) in self.values)
            for value, bound in values_of(text)
        )


@functools.lru_cache(maxsize=1024)
def values_of(text: str) -> frozenset[tuple[str, str]]:
    """(normalised value, kind of bound or "") of all values in `text`."""
    found = ((value.normalised, bound_of(text, value)) for value in parse_values(text))
    return frozenset((normalised, bound.kind if bound else "") for normalised, bound in found)


@functools.lru_cache(maxsize=256)
def passage_sentences(text: str) -> tuple[Said, ...]:
    """The sentences of one passage in order."""
    spans = split_sentences(text)
    sentences = [read_sentence(text[start:end]) for start, end in spans]
    provisos = [bool(_PROVISO.match(sentence.text)) for sentence in sentences]
    joined = list_items([sentence.text for sentence in sentences])
    exceptions = {number for number, sentence in enumerate(sentences) if _EXCEPTION.search(sentence.text)}
    leads = {item: number for number, numbers in joined.items() for item in numbers}
    found = []
    for number, sentence in enumerate(sentences):
        others = joined.get(number, []) or ([leads[number]] if number in leads else [])
        group = [sentence, *(sentences[other] for other in others)]
        bag, letters = bag_of(group)
        beside = []
        if number + 1 < len(sentences) and provisos[number + 1]:
            beside.append(sentences[number + 1])
        if provisos[number] and number:
            beside.append(sentences[number - 1])
        values = frozenset().union(*(values_of(one.text) for one in group))
        found.append(
            Said(
                sentence,
                bag,
                letters,
                _claims(sentence),
                tuple(beside),
                tuple(sentences[other] for other in sorted(exceptions - {number})),
                provisos[number],
                spans[number][0],
                values,
            )
        )
    return tuple(found)


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
            found.append(Claim(clause, bag, re.sub(r"[^0-9A-Za-z가-힣]", "", region), region))
        begin = clause.end
    return tuple(found)

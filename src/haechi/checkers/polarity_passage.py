"""A passage as sentences that an answer's clause can be held against: with lists joined to their lead, and provisos."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from haechi.korean.bounds import bound_of
from haechi.korean.clauses import Clause, Sentence, read_sentence
from haechi.korean.clauses_match import bag_of
from haechi.korean.sentences import split_sentences
from haechi.korean.values import parse_values

_PROVISO = re.compile(r"\s*(?:[①-⑳]\s*)?(?:다만|단)[, ]")
_ITEM = re.compile(r"\s*(?:\d{1,2}\.|[가-하]\.|\(?\d{1,2}\)|[-•※○])\s*(?=\S)")
_LEAD = re.compile(r"다음 (?:각 )?|다음과 같|아래|[:：]\s*$")


@dataclass(frozen=True)
class Said:
    """One sentence of the evidence. `bag` and `letters` are its words with its list's; `beside` are its provisos, or
    the rule that it is the proviso of; `claims` its clauses of their own, each with its near words and letters."""

    sentence: Sentence
    bag: frozenset[str]
    letters: str
    claims: tuple[tuple[Clause, tuple[frozenset[str], str]], ...]
    beside: tuple[Sentence, ...]
    proviso: bool
    start: int
    values: frozenset[tuple[str, str]]

    def values_said(self, text: str) -> bool:
        """Whether all values of `text` stand here, with the same bound."""
        return values_of(text) <= self.values


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
    items = [bool(_ITEM.match(sentence.text)) for sentence in sentences]
    provisos = [bool(_PROVISO.match(sentence.text)) for sentence in sentences]
    lead = -1
    joined: dict[int, list[int]] = {}
    for number, sentence in enumerate(sentences):
        if items[number] and lead >= 0:
            joined.setdefault(lead, []).append(number)
        elif _LEAD.search(sentence.text):
            lead = number
        elif not provisos[number]:
            lead = -1
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
            Said(sentence, bag, letters, _claims(sentence), tuple(beside), provisos[number], spans[number][0], values)
        )
    return tuple(found)


def _claims(sentence: Sentence) -> tuple[tuple[Clause, tuple[frozenset[str], str]], ...]:
    """The clauses of their own with the words from the clause of its own before on."""
    found = []
    begin = 0
    for clause in sentence.clauses:
        if clause.join != "main":
            continue
        if clause.force != "unsure":
            words = [word for word in sentence.words if begin <= word.start < clause.end]
            bag = frozenset(part for word in words for part in (word.stem, *word.parts)) | clause.lemmas
            letters = re.sub(r"[^0-9A-Za-z가-힣]", "", sentence.text[begin : clause.end])
            found.append((clause, (bag, letters)))
        begin = clause.end
    return tuple(found)

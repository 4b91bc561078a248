"""A question taken apart for the FAQ gate: its content words, its values, its letters, and how it asks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from haechi.korean.asking import (
    ASKING_WORDS,
    KIND_NOUNS,
    PLAIN_KIND_NOUNS,
    SAME,
    Frame,
    frame,
    skeleton,
    squeezed,
    stem,
    without_courtesy,
)
from haechi.korean.base import Analyser
from haechi.korean.numerals import fold
from haechi.korean.values import parse_values

_DIGITS = re.compile(r"\d+(?:[.,]\d+)*")
_FROM_TO = re.compile(r"(?P<a>[^,.?]{1,40}?)에서 ?(?P<b>[^,.?]{1,40}?)(?:으로|로)(?![가-힣])")
#: 잊어버리다 is 잊다.
_LOSING = re.compile(r"(?<=.)[어아여]버리다$")
#: A longer run-on word than this is not looked for in pieces.
_LONGEST_RUN = 24


@dataclass(frozen=True)
class Profile:
    """`nouns` and `verbs` are content words without those of asking; `numbers` are bare numbers and values."""

    text: str
    nouns: frozenset[str]
    verbs: frozenset[str]
    values: Mapping[str, str]
    soft_values: frozenset[str]
    frame: Frame
    squeezed: str
    stem: str
    skeleton: str

    @cached_property
    def words(self) -> frozenset[str]:
        return self.nouns | self.verbs

    @cached_property
    def bigrams(self) -> frozenset[str]:
        """Pairs of letters of the stem, and the first and last letter with the edge."""
        edged = f" {self.stem} "
        return frozenset(edged[place : place + 2] for place in range(len(edged) - 1))

    @cached_property
    def noun_kinds(self) -> frozenset[str]:
        """Kinds of answers that the nouns name."""
        return frozenset().union(*(KIND_NOUNS.get(noun, frozenset()) for noun in self.nouns))

    def covers(self, word: str, is_noun: bool) -> bool:
        """Whether this question has the word, one that means the same, or the word misspelt or run together."""
        if word in self.words or (len(word) > 1 and word in self.squeezed):
            return True
        same = SAME.get(word, frozenset())
        if same & self.words or any(len(other) > 1 and other in self.squeezed for other in same):
            return True
        if not is_noun:
            return False
        kinds = KIND_NOUNS.get(word, frozenset())
        if word in PLAIN_KIND_NOUNS and kinds & (self.frame.kinds | self.noun_kinds):
            return True
        if kinds & self.frame.kinds and not kinds & self.noun_kinds:
            return True
        if len(word) < 3:
            return False
        # An analyser may take 캠핑장이 for one noun.
        if word[-1] in "은는이을를" and self.covers(word[:-1], is_noun):
            return True
        return self._made_of(word)

    def _made_of(self, word: str) -> bool:
        """Whether the word is nothing but words of this question, run together."""
        if len(word) > _LONGEST_RUN:
            return False
        reached = {0}
        for start in range(len(word)):
            if start in reached:
                reached |= {end for end in range(start + 1, len(word) + 1) if word[start:end] in self.words}
        return len(word) in reached


def profile(question: str, analyser: Analyser) -> Profile:
    """Take a question apart."""
    text = without_courtesy(question)
    values, soft, rest = _values(text)
    known = set(analyser.nouns(rest))
    predicate = re.sub(r"[^가-힣]", "", rest.split()[-1]) if rest.strip() else ""
    content = [_LOSING.sub("다", token) for token in analyser.tokens(rest) if not token[0].isdigit()]
    content = [
        token
        for token in content
        # An analyser may take a spoken predicate at the end (타요) for a noun.
        if token not in ASKING_WORDS and not (token == predicate and predicate[-1] in "요죠까냐니")
    ]
    verbs = frozenset(token for token in content if token.endswith("다") and token not in known)
    return Profile(
        text=text,
        nouns=frozenset(content) - verbs,
        verbs=verbs,
        values=values,
        soft_values=soft,
        frame=frame(text),
        squeezed=squeezed(text),
        stem=stem(text),
        skeleton=skeleton(text),
    )


def _values(text: str) -> tuple[dict[str, str], frozenset[str], str]:
    """Canonical value → as written, bare numbers too; values of one in words (하루, 한 번), a way of speaking; and the
    text without any."""
    found: dict[str, str] = {}
    soft = set()
    rest = text
    for value in parse_values(text):
        spelled = value.kind == "quantity" and not _DIGITS.search(fold(value.surface).text)
        if spelled and value.normalised.startswith("1") and not value.normalised[1:2].isdigit():
            soft.add(value.normalised)
        elif value.kind != "name":
            found[value.normalised] = value.surface
        rest = rest[: value.start] + " " * (value.end - value.start) + rest[value.end :]
    found.update({number: number for number in _DIGITS.findall(fold(rest).text)})
    return found, frozenset(soft), rest


def direction(question: Profile) -> tuple[frozenset[str], frozenset[str]]:
    """Words that only stand before 에서, and words that only stand between it and (으)로: A에서 B로."""
    match = _FROM_TO.search(question.text)
    if match is None:
        return frozenset(), frozenset()
    start = {noun for noun in question.nouns if noun in match["a"]}
    end = {noun for noun in question.nouns if noun in match["b"]}
    return frozenset(start - end), frozenset(end - start)

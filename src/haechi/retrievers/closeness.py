"""A closer look at the best candidates, on their letters alone; no passage is analysed again for it.

Letters also heal what the analyser cut differently in question and passage (뉘르부르크링, 정도전이). How rare a pair of
letters is, is counted among the candidates themselves: what all of them share decides nothing between them.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence

from haechi.korean.hanja import in_hangul
from haechi.korean.protect import clean
from haechi.korean.sentences import split_sentences

#: Two or three Korean sentences' worth; 60 and 150 did the same on KorQuAD and AutoRAG-ko.
_WINDOW = 100
_WORD = re.compile(r"[0-9a-z가-힣]+")
#: Sentences of fewer pairs than this (회신, 제1항) say nothing.
_SHORTEST_SENTENCE = 3


def letters(text: str) -> str:
    """The form in which question and passage are compared."""
    return in_hangul(clean(text)).lower()


def look_closer(question: str, shares: Mapping[str, float], passages: Sequence[str]) -> list[dict[str, float]]:
    """Of each passage, 0 to 1: proximity, spelling, triples, sentence and opening (see the functions below).

    `shares` is each term's part of the question. About .4 ms a passage of 400 letters.
    """
    asked = letters(question)
    pairs, triples = neighbours(asked, 2), neighbours(asked, 3)
    texts = [letters(passage) for passage in passages]
    rarity = _rarity(pairs, texts)
    sentences = [_sentences(passage) for passage in passages]
    known = Counter(pair for group in sentences for pair in set().union(*group))
    weights = {pair: _inverse(count, len(passages)) ** 2 for pair, count in known.items()}
    unknown = _inverse(0, len(passages)) ** 2
    asked_length = math.sqrt(sum(weights.get(pair, unknown) for pair in pairs)) or 1.0
    found = []
    for text, group in zip(texts, sentences, strict=True):
        alike = [_cosine(pairs, sentence, weights) / asked_length for sentence in group]
        found.append(
            {
                "proximity": proximity(shares, text),
                "spelling": sum(weight for pair, weight in rarity.items() if pair in text),
                "triples": sum(triple in text for triple in triples) / len(triples) if triples else 0.0,
                "sentence": max(alike, default=0.0),
                "opening": alike[0] if alike else 0.0,
            }
        )
    return found


def proximity(shares: Mapping[str, float], passage: str) -> float:
    """The largest share of the question's terms found within 100 characters of the passage. Terms of one syllable
    are left out: as letters they stand in too many other words.
    """
    places = sorted((place, term) for term in shares if len(_stem(term)) > 1 for place in _find(_stem(term), passage))
    best = current = 0.0
    inside: dict[str, int] = {}
    first = 0
    for place, term in places:
        inside[term] = inside.get(term, 0) + 1
        current += shares[term] if inside[term] == 1 else 0.0
        while places[first][0] <= place - _WINDOW:
            gone = places[first][1]
            inside[gone] -= 1
            current -= 0.0 if inside[gone] else shares[gone]
            first += 1
        best = max(best, current)
    return best


def neighbours(text: str, length: int) -> set[str]:
    """The runs of `length` letters inside words."""
    return {word[at : at + length] for word in _WORD.findall(text) for at in range(len(word) - length + 1)}


def _rarity(pairs: set[str], texts: Sequence[str]) -> dict[str, float]:
    """Each pair's part of the question's spelling, summing to 1: the fewer of the texts have it, the more."""
    weights = {pair: _inverse(sum(pair in text for text in texts), len(texts)) for pair in pairs}
    total = sum(weights.values())
    return {pair: weight / total for pair, weight in weights.items()} if total > 0 else {}


def _sentences(passage: str) -> list[set[str]]:
    """The letter pairs of each sentence of some length, in order."""
    found = [neighbours(letters(passage[start:end]), 2) for start, end in split_sentences(passage)]
    return [pairs for pairs in found if len(pairs) >= _SHORTEST_SENTENCE]


def _cosine(pairs: set[str], sentence: set[str], weights: Mapping[str, float]) -> float:
    """Times the question's length: how much of the sentence, and of the question, the two have in common."""
    shared = sum(weights[pair] for pair in pairs if pair in sentence)
    return shared / math.sqrt(sum(weights[pair] for pair in sentence)) if shared else 0.0


def _inverse(count: int, total: int) -> float:
    return math.log(1 + (total - count + 0.5) / (count + 0.5))


def _stem(term: str) -> str:
    """Verbs are indexed in dictionary form (내세우다), but stand in the text with other endings (내세운)."""
    return term[:-1] if len(term) > 2 and term.endswith("다") else term


def _find(term: str, passage: str) -> list[int]:
    places = []
    place = passage.find(term)
    while place >= 0:
        places.append(place)
        place = passage.find(term, place + 1)
    return places

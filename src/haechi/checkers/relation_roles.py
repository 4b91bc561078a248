"""Two names in each other's role: A가 B에게 통지한다 where the evidence has B가 A에게 통지한다.

Both names stand in both clauses, with the same predicate in the same voice, and their cases are exchanged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import combinations

from haechi.checkers.polarity_passage import Claim, Said, passage_sentences
from haechi.checkers.relation_aligned import Misplaced
from haechi.korean.clauses import Clause, Sentence, Word
from haechi.korean.clauses_match import LOOSE, coverage, same_predicate

_VOICE = re.compile(r"받|되|돼|된|됩|당하|시키|하게|하도록")
_CASES = {"topic": "who", "subject": "who", "object": "whom", "to": "to", "from": "from", "of": "of"}
_SAID = 0.75


def exchanged(sentence: Sentence, passages: Sequence[str]) -> Iterator[Misplaced]:
    """Names of the answer's sentence that have each other's role in the evidence; one of each pair."""
    claims = [(clause, _own_words(sentence, clause)) for clause in sentence.clauses if clause.join == "main"]
    for clause, words in claims:
        for said in (said for passage in passages for said in passage_sentences(passage, [sentence.text])):
            for other in said.claims:
                found = _exchange(sentence, clause, words, said, other)
                if found is not None:
                    yield found
                    return


def _own_words(sentence: Sentence, clause: Clause) -> list[Word]:
    ends = (one.end for one in sentence.clauses if one.join == "main" and one.end <= clause.head_start)
    begin = max(ends, default=0)
    return [word for word in sentence.words if begin <= word.start < clause.head_start]


def _names(sentence: Sentence, words: list[Word]) -> dict[str, Word]:
    """The nouns with a role, without the subject of a clause that only describes a noun (세금이 부과되는 재산)."""
    inside = {
        word
        for clause in sentence.clauses
        if clause.join == "modifier"
        for word in clause.words
        if word.role in ("subject", "object")
    }
    return {word.stem: word for word in words if word.role in _CASES and word.stem not in LOOSE and word not in inside}


def _exchange(sentence: Sentence, clause: Clause, words: list[Word], said: Said, other: Claim) -> Misplaced | None:
    if not same_predicate(clause.lemmas, other.clause.lemmas):
        return None
    theirs_text = said.sentence.text
    ours_voice = set(_VOICE.findall(sentence.text[clause.head_start : clause.end]))
    if ours_voice != set(_VOICE.findall(theirs_text[other.clause.head_start : other.clause.end])):
        return None
    if coverage(words, other.bag, other.letters)[0] < _SAID:
        return None
    ours = _names(sentence, words)
    theirs = _names(said.sentence, _own_words(said.sentence, other.clause))
    for first, second in combinations([stem for stem in ours if stem in theirs], 2):
        mine, yours = [ours[first].role, ours[second].role], [theirs[first].role, theirs[second].role]
        if set(mine) != {"topic", "subject"} or set(yours) != {"topic", "subject"}:
            mine, yours = [_CASES[role] for role in mine], [_CASES[role] for role in yours]  # type: ignore[misc]
        if mine[0] != mine[1] and mine == yours[::-1] and {"who", "topic"} & set(mine):
            word = ours[first]
            return Misplaced(word.start, word.end, theirs_text, "")
    return None

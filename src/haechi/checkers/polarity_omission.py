"""The exception left out: the answer says a rule of everything, or word for word, and the evidence limits it.

Two cases are sure. The answer says 언제나, 누구나 or 예외 없이 where the evidence has an exception or a condition. Or
it repeats the sentence that a 다만 follows, and nothing in it speaks of that 다만.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from haechi.checkers.polarity_compare import in_conflict, repeats
from haechi.checkers.polarity_passage import Said
from haechi.korean.clauses import Clause, Sentence, Word
from haechi.korean.clauses_match import LOOSE, coverage, matched, same_predicate

#: Words that leave no exception.
_ALWAYS = re.compile(
    r"누구나|누구든|누구라도|언제나|언제든|언제라도|항상|무조건|예외\s?없이|가리지 않고|관계\s?없이|상관\s?없이"
    r"|어디든|모든 경우|(?:어떤|어느) ?(?:경우|때|사유|이유)\S* ?(?:에도|도|든|라도|있더라도|있어도)|예외가 없"
)
_EXCEPTS = re.compile(
    r"그러하지 아니|그렇지 않|아니[하한할]|않|제외|면제|예외|로 한다|로 본다|으로 한다|할 수 있|못|없|생략|달리|따로"
)
_LIMITS = re.compile(
    r"제외|외에는|외의|아니면|없으면|없는 한|않으면|아니하면|없이|아닌 한|에 한하여|에 한정|경우에만|때에만"
)
_SAID = 0.7
#: An answer that has so much of the proviso's own words does not leave it out.
_TOLD = 0.34
_FEWEST = 1
_PROVISO = re.compile(r"\s*(?:다만|단)[, ]")


@dataclass(frozen=True)
class Omission:
    """The rule that the answer states without its limit, and the sentence that holds the limit."""

    rule: str
    limit: str
    repeated: bool


def omission(
    told: Sequence[Sentence], sentence: Sentence, clause: Clause, words: list[Word], sources: Sequence[Said]
) -> Omission | None:
    """What `sentence` of the answer leaves out, where that is sure; `told` is all that the answer and question say."""
    always = _ALWAYS.search(sentence.text)
    found: list[tuple[float, bool, Said]] = []
    for said in sources:
        forces = [
            in_conflict(clause, other.clause)
            for other in said.claims
            if same_predicate(clause.lemmas, other.clause.lemmas)
        ]
        share, weight = coverage(words, said.bag, said.letters)
        # 전담합니다 for 전담하여 수행한다: with an absolute word the predicate may stand anywhere in the sentence.
        named = bool(forces) or (always is not None and not said.bag.isdisjoint(clause.lemmas))
        if named and True not in forces and weight >= _FEWEST and share >= _SAID:
            found.append((share, bool(forces), said))
    if not found:
        return None
    _, same, said = max(found, key=lambda one: one[:2])
    proviso = next((one for one in said.beside if not said.proviso and _EXCEPTS.search(one.text)), None)
    if always:
        if _ALWAYS.search(said.sentence.text):
            return None
        if proviso is not None:
            return Omission(said.sentence.text, proviso.text, False)
        if same and _LIMITS.search(said.sentence.text) and not _LIMITS.search(_ALWAYS.sub("", sentence.text)):
            return Omission(said.sentence.text, said.sentence.text, False)
        return None
    if proviso is not None and _PROVISO.match(proviso.text):
        if any(repeats(sentence, clause, said, other) for other in said.claims):
            own = [word for word in proviso.words if not matched(word, said.sentence.bag, said.sentence.letters)]
            if not _said_in(own, told):
                return Omission(said.sentence.text, proviso.text, True)
    return None


def _said_in(words: Sequence[Word], told: Sequence[Sentence]) -> bool:
    own = [word for word in words if word.stem not in LOOSE]
    found = [word for word in own if any(matched(word, one.bag, one.letters) for one in told)]
    return not own or len(found) > _TOLD * len(own)

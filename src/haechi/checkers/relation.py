"""The value is in the evidence, but is it that thing's value? Fees of A told as fees of B, and exchanged roles.

A value of the answer is `contradicted` where the evidence gives that value to other words, and to the answer's words
another value of the same unit. Two names are where they stand in each other's role with the same predicate. Where the
answer's words cannot be placed surely there is no verdict, which is no pass.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from haechi.checkers.base import Evidence
from haechi.checkers.comparison import relation
from haechi.checkers.relation_aligned import Misplaced, misplaced
from haechi.checkers.relation_roles import exchanged
from haechi.checkers.relation_slots import Slot, keys, passage_slots, sentence_slots
from haechi.checkers.stated import without_citations
from haechi.checkers.value_checker import repr_ko
from haechi.checkers.without_scans import without_scans
from haechi.korean.bounds import bound_of
from haechi.korean.clauses import Word, read_sentence
from haechi.korean.clauses_match import matched
from haechi.korean.josa import with_josa
from haechi.korean.sentences import split_sentences
from haechi.types import Verdict

#: 한 달에 한 번: another way to say 매달.
_RATE = re.compile(r"에 ")
_PLACED = 0.65
_SURE = 0.99
_NOT = 0.5
_MORE = 0.2
#: A row that is named by another of its values is named more surely than by a word.
_NAMED_BY_VALUE = 2


class RelationChecker:
    """One verdict per value or pair of names that the evidence places elsewhere."""

    name = "relation"

    def check(self, answer: str, evidence: Sequence[Evidence], question: str = "") -> list[Verdict]:
        """Verdicts in the order of the answer; `claim` is the value, `suggestion` the value of the answer's subject."""
        return without_scans(lambda passages: self._check(answer, passages), evidence)

    def _check(self, answer: str, evidence: Sequence[Evidence]) -> list[Verdict]:
        text = without_citations(answer)
        sources = [slot for passage in evidence for slot in passage_slots(passage.text)]
        verdicts = []
        passages = [passage.text for passage in evidence]
        for start, end in split_sentences(text):
            found = [self._verdict(claim, rival, start) for claim, rival in _rivals(text[start:end], sources)]
            taken = {verdict.start for verdict in found}
            for place in misplaced(text[start:end], passages):
                if start + place.start not in taken:
                    found.append(self._misplaced(text[start:end], place, start))
                    taken.add(start + place.start)
            for place in exchanged(read_sentence(text[start:end]), passages) if not found else ():
                found.append(self._misplaced(text[start:end], place, start))
            verdicts += sorted(found, key=lambda verdict: verdict.start)
        return verdicts

    def _misplaced(self, sentence: str, place: Misplaced, offset: int) -> Verdict:
        claim = sentence[place.start : place.end]
        explanation = "근거에서는 서로의 역할이 바뀌어 있습니다."
        if place.instead:
            explanation = f"근거의 같은 자리에는 {with_josa(repr_ko(place.instead), '이/가')} 있습니다."
        begin, end = offset + place.start, offset + place.end
        return Verdict(self.name, claim, "contradicted", place.sentence, explanation, place.instead, begin, end)

    def _verdict(self, claim: Slot, rival: Slot, offset: int) -> Verdict:
        ours = bound_of(claim.sentence, claim.value)
        theirs = bound_of(rival.sentence, rival.value)
        begin, end = (ours.start, ours.end) if ours else (claim.value.start, claim.value.end)
        suggestion = rival.value.surface
        if ours and theirs:
            suggestion = rival.sentence[theirs.start : theirs.end]
        explanation = (
            f"근거에서 {with_josa(repr_ko(claim.value.surface), '은/는')} 다른 것의 값이고, "
            f"답이 말하는 것의 값은 {with_josa(repr_ko(suggestion), '으로/로')} 되어 있습니다."
        )
        return Verdict(
            self.name,
            claim.sentence[begin:end],
            "contradicted",
            rival.sentence,
            explanation,
            suggestion,
            offset + begin,
            offset + end,
        )


def _rivals(text: str, sources: Sequence[Slot]) -> list[tuple[Slot, Slot]]:
    """The values of a sentence that belong to other words, each with the slot that its words belong to."""
    claims = list(sentence_slots(text))
    found = [(claim, rival) for claim in claims if (rival := _rival(claim, sources)) is not None]
    stated = {claim.value.normalised for claim in claims}
    wrong = {claim.value.normalised for claim, _ in found}
    # The other value stands in the answer too, in its own place: then both are true, or both were exchanged.
    return [
        (claim, rival)
        for claim, rival in found
        if rival.value.normalised not in stated or rival.value.normalised in wrong
    ]


def _rival(claim: Slot, sources: Sequence[Slot]) -> Slot | None:
    """The slot of the evidence that the answer's words belong to, where that is surely another than its value's."""
    words = keys(claim)
    if not words or _RATE.match(claim.sentence, claim.value.end):
        return None
    related = [(source, relation(claim.value, source.value)) for source in sources]
    same = [source for source, how in related if how in ("equal", "implied")]
    stated = {value for source in sources for value in (source.value.normalised, *source.values)}
    if not same or not claim.values <= stated:
        return None
    best: tuple[float, Slot] | None = None
    for rival in (source for source, how in related if how == "different"):
        if any(source.segment == rival.segment and source.sentence == rival.sentence for source in same):
            continue
        points = _belongs(claim, words, rival, same)
        if points and (best is None or points > best[0]):
            best = points, rival
    return best[1] if best else None


def _belongs(claim: Slot, words: list[Word], rival: Slot, same: Sequence[Slot]) -> float:
    """How surely the answer's words belong to `rival` and not to a slot of its own value; 0 for not surely."""
    if claim.denied != rival.denied:
        return 0.0
    there = [matched(word, rival.bag, rival.letters) for word in words]
    wide = [max(at, matched(word, rival.all_bag, rival.all_letters)) for at, word in zip(there, words, strict=True)]
    named = len(claim.values & rival.values)
    if sum(wide) + named < _PLACED * (len(words) + len(claim.values)):
        return 0.0
    elsewhere = [max(matched(word, source.bag, source.letters) for source in same) for word in words]
    if any(at < _SURE and word.role in ("topic", "subject", "also") for at, word in zip(wide, words, strict=True)):
        return 0.0
    only_there = sum(
        at >= _SURE and other < _NOT and not word.verb for word, at, other in zip(words, there, elsewhere, strict=True)
    )
    values = {value for value in claim.values if value in rival.values and all(value not in s.values for s in same)}
    only_there += _NAMED_BY_VALUE * len(values)
    unplaced = sum(at < _SURE and not word.verb for at, word in zip(wide, words, strict=True))
    if only_there <= unplaced:
        return 0.0
    for source in same:
        for word, at in zip(words, there, strict=True):
            if matched(word, source.bag, source.letters) > at + _MORE:
                return 0.0
        if any(value in source.values and value not in rival.values for value in claim.values):
            return 0.0
    return only_there + sum(there) / len(there)

"""Proper nouns in an answer: 한들은행 is not 새솔은행, and 복지부장관 is 보건복지부장관.

supported     the evidence (text, label or title) has the name, an abbreviation or full form of it, or a longer name
              that holds it
contradicted  the evidence has another name in its place: one syllable apart, or of the same sort with the same words
              around it
not_found     the evidence has nothing like it
unchecked     it may be no name, the evidence has only the class (공단, 본 병원), or the answer repeats a name of the
              question as its topic

Names are judged by their letters and their place, not by what they mean. A law name inside a law reference is the work
of `law_article`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from haechi.checkers.base import Evidence
from haechi.checkers.name_slips import Slip, slips
from haechi.checkers.name_sources import Source, context_of, source_of
from haechi.checkers.stated import without_citations
from haechi.checkers.value_checker import OCR_ONLY, repr_ko
from haechi.korean.gazetteer import NONE, Gazetteer, compact
from haechi.korean.josa import with_josa
from haechi.korean.name_compare import is_short_for, misspelt
from haechi.korean.name_reading import Name, read_words
from haechi.korean.name_words import OFFICES, SURE_HEADS
from haechi.korean.names import find_names
from haechi.korean.values import parse_values
from haechi.types import Verdict, VerdictLabel

#: The asker's name as the topic of the answer, not as what is claimed.
_TOPIC = re.compile(r"[가-힣]{0,6}(?:은|는|의|에서는?|에는|도|에서|에)(?=[\s,])")
_DENIED = re.compile(r"[^.,\n]{0,12}?(?:이|가|은|는|만)\s?(?:아니|아닌|아닙)|[가-힣]*\s같은\s")
_THIS_LAW = re.compile(r"(?<![가-힣])(?:이|본|동|같은) ?(?:법|영|령|규칙|규정|조례|지침|정관|약관)|(?<![가-힣])제\d+조")


class _Rival(NamedTuple):
    """A name of the evidence, its sentence, whether it is one or two letters away, and whether OCR read it."""

    name: Name
    sentence: str
    close: bool
    scanned: bool


class NameChecker:
    """Judges every name of an answer. `gazetteer` gives the home's names and abbreviations as they are now."""

    name = "name"

    def __init__(self, gazetteer: Callable[[], Gazetteer] = lambda: NONE) -> None:
        self._learned = gazetteer

    @property
    def _gazetteer(self) -> Gazetteer:
        return self._learned()

    def check(self, answer: str, evidence: Sequence[Evidence], question: str = "") -> list[Verdict]:
        """One verdict per name, in the order of the answer."""
        text = without_citations(answer)
        words = read_words(text)
        references = [(value.start, value.end) for value in parse_values(text)]
        claims = [
            name
            for name in find_names(text, self._gazetteer, words)
            if not any(start <= name.start < end or start < name.end <= end for start, end in references)
        ]
        passages = [source_of(passage.text, passage.label, passage.title) for passage in evidence]
        asked = compact(question)
        scanned = {number for number, passage in enumerate(evidence) if passage.ocr is not None}
        verdicts = [self._judge(text, claim, passages, scanned, asked) for claim in claims]
        clear = [source for number, source in enumerate(passages) if number not in scanned]
        bad = [(one.start, one.end) for one in verdicts if one.label in ("contradicted", "not_found")]
        open_ones = [(claim.start, claim.end) for claim in claims if claim.head and not claim.certain]
        changed = [_changed(text, slip) for slip in slips(words, bad + references, open_ones, clear)]
        doubtful = [one for one in verdicts if not any(one.start < new.end and new.start < one.end for new in changed)]
        return sorted([*doubtful, *changed], key=lambda verdict: verdict.start)

    def _judge(self, text: str, claim: Name, passages: Sequence[Source], scanned: set[int], asked: str) -> Verdict:
        holders = [number for number, source in enumerate(passages) if claim.normalised in source.letters]
        if not holders or scanned.issuperset(holders):
            # Only now the passages are read for other writings of it.
            holders += [number for number, source in enumerate(passages) if self._is_written_otherwise(claim, source)]
        if holders:
            return self._supported(claim, passages, holders, scanned)
        strange = bool(claim.modifier) and not any(claim.modifier in source.letters for source in passages)
        claimed = claim.certain or strange
        rival = self._rival(claim, claimed, text, passages, scanned)
        if _DENIED.match(text, claim.end):
            return _verdict(claim, "unchecked", "", "부정하거나 예를 드는 말에 쓰인 이름이라 확인하지 못했습니다.")
        if rival is not None:
            return self._against(claim, rival)
        quoted = repr_ko(claim.surface)
        if not claimed:
            return _verdict(claim, "unchecked", "", f"{quoted}이(가) 이름인지 정할 수 없어 확인하지 못했습니다.")
        known_here = claim.head in SURE_HEADS or (claim.type == "law" and "「" not in claim.surface)
        if (known_here or claim.normalised in asked) and self._only_class(claim, passages):
            explanation = f"근거에는 {repr_ko(claim.head)}만 있어 같은 곳인지 확인하지 못했습니다."
            return _verdict(claim, "unchecked", "", explanation)
        if claim.normalised in asked:
            if _TOPIC.match(text, claim.end):
                explanation = (
                    f"질문의 {with_josa(quoted, '을/를')} 되풀이한 것이고 근거에는 그 이름이 없어 확인하지 못했습니다."
                )
                return _verdict(claim, "unchecked", "", explanation)
            explanation = f"근거에 {with_josa(quoted, '이/가')} 없습니다. 질문에만 있고 근거에는 없는 이름입니다."
            return _verdict(claim, "not_found", "", explanation)
        return _verdict(claim, "not_found", "", f"근거에 {with_josa(quoted, '이/가')} 없습니다.")

    def _is_written_otherwise(self, claim: Name, source: Source) -> bool:
        """Whether a passage has an abbreviation or the full form of a name."""
        name = claim.normalised
        forms = {*source.aliases.aliases.get(name, ()), *source.aliases.short_forms(name)}
        # In a home of many documents 공단 may be any of several: then it is no evidence for one of them.
        forms |= {*self._gazetteer.aliases.get(name, ())}
        forms |= {short for short in self._gazetteer.short_forms(name) if self._gazetteer.full_form(short) == name}
        if any(form in source.places or (len(form) > 2 and form in source.letters) for form in forms):
            return True
        return any(_one_name(claim, other) for other in source.names)

    def _supported(self, claim: Name, passages: Sequence[Source], holders: Sequence[int], scanned: set[int]) -> Verdict:
        clear = [number for number in holders if number not in scanned]
        source = passages[(clear or holders)[0]]
        sentence = source.sentence_with(claim.normalised)
        if not clear:
            return _verdict(claim, "unchecked", sentence, OCR_ONLY)
        if sentence:
            return _verdict(claim, "supported", sentence, "근거에 같은 이름이 있습니다.")
        other = next((name for name in source.names if _one_name(claim, name)), None)
        if other is None:
            return _verdict(claim, "supported", "", "근거에 이 이름의 다른 표기가 있습니다.")
        explanation = f"근거의 표기는 {repr_ko(other.surface)}입니다."
        return _verdict(claim, "supported", source.context(other).sentence, explanation)

    def _rival(
        self, claim: Name, claimed: bool, text: str, passages: Sequence[Source], scanned: set[int]
    ) -> _Rival | None:
        """The name of the evidence that stands in the claim's place; `claimed` says that the claim is a name."""
        said = compact(text)
        context = context_of(text, claim)
        best: tuple[tuple[bool, float], _Rival] | None = None
        for number, source in enumerate(passages):
            for other in source.names:
                close = _could_be(claim, other) and misspelt(claim.normalised, other.normalised)
                if not close and (not _same_sort(claim, other) or other.normalised in said):
                    continue
                neighbours, overlap = source.context(other).alike(context)
                if not close and not _same_place(claim, claimed, neighbours, overlap):
                    continue
                rank = (close, neighbours + overlap)
                if best is None or rank > best[0]:
                    best = rank, _Rival(other, source.context(other).sentence, close, number in scanned)
        return best[1] if best else None

    def _against(self, claim: Name, rival: _Rival) -> Verdict:
        if rival.scanned:
            return _verdict(claim, "unchecked", rival.sentence, OCR_ONLY)
        stated = with_josa(repr_ko(rival.name.surface), "으로/로")
        explanation = f"근거에는 {stated} 되어 있습니다."
        if rival.close:
            explanation = f"글자가 다릅니다. {explanation}"
        return _verdict(claim, "contradicted", rival.sentence, explanation, rival.name.surface)

    @staticmethod
    def _only_class(claim: Name, passages: Sequence[Source]) -> bool:
        """Whether the evidence speaks of its own 공단, 병원 or 법 without a name that could differ."""
        if claim.type == "law":
            return any(_THIS_LAW.search(source.text) for source in passages)
        if len(claim.head) < 2 or claim.head in OFFICES:
            return False
        if claim.certain and any(name.head == claim.head for source in passages for name in source.names):
            return False
        return any(claim.head in source.places for source in passages)


def _one_name(claim: Name, other: Name) -> bool:
    """Whether one name is short for the other."""
    left, right = claim.normalised, other.normalised
    if claim.type == "law" or other.type == "law":
        # 남녀고용평등법 for 남녀고용평등과 일·가정 양립 지원에 관한 법률
        return claim.type == other.type and len(left) > 3 and left[-1] == "법" and right.startswith(left[:-1])
    if len(left) < len(right):
        return is_short_for(left, right, other.starts)
    return is_short_for(right, left, claim.starts) and len(right) > 2


def _same_sort(claim: Name, other: Name) -> bool:
    """Whether one name could stand where the other does: both persons, both 은행, both laws."""
    if claim.type == "institution" or other.type == "institution":
        return claim.type == other.type and claim.head == other.head
    if claim.type in ("place", "law"):
        return claim.type == other.type and claim.head == other.head
    return claim.type == other.type


def _same_place(claim: Name, claimed: bool, neighbours: int, overlap: float) -> bool:
    """Whether two names stand in the same place: more is asked of what may be no name, or the asker's own law."""
    if not claimed:
        return neighbours >= 1 and overlap >= 0.5
    if claim.type == "law" and "「" not in claim.surface:
        return neighbours >= 1
    return neighbours >= 1 or overlap >= 0.5


def _could_be(claim: Name, other: Name) -> bool:
    """Whether one can be the other misspelt: both sure, and not of two sorts."""
    alike = claim.type == other.type or "other" in (claim.type, other.type)
    alike = alike and (claim.head == other.head or not claim.head or not other.head)
    return alike and other.certain and (claim.certain or claim.type == "other")


def _changed(text: str, slip: Slip) -> Verdict:
    """The verdict on a word that stands where the evidence has a name."""
    why = "글자가 다릅니다." if slip.close else "그 자리의 이름이 다릅니다."
    explanation = f"{why} 근거에는 {with_josa(repr_ko(slip.right), '으로/로')} 되어 있습니다."
    claim = text[slip.start : slip.end]
    return Verdict("name", claim, "contradicted", slip.sentence, explanation, slip.right, slip.start, slip.end)


def _verdict(claim: Name, label: VerdictLabel, evidence: str, explanation: str, suggestion: str = "") -> Verdict:
    return Verdict("name", claim.surface, label, evidence, explanation, suggestion, claim.start, claim.end)

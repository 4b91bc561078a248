"""What a draft must pass before anyone sees it: no foreign value, no contradicted value, a passage on the topic.

The verdicts that go with the answer come from here too. Nothing here talks to a model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from haechi.checkers.base import Checker, Evidence
from haechi.checkers.values_in_evidence import unsupported_values
from haechi.korean.base import Analyser
from haechi.korean.values import parse_values
from haechi.pipeline.answerability import assess
from haechi.pipeline.citations import Cited, Sentence, read_draft
from haechi.pipeline.correct import correct
from haechi.pipeline.shape import foreign_letters
from haechi.types import Correction, Hit, Value, Verdict

#: After an invented value the model is not trusted with a passage that covers less of the question than this: under
#: the lock a blocked lie turns into a plausible wrong choice (all 5 times it fired on the development questions).
LOCKED_COVERAGE = 0.75
#: How much less of the question than the best passage the cited one may cover. On the development questions every right
#: answer rested on a passage of the highest coverage, and 3 of 6 wrong ones did not.
COVERAGE_TOLERANCE = 0.2
#: They judge the values of one kind, and suggest what the evidence has in their place.
VALUE_CHECKERS = frozenset({"amount", "date", "quantity", "law_article", "code"})


def strays(draft: str, evidence: Sequence[Evidence]) -> list[str]:
    """What trips the lock: values that no passage contains, and letters of another script."""
    text = " ".join(sentence.text for sentence in read_draft(draft))
    found = [value.surface for value in unsupported_values(text, evidence)]
    letters = foreign_letters(text, [passage.text for passage in evidence])
    return [*found, letters] if letters else found


def answers_in_kind(draft: str, locked: str, evidence: Sequence[Evidence]) -> bool:
    """Whether the locked answer holds a value of the kind and unit that the first draft had invented.

    The draft tells what answers the question (40권); a locked answer in other units (40분) tells something else.
    """
    wanted = {_unit(value) for value in unsupported_values(draft, evidence)}
    return not wanted or bool(wanted & {_unit(value) for value in parse_values(locked)})


def _unit(value: Value) -> tuple[str, str]:
    return value.kind, re.sub(r"[\d.,]+", "", value.normalised)


@dataclass(frozen=True)
class Verified:
    """What is left of a draft: sentences, the edits that made them, and the verdicts on `joined(sentences)`."""

    sentences: tuple[Sentence, ...]
    corrections: tuple[Correction, ...]
    verdicts: tuple[Verdict, ...]


def joined(sentences: Sequence[Sentence]) -> str:
    """The sentences as one text, without their markers."""
    return " ".join(sentence.text for sentence in sentences)


def verify(
    sentences: Sequence[Sentence],
    evidence: Sequence[Evidence],
    question: str,
    checkers: Sequence[Checker],
    *,
    lock: bool,
) -> Verified:
    """Leave out sentences with a value of no passage (Hangul numbers pass any grammar); correct or drop the rest."""
    corrections: list[Correction] = []
    kept = list(sentences)
    if lock:
        for sentence in sentences:
            found = strays(sentence.text, evidence) if not _mendable(sentence.text, evidence, checkers) else []
            if found:
                kept.remove(sentence)
                corrections.append(Correction(sentence.text, "", f"뺐습니다. 근거에 없는 표현: {', '.join(found)}"))
    if not kept or not checkers:
        return Verified(tuple(kept), tuple(corrections), ())
    corrected = correct(joined(kept), evidence, checkers, question)
    corrections += corrected.corrections
    if len(corrected.sentences) == len(kept):
        pairs = zip(kept, corrected.sentences, strict=True)
        left = [Sentence(text, sentence.markers) for sentence, text in pairs if text]
    else:
        left = read_draft(corrected.text)
    return Verified(tuple(left) if corrected.settled else (), tuple(corrections), corrected.verdicts)


def _mendable(text: str, evidence: Sequence[Evidence], checkers: Sequence[Checker]) -> bool:
    """Whether the corrector can put right what is foreign in a sentence, so that it need not go at once."""
    if foreign_letters(text, [passage.text for passage in evidence]):
        return False
    corrected = correct(text, evidence, [checker for checker in checkers if checker.name in VALUE_CHECKERS])
    return bool(corrected.text) and corrected.settled and not unsupported_values(corrected.text, evidence)


def rests_on_topic(question: str, cited: Cited, hits: Sequence[Hit], analyser: Analyser, least: float) -> bool:
    """Whether a cited passage by itself covers `least` of the question, and about as much as the best passage."""
    covers = [assess(question, [hit], analyser).coverage for hit in hits]
    needed = max(least, max(covers) - COVERAGE_TOLERANCE)
    return any(covers[citation.marker - 1] >= needed for citation in cited.citations)


def verdicts_of(cited: Cited, verdicts: Sequence[Verdict], checked: bool) -> tuple[Verdict, ...]:
    """The verdicts with their places in the answer as shown; `verdicts` are those of its sentences joined by a space.

    A sentence that nothing was said about is `unchecked`, one without a source `not_found`: never shown as a pass.
    """
    found = list(_moved(cited, verdicts))
    for sentence, start, citation in zip(cited.sentences, cited.starts, cited.sources, strict=True):
        end = start + len(sentence)
        if citation is None:
            why = "이 문장을 뒷받침하는 근거를 찾지 못했습니다"
            found.append(Verdict("citation", sentence, "not_found", explanation=why, start=start, end=end))
        elif checked and not any(_is_about(verdict, sentence, start, end) for verdict in found):
            why = "이 문장에는 확인한 것이 없습니다"
            found.append(Verdict("citation", sentence, "unchecked", citation.quote, why, start=start, end=end))
    return tuple(found)


def _is_about(verdict: Verdict, sentence: str, start: int, end: int) -> bool:
    """By its place; a claim that has none is about every sentence that holds it."""
    return start <= verdict.start < end if verdict.start >= 0 else verdict.claim in sentence


def _moved(cited: Cited, verdicts: Sequence[Verdict]) -> Iterator[Verdict]:
    """From places in the joined sentences to places in the text with its markers."""
    plain = 0
    shifts: list[tuple[int, int, int]] = []
    for sentence, start in zip(cited.sentences, cited.starts, strict=True):
        shifts.append((plain, plain + len(sentence), start - plain))
        plain += len(sentence) + 1
    for verdict in verdicts:
        shift = next((by for first, last, by in shifts if first <= verdict.start < last), None)
        if shift is None:
            yield replace(verdict, start=-1, end=-1)
        else:
            yield replace(verdict, start=verdict.start + shift, end=verdict.end + shift)

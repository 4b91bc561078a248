"""What a draft must pass before anyone sees it: no foreign value, no contradicted value, a passage on the topic.

The verdicts that go with the answer come from here too. Nothing here talks to a model.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from haechi.checkers.base import Checker, Evidence
from haechi.checkers.values_in_evidence import unsupported_values
from haechi.korean.base import Analyser
from haechi.korean.values import parse_values
from haechi.pipeline.answerability import assess
from haechi.pipeline.citations import Cited, Sentence, read_draft
from haechi.pipeline.injection import foreign_links, leaks_prompt
from haechi.pipeline.shape import foreign_letters
from haechi.types import Correction, Hit, Value, Verdict

#: After an invented value the model is not trusted with a passage that covers less of the question than this: under
#: the lock a blocked lie turns into a plausible wrong choice (all 5 times it fired on the development questions).
LOCKED_COVERAGE = 0.75
#: How much less of the question than the best passage the cited one may cover. On the development questions every right
#: answer rested on a passage of the highest coverage, and 3 of 6 wrong ones did not.
COVERAGE_TOLERANCE = 0.2


def strays(draft: str, evidence: Sequence[Evidence]) -> list[str]:
    """What trips the lock: values and web addresses that no passage contains, and letters of another script."""
    text = " ".join(sentence.text for sentence in read_draft(draft))
    found = [*(value.surface for value in unsupported_values(text, evidence)), *foreign_links(text, evidence)]
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


def drop_untrue(
    sentences: Sequence[Sentence], evidence: Sequence[Evidence], question: str, checkers: Sequence[Checker]
) -> tuple[list[Sentence], list[Correction]]:
    """Leave out sentences with a value of no passage (Hangul numbers pass any grammar) or a contradicted one."""
    kept: list[Sentence] = []
    corrections: list[Correction] = []
    for sentence in sentences:
        reasons = [f"근거에 없는 표현: {stray}" for stray in strays(sentence.text, evidence)]
        if leaks_prompt(sentence.text):
            reasons.append("모델에게 준 지시를 드러냅니다")
        if not reasons:
            reasons = [
                f"근거와 다름: {verdict.claim} ({verdict.explanation})"
                for verdict in _check(sentence.text, evidence, question, checkers)
                if verdict.label == "contradicted"
            ]
        if reasons:
            corrections.append(Correction(sentence.text, "", f"뺐습니다. {', '.join(reasons)}"))
        else:
            kept.append(sentence)
    return kept, corrections


def rests_on_topic(question: str, cited: Cited, hits: Sequence[Hit], analyser: Analyser, least: float) -> bool:
    """Whether a cited passage by itself covers `least` of the question, and about as much as the best passage."""
    covers = [assess(question, [hit], analyser).coverage for hit in hits]
    needed = max(least, max(covers) - COVERAGE_TOLERANCE)
    return any(covers[citation.marker - 1] >= needed for citation in cited.citations)


def judge(
    cited: Cited, evidence: Sequence[Evidence], question: str, checkers: Sequence[Checker]
) -> tuple[Verdict, ...]:
    """All verdicts on an answer; a sentence without a value is `unchecked`, one without a source `not_found`."""
    verdicts: list[Verdict] = []
    for sentence, citation in zip(cited.sentences, cited.sources, strict=True):
        found = _check(sentence, evidence, question, checkers)
        if citation is None:
            why = "이 문장을 뒷받침하는 근거를 찾지 못했습니다"
            found.append(Verdict("citation", sentence, "not_found", explanation=why))
        elif not found:
            # Nothing typed to check: said openly rather than shown as a pass.
            why = "확인할 금액·날짜·수량·조항이 없는 문장입니다"
            found.append(Verdict("citation", sentence, "unchecked", citation.quote, why))
        verdicts += found
    return tuple(verdicts)


def _check(text: str, evidence: Sequence[Evidence], question: str, checkers: Sequence[Checker]) -> list[Verdict]:
    return [verdict for checker in checkers for verdict in checker.check(text, evidence, question)]

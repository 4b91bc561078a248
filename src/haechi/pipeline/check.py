"""Checkers and corrector alone, on anyone's answer over anyone's evidence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from haechi.checkers.base import Checker, Evidence
from haechi.checkers.context import content_words
from haechi.checkers.stated import without_citations
from haechi.errors import HaechiError, InputError
from haechi.korean.gazetteer import Gazetteer
from haechi.korean.politeness import asks, is_empty_talk
from haechi.korean.values import parse_values
from haechi.models.base import LLM, Grounder
from haechi.pipeline.correct import BAD, check_all, correct, sentences_of
from haechi.records import correction_record, verdict_record
from haechi.registry import load, names
from haechi.sections import CheckConfig
from haechi.types import Correction, Verdict


@dataclass(frozen=True)
class CheckReport:
    """`verdicts` and `unchecked` are about the answer as given, `corrected` and `corrections` tell what became of it.

    `supported` is True only when every sentence that claims something has a supported verdict and nothing is bad, False
    when something is bad, None when some or all of it could not be checked. `unchecked` lists those sentences.
    `settled` is False when no sentence of the answer holds (`corrected` is then ""): such an answer is to be refused.
    """

    supported: bool | None
    verdicts: tuple[Verdict, ...]
    corrected: str
    corrections: tuple[Correction, ...] = ()
    unchecked: tuple[str, ...] = ()
    settled: bool = True


#: Checkers that need a model, made from the settings.
_WITH_MODEL = ("entailment", "re_ask")


def default_checkers(
    settings: CheckConfig | None = None,
    llm: Callable[[], LLM] | None = None,
    names_of_home: Callable[[], Gazetteer] | None = None,
) -> list[Checker]:
    """Every checker, those of outside packages included. Without settings only those that need no model.

    `llm` is called when `settings.re_ask` has a sentence to ask about, `names_of_home` when an answer has names.
    """
    made: list[Checker] = [
        load("checkers", name)(names_of_home) if name == "name" and names_of_home else load("checkers", name)()
        for name in names("checkers")
        if name not in _WITH_MODEL
    ]
    if settings is not None and settings.grounder != "none":
        made.append(_entailment(settings))
    if settings is not None and settings.re_ask:
        made.append(load("checkers", "re_ask")(llm))
    return made


def _entailment(settings: CheckConfig) -> Checker:
    """The checker with its model; a model that cannot be opened is told in every verdict, never left out."""
    make = load("checkers", "entailment")
    try:
        made: Checker = make(_grounder(settings.grounder, settings.grounder_model, settings.threads))
    except HaechiError as error:
        made = make(missing=f"문장의 뜻을 확인하지 못했습니다. {error}")
    return made


@cache
def _grounder(backend: str, model: str, threads: int) -> Grounder:
    """Loaded once a process: it takes half a second."""
    make = load("grounders", backend)
    made: Grounder = make() if backend == "scripted" else make(model, threads=threads)
    return made


def check(answer: str, evidence: str | Sequence[str], question: str = "", *, rules_only: bool = False) -> CheckReport:
    """Check anyone's answer against passages, and correct it: `haechi check` as a call. Needs no home.

    `rules_only` leaves out the bundled grounding model. Raises InputError for an answer without a word or no passage.
    """
    passages = passages_of(evidence)
    if not answer.strip():
        raise InputError("검사할 답변이 비어 있습니다", "the answer to check is empty")
    return check_answer(default_checkers(None if rules_only else CheckConfig()), answer, passages, question)


def passages_of(evidence: object) -> list[str]:
    """`evidence` as the contract allows it, a text or a list of texts. Raises InputError for anything else."""
    passages = [evidence] if isinstance(evidence, str) else evidence
    if isinstance(passages, (list, tuple)) and passages and all(isinstance(item, str) for item in passages):
        if any(item.strip() for item in passages):
            return list(passages)
    raise InputError(
        "evidence는 비어 있지 않은 글이나 글의 목록이어야 합니다",
        "evidence must be a text or a list of texts, not empty",
    )


def check_answer(
    checkers: Sequence[Checker], answer: str, evidence: Sequence[str | Evidence], question: str = ""
) -> CheckReport:
    """Judge every claim of the answer against the evidence, and correct what is wrong."""
    passages = [Evidence(item) if isinstance(item, str) else item for item in evidence]
    verdicts = check_all(answer, passages, checkers, question)
    corrected = correct(answer, passages, checkers, question, verdicts=verdicts)
    unchecked = unchecked_sentences(answer, verdicts)
    supported: bool | None = None
    if any(verdict.label in BAD for verdict in verdicts):
        supported = False
    elif not unchecked and verdicts:
        supported = True
    return CheckReport(supported, verdicts, corrected.text, corrected.corrections, unchecked, corrected.settled)


def unchecked_sentences(answer: str, verdicts: Sequence[Verdict]) -> tuple[str, ...]:
    """The sentences that claim something and have no supported verdict, or hold a value that could not be checked.

    A sentence with a bad verdict was checked: it is not among them.
    """
    found = []
    for start, end in sentences_of(answer):
        sentence = answer[start:end]
        about = [verdict for verdict in verdicts if _is_about(verdict, start, end, sentence)]
        if any(verdict.label in BAD for verdict in about) or not bears_claim(sentence):
            continue
        part = any(verdict.label == "unchecked" and len(verdict.claim) < len(sentence) / 2 for verdict in about)
        if part or not any(verdict.label == "supported" for verdict in about):
            found.append(sentence)
    return tuple(found)


def bears_claim(sentence: str) -> bool:
    """Whether a sentence says something that a document could bear out: greetings and questions back do not."""
    text = without_citations(sentence).strip()
    if parse_values(text):
        return True
    return not asks(text) and not is_empty_talk(text) and bool(content_words(text))


def _is_about(verdict: Verdict, start: int, end: int, sentence: str) -> bool:
    return start <= verdict.start < end if verdict.start >= 0 else verdict.claim in sentence


def check_record(report: CheckReport) -> dict[str, Any]:
    """The JSON of `haechi check`."""
    return {
        "supported": report.supported,
        "verdicts": [verdict_record(verdict) for verdict in report.verdicts],
        "corrected": report.corrected,
        "corrections": [correction_record(correction) for correction in report.corrections],
        "unchecked": list(report.unchecked),
        "settled": report.settled,
    }

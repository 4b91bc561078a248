"""What is measured: Haechi's checkers, and three plain ways of doing the same."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from haechi.checkers.base import Checker
from haechi.pipeline.check import check_answer, default_checkers
from haechi.sections import CheckConfig
from haechi.types import GenerateOptions, Message

from .generate import Row

_BAD = frozenset({"contradicted", "not_found"})


@dataclass(frozen=True)
class Judgement:
    """`bad`: the system would stop this claim. `by`: the checkers that said so. `corrected`: None for no edit."""

    bad: bool
    ms: float
    by: tuple[str, ...] = ()
    corrected: str | None = None
    verdicts: tuple[str, ...] = ()
    cpu_ms: float = 0.0


class System(Protocol):
    name: str

    def judge(self, row: Row) -> Judgement: ...


class Haechi:
    """`check_answer` as `haechi check` calls it, corrections and their second check included."""

    name = "haechi"

    def __init__(self, *, rules_only: bool = False, only: Sequence[str] = ()) -> None:
        made = default_checkers(None if rules_only else CheckConfig())
        self._checkers: list[Checker] = [checker for checker in made if not only or checker.name in only]
        self.names = tuple(checker.name for checker in self._checkers)

    def judge(self, row: Row) -> Judgement:
        started, spent = time.perf_counter(), time.process_time()
        report = check_answer(self._checkers, row.claim, row.evidence)
        ms, cpu = 1000 * (time.perf_counter() - started), 1000 * (time.process_time() - spent)
        by = tuple(dict.fromkeys(verdict.checker for verdict in report.verdicts if verdict.label in _BAD))
        told = tuple(
            f"{verdict.checker} {verdict.label}: {verdict.claim} | {verdict.explanation} | → {verdict.suggestion}"
            for verdict in report.verdicts
        )
        return Judgement(report.supported is False, ms, by, report.corrected, told, cpu)


class Simple:
    """A rule over claim and evidence that gives what it misses there."""

    def __init__(self, name: str, missing: Callable[[str, str], list[str]]) -> None:
        self.name, self._missing = name, missing

    def judge(self, row: Row) -> Judgement:
        started = time.perf_counter()
        missing = self._missing(row.claim, "\n".join(row.evidence))
        return Judgement(bool(missing), 1000 * (time.perf_counter() - started), verdicts=tuple(missing))


def absent_words(claim: str, evidence: str) -> list[str]:
    """String matching: words of the claim that do not stand in the evidence as they are."""
    return [word for word in (word.strip(".,\"'“”‘’()") for word in claim.split()) if word and word not in evidence]


_BAG = re.compile(
    r"제\d+[조항호](?:의\d+)?|\d[\d,.]*(?:조|억|천만|백만|만|천|백)*원|\d[\d.]*(?:%|％|퍼센트)|\d+분의\d+|\d{4}년|\d+월|\d[\d,.]*[가-힣㎡%]{1,3}|\d+"
)


def absent_values(claim: str, evidence: str) -> list[str]:
    """A bag of regexes: numbers, dates and articles of the claim, compared as strings without spaces and commas."""
    known = re.sub(r"[\s,]", "", evidence)
    return [value for value in _BAG.findall(re.sub(r"[\s,]", "", claim)) if value.rstrip(".") not in known]


_PROMPT = (
    "근거:\n{evidence}\n\n주장: {claim}\n\n주장의 모든 내용이 근거에 그대로 맞으면 '예', 하나라도 "
    "다르거나 근거에 없으면 '아니오'라고만 답하세요."
)


class Judge:
    """The local LLM asked yes or no; answers are kept in `file`, so that a stopped run goes on where it was."""

    name = "llm"

    def __init__(self, file: Path, model: str, threads: int = 0) -> None:
        from haechi.models import bundled
        from haechi.models.llama_cpp import LlamaCppLLM

        self._llm = LlamaCppLLM(bundled.path(model), name=model, context=4096, threads=threads)
        self._file = file
        self._known: dict[str, dict[str, Any]] = {}
        if file.exists():
            with file.open(encoding="utf-8") as lines:
                self._known = {str(row["id"]): row for row in map(json.loads, lines)}

    def judge(self, row: Row) -> Judgement:
        known = self._known.get(row.id)
        if known is None or known["claim"] != row.claim:
            evidence = "\n\n".join(text[:1500] for text in row.evidence)
            started = time.perf_counter()
            prompt = _PROMPT.format(evidence=evidence, claim=row.claim)
            reply = self._llm.generate([Message("user", prompt)], GenerateOptions(max_tokens=4, grammar=_YES_NO))
            ms = 1000 * (time.perf_counter() - started)
            known = {"id": row.id, "claim": row.claim, "answer": reply.text.strip(), "ms": round(ms, 1)}
            with self._file.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(known, ensure_ascii=False) + "\n")
        return Judgement(
            not str(known["answer"]).startswith("예"), float(known["ms"]), verdicts=(str(known["answer"]),)
        )

    def close(self) -> None:
        self._llm.close()


_YES_NO = 'root ::= "예" | "아니오"'

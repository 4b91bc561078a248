"""Where a home's answers go wrong (row F4): which kind of value, in which document, at which kind of question.

Reads recorded answers; nothing is asked or judged anew. A claim that the corrector changed or dropped before anyone saw
it went wrong as well: it counts beside the verdicts of what was shown.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from haechi.checkers.base import Evidence
from haechi.checkers.values_in_evidence import unsupported_values
from haechi.korean.asking import frame
from haechi.pipeline.correct import sentences_of
from haechi.records import status_of

Answer = Mapping[str, Any]

#: How a claim ended, the worst first.
OUTCOMES = ("contradicted", "not_found", "dropped", "corrected", "unchecked", "supported")
_WRONG = OUTCOMES[:4]


@dataclass
class _Row:
    """How the claims of one checker, document or kind of question ended."""

    ends: Counter[str] = field(default_factory=Counter)
    answers: set[int] = field(default_factory=set)

    def record(self, name: str, key: str) -> dict[str, Any]:
        claims = sum(self.ends.values())
        wrong = sum(self.ends[end] for end in _WRONG)
        counts = {end: self.ends[end] for end in OUTCOMES}
        return {key: name, "answers": len(self.answers), "claims": claims, **counts, "wrong_share": wrong / claims}


def weak_spots(answers: Iterable[Answer], examples: int = 10) -> dict[str, Any]:
    """The report over answer records. Shares are of all claims; rows come worst first, by wrong claims, then share."""
    by: dict[str, dict[str, _Row]] = {key: defaultdict(_Row) for key in ("checker", "document", "asked")}
    statuses: Counter[str] = Counter()
    locked: Counter[tuple[str, str]] = Counter()
    fired = 0
    found: list[dict[str, Any]] = []
    for number, answer in enumerate(answers):
        labels = [verdict["label"] for verdict in answer["verdicts"]]
        statuses[status_of(answer["origin"], labels)] += 1
        if answer.get("lock_fired"):
            fired += 1
            locked.update(_locked_values(answer))
        asked = asked_for(answer["question"])
        for claim in _claims(answer):
            names = {"checker": claim["checker"], "document": claim["document"], "asked": asked}
            for key, name in names.items():
                by[key][name].ends[claim["outcome"]] += 1
                by[key][name].answers.add(number)
            if claim["outcome"] in _WRONG:
                found.append({**claim, "question": answer["question"], "created": answer.get("created", "")})
    found.sort(key=lambda claim: OUTCOMES.index(claim["outcome"]))  # stable: the newest of a kind first
    return {
        "answers": sum(statuses.values()),
        "statuses": dict(statuses),
        "lock": {
            "fired": fired,
            "values": [{"kind": kind, "surface": text, "count": n} for (kind, text), n in locked.most_common(20)],
        },
        **{
            f"{key}s" if key != "asked" else key: sorted(
                (row.record(name, key) for name, row in rows.items()),
                key=lambda row: (-sum(row[end] for end in _WRONG), -row["wrong_share"], row["claims"]),
            )
            for key, rows in by.items()
        },
        "examples": _spread(found, examples),
    }


def _claims(answer: Answer) -> Iterable[dict[str, Any]]:
    """Every claim with its end, its sentence and the evidence's. An unchecked sentence without a value is one too."""
    for verdict in answer["verdicts"]:
        yield {
            "checker": verdict["checker"],
            "outcome": verdict["label"],
            "claim": verdict["claim"],
            "sentence": _sentence(answer["answer"], verdict["claim"]),
            "evidence": verdict["evidence"],
            "document": _document(answer, verdict["evidence"]),
        }
    for correction in answer["corrections"]:
        source = correction.get("source", "")
        for checker in filter(None, correction.get("checker", "").split(",")):
            yield {
                "checker": checker,
                "outcome": "corrected" if correction["after"] else "dropped",
                "claim": correction["reason"],
                "sentence": correction["before"],
                "evidence": source,
                "document": _document(answer, source),
            }


def asked_for(question: str) -> str:
    """The kind of answer a question asks for (when, money, …; several joined by +), may, must or other."""
    asked = frame(question)
    return "+".join(sorted(asked.kinds)) or ("may" if asked.may else "must" if asked.must else "other")


def _sentence(answer: str, claim: str) -> str:
    return next((answer[start:end] for start, end in sentences_of(answer) if claim in answer[start:end]), answer)


def _document(answer: Answer, evidence: str) -> str:
    """The title of the passage that a sentence stands in; else of what the answer cites, else of what it was given."""
    hits: Sequence[Mapping[str, Any]] = answer["hits"]
    if evidence:
        for hit in hits:
            if evidence.split("\n")[0] in hit["text"]:
                return str(hit["title"])
    places = [*answer["citations"], *hits]
    return str(places[0]["title"]) if places else ""


def _locked_values(answer: Answer) -> set[tuple[str, str]]:
    """(kind, text) of the values in struck-out drafts that stand in no passage: what the lock fired on."""
    evidence = [Evidence(hit["text"], hit["label"], hit["title"]) for hit in answer["hits"]]
    return {
        (value.kind, value.surface)
        for correction in answer["corrections"]
        for value in unsupported_values(correction["before"], evidence)
    }


def _spread(found: Sequence[dict[str, Any]], limit: int) -> list[dict[str, Any]]:
    """Examples of every checker in turn, so that one common mistake does not hide the others."""
    queues: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for claim in found:
        queues[claim["checker"]].append(claim)
    chosen: list[dict[str, Any]] = []
    while len(chosen) < limit and any(queues.values()):
        for queue in queues.values():
            if queue and len(chosen) < limit:
                chosen.append(queue.pop(0))
    return chosen

"""What in an FAQ should be looked at: answers that the documents contradict, twins with other answers, pairs off.

Each answer's values (amounts, dates, quantities, law articles) are held against the home's best passages for its
question by the same checkers that judge generated answers. Both sides are shown; a person decides which is right.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from haechi.checkers.base import Checker, Evidence
from haechi.korean.asking import squeezed
from haechi.pipeline.check import default_checkers
from haechi.pipeline.faq_answer import find_source
from haechi.pipeline.faq_gate import blocked, today
from haechi.stores.faq_base import FaqPair
from haechi.types import Hit

if TYPE_CHECKING:
    from haechi.pipeline.build import Home

#: Passages that an answer is held against.
PASSAGES = 4


def check_faq(home: Home, tell: Callable[[int, int], None] | None = None, day: str | None = None) -> dict[str, Any]:
    """Gives `pairs, contradicted, not_found, twins, off`, each a list for a reader. `tell` counts pairs (done, all).

    `contradicted` and `not_found` rows: id, question, claim (the FAQ's value), evidence and where it stands.
    """
    pairs, checkers = home.store.faq_pairs(), default_checkers()
    active = [pair for pair in pairs if not blocked(pair, day or today())]
    contradicted: list[dict[str, Any]] = []
    not_found: list[dict[str, Any]] = []
    for number, pair in enumerate(active, 1):
        for row in _held_against(home, pair, checkers):
            (contradicted if row.pop("label") == "contradicted" else not_found).append(row)
        if tell is not None:
            tell(number, len(active))
    return {
        "pairs": len(pairs),
        "contradicted": contradicted,
        "not_found": not_found,
        "twins": _twins(home, active),
        "off": [
            {"id": pair.id, "question": pair.question, "reason": why}
            for pair in pairs
            if (why := blocked(pair, day or today()))
        ],
    }


def _held_against(home: Home, pair: FaqPair, checkers: list[Checker]) -> list[dict[str, Any]]:
    passages = _passages(home, pair)
    if not passages:
        return []
    rows = []
    evidence = [item for item, _ in passages]
    for checker in checkers:
        for verdict in checker.check(pair.answer, evidence, pair.question):
            if verdict.label not in ("contradicted", "not_found"):
                continue
            # A value that is only missing proves little: the passages may not be about it at all.
            where = next((place for item, place in passages if verdict.evidence and verdict.evidence in item.text), "")
            rows.append(
                {
                    "id": pair.id,
                    "question": pair.question,
                    "label": verdict.label,
                    "claim": verdict.claim,
                    "evidence": verdict.evidence,
                    "where": where or ", ".join(place for _, place in passages[:2]),
                    "explanation": verdict.explanation,
                }
            )
    return rows


def _passages(home: Home, pair: FaqPair) -> list[tuple[Evidence, str]]:
    """The passage the pair names as its source, else the best ones for its question, with where they stand."""
    found = find_source(pair.source, home.store)
    if found is not None:
        (_, title, _, _), chunk = found
        return [(Evidence(chunk.text, chunk.label, title), f"{title} {chunk.label}")]
    if not home.store.entry_count():
        return []
    hits: list[Hit] = list(home.retriever().retrieve(pair.question, PASSAGES, None))
    return [
        (
            Evidence(hit.chunk.text, hit.chunk.label, hit.document_title, hit.ocr),
            f"{hit.document_title} {hit.chunk.label}",
        )
        for hit in hits
    ]


def _twins(home: Home, pairs: list[FaqPair]) -> list[dict[str, Any]]:
    """Pairs whose question another pair answers as well, with another answer."""
    by_id = {pair.id: pair for pair in pairs}
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for pair in pairs:
        match = home.gate().match(pair.question, without=pair.id)
        other = by_id.get(match.faq_id)
        if other is None or squeezed(other.answer) == squeezed(pair.answer):
            continue
        key = tuple(sorted((pair.id, other.id)))
        found[key] = {
            "ids": list(key),
            "questions": [by_id[identity].question for identity in key],
            "answers": [by_id[identity].answer for identity in key],
            "score": match.score,
        }
    return list(found.values())

"""Rewards that can be verified: what Haechi asks of an answer, each as a plain function from 0 to 1.

An answer is judged against its row of the grounded-QA form: `passages` (texts, or {"title", "label", "head", "text"}),
`question`, and where known `answer` (the reference; 모른다 where the passages do not say it) and `gold` (the numbers of
the passages that the reference cites). They are the same checks that a user sees, so a model that is trained on them
is trained on what it will be held to. No torch here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from haechi.checkers.base import Checker, Evidence
from haechi.errors import InputError
from haechi.evaluation.answer_metrics import char_f1, normal
from haechi.korean.values import parse_values
from haechi.pipeline.check import check_answer, default_checkers
from haechi.pipeline.citations import MARKER, read_draft

Row = Mapping[str, Any]
Reward = Callable[[str, Row], float]

#: Characters without citations: `short` is 1 up to here and 0 at twice as many.
LONGEST = 100
_REFUSAL = re.compile(r"\s*(?:모른다|모릅니다|모르겠습니다)[\s.]*")


def is_refusal(answer: str) -> bool:
    """Whether the answer is 모른다 and nothing else; 모른다 with a made-up answer behind it is no refusal."""
    return _REFUSAL.fullmatch(MARKER.sub("", answer)) is not None


def short(answer: str, row: Row) -> float:
    """1 up to 100 characters without citations, falling to 0 at 200; 0 for an empty answer."""
    length = len(MARKER.sub("", answer).strip())
    return 0.0 if not length else min(1.0, max(0.0, 2 - length / LONGEST))


def cited(answer: str, row: Row) -> float:
    """Share of the sentences that cite a passage there is; where `gold` is known, one of the right passages.

    A refusal has nothing to cite: 1 with no marker.
    """
    sentences = read_draft(answer)
    if not sentences:
        return 0.0
    if is_refusal(answer):
        return 0.0 if MARKER.search(answer) else 1.0
    count = len(passages(row))
    right = {int(number) for number in row.get("gold") or range(1, count + 1)}
    good = [bool(s.markers) and set(s.markers) <= right and max(s.markers) <= count for s in sentences]
    return sum(good) / len(good)


def refuses_rightly(answer: str, row: Row) -> float:
    """1 when the answer is 모른다 exactly where the reference is. Raises InputError for a row without a reference."""
    return float(is_refusal(answer) == is_refusal(_reference(row)))


def contains_answer(answer: str, row: Row) -> float:
    """Share of the reference's values that the answer has, written or reckoned alike; without values, character F1.

    For 모른다 it is `refuses_rightly`. Raises InputError for a row without a reference.
    """
    reference = _reference(row)
    if is_refusal(reference) or is_refusal(answer):
        return refuses_rightly(answer, row)
    wanted = {value.normalised for value in parse_values(MARKER.sub("", reference))}
    if not wanted:
        return char_f1(answer, [reference])
    found = {value.normalised for value in parse_values(MARKER.sub("", answer))}
    text = normal(answer)
    written = {value.normalised for value in parse_values(MARKER.sub("", reference)) if normal(value.surface) in text}
    return len(wanted & (found | written)) / len(wanted)


def checked(answer: str, row: Row) -> float:
    """What the rule checkers say of the answer over its passages: 1 supported, 0 contradicted or unsupported, else 0.5.

    0.5 also for 모른다, which claims nothing.
    """
    if not answer.strip():
        return 0.0
    if is_refusal(answer):
        return 0.5
    evidence = [Evidence(text, label, title) for title, label, text in passages(row)]
    report = check_answer(_checkers(), answer, evidence, str(row.get("question") or ""))
    return 0.5 if report.supported is None else float(report.supported)


def grounded(answer: str, row: Row) -> float:
    """All of them as one number: 1 for a right, checked, cited, short answer or a right 모른다.

    A refusal where there is an answer, or an answer where there is none, is 0: else the shortest way to a fair reward
    would be to refuse always.
    """
    reference = _reference(row)
    if is_refusal(reference) or is_refusal(answer):
        return refuses_rightly(answer, row)
    parts = ((0.4, contains_answer), (0.25, checked), (0.2, cited), (0.15, short))
    return sum(weight * reward(answer, row) for weight, reward in parts)


REWARDS: dict[str, Reward] = {
    reward.__name__: reward for reward in (grounded, contains_answer, checked, cited, short, refuses_rightly)
}
#: These compare with the row's reference answer.
NEED_REFERENCE = frozenset({"grounded", "contains_answer", "refuses_rightly"})
#: These read the row's passages.
NEED_PASSAGES = frozenset({"grounded", "checked", "cited"})


def choose(names: Sequence[str]) -> list[Reward]:
    """The rewards of these names. Raises InputError for a name there is not."""
    for name in names:
        if name not in REWARDS:
            known = ", ".join(REWARDS)
            raise InputError(f"'{name}' 보상은 없습니다. 있는 것: {known}", f"no reward '{name}'; there are: {known}")
    return [REWARDS[name] for name in names]


def check_rows(rows: Sequence[Row], names: Sequence[str]) -> None:
    """Before a model is loaded: every row has what these rewards read. Raises InputError naming one that has not."""
    for number, row in enumerate(rows, 1):
        if NEED_PASSAGES.intersection(names):
            passages(row, number)
        if NEED_REFERENCE.intersection(names):
            _reference(row, number)


def passages(row: Row, number: int = 0) -> list[tuple[str, str, str]]:
    """(title, label, text) of every passage. Raises InputError for a row without passages."""
    given = row.get("passages")
    if not isinstance(given, (list, tuple)) or not given:
        raise InputError(
            f"{_place(number)}passages가 없습니다. 근거가 되는 글의 목록이 필요합니다",
            f"{_place(number)}no passages; expected the list of texts that the answer rests on",
        )
    return [_passage(item) for item in given]


def _passage(item: Any) -> tuple[str, str, str]:
    if not isinstance(item, Mapping):
        return "", "", str(item)
    text = f"{item.get('head') or ''}\n{item.get('text') or ''}".strip()
    return str(item.get("title") or ""), str(item.get("label") or ""), text


def _reference(row: Row, number: int = 0) -> str:
    reference = row.get("answer") or row.get("completion")
    if not isinstance(reference, str) or not reference.strip():
        raise InputError(
            f"{_place(number)}answer(기준 답)가 없습니다. 기준 답이 없어도 되는 보상: checked, cited, short",
            f"{_place(number)}no answer (the reference); rewards that need none: checked, cited, short",
        )
    return reference


def _place(number: int) -> str:
    return f"{number}: " if number else ""


@cache
def _checkers() -> tuple[Checker, ...]:
    """The rule checkers; the grounding model is left out, for it costs a second an answer on a processor."""
    return tuple(default_checkers())

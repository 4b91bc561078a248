"""How two values of one kind relate: equal, implied, comparable and different, or not comparable at all."""

from __future__ import annotations

import re
from typing import Literal

from haechi.korean.values import is_approximate, is_uncertain
from haechi.types import Value

#: equal: the same value. implied: the source says it and more (2024년 ⊂ 2024년 3월 1일; 3억 원 for 3억여 원).
#: partial: the answer says more than the source, without conflict. different: one slot, two values.
#: unknown: unresolved. other: nothing to compare (won and days).
Relation = Literal["equal", "implied", "partial", "different", "unknown", "other"]

_UNIT = re.compile(r"[\d.,/-]+")
_LENGTHS_OF_TIME = frozenset({"년", "개월", "년개월", "주", "일"})
_CLOCK_TIMES = frozenset({"시간", "분", "시간분"})


def relation(claim: Value, source: Value) -> Relation:
    """How `source` bears on `claim`. Law references are compared in `law_article.py`, which knows labels and titles."""
    if claim.kind != source.kind:
        return "other"
    if claim.normalised == source.normalised:
        return "equal"
    if claim.kind == "date":
        return _dates(claim, source)
    if _unit(claim) != _unit(source):
        return "other"
    if claim.normalised.rstrip("~") == source.normalised.rstrip("~"):
        return "implied"
    return _about(claim, source) if is_approximate(claim) != is_approximate(source) else "different"


def _about(claim: Value, source: Value) -> Relation:
    """3억여 원 against 3억 2천만 원: within the next leading digit it cannot be decided."""
    about, exact = (claim, source) if is_approximate(claim) else (source, claim)
    low, number = _number(about), _number(exact)
    if low is None or number is None:
        return "unknown"
    digits = f"{low:.0f}"
    step = 10 ** (len(digits) - len(digits.rstrip("0")))
    return "unknown" if low < number < low + step else "different"


def _number(value: Value) -> float | None:
    match = re.search(r"\d+(?:\.\d+)?", value.normalised)
    return float(match[0]) if match else None


def _unit(value: Value) -> str:
    """What a value is counted in; per cents and fractions share one slot, lengths of time too (3일 for 3개월)."""
    prefix, colon, _ = value.normalised.partition(":")
    if colon:
        return "PCT" if prefix == "RATIO" else prefix
    unit = _UNIT.sub("", value.normalised.rstrip("~"))
    if unit in _LENGTHS_OF_TIME:
        return "length of time"
    return "clock time" if unit in _CLOCK_TIMES else unit


def _dates(claim: Value, source: Value) -> Relation:
    if claim.normalised.partition(":")[0] != source.normalised.partition(":")[0]:
        return "other"
    if is_uncertain(claim) or is_uncertain(source):
        return "unknown"
    if claim.normalised.startswith("time:"):
        return _times(claim, source)
    ours, theirs = _fields(claim), _fields(source)
    common = ours.keys() & theirs.keys()
    if not common:
        return "other"
    if any(ours[name] != theirs[name] for name in common):
        return "different"
    return "implied" if ours.keys() <= theirs.keys() else "partial"


def _times(claim: Value, source: Value) -> Relation:
    """6시 against 오후 6시: half a day apart and one side does not say which half."""
    minutes = [int(value.normalised[5:7]) * 60 + int(value.normalised[8:10]) for value in (claim, source)]
    silent = [
        value
        for value in (claim, source)
        if not re.search(r"오전|오후|낮|밤|새벽|저녁|아침|1[3-9]|2[0-4]|^0", value.surface)
    ]
    return "unknown" if abs(minutes[0] - minutes[1]) == 720 and silent else "different"


def _fields(value: Value) -> dict[str, str]:
    """date:2024-03 → year and month; `--03-01` has no year, `---05` only a day."""
    form = value.normalised.removeprefix("date:")
    if form.startswith("---"):
        return {"day": form[3:]}
    if form.startswith("--"):
        names, parts = ("month", "day"), form[2:].split("-")
    else:
        names, parts = ("year", "month", "day"), form.split("-")  # type: ignore[assignment]
    fields = dict(zip(names, parts, strict=False))
    if "month" in fields and fields["month"][0] in "QH":
        fields["part"] = fields.pop("month")
    return fields

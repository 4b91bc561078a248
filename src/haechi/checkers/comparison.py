"""How two values of one kind relate: equal, implied, comparable and different, or not comparable at all."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

from haechi.korean.amounts import other_reading
from haechi.korean.bounds import Bound
from haechi.korean.values import is_approximate, is_uncertain
from haechi.types import Value

#: equal: the same value. implied: the source says it and more (2024년 ⊂ 2024년 3월 1일; 3억 원 for 3억여 원).
#: partial: the answer says more than the source, without conflict. different: one slot, two values.
#: unknown: unresolved. other: nothing to compare (won and days).
Relation = Literal["equal", "implied", "partial", "different", "unknown", "other"]

#: How two bounds of one value relate. opposite: 이상 and 이하. complement: 이상 and 미만, which deny one
#: another but may
#: tell one rule from both sides. strictness: 이상 and 초과. missing and added: only the source or only the
#: claim has one.
BoundRelation = Literal["agree", "opposite", "complement", "strictness", "missing", "added"]

_UNIT = re.compile(r"[\d.,/-]+")
_LENGTHS_OF_TIME = frozenset({"년", "개월", "년개월", "주", "일"})
_CLOCK_TIMES = frozenset({"시간", "분", "시간분"})
#: Units in which the same number may mean the same: 3번 (three times, or number three), 두 번째 and 2차.
_ALIKE = {"번": "회", "번째": "제회", "차": "제회", "제차": "제회"}
#: Days of one unit at least and at most. A week is seven days wherever it is a length of time.
_DAYS = {"일": (1, 1), "주": (7, 7), "개월": (28, 31), "년": (365, 366)}
_SAME_DAY = {"전년": "작년", "전월": "지난달", "당월": "이번달", "해당연도": "올해", "월말": "말일"}
_MOVING_HEAD = re.compile(r"^[^0-9]+(?=[0-9])|^[^0-9]+$")
_ALIKE_DAYS = re.compile("|".join(_SAME_DAY))
_PIECE = re.compile(r"(\d+(?:\.\d+)?)(년|개월|주|일|시간)")


def relation(claim: Value, source: Value) -> Relation:
    """How `source` bears on `claim`. Law references are compared in `law_article.py`, which knows labels and titles."""
    if claim.kind != source.kind:
        return "other"
    if claim.normalised == source.normalised:
        return "equal"
    if claim.kind == "date":
        return _dates(claim, source)
    if source.normalised in (other_reading(claim), claim.normalised) or claim.normalised == other_reading(source):
        return "unknown"
    ours, theirs = unit_of(claim), unit_of(source)
    if ours != theirs:
        return _across(claim, source, ours, theirs)
    if claim.normalised.rstrip("~") == source.normalised.rstrip("~"):
        return "implied"
    if ours == "length of time" and (spans := _time_spans(claim, source)):
        return spans
    if _number(claim) == _number(source) and {_raw_unit(claim), _raw_unit(source)} & {"번", "번째"}:
        return "implied" if "번째" not in claim.normalised + source.normalised else "unknown"
    return _about(claim, source) if is_approximate(claim) != is_approximate(source) else "different"


def bound_relation(claim: Bound | None, source: Bound | None) -> BoundRelation:
    """How the bounds of two equal values relate. 부터 and 까지 alone are never missed or added."""
    if claim is None or source is None:
        if claim is source:
            return "agree"
        one = claim or source
        assert one is not None
        if one.edge or one.direction == "about":
            return "agree"
        return "missing" if claim is None else "added"
    if "about" in (claim.direction, source.direction):
        return "agree"
    if claim.direction == source.direction:
        return "strictness" if claim.strict and source.strict and claim.inclusive != source.inclusive else "agree"
    return "opposite" if claim.inclusive == source.inclusive else "complement"


def satisfies(value: Value, source: Value, bound: Bound) -> bool | None:
    """Whether an exact value lies within a bound of the same unit (2년 within 1년 이상); None where it cannot
    be said."""
    ours, theirs = magnitude(value), magnitude(source)
    if ours is None or theirs is None or unit_of(value) != unit_of(source) or bound.direction == "about":
        return None
    if ours == theirs:
        return bound.inclusive
    return ours > theirs if bound.direction == "low" else ours < theirs


def magnitude(value: Value) -> float | None:
    """A value as one number in the smallest unit of its slot: lengths of time in days, clock times in minutes."""
    unit = unit_of(value)
    if unit == "length of time":
        days = 0.0
        for number, name in _PIECE.findall(value.normalised):
            days += float(number) * {"년": 360, "개월": 30, "주": 7, "일": 1}[name]
        return days
    if unit == "clock time":
        pieces = re.findall(r"(\d+(?:\.\d+)?)(시간|분)", value.normalised)
        return sum(float(number) * (60 if name == "시간" else 1) for number, name in pieces)
    if value.normalised.startswith("RATIO:"):
        upper, _, lower = value.normalised.removeprefix("RATIO:").partition("/")
        return 100 * int(upper) / int(lower)
    return _number(value)


@lru_cache(maxsize=4096)
def unit_of(value: Value) -> str:
    """What a value is counted in; per cents and fractions share one slot, lengths of time too (3일 for 3개월)."""
    prefix, colon, _ = value.normalised.partition(":")
    if colon:
        return "PCT" if prefix == "RATIO" else prefix
    unit = _raw_unit(value)
    if unit in _LENGTHS_OF_TIME:
        return "length of time"
    return "clock time" if unit in _CLOCK_TIMES else _ALIKE.get(unit, unit)


def _raw_unit(value: Value) -> str:
    return _UNIT.sub("", value.normalised.rstrip("~"))


def _across(claim: Value, source: Value, ours: str, theirs: str) -> Relation:
    """Two units: 6일 and 144시간, 200% and 2배, 3.7 and 3.7점 may be equal; else there is nothing to compare."""
    units = {ours, theirs}
    left, right = magnitude(claim), magnitude(source)
    if left is None or right is None:
        return "other"
    if "" in units and claim.kind == "quantity" and left == right:
        return "implied"
    if units == {"length of time", "clock time"}:
        days, minutes = (left, right) if ours == "length of time" else (right, left)
        return "unknown" if days * 24 * 60 == minutes else "other"
    if units == {"PCT", "TIMES"}:
        per_cent, times = (left, right) if ours == "PCT" else (right, left)
        return "unknown" if per_cent in (100 * times, 100 * (times - 1)) else "other"
    if units == {"PCT", "PP"}:
        return "unknown" if left == right else "other"
    return "other"


def _time_spans(claim: Value, source: Value) -> Relation | None:
    """Lengths of time in other units: two weeks are 14 days; a month may be 30 of them, nobody says so."""
    (low, high), (lowest, highest) = _day_range(claim), _day_range(source)
    if (low, high) == (lowest, highest) and low == high:
        return "equal"
    if _raw_unit(claim) != _raw_unit(source) and low <= highest and lowest <= high:
        return "unknown"
    return None


def _day_range(value: Value) -> tuple[float, float]:
    pieces = _PIECE.findall(value.normalised)
    low = sum(float(number) * _DAYS[name][0] for number, name in pieces)
    return low, sum(float(number) * _DAYS[name][1] for number, name in pieces)


def _about(claim: Value, source: Value) -> Relation:
    """3억여 원 against 3억 2천만 원: within the next leading digit it cannot be decided."""
    about, exact = (claim, source) if is_approximate(claim) else (source, claim)
    low, number = _number(about), _number(exact)
    if low is None or number is None:
        return "unknown"
    digits = f"{low:.0f}"
    step = 10 ** (len(digits) - len(digits.rstrip("0")))
    return "unknown" if low < number < low + step else "different"


def rounds_to(about: Value, exact: Value) -> bool:
    """Whether 약 3억 원 can stand for 301,200,000원: equal at the leading digits that the rounded one writes."""
    if unit_of(about) != unit_of(exact):
        return False
    rounded, number = magnitude(about), magnitude(exact)
    if not rounded or not number:
        return False
    digits = f"{rounded:.10g}".replace(".", "").strip("0")
    scale = len(digits) or 1
    return float(f"{number:.{scale}g}") == rounded


def _number(value: Value) -> float | None:
    match = re.search(r"-?\d+(?:\.\d+)?", value.normalised)
    return float(match[0]) if match else None


def is_moving(value: Value) -> bool:
    """Not a day of the calendar: 작년, 24.3.5. A day that does not exist (2월 31일) is one, and a wrong one."""
    return is_uncertain(value) and re.match(r"date:\?(?:\d{4}|--?)-\d\d", value.normalised) is None


def moving_days_differ(claim: Value, source: Value) -> bool:
    """다음 달 10일 and 다음 달 25일, 이번 달 and 다음 달; not 다음 달 and 다음 달 10일, nor 작년 and 전년."""
    one, other = (_ALIKE_DAYS.sub(lambda match: _SAME_DAY[match[0]], value.normalised) for value in (claim, source))
    return not one.startswith(other) and not other.startswith(one)


def _dates(claim: Value, source: Value) -> Relation:
    if claim.normalised.partition(":")[0] != source.normalised.partition(":")[0]:
        return "other"
    if is_moving(claim) or is_moving(source):
        return _moving(claim, source)
    if claim.normalised.startswith("time:"):
        return _times(claim, source)
    ours, theirs = _fields(claim), _fields(source)
    common = ours.keys() & theirs.keys()
    if not common:
        return "other"
    unequal = [name for name in common if ours[name] != theirs[name]]
    if unequal == ["day"] and ours["day"].isdigit() != theirs["day"].isdigit():
        return "unknown"  # 3월 말 and 3월 30일
    if unequal:
        return "different"
    return "implied" if ours.keys() <= theirs.keys() else "partial"


def _moving(claim: Value, source: Value) -> Relation:
    """다음 달 10일 and 다음 달 25일 differ; 이듬해 may be any year, 다음 날 is no day that a calendar could deny."""
    if is_moving(claim) and is_moving(source):
        one, other = (_MOVING_HEAD.sub("", value.normalised) for value in (claim, source))
        heads = [value.normalised.removesuffix(rest) for value, rest in ((claim, one), (source, other))]
        return "different" if heads[0] == heads[1] and one and other else "unknown"
    if is_moving(claim):
        return "unknown"
    named = source.normalised.removeprefix("date:?")[:1].isdigit()
    return "unknown" if named or ("year" in _fields(claim) and re.search(r"[해년]", source.normalised)) else "other"


def _times(claim: Value, source: Value) -> Relation:
    """6시 against 오후 6시: half a day apart and one side does not say which half."""
    if "?" in claim.normalised + source.normalised:
        return "different"
    minutes = [int(value.normalised[5:7]) * 60 + int(value.normalised[8:10]) for value in (claim, source)]
    open_half = "ambiguous" in (claim.certainty, source.certainty)
    return "unknown" if abs(minutes[0] - minutes[1]) in (720, 1440) and open_half else "different"


def _fields(value: Value) -> dict[str, str]:
    """date:2024-03 → year and month; `--03-01` has no year, `---05` only a day, `--02-end` a part of a month."""
    form = value.normalised.removeprefix("date:").removeprefix("?")
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

"""Shares with Wilson's 95 % intervals, per kind and family, and what became of the text where it was corrected."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterable, Sequence
from math import sqrt
from typing import Any

from .generate import BAD, FAMILIES, GOOD, Row
from .numbers import canonical
from .systems import Judgement

_CORRECTED = frozenset(kind for kind in BAD if FAMILIES[kind] in ("values", "names"))
#: Kinds of the hand-written rows.
_HAND_FAMILIES = {"value": "values", "name": "names", "outside": "meaning"}


def share(items: Sequence[bool]) -> dict[str, Any]:
    n, z = len(items), 1.96
    if not n:
        return {"n": 0, "share": None, "interval": None}
    p = sum(items) / n
    middle, half = p + z * z / (2 * n), z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    low, high = (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)
    return {"n": n, "share": round(p, 4), "interval": [round(max(0.0, low), 4), round(min(1.0, high), 4)]}


def family(row: Row) -> str:
    return FAMILIES.get(row.kind) or _HAND_FAMILIES.get(row.kind, "meaning")


def correction(row: Row, corrected: str | None) -> str:
    """What became of a changed value: `right`, `wrong`, `left` as it was, or `dropped` with its clause."""
    if corrected is None or corrected == row.claim:
        return "left"
    if canonical(corrected) in wanted(row):
        return "right"
    known = set(re.findall(r"[\w%]+", row.claim))
    rest = re.findall(r"[\w%]+", corrected)
    after = re.sub(r"\s", "", row.edit.get("to", ""))
    left_out = len(rest) < len(re.findall(r"[\w%]+", row.claim)) and after not in re.sub(r"\s", "", corrected)
    # A sentence cut short may end anew: all but its last word is the claim's own.
    return "dropped" if left_out and set(rest[:-1]) <= known else "wrong"


def wanted(row: Row) -> set[str]:
    """The claim with the true value back in its place; at any of its places where it stands more than once."""
    before, after = row.edit.get("from", ""), row.edit.get("to", "")
    if not after:
        return set()
    found = set()
    for match in re.finditer(r"\s*".join(map(re.escape, re.sub(r"\s", "", after))), row.claim):
        rest = row.claim[match.end() :]
        # 로 after 위원회 may have to be 으로 after the true name; canonical() takes particles out.
        found.add(canonical(row.claim[: match.start()] + before + rest))
    return found


def report(rows: Sequence[Row], judged: Sequence[Judgement]) -> dict[str, Any]:
    """Caught per kind of fabrication, false alarms per kind of true statement, by whom, corrections and time."""
    pairs = list(zip(rows, judged, strict=True))
    bad = [(row, found) for row, found in pairs if not row.good]
    good = [(row, found) for row, found in pairs if row.good]
    values = [(row, found) for row, found in bad if row.kind in _CORRECTED and row.edit.get("to")]
    fates = [correction(row, found.corrected) for row, found in values]
    times = sorted(found.ms for _, found in pairs)
    alarms: dict[str, int] = {}
    catches: dict[str, int] = {}
    for row, found in pairs:
        for name in found.by:
            counted = alarms if row.good else catches
            counted[name] = counted.get(name, 0) + 1
    return {
        "caught": _shares(bad, BAD),
        "families": {
            name: share([found.bad for row, found in bad if family(row) == name])
            for name in ("values", "names", "meaning")
        },
        "sets": {
            name: {
                "caught": share([found.bad for row, found in bad if row.set == name]),
                "false_alarms": share([found.bad for row, found in good if row.set == name]),
            }
            for name in sorted({row.set for row in rows})
        },
        "false_alarms": _shares(good, GOOD),
        "checkers": {
            name: {"caught": catches.get(name, 0), "false_alarms": share([name in found.by for _, found in good])}
            for name in sorted({*alarms, *catches})
        },
        "corrections": {
            **{fate: share([one == fate for one in fates]) for fate in ("right", "wrong", "dropped", "left")},
            "right_of_corrected": share([fate == "right" for fate in fates if fate in ("right", "wrong")]),
            "damaged": share([found.corrected not in (None, row.claim) for row, found in good]),
        },
        "p50_ms": round(statistics.median(times), 2) if times else None,
        "p50_cpu_ms": round(statistics.median(found.cpu_ms for _, found in pairs), 2) if pairs else None,
        "p95_ms": round(times[int(0.95 * (len(times) - 1))], 2) if times else None,
    }


def _shares(pairs: Iterable[tuple[Row, Judgement]], order: Sequence[str]) -> dict[str, Any]:
    kinds: dict[str, list[bool]] = {}
    for row, found in pairs:
        kinds.setdefault(row.kind, []).append(found.bad)
    names = [kind for kind in order if kind in kinds] + sorted(set(kinds) - set(order))
    every = [item for name in names for item in kinds[name]]
    return {**{name: share(kinds[name]) for name in names}, "all": share(every)}


def table(results: dict[str, dict[str, Any]]) -> str:
    """The figures of all systems side by side; shares in per cent."""
    lines = []
    for title, key in (("caught", "caught"), ("families caught", "families"), ("false alarms", "false_alarms")):
        kinds = list(dict.fromkeys(kind for result in results.values() for kind in result[key]))
        lines.append(f"\n{title:18}" + "".join(f"{name:>24}" for name in results))
        for kind in kinds:
            lines.append(f"{kind:18}" + "".join(_cell(result[key].get(kind)) for result in results.values()))
    for name, result in results.items():
        fates = result["corrections"]
        wall, processor = f"p50 {result['p50_ms']} ms, p95 {result['p95_ms']} ms", result["p50_cpu_ms"]
        lines.append(f"\n{name}: {wall}, processor time p50 {processor} ms")
        if result["checkers"]:
            for checker, counts in result["checkers"].items():
                alarms = counts["false_alarms"]
                lines.append(f"  {checker:14} caught {counts['caught']:5}, false alarms {_cell(alarms).strip()}")
            parts = ", ".join(f"{fate} {_cell(fates[fate]).strip()}" for fate in fates)
            lines.append(f"  corrections: {parts}")
        for part, counts in result["sets"].items():
            lines.append(
                f"  {part:14} caught {_cell(counts['caught']).strip()}, false alarms "
                f"{_cell(counts['false_alarms']).strip()}"
            )
    return "\n".join(lines)


def _cell(found: dict[str, Any] | None) -> str:
    if not found or found["share"] is None:
        return f"{'-':>24}"
    low, high = found["interval"]
    return f"{100 * found['share']:.1f} [{100 * low:.1f}–{100 * high:.1f}] n{found['n']}".rjust(24)

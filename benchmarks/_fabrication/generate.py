"""Rows: every kind of fabrication and of true statement, drawn from every set in turn."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from . import forms, meaning, rewrite, style, values
from .additions import Additions
from .corpus import Corpus, Passage, Statement
from .names import Pool

VALUES = ("amount", "percent", "year", "date", "period", "bound", "quantity", "article")
MEANING = ("relation", "negation", "modality", "addition", "omission")
BAD = (*VALUES, "name", *MEANING)
GOOD = (
    "verbatim",
    "forms",
    "polite",
    "reordered",
    "shortened",
    "spoken",
    "spacing",
    "polite+forms",
    "spoken+reordered",
)
FAMILIES = {**dict.fromkeys(VALUES, "values"), "name": "names", **dict.fromkeys(MEANING, "meaning")}
#: Kinds that may quote a sentence which goes on in a list (다음 각 호의 어느 하나에 해당하는 자는 3천만원 …).
_WITH_LISTS = (*VALUES, "verbatim", "forms", "polite")
#: How often a corpus is gone through for a kind.
_TURNS = 4
STYLES = ("polite", "spoken", "reordered", "spacing", "polite+reordered")


@dataclass(frozen=True)
class Row:
    """`edit` has `from`, `to` and the `style` a fabrication was put in afterwards; empty for hand-written rows."""

    id: str
    set: str
    kind: str
    good: bool
    evidence: tuple[str, ...]
    claim: str
    truth: str = ""
    edit: dict[str, str] = field(default_factory=dict)

    def record(self) -> dict[str, Any]:
        return {**self.__dict__, "evidence": list(self.evidence)}


class Generator:
    """All kinds over one corpus; the same seed gives the same rows."""

    def __init__(self, corpus: Corpus, seed: int) -> None:
        self.corpus, self.seed = corpus, seed
        texts = [passage.text for passage in corpus.passages]
        self._pool = Pool(texts)
        self._additions = Additions(texts)
        self._of: dict[str, list[Statement]] = {}
        for item in corpus.statements:
            self._of.setdefault(item.passage.id, []).append(item)

    def rows(self, kind: str) -> Iterator[Row]:
        """In an order of the seed: one row from a passage, then its other sentences, then other changes of those."""
        rng = Random(f"{self.seed}:{self.corpus.name}:{kind}")
        items = list(self.corpus.statements)
        rng.shuffle(items)
        claims: set[str] = set()
        for turn in range(_TURNS):
            used: set[str] = set()
            for item in items:
                if turn == 0 and item.passage.id in used:
                    continue
                row = self._row(kind, item, rng)
                if row is not None and row.claim not in claims:
                    used.add(item.passage.id)
                    claims.add(row.claim)
                    yield row
            if not claims:
                return

    def _row(self, kind: str, item: Statement, rng: Random) -> Row | None:
        if not item.alone and kind not in _WITH_LISTS:
            return None
        evidence = self._evidence(item.passage, rng)
        joined = "\n".join(evidence)
        edit = self._fabricated(kind, item, joined, rng) if kind in BAD else _kept(kind, item, joined, rng)
        if edit is None:
            return None
        claim, how = edit.text, ""
        if kind in BAD:
            claim, how = _styled(edit, rng)
        elif item.proviso and kind != "verbatim":
            return None
        claim = f"{claim}." if not claim.endswith((".", "요")) or claim.endswith("요") else claim
        truth = f"{item.text}."
        if kind in BAD and ((claim == truth and kind != "omission") or len(claim) > 260):
            return None
        if kind != "verbatim" and kind not in BAD and claim == truth:
            return None
        name = hashlib.sha256(f"{item.passage.id}:{item.text}:{claim}".encode()).hexdigest()[:10]
        details = {"from": edit.before, "to": edit.after, "style": how or "written"}
        return Row(f"{kind}-{name}", self.corpus.name, kind, kind in GOOD, evidence, claim, truth, details)

    def _evidence(self, passage: Passage, rng: Random) -> tuple[str, ...]:
        neighbour = self.corpus.neighbour(passage)
        if neighbour is None or neighbour.id == passage.id:
            return (passage.text,)
        return (passage.text, neighbour.text) if rng.random() < 0.5 else (neighbour.text, passage.text)

    def _fabricated(self, kind: str, item: Statement, evidence: str, rng: Random) -> values.Edit | None:
        if kind in values.CHANGES:
            return values.CHANGES[kind](item, evidence, rng)
        if kind == "name":
            return self._pool.change(item, evidence, rng)
        if kind == "relation":
            return meaning.other_subject(item, self._of[item.passage.id], evidence, rng)
        if kind == "addition":
            return self._additions.add(item, evidence, rng)
        changes: dict[str, values.Change] = {
            "negation": meaning.negated,
            "modality": meaning.other_modality,
            "omission": meaning.without_exception,
        }
        return changes[kind](item, evidence, rng)


def _kept(kind: str, item: Statement, evidence: str, rng: Random) -> values.Edit | None:
    """The statement in other words; a sentence with a 다만 behind it only with its 다만."""
    if kind == "verbatim":
        return values.Edit(f"{item.text}. {item.proviso}" if item.proviso else item.text)
    text: str | None = item.text
    first: values.Edit | None = None
    for part in kind.split("+"):
        assert text is not None
        if part == "forms":
            first = forms.other_forms(Statement(text, item.passage), evidence, rng)
            text = first.text if first else None
        else:
            text = reworded(part, text, rng)
        if text is None:
            return None
    return values.Edit(text or "", first.before if first else "", first.after if first else "")


def reworded(part: str, text: str, rng: Random) -> str | None:
    """One true way of saying it in other words; None where it does not apply."""
    ways: dict[str, Callable[[], str | None]] = {
        "polite": lambda: style.polite(text),
        "spoken": lambda: style.spoken(text, rng),
        "reordered": lambda: rewrite.reordered(text, rng),
        "shortened": lambda: rewrite.shortened(text, rng),
        "spacing": lambda: style.spaced(text, rng),
    }
    return ways[part]()


def _styled(edit: values.Edit, rng: Random) -> tuple[str, str]:
    """Half of the fabrications in the style of the true rows, as long as the change is still to be seen."""
    if rng.random() < 0.5:
        return edit.text, ""
    for name in rng.sample(STYLES, len(STYLES)):
        text: str | None = edit.text
        for part in name.split("+"):
            text = reworded(part, text, rng) if text else None
        if (
            text
            and text != edit.text
            and (not edit.after or _bare(edit.after) in _bare(text) or edit.after[-2:] in ("다", "임", "함"))
        ):
            return text, name
    return edit.text, ""


def _bare(text: str) -> str:
    return "".join(text.split())


def generate(
    generators: Sequence[Generator], per_kind: int, told: Callable[[str, int], None] = lambda kind, n: None
) -> list[Row]:
    """`per_kind` rows of every fabrication and as many true ones in all, shared out over the sets as far as they go."""
    rows: list[Row] = []
    for kind in (*BAD, *GOOD):
        wanted = per_kind if kind in BAD else -(-per_kind * len(BAD) // len(GOOD))
        found = _in_turn([generator.rows(kind) for generator in generators], wanted)
        told(kind, len(found))
        rows += found
    return rows


def _in_turn(sources: list[Iterator[Row]], wanted: int) -> list[Row]:
    found: list[Row] = []
    while sources and len(found) < wanted:
        for source in list(sources):
            row = next(source, None)
            if row is None:
                sources.remove(source)
            elif len(found) < wanted:
                found.append(row)
    return found

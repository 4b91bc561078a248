"""What the grounding model is trained on: passages with claims whose label is known. No torch, no numpy.

Three sources: claims written by people (JSONL: evidence, rows with claim, label and kind), sentence pairs of natural
language inference (JSONL: premise, hypothesis, label), and claims made from statutes (`grounding_pairs`). Every tenth
written passage and the laws held out for development are for validation only.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from random import Random
from typing import Any

from haechi.errors import InputError
from haechi.korean.sentences import split_sentences
from haechi.models.base import GROUNDING
from haechi.training import spoken_changes
from haechi.training.grounding_pairs import (
    CONTRADICTED,
    NOT_FOUND,
    SUPPORTED,
    Article,
    addition,
    another_actor,
    another_subject,
    another_value,
    pairs_of,
    read_articles,
    wrong_words,
)
from haechi.training.questions import read_rows
from haechi.training.statute_additions import ADDITIONS

#: Names of the three labels in data sets of natural language inference.
NLI_LABELS = {"entailment": 0, "contradiction": 1, "neutral": 2}
LABELS = {name: number for number, name in enumerate(GROUNDING)}
#: A false claim that keeps this share of a true one's words differs from it in the words that make it false.
_KEPT = 0.6
_DEV_EVERY = 10


@dataclass(frozen=True)
class Claim:
    """`label` is a place in `GROUNDING`. `wrong` are the numbers of the words that make it false; None: not known."""

    text: str
    label: int
    kind: str
    wrong: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Passage:
    """Evidence and what is claimed about it. `source` is rows, nli or statutes."""

    evidence: str
    claims: tuple[Claim, ...]
    source: str


@dataclass(frozen=True)
class GroundingData:
    """`hashes` are those of the files, by name."""

    train: tuple[Passage, ...]
    dev: tuple[Passage, ...]
    hashes: dict[str, str]


def prepare(
    rows: Sequence[Path], nli: Sequence[Path], statutes: Path | None, held_out: Path | None, *, seed: int
) -> GroundingData:
    """Read everything. Raises InputError for a file that is not what it should be, or when there is nothing."""
    train: list[Passage] = []
    dev: list[Passage] = []
    for path in rows:
        for number, passage in enumerate(written(path), 1):
            if number % _DEV_EVERY:
                train.append(with_changes(passage, Random(f"{seed}:{path.name}:{number}")))
            else:
                dev.append(passage)
    for path in nli:
        train += inferred(path)
    if statutes is not None:
        laws = _held_out(held_out)
        articles = read_articles(read_rows(statutes))
        never = laws["test"] | laws["dev"]
        train += made([article for article in articles if article.law not in never], seed)
        dev += made([article for article in articles if article.law in laws["dev"]], seed)
    seen = {passage.evidence for passage in train}
    dev = [passage for passage in dev if passage.evidence not in seen]
    if not train:
        raise InputError(
            "학습할 자료가 없습니다. --rows, --nli, --statutes 가운데 하나는 주세요",
            "nothing to train on; give --rows, --nli or --statutes",
        )
    files = [*rows, *nli, *(path for path in (statutes, held_out) if path)]
    return GroundingData(
        tuple(train), tuple(dev), {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    )


def written(path: Path) -> list[Passage]:
    """Passages of a file of written claims, in its order."""
    found = []
    for number, row in enumerate(read_rows(path), 1):
        claims = row.get("rows")
        if not isinstance(row.get("evidence"), str) or not isinstance(claims, list) or not claims:
            raise InputError(
                f"{path}: {number}번째 줄에 evidence(글)와 rows(목록)가 있어야 합니다",
                f"{path}: line {number} needs evidence (a text) and rows (a list)",
            )
        read = [_claim(path, number, claim) for claim in claims]
        true = [claim.text for claim in read if claim.label == 0]
        found.append(Passage(row["evidence"], tuple(_with_words(claim, true) for claim in read), "rows"))
    return found


def with_changes(passage: Passage, random: Random) -> Passage:
    """The passage with one changed claim beside many of its true ones: most made false, some left true."""
    found: list[Claim] = []
    for claim in passage.claims:
        found.append(claim)
        if claim.label or random.random() < 0.3:
            continue
        changes = _changes(claim.text, passage.evidence, random)
        random.shuffle(changes)
        for kind, label, change in changes:
            text = change()
            if text and text != claim.text:
                wrong = wrong_words(claim.text, text) if label else ()
                found.append(Claim(text, label, kind, wrong or (None if label else ())))
                break
    return Passage(passage.evidence, tuple(found), passage.source)


def _changes(claim: str, evidence: str, random: Random) -> list[tuple[str, int, Callable[[], str]]]:
    """Kind, label and the change itself, which gives an empty string where it does not apply."""
    clauses = [clause for clause in ADDITIONS if not any(word[:2] in evidence for word in clause.split())]
    others = [evidence[start:end] for start, end in split_sentences(evidence)]
    return [
        ("negation", CONTRADICTED, lambda: spoken_changes.opposite(claim, random)),
        ("negation", CONTRADICTED, lambda: spoken_changes.opposite(claim, random)),
        ("relation", CONTRADICTED, lambda: another_actor(claim, evidence, random)),
        ("relation", CONTRADICTED, lambda: another_value(claim, others, random)),
        ("relation", CONTRADICTED, lambda: another_subject(claim, others, random)),
        ("addition", NOT_FOUND, lambda: addition(claim, evidence, clauses, random)),
        ("polite", SUPPORTED, lambda: spoken_changes.same(claim, random)),
        ("polite", SUPPORTED, lambda: spoken_changes.same(claim, random)),
    ]


def inferred(path: Path) -> list[Passage]:
    """Premises of a file of natural language inference with their hypotheses."""
    by_premise: dict[str, list[Claim]] = {}
    for number, row in enumerate(read_rows(path), 1):
        label = NLI_LABELS.get(str(row.get("label", "")).lower())
        premise, hypothesis = str(row.get("premise") or ""), str(row.get("hypothesis") or "")
        if label is None or not premise or not hypothesis:
            raise InputError(
                f"{path}: {number}번째 줄에 premise, hypothesis, label({', '.join(NLI_LABELS)})이 있어야 합니다",
                f"{path}: line {number} needs premise, hypothesis and label ({', '.join(NLI_LABELS)})",
            )
        by_premise.setdefault(premise, []).append(Claim(hypothesis, label, "nli"))
    return [Passage(premise, tuple(claims), "nli") for premise, claims in by_premise.items()]


def made(articles: Sequence[Article], seed: int) -> list[Passage]:
    """Claims made from statutes, those of one sentence and its evidence together."""
    pairs = pairs_of(articles, seed=seed, each=4)
    return [
        Passage(evidence, tuple(Claim(pair.claim, pair.label, pair.kind, pair.wrong) for pair in group), "statutes")
        for (_, evidence), group in groupby(pairs, key=lambda pair: (pair.group, pair.evidence))
    ]


def _claim(path: Path, number: int, row: Mapping[str, Any]) -> Claim:
    label = LABELS.get(str(row.get("label", "")) if isinstance(row, Mapping) else "")
    if label is None or not isinstance(row.get("claim"), str) or not row["claim"].strip():
        raise InputError(
            f"{path}: {number}번째 줄의 rows에 claim(글)과 label({', '.join(LABELS)})이 있어야 합니다",
            f"{path}: line {number}: every row needs claim (a text) and label ({', '.join(LABELS)})",
        )
    return Claim(row["claim"], label, str(row.get("kind") or GROUNDING[label]))


def _with_words(claim: Claim, true: Iterable[str]) -> Claim:
    """The claim with the words that make it false, where it is nearly a true claim about the same evidence."""
    if claim.label == 0:
        return Claim(claim.text, 0, claim.kind, ())
    count = len(claim.text.split())
    best = min((wrong_words(other, claim.text) for other in true), key=len, default=None)
    if best is None or not best or len(best) > (1 - _KEPT) * count:
        return claim
    return Claim(claim.text, claim.label, claim.kind, best)


def _held_out(path: Path | None) -> dict[str, set[str]]:
    if path is None:
        return {"test": set(), "dev": set()}
    try:
        stated = json.loads(path.read_text(encoding="utf-8"))
        return {name: {str(law) for law in stated[name]} for name in ("test", "dev")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"'{path}'에 test와 dev의 법령 목록이 있어야 합니다({error!r})",
            f"'{path}' needs lists test and dev: {error!r}",
        ) from error

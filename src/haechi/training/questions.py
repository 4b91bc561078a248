"""What an embedder is trained on: questions, passages and which passage answers which question. No torch, no numpy.

Passages are read from a JSONL file (id, title, text) or are the documents of a home, whose gold_ids are external ids.
A document is what stands before the first '/' of a passage's id (`근로기준법/제7조` → `근로기준법`), so that validation
is on documents that training never saw, not on other questions about the same ones.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from haechi.errors import InputError


@dataclass(frozen=True)
class Question:
    """`golds` are positions in the passages, `hard` of passages known to be no answer; without them they are mined."""

    text: str
    golds: tuple[int, ...]
    hard: tuple[int, ...] = ()


@dataclass(frozen=True)
class TrainingData:
    """`held_out` are positions of passages whose documents belong to validation; `skipped` questions had no gold.

    `scored` are pairs of sentences and how alike they are, 0 to 1 (`embedder_rows`).
    """

    passages: tuple[str, ...]
    train: tuple[Question, ...]
    dev: tuple[Question, ...]
    held_out: frozenset[int]
    skipped: int
    hashes: dict[str, str]
    scored: tuple[tuple[str, str, float], ...] = ()


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Rows of a JSONL file. Raises InputError naming the line."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"'{path}'을(를) 읽을 수 없습니다: {error}", f"cannot read '{path}': {error}") from error
    rows = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise InputError(f"{path}:{number}: JSON이 아닙니다", f"{path}:{number}: not JSON") from error
        if not isinstance(row, dict):
            raise InputError(f"{path}:{number}: 객체 하나여야 합니다", f"{path}:{number}: expected one object")
        rows.append(row)
    return rows


def passages_of_file(path: Path) -> dict[str, str]:
    """id → title and text. Raises InputError for a row without id or text, or an id that stands twice."""
    found: dict[str, str] = {}
    for number, row in enumerate(read_rows(path), 1):
        key, text = str(row.get("id") or ""), str(row.get("text") or "")
        if not key or not text or key in found:
            raise InputError(
                f"{path}: {number}번째 구절의 id와 text가 있어야 하고 id는 하나뿐이어야 합니다(id: '{key}')",
                f"{path}: passage {number} needs a text and an id of its own (id: '{key}')",
            )
        title = str(row.get("title") or "")
        found[key] = f"{title}\n{text}" if title else text
    return found


def prepare(
    passages: Mapping[str, str],
    questions: Iterable[Path],
    dev: Sequence[Path] = (),
    *,
    dev_share: float = 0.1,
    seed: int = 0,
) -> TrainingData:
    """Questions against passages, split by document: those of `dev`, or a share of all documents, are held out.

    Raises InputError when a row lacks its fields or nothing is left to train on.
    """
    place = {key: number for number, key in enumerate(passages)}
    files = [*questions]
    train_rows = [row for path in files for row in _question_rows(path)]
    dev_rows = [row for path in dev for row in _question_rows(path)]
    if dev:
        documents = {document_of(gold) for row in dev_rows for gold in row["gold_ids"]}
        pool = train_rows
    else:
        documents = held_out_documents((gold for row in train_rows for gold in row["gold_ids"]), dev_share, seed)
        dev_rows = pool = train_rows
    held_out = frozenset(number for key, number in place.items() if document_of(key) in documents)
    train, validation, skipped = [], [], 0
    for row in pool:
        question = _placed(row, place)
        skipped += question is None
        if question is not None and not held_out.intersection(question.golds):
            train.append(question)
    for row in dev_rows:
        question = _placed(row, place)
        if question is not None and held_out.issuperset(question.golds):
            validation.append(question)
    if not train:
        raise InputError(
            f"학습할 질문이 없습니다(읽은 줄 {len(train_rows)}, 구절에 없는 gold_ids {skipped}). gold_ids를 확인하세요",
            f"no question to train on ({len(train_rows)} rows, {skipped} with unknown gold_ids); check gold_ids",
        )
    texts = tuple(passages.values())
    hashes = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (*files, *dev)}
    joined = "\0".join(f"{key}\0{text}" for key, text in passages.items())
    hashes["passages"] = hashlib.sha256(joined.encode()).hexdigest()
    return TrainingData(texts, tuple(train), tuple(validation), held_out, skipped, hashes)


def document_of(passage_id: str) -> str:
    """The document that a passage belongs to."""
    return passage_id.partition("/")[0]


def held_out_documents(golds: Iterable[str], share: float, seed: int) -> set[str]:
    """About a share of the documents, at least one unless the share is 0; the same for the same seed."""
    documents = sorted({document_of(gold) for gold in golds})
    if share <= 0 or len(documents) < 2:
        return set()
    random.Random(seed).shuffle(documents)
    return set(documents[: max(1, round(share * len(documents)))])


def _question_rows(path: Path) -> list[dict[str, Any]]:
    rows = read_rows(path)
    for number, row in enumerate(rows, 1):
        golds = row.get("gold_ids")
        if not isinstance(row.get("question"), str) or not row["question"].strip() or not isinstance(golds, list):
            raise InputError(
                f"{path}: {number}번째 질문에 question(글)과 gold_ids(목록)가 있어야 합니다",
                f"{path}: question {number} needs question (a text) and gold_ids (a list)",
            )
    return rows


def _placed(row: Mapping[str, Any], place: Mapping[str, int]) -> Question | None:
    golds = tuple(place[gold] for gold in row["gold_ids"] if gold in place)
    return Question(str(row["question"]), golds) if golds else None

"""Rows that bring their own passages, as questions to train an embedder on. No torch, no numpy.

    mined     question, positive, negatives, gold_ids?           (haechi data negatives)
    grounded  question, passages [{title, text}], gold, group    (haechi data from-documents; refusals are left out)
    nli       premise, hypothesis, label: what follows from a premise is its answer, what contradicts it is none
    pairs     anchor, positive, negative?; or sentence1, sentence2, score (0 to 5) or label (0, 1)

Held out for validation are whole documents (gold_ids, group), premises or anchors, never single rows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from haechi.errors import InputError
from haechi.training.grounding_data import inferred
from haechi.training.grounding_pairs import CONTRADICTED, SUPPORTED
from haechi.training.questions import Question, TrainingData, document_of, held_out_documents, read_rows

#: From this likeness (of 1) two sentences say the same.
ALIKE = 0.8
_HIGHEST_SCORE = 5.0


@dataclass(frozen=True)
class Asked:
    """One question with the texts that answer it, and those that do not. `group` is its document."""

    text: str
    golds: tuple[str, ...]
    hard: tuple[str, ...]
    group: str


@dataclass(frozen=True)
class Texts:
    """What files hold. `scored` are sentence pairs and how alike they are, 0 to 1; `skipped` rows had no answer."""

    asked: tuple[Asked, ...] = ()
    scored: tuple[tuple[str, str, float], ...] = ()
    skipped: int = 0


def brings_passages(path: Path) -> bool:
    """Whether a file of questions holds its passages itself, so that no corpus is needed."""
    rows = read_rows(path)
    return bool(rows) and ("positive" in rows[0] or "passages" in rows[0])


def read_questions(path: Path) -> Texts:
    """Mined and grounded rows. Raises InputError naming the row."""
    found, skipped = [], 0
    for number, row in enumerate(read_rows(path), 1):
        try:
            one = _mined(row) if "positive" in row else _grounded(row)
        except (KeyError, TypeError, IndexError, ValueError) as error:
            raise InputError(
                f"{path}: {number}번째 줄은 question, positive, negatives나 question, passages, gold여야 합니다",
                f"{path}: row {number} needs question, positive and negatives, or question, passages and gold",
            ) from error
        if one is None:
            skipped += 1
        else:
            found.append(one)
    return Texts(tuple(found), skipped=skipped)


def read_nli(path: Path) -> Texts:
    """A premise with an entailed hypothesis is a question; others are skipped. Raises InputError naming the row."""
    found, skipped = [], 0
    for passage in inferred(path):
        says: dict[int, tuple[str, ...]] = {
            label: tuple(claim.text for claim in passage.claims if claim.label == label)
            for label in (SUPPORTED, CONTRADICTED)
        }
        golds = says[SUPPORTED]
        if golds:
            found.append(Asked(passage.evidence, golds, says[CONTRADICTED], passage.evidence))
        skipped += not golds
    return Texts(tuple(found), skipped=skipped)


def read_pairs(path: Path) -> Texts:
    """Paraphrases, or sentence pairs with a score: those alike are questions too. Raises InputError naming the row."""
    asked: list[Asked] = []
    scored: list[tuple[str, str, float]] = []
    for number, row in enumerate(read_rows(path), 1):
        first = str(row.get("anchor") or row.get("sentence1") or "")
        second = str(row.get("positive") or row.get("sentence2") or "")
        likeness = _likeness(row)
        if not first or not second or likeness is None or not 0 <= likeness <= 1:
            raise InputError(
                f"{path}: {number}번째 줄에 anchor와 positive, 또는 sentence1, sentence2와 score(0~5)나 label(0, 1)이 "
                "있어야 합니다",
                f"{path}: row {number} needs anchor and positive, or sentence1, sentence2 and score (0 to 5) or label",
            )
        if "anchor" not in row:
            scored.append((first, second, likeness))
        if likeness >= ALIKE:
            hard = (str(row["negative"]),) if row.get("negative") else ()
            asked.append(Asked(first, (second,), hard, first))
    return Texts(tuple(asked), tuple(scored))


def hashes_of(paths: Iterable[Path]) -> dict[str, str]:
    """SHA-256 by file name."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def with_texts(
    data: TrainingData | None,
    found: Sequence[Texts],
    dev: Sequence[Texts] = (),
    *,
    hashes: Mapping[str, str],
    dev_share: float = 0.1,
    seed: int = 0,
) -> TrainingData:
    """`data`, if any, and what files hold, split by group: the groups of `dev`, or a share of all, are held out.

    A passage that a held-out question needs is trained on by none, and not as a wrong answer either. Raises InputError
    when nothing is left to train on.
    """
    asked, tried = ([item for part in parts for item in part.asked] for parts in (found, dev))
    groups = {item.group for item in tried} if dev else held_out_documents((i.group for i in asked), dev_share, seed)
    tried += [item for item in asked if item.group in groups]
    passages = dict.fromkeys(data.passages if data else ())
    passages.update(dict.fromkeys(text for item in (*asked, *tried) for text in (*item.golds, *item.hard)))
    place = {text: number for number, text in enumerate(passages)}
    held_out = frozenset(place[gold] for item in tried for gold in item.golds) | (
        data.held_out if data else frozenset()
    )
    train = [_placed(item, place, held_out) for item in asked if item.group not in groups]
    kept = [question for question in train if not held_out.intersection(question.golds)]
    first = (data.train if data else ()) + tuple(kept)
    first = tuple(question for question in first if not held_out.intersection(question.golds))
    # A scored pair with a sentence of validation would tell its answer.
    scored = tuple(
        pair for part in found for pair in part.scored if pair[0] not in groups and place.get(pair[1]) not in held_out
    )
    if not first and not scored:
        raise InputError(
            "학습할 질문이 없습니다. 서로 다른 문서(전제)가 둘은 있어야 합니다",
            "no question to train on; at least two documents (premises) are needed",
        )
    skipped = sum(part.skipped for part in found) + (data.skipped if data else 0)
    validation = (data.dev if data else ()) + tuple(_placed(item, place, frozenset()) for item in tried)
    known = {**(data.hashes if data else {}), **hashes}
    return TrainingData(tuple(passages), first, validation, held_out, skipped, known, scored)


def without_scores(data: TrainingData) -> TrainingData:
    """For the bundled encoder, which learns from right and wrong answers only. Raises InputError if none are left."""
    if not data.train:
        raise InputError(
            f"--pairs: 비슷한 쌍(score {ALIKE * _HIGHEST_SCORE:.0f} 이상)이 없어 기본 임베딩 모델은 배울 것이 "
            "없습니다. 다른 점수도 배우려면 --base에 SentenceTransformer 폴더를 주세요",
            f"--pairs: no pair is alike (score {ALIKE * _HIGHEST_SCORE:.0f} or more), so the bundled encoder has "
            "nothing to learn; a SentenceTransformer folder as --base learns from all scores",
        )
    return replace(data, scored=())


def _mined(row: Mapping[str, Any]) -> Asked:
    golds = [str(gold) for gold in row.get("gold_ids") or ()]
    positive, negatives = str(row["positive"]), tuple(str(text) for text in row.get("negatives") or ())
    if not positive.strip():
        raise ValueError("positive")
    return Asked(_text(row), (positive,), negatives, document_of(golds[0]) if golds else positive)


def _grounded(row: Mapping[str, Any]) -> Asked | None:
    texts = ["\n".join(filter(None, (passage.get("title"), passage["text"]))) for passage in row["passages"]]
    right = {int(number) - 1 for number in row["gold"]}
    if not right:
        return None
    golds = tuple(texts[number] for number in sorted(right))
    hard = tuple(text for number, text in enumerate(texts) if number not in right)
    return Asked(_text(row), golds, hard, str(row.get("group") or golds[0]))


def _text(row: Mapping[str, Any]) -> str:
    question = row["question"]
    if not isinstance(question, str) or not question.strip():
        raise ValueError("question")
    return question


def _likeness(row: Mapping[str, Any]) -> float | None:
    try:
        if "anchor" in row:
            return 1.0
        if "score" in row:
            return float(row["score"]) / _HIGHEST_SCORE
        return float(row["label"])
    except (KeyError, TypeError, ValueError):
        return None


def _placed(item: Asked, place: Mapping[str, int], forbidden: frozenset[int]) -> Question:
    golds = tuple(place[text] for text in item.golds)
    hard = tuple(place[text] for text in dict.fromkeys(item.hard) if place[text] not in forbidden)
    return Question(item.text, golds, tuple(number for number in hard if number not in golds))

"""`haechi train embedder` from data to a model folder: prepare, read the lower layers, mine, train, measure, convert.

Plain calls in order; the steps themselves are in `loop`, the torch model in `lora`, data in `questions`.
torch is imported inside `train_embedder` only.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from haechi.errors import InputError
from haechi.models.e5_adapter import ADAPTER_FILE, Adapter, read_adapter, write_adapter
from haechi.models.e5_convert import PREFIXES, convert
from haechi.models.e5_tokenizer import UnigramTokenizer
from haechi.models.e5_weights import E5Weights, LowRank, find_weight_file, read_weights
from haechi.training.needs import require_torch
from haechi.training.questions import TrainingData

RUN_CARD = "run.json"
MODEL_FOLDER = "model"
#: (stage, done, total, loss, seconds left); the last two only while it trains.
Report = Callable[[str, int, int, float | None, float | None], None]


@dataclass(frozen=True)
class Settings:
    """`epochs` may be a fraction. `layers` upper layers change, by `rank` directions each; texts are cut at tokens."""

    epochs: float = 3.0
    rank: int = 16
    layers: int = 6
    batch: int = 48
    lr: float = 3e-4
    seed: int = 0
    temperature: float = 0.02
    question_tokens: int = 96
    passage_tokens: int = 160


def train_embedder(
    data: TrainingData,
    out: Path,
    settings: Settings,
    *,
    resume: bool = False,
    report: Report | None = None,
    stop: Callable[[], bool] = lambda: False,
    source: Path | None = None,
    start: Path | None = None,
) -> dict[str, Any]:
    """Train and write adapter.npz, run.json and model/ into `out`; returns the run card.

    `start` is an adapter to begin with, such as the shipped one; the written adapter holds both changes.
    An interrupted run leaves a checkpoint only. Raises InputError, BackendError (packages missing) and ModelError.
    """
    require_torch()
    if (out / RUN_CARD).exists() and not resume:
        raise InputError(
            f"'{out}'에 이미 학습 결과가 있습니다. 다른 --out을 주세요",
            f"'{out}' already holds a result; give another --out",
        )
    # Waiting threads that spin take the processor from the ones that work.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from haechi.training.loop import CHECKPOINT, Plan, train
    from haechi.training.lora import TorchE5
    from haechi.training.search import hard_negatives, ranks_of, recall

    began = time.monotonic()
    tell = report or _silent
    base = source or find_weight_file()
    weights = read_weights(base)
    _check(settings, weights)
    first = read_adapter(start) if start else None
    if first:
        weights = first.added_to(weights)
    out.mkdir(parents=True, exist_ok=True)
    model = TorchE5(weights, layers=settings.layers, rank=settings.rank, seed=settings.seed)

    tell("read", 0, len(data.passages), None, None)
    ids = _Ids(weights, settings)
    passages = model.lower([ids.of(text, "passage") for text in data.passages])
    asked = model.lower([ids.of(question.text, "query") for question in data.train])
    tried = model.lower([ids.of(question.text, "query") for question in data.dev])
    tell("mine", 0, len(data.train), None, None)
    base_vectors = model.vectors(passages)
    before = ranks_of(model.vectors(tried), base_vectors, data.dev) if data.dev else []
    mined = hard_negatives(model.vectors(asked), base_vectors, data.train, data.held_out)
    negatives = [question.hard or found for question, found in zip(data.train, mined, strict=True)]

    each = max(1, len(data.train) // min(settings.batch, len(data.train)))
    plan = Plan(
        questions=data.train,
        negatives=negatives,
        steps=max(1, round(settings.epochs * each)),
        batch=settings.batch,
        lr=settings.lr,
        temperature=settings.temperature,
        seed=settings.seed,
        fingerprint=_fingerprint(data, settings, weights, first),
    )
    run = train(
        model,
        asked,
        dict(enumerate(passages)),
        plan,
        out,
        resume=resume,
        report=lambda step, steps, loss, left: tell("train", step, steps, loss, left),
        stop=stop,
    )
    card: dict[str, Any] = {
        "interrupted": run.interrupted,
        "steps": run.step,
        "of": plan.steps,
        "questions": len(data.train),
        "dev_questions": len(data.dev),
        "passages": len(data.passages),
        "held_out_passages": len(data.held_out),
        "skipped_questions": data.skipped,
        "settings": asdict(settings),
        "data_sha256": data.hashes,
        "base_sha256": weights.source_sha256,
        "start_sha256": first.sha256 if first else None,
        "losses": run.losses,
        "before": recall(before) if before else None,
        "packages": {name: version(name) for name in ("torch", "transformers", "numpy")},
    }
    if run.interrupted:
        return {**card, "seconds": round(time.monotonic() - began, 1)}
    tell("measure", 0, 1, None, None)
    after = ranks_of(model.vectors(tried), model.vectors(passages), data.dev) if data.dev else []
    card["after"] = recall(after) if after else None
    # Question by question, so that the gain can be given an interval.
    card["dev_ranks"] = {"before": before, "after": after}
    meta = {"base_sha256": weights.source_sha256, "name": out.name, "settings": asdict(settings), "steps": run.step}
    matrices = both(first.matrices if first else {}, model.matrices())
    write_adapter(out / ADAPTER_FILE, matrices, {**meta, "data_sha256": data.hashes})
    tell("write", 0, 1, None, None)
    convert(out / MODEL_FOLDER, name=out.name, adapter=out / ADAPTER_FILE, source=base)
    card["adapter_sha256"] = hashlib.sha256((out / ADAPTER_FILE).read_bytes()).hexdigest()
    card["finished"] = datetime.now(UTC).isoformat(timespec="seconds")
    card["seconds"] = round(time.monotonic() - began, 1)
    (out / RUN_CARD).write_text(json.dumps(card, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    (out / CHECKPOINT).unlink(missing_ok=True)
    return card


class _Ids:
    """Texts as the model reads them, cut at the settings' lengths."""

    def __init__(self, weights: E5Weights, settings: Settings) -> None:
        special = {weights.pieces[number]: number for number in (weights.bos, weights.pad, weights.eos)}
        special[weights.pieces[weights.unknown]] = weights.unknown
        special.update({piece: number for number, piece in enumerate(weights.pieces) if piece == "<mask>"})
        pieces = list(zip(weights.pieces, weights.scores.tolist(), strict=True))
        self._tokenizer = UnigramTokenizer(pieces, weights.normaliser, special)
        longest = weights.max_tokens
        self._room = {"query": min(settings.question_tokens, longest), "passage": min(settings.passage_tokens, longest)}

    def of(self, text: str, kind: str) -> Sequence[int]:
        content = self._tokenizer.content(PREFIXES[kind] + text)
        return self._tokenizer.wrap(content[: self._room[kind] - 2])


def _check(settings: Settings, weights: E5Weights) -> None:
    if not 1 <= settings.layers <= weights.layers:
        raise InputError(
            f"--layers {settings.layers}: 1에서 {weights.layers}까지여야 합니다",
            f"--layers {settings.layers}: expected 1 to {weights.layers}",
        )
    if not 1 <= settings.rank <= weights.dimension or settings.lr <= 0 or settings.epochs <= 0 or settings.batch < 2:
        raise InputError(
            f"--rank는 1에서 {weights.dimension}까지, --batch는 2 이상, --lr과 --epochs는 0보다 커야 합니다",
            f"expected --rank 1 to {weights.dimension}, --batch 2 or more, --lr and --epochs above 0",
        )


def both(first: Mapping[str, LowRank], second: Mapping[str, LowRank]) -> dict[str, LowRank]:
    """Two changes as one: B1 A1 + B2 A2 is [B1 B2] [A1; A2], of the two ranks together."""
    found = {**first, **second}
    for name in first.keys() & second.keys():
        (a, b), (more_a, more_b) = first[name], second[name]
        found[name] = (np.concatenate([a, more_a]), np.concatenate([b, more_b], axis=1))
    return found


def _fingerprint(data: TrainingData, settings: Settings, weights: E5Weights, start: Adapter | None) -> str:
    # The questions themselves too: another --seed or --dev holds out other documents.
    asked = [[question.text, *question.golds] for question in data.train]
    known = [asdict(settings), data.hashes, weights.source_sha256, asked, start and start.sha256]
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()


def _silent(stage: str, done: int, total: int, loss: float | None, left: float | None) -> None:
    return None

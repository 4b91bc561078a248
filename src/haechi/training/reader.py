"""Grounded questions → an adapter with which a small LLM answers short, cited, by the passages alone, or 모른다.

Made for machines without a card: only the upper layers learn, in bfloat16, from the answers' tokens, and the questions
over the same passages share one reading of them. `sft` is the trainer for everything else. torch is imported inside.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from haechi.errors import InputError
from haechi.training.export_base import reader_hash
from haechi.training.needs import require_torch
from haechi.training.reader_data import Packed, sequences

if TYPE_CHECKING:
    from haechi.training.loop import Run
    from haechi.training.reader_model import Reader

RUN_CARD = "run.json"
ADAPTER = "adapter.safetensors"
CHECKPOINT = "checkpoint.npz"
CHECKPOINT_EVERY = 5
#: (stage, done, total, loss, seconds left); the last two only while it trains.
Report = Callable[[str, int, int, float | None, float | None], None]


@dataclass(frozen=True)
class Settings:
    """`questions` make up a step. `layers` upper layers change, by `rank` directions each. `threads` 0 is all."""

    epochs: float = 1.0
    rank: int = 16
    layers: int = 12
    questions: int = 16
    lr: float = 4e-4
    seed: int = 0
    max_tokens: int = 1536
    threads: int = 0


def train_reader(
    rows: Sequence[Mapping[str, Any]],
    dev: Sequence[Mapping[str, Any]],
    folder: Path,
    out: Path,
    settings: Settings,
    *,
    start: Path | None = None,
    hashes: Mapping[str, str] | None = None,
    resume: bool = False,
    report: Report | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> dict[str, Any]:
    """Train over the model in `folder` (transformers) and write adapter.safetensors and run.json into `out`.

    `start` is the adapter.safetensors of an earlier run to go on from. Returns the run card; an interrupted run leaves
    a checkpoint only. Raises InputError and BackendError (packages missing).
    """
    require_torch()
    _check(settings, out, resume=resume)
    # Waiting threads that spin take the processor from the ones that work.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    import torch
    from safetensors.torch import load_file, save_file
    from transformers import AutoTokenizer

    from haechi.training.reader_model import SCALE, Reader

    began = time.monotonic()
    tell = report or _silent
    torch.set_num_threads(settings.threads or len(os.sched_getaffinity(0)))
    tokenizer = AutoTokenizer.from_pretrained(folder)
    packed = sequences(rows, tokenizer, max_tokens=settings.max_tokens)
    held_out = sequences(dev, tokenizer, max_tokens=settings.max_tokens) if dev else []
    tell("read", 0, len(packed), None, None)
    model = Reader(folder, layers=settings.layers, rank=settings.rank, seed=settings.seed)
    named = model.parameters()
    if start is not None:
        _begin_at(named, load_file(start), start)
    steps = plan_steps(packed, settings)
    fingerprint = _fingerprint(rows, settings, folder, start)
    out.mkdir(parents=True, exist_ok=True)
    run = _train(model, packed, steps, settings, out / CHECKPOINT, fingerprint, resume, tell, stop)
    card: dict[str, Any] = {
        "kind": "reader",
        "interrupted": run.interrupted,
        "steps": run.step,
        "of": len(steps),
        "questions": len(rows),
        "dev_questions": len(dev),
        "sequences": len(packed),
        "tokens": sum(one.tokens for one in packed),
        "settings": asdict(settings),
        "base": folder.name,
        "base_sha256": reader_hash(folder),
        "data_sha256": dict(hashes or {}),
        "start_sha256": hashlib.sha256(start.read_bytes()).hexdigest() if start else None,
        "trainable": sum(one.numel() for one in named.values()),
        "losses": run.losses,
        "packages": {name: version(name) for name in ("torch", "transformers", "numpy")},
    }
    if run.interrupted:
        return {**card, "seconds": round(time.monotonic() - began, 1)}
    tell("measure", 0, len(held_out), None, None)
    card["dev_loss"] = dev_loss(model, held_out) if held_out else None
    stated = {"scale": str(SCALE)}
    save_file({name: one.detach().contiguous() for name, one in named.items()}, out / ADAPTER, metadata=stated)
    card["adapter_sha256"] = hashlib.sha256((out / ADAPTER).read_bytes()).hexdigest()
    card["finished"] = datetime.now(UTC).isoformat(timespec="seconds")
    card["seconds"] = round(time.monotonic() - began, 1)
    (out / RUN_CARD).write_text(json.dumps(card, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    (out / CHECKPOINT).unlink(missing_ok=True)
    return card


def plan_steps(packed: Sequence[Packed], settings: Settings) -> list[list[int]]:
    """Which sequences each step reads: as many as make up its questions, every one once an epoch, in another order."""
    found: list[list[int]] = []
    whole = int(settings.epochs) + (settings.epochs % 1 > 0)
    each = 0
    for epoch in range(whole):
        order = list(range(len(packed)))
        random.Random(f"{settings.seed}:epoch:{epoch}").shuffle(order)
        step: list[int] = []
        for place in order:
            step.append(place)
            if sum(len(packed[one].segments) for one in step) >= settings.questions:
                found.append(step)
                step = []
        if step:
            found.append(step)
        each = each or len(found)
    return found[: max(1, round(settings.epochs * each))]


def dev_loss(model: Reader, packed: Sequence[Packed]) -> float:
    """Mean cross-entropy of an answer's token."""
    import torch

    total, count = 0.0, 0
    with torch.no_grad():
        for one in packed:
            loss, tokens = model.loss(one, model.lower(one))
            total += float(loss)
            count += tokens
    return round(total / max(count, 1), 5)


def _train(
    model: Reader,
    packed: Sequence[Packed],
    steps: Sequence[Sequence[int]],
    settings: Settings,
    checkpoint: Path,
    fingerprint: str,
    resume: bool,
    tell: Report,
    stop: Callable[[], bool],
) -> Run:
    import torch

    from haechi.training.loop import Run, load, save, schedule

    named = model.parameters()
    optimiser = torch.optim.AdamW(named.values(), lr=settings.lr, weight_decay=0.01)
    run = load(checkpoint, named, optimiser, fingerprint) if resume else Run()
    began, first = time.monotonic(), run.step
    while run.step < len(steps):
        for group in optimiser.param_groups:
            group["lr"] = settings.lr * schedule(run.step, len(steps))
        chosen = [packed[place] for place in steps[run.step]]
        tokens = sum(len(segment.answer) for one in chosen for segment in one.segments)
        total = 0.0
        optimiser.zero_grad()
        for one in chosen:
            loss, _ = model.loss(one, model.lower(one))
            (loss / tokens).backward()
            total += float(loss.detach())
        torch.nn.utils.clip_grad_norm_(list(named.values()), 1.0)
        optimiser.step()
        run.step += 1
        run.losses.append(round(total / tokens, 5))
        stopped = run.step < len(steps) and stop()
        if stopped or run.step % CHECKPOINT_EVERY == 0:
            save(checkpoint, named, optimiser, fingerprint, run)
        left = (time.monotonic() - began) / (run.step - first) * (len(steps) - run.step)
        tell("train", run.step, len(steps), sum(run.losses[-20:]) / len(run.losses[-20:]), left)
        if stopped:
            run.interrupted = True
            break
    return run


def _begin_at(named: Mapping[str, Any], found: Mapping[str, Any], start: Path) -> None:
    import torch

    if {name: tuple(one.shape) for name, one in named.items()} != {n: tuple(one.shape) for n, one in found.items()}:
        raise InputError(
            f"'{start}'의 어댑터는 --layers와 --rank가 다릅니다. 그 학습과 같은 값을 주세요",
            f"the adapter '{start}' has other --layers or --rank; give the values that it was trained with",
        )
    with torch.no_grad():
        for name, one in named.items():
            one.copy_(found[name])


def _check(settings: Settings, out: Path, *, resume: bool) -> None:
    if (out / RUN_CARD).exists() and not resume:
        raise InputError(
            f"'{out}'에 이미 학습 결과가 있습니다. 다른 --out을 주세요",
            f"'{out}' already holds a result; give another --out",
        )
    if settings.rank < 1 or settings.lr <= 0 or settings.epochs <= 0 or settings.questions < 1:
        raise InputError(
            "--rank와 --questions는 1 이상, --lr과 --epochs는 0보다 커야 합니다",
            "expected --rank and --questions of 1 or more, --lr and --epochs above 0",
        )


def _fingerprint(rows: Sequence[Mapping[str, Any]], settings: Settings, folder: Path, start: Path | None) -> str:
    first = hashlib.sha256(start.read_bytes()).hexdigest() if start else ""
    used = {key: value for key, value in asdict(settings).items() if key != "threads"}
    known = [used, reader_hash(folder), first, list(rows)]
    return hashlib.sha256(json.dumps(known, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _silent(stage: str, done: int, total: int, loss: float | None, left: float | None) -> None:
    return None

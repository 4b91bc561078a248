"""The steps of training the grounding model. A resumed run ends with the same numbers as one that never stopped.

Claims about one passage share a pack, so the passage is read once for all of them. The loss is that of the three
labels and, where it is known which words make a claim false, of every word's own.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from haechi.training.grounding_model import Pack, TorchGrounder
from haechi.training.loop import CHECKPOINT, CHECKPOINT_EVERY, Report, Run, load, save, schedule

#: A pack holds at most so many claims.
MOST_CLAIMS = 8
#: The head is new, the encoder is not.
HEAD_RATE = 1.5
SMOOTHING = 0.03
#: Unfounded words are few.
WORD_WEIGHT = 3.0


@dataclass(frozen=True)
class Example:
    """A pack, the labels of its claims, and of every claim the tokens that make it false (None: not known)."""

    pack: Pack
    labels: tuple[int, ...]
    wrong: tuple[tuple[float, ...] | None, ...]


@dataclass(frozen=True)
class Plan:
    """What a run's numbers depend on. `batches` are places in the examples, a step each."""

    examples: Sequence[Example]
    batches: Sequence[Sequence[int]]
    lr: float
    seed: int
    fingerprint: str


def batches_of(
    examples: Sequence[Example], weights: Sequence[float], tokens: int, epochs: float, seed: int
) -> list[list[int]]:
    """Steps of about `tokens` padded tokens, packs of like length together.

    Every example comes `weights` times an epoch, a fraction of that by chance.
    """
    found: list[list[int]] = []
    whole = max(1, int(-(-epochs // 1)))
    first = 0
    for epoch in range(whole):
        dice = random.Random(f"{seed}:epoch:{epoch}")
        places = [place for place, times in enumerate(weights) for _ in range(int(times) + (dice.random() < times % 1))]
        dice.shuffle(places)
        places.sort(key=lambda place: examples[place].pack.tokens + dice.random() * 24)
        batches: list[list[int]] = [[]]
        for place in places:
            longest = max(examples[other].pack.tokens for other in [*batches[-1][-1:], place])
            if batches[-1] and (len(batches[-1]) + 1) * longest > tokens:
                batches.append([])
            batches[-1].append(place)
        dice.shuffle(batches)
        first = first or len(batches)
        found += batches
    return found[: max(1, round(first * epochs))]


def train(
    model: TorchGrounder,
    plan: Plan,
    folder: Path,
    *,
    resume: bool = False,
    report: Report | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Run:
    """Train in place. `stop` is asked after every step; a stopped run is saved and comes back as interrupted."""
    named = model.parameters()
    head = [parameter for name, parameter in named.items() if name.startswith("head.")]
    rest = [parameter for name, parameter in named.items() if not name.startswith("head.")]
    rates = (plan.lr, plan.lr * HEAD_RATE)
    optimiser = torch.optim.AdamW([{"params": rest}, {"params": head}], lr=plan.lr, weight_decay=0.01)
    run = load(folder / CHECKPOINT, named, optimiser, plan.fingerprint) if resume else Run()
    began, first, steps = time.monotonic(), run.step, len(plan.batches)
    while run.step < steps:
        for group, rate in zip(optimiser.param_groups, rates, strict=True):
            group["lr"] = rate * schedule(run.step, steps)
        torch.manual_seed(plan.seed * 1_000_003 + run.step)  # dropout, the same for a resumed run
        loss, words = _losses(model, [plan.examples[place] for place in plan.batches[run.step]])
        optimiser.zero_grad()
        (loss + words).backward()
        torch.nn.utils.clip_grad_norm_(list(named.values()), 1.0)
        optimiser.step()
        run.step += 1
        run.losses.append(round(float(loss.item()), 5))
        stopped = run.step < steps and stop()
        if stopped or run.step % CHECKPOINT_EVERY == 0:
            save(folder / CHECKPOINT, named, optimiser, plan.fingerprint, run)
        if report:
            left = (time.monotonic() - began) / (run.step - first) * (steps - run.step)
            report(run.step, steps, float(np.mean(run.losses[-20:])), left)
        if stopped:
            run.interrupted = True
            break
    return run


def _losses(model: TorchGrounder, examples: Sequence[Example]) -> tuple[torch.Tensor, torch.Tensor]:
    logits, words, _ = model.forward([example.pack for example in examples])
    labels = torch.tensor([label for example in examples for label in example.labels])
    loss = functional.cross_entropy(logits, labels, label_smoothing=SMOOTHING)
    target, known = torch.zeros_like(words), torch.zeros_like(words)
    for row, wrong in enumerate(wrong for example in examples for wrong in example.wrong):
        if wrong is not None:
            target[row, : len(wrong)] = torch.tensor(wrong)
            known[row, : len(wrong)] = 1
    each = functional.binary_cross_entropy_with_logits(
        words, target, reduction="none", pos_weight=torch.tensor(WORD_WEIGHT)
    )
    return loss, (each * known).sum() / known.sum().clamp(min=1)

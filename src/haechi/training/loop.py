"""The steps of training: in-batch and hard negatives, cosine schedule, checkpoints that a later run goes on from.

What a step draws depends on the seed and the step alone, so that a resumed run ends with the same numbers as one that
was never interrupted. A checkpoint is a numpy archive without pickle. Imports torch at the top, like `lora`.
"""

from __future__ import annotations

import json
import math
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from haechi.errors import InputError
from haechi.training.lora import States, TorchE5
from haechi.training.questions import Question

CHECKPOINT = "checkpoint.npz"
CHECKPOINT_EVERY = 25
WARM_UP = 10
_ELSEWHERE = -1e4

#: (step, steps, mean loss of late, seconds left).
Report = Callable[[int, int, float, float], None]


@dataclass(frozen=True)
class Plan:
    """Everything that a run's numbers depend on, beside the states. `fingerprint` names the data and the settings."""

    questions: Sequence[Question]
    negatives: Sequence[Sequence[int]]
    steps: int
    batch: int
    lr: float
    temperature: float
    seed: int
    fingerprint: str


@dataclass
class Run:
    """How far it came. `losses` has one number a step."""

    step: int = 0
    losses: list[float] = field(default_factory=list)
    interrupted: bool = False


def train(
    model: TorchE5,
    question_states: States,
    passage_states: Mapping[int, np.ndarray],
    plan: Plan,
    folder: Path,
    *,
    resume: bool = False,
    report: Report | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Run:
    """Train in place. `stop` is asked after every step; a stopped run is saved and comes back as interrupted."""
    named = model.parameters()
    optimiser = torch.optim.AdamW(named.values(), lr=plan.lr, weight_decay=0.01)
    run = load(folder / CHECKPOINT, named, optimiser, plan.fingerprint) if resume else Run()
    began, first = time.monotonic(), run.step
    while run.step < plan.steps:
        for group in optimiser.param_groups:
            group["lr"] = plan.lr * schedule(run.step, plan.steps)
        loss = _loss(model, question_states, passage_states, plan, run.step)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        run.step += 1
        run.losses.append(round(float(loss.item()), 5))
        stopped = run.step < plan.steps and stop()
        if stopped or run.step % CHECKPOINT_EVERY == 0:
            save(folder / CHECKPOINT, named, optimiser, plan.fingerprint, run)
        if report:
            left = (time.monotonic() - began) / (run.step - first) * (plan.steps - run.step)
            report(run.step, plan.steps, float(np.mean(run.losses[-20:])), left)
        if stopped:
            run.interrupted = True
            break
    return run


def schedule(step: int, steps: int) -> float:
    """Share of the learning rate: up in ten steps, then half a cosine down to a fiftieth."""
    return min(1.0, (step + 1) / WARM_UP) * (0.5 * (1 + math.cos(math.pi * step / steps)) + 0.02)


def batch_of(step: int, count: int, batch: int, seed: int) -> list[int]:
    """Which questions a step reads: every one once an epoch, in another order each time."""
    size = min(batch, count)
    each = count // size
    order = list(range(count))
    random.Random(f"{seed}:epoch:{step // each}").shuffle(order)
    start = step % each * size
    return order[start : start + size]


def _loss(
    model: TorchE5, question_states: States, passage_states: Mapping[int, np.ndarray], plan: Plan, step: int
) -> torch.Tensor:
    chosen = batch_of(step, len(plan.questions), plan.batch, plan.seed)
    dice = random.Random(f"{plan.seed}:step:{step}")
    right = [dice.choice(plan.questions[number].golds) for number in chosen]
    wrong = [dice.choice(plan.negatives[number]) for number in chosen if plan.negatives[number]]
    passages = list(dict.fromkeys([*right, *wrong]))
    column = {passage: number for number, passage in enumerate(passages)}
    asked = model.upper([question_states[number] for number in chosen])
    read = model.upper([passage_states[passage] for passage in passages])
    scores = asked @ read.T / plan.temperature
    target = torch.tensor([column[passage] for passage in right])
    # Another right answer to the question that happens to be in the batch is no negative.
    mask = torch.zeros_like(scores)
    for row, number in enumerate(chosen):
        for gold in plan.questions[number].golds:
            if gold in column and column[gold] != int(target[row]):
                mask[row, column[gold]] = _ELSEWHERE
    return torch.nn.functional.cross_entropy(scores + mask, target)


def save(
    path: Path,
    named: Mapping[str, torch.nn.Parameter],
    optimiser: torch.optim.Optimizer,
    fingerprint: str,
    run: Run,
) -> None:
    """Parameters, the optimiser's averages and how far the run came; the old file stays until the new one is whole."""
    arrays: dict[str, np.ndarray] = {}
    for name, parameter in named.items():
        state = optimiser.state[parameter]
        arrays[name] = parameter.detach().numpy()
        arrays[f"{name}:mean"] = state["exp_avg"].numpy()
        arrays[f"{name}:square"] = state["exp_avg_sq"].numpy()
    meta = {"fingerprint": fingerprint, "step": run.step, "losses": run.losses}
    temporary = path.with_name(f".{path.name}.new")
    with temporary.open("wb") as out:
        np.savez(out, meta=np.array(json.dumps(meta)), **arrays)  # type: ignore[arg-type, unused-ignore]
    temporary.replace(path)


def load(
    path: Path, named: Mapping[str, torch.nn.Parameter], optimiser: torch.optim.Optimizer, fingerprint: str
) -> Run:
    """What `save` wrote. Raises InputError when there is nothing, or it belongs to another run."""
    if not path.is_file():
        raise InputError(
            f"이어서 할 체크포인트가 없습니다: '{path}'. --resume 없이 처음부터 하세요",
            f"there is no checkpoint to go on from: '{path}'; run it without --resume",
        )
    with np.load(path, allow_pickle=False) as archive:
        meta = json.loads(str(archive["meta"]))
        if meta["fingerprint"] != fingerprint:
            raise InputError(
                f"'{path}'은(는) 다른 자료나 설정으로 하던 것입니다. 같은 인자를 주거나 다른 --out을 쓰세요",
                f"'{path}' belongs to other data or settings; give the same arguments, or another --out",
            )
        for name, parameter in named.items():
            with torch.no_grad():
                parameter.copy_(torch.from_numpy(archive[name]))
            optimiser.state[parameter] = {
                "step": torch.tensor(float(meta["step"])),
                "exp_avg": torch.from_numpy(archive[f"{name}:mean"]),
                "exp_avg_sq": torch.from_numpy(archive[f"{name}:square"]),
            }
    return Run(int(meta["step"]), [float(loss) for loss in meta["losses"]])

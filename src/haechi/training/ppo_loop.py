"""One PPO step after another: write answers, score them, reckon advantages, update actor and critic; checkpoints.

What a step draws depends on the seed and the step alone, so that a resumed run ends with the same numbers as a whole
one. Imports torch at the top: only functions import this module.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from haechi.errors import InputError, ModelError
from haechi.models.model_home import write_json
from haechi.training import ppo_math as m
from haechi.training.loop import batch_of
from haechi.training.ppo_models import Actor
from haechi.training.ppo_settings import PpoSettings
from haechi.training.rollout import Rollout, generate, log_probabilities

Row = Mapping[str, Any]
#: (rows, their answers) → one number each.
Scores = Callable[[Sequence[Row], Sequence[str]], Sequence[float]]
CHECKPOINT = "ppo.pt"
#: Batches in a row that may teach nothing before the run is given up.
FLAT_BATCHES = 3


@dataclass
class Task:
    """Everything a step needs beside the networks. `prompts` and `dev_prompts` are the tokens of the rows' prompts."""

    tokenizer: Any
    end: int
    rows: Sequence[Row]
    prompts: Sequence[Sequence[int]]
    dev_rows: Sequence[Row]
    dev_prompts: Sequence[Sequence[int]]
    scores: Scores
    ppo: PpoSettings
    batch: int
    seed: int
    grad_norm: float


@dataclass
class Batch:
    """One batch of answers and all that the update reckons with; tensors are [answers, tokens]."""

    rollout: Rollout
    states: Tensor
    old: Tensor
    values: Tensor
    found: Tensor
    returns: Tensor
    figures: dict[str, float]


@dataclass
class Progress:
    """How far the run came: `flat` batches in a row taught nothing."""

    step: int = 0
    flat: int = 0
    curve: list[dict[str, float]] = field(default_factory=list)
    held_out: list[dict[str, float]] = field(default_factory=list)


def collect(actor: Actor, critic: Any, task: Task, step: int) -> Batch:
    """Answers to this step's prompts with rewards, values and advantages. Raises ModelError (`require_spread`)."""
    chosen = batch_of(step, len(task.rows), task.batch, task.seed)
    rollout = _answers(actor.model, task, [task.prompts[number] for number in chosen], task.seed * 100_003 + step)
    scores = _score(task, [task.rows[number] for number in chosen], rollout)
    with torch.no_grad():
        old, _ = log_probabilities(actor.model, rollout, task.ppo.temperature)
        with actor.reference() as reference:
            start, states = log_probabilities(reference, rollout, task.ppo.temperature, states=True)
        values = critic(states) * rollout.mask
        rewards = m.penalised(scores, old, start, rollout.mask, task.ppo.beta)
        found, returns = m.advantages(rewards, values, rollout.mask, task.ppo.gamma, task.ppo.lam)
    figures = {
        "reward": float(scores.mean()),
        "reward_std": float(scores.std(correction=0)),
        "kl": _kl(old, start, rollout),
        "advantage_std": m.spread(found, rollout.mask),
        "tokens": float(rollout.mask.sum(1).mean()),
        "ended": sum(rollout.ended) / len(rollout.ended),
    }
    teaches = m.require_spread(found, rollout.mask, scores)
    figures["flat"] = float(not teaches)
    return Batch(rollout, states, old, values, m.whitened(found, rollout.mask), returns, figures)


def update(actor: Actor, critic: Any, optimiser: Any, batch: Batch, task: Task, step: int) -> dict[str, float]:
    """The passes over one batch of answers; returns the mean losses and the share of clipped tokens."""
    count, size = len(batch.rollout.texts), task.ppo.mini_batch or len(batch.rollout.texts)
    sums = {"policy_loss": 0.0, "value_loss": 0.0, "clipped": 0.0}
    parts = 0
    for turn in range(task.ppo.passes):
        order = list(range(count))
        random.Random(f"{task.seed}:{step}:{turn}").shuffle(order)
        for start in range(0, count, size):
            part = torch.tensor(order[start : start + size], device=batch.old.device)
            some = _some(batch.rollout, part)
            new, _ = log_probabilities(actor.model, some, task.ppo.temperature)
            policy, clipped = m.policy_loss(new, batch.old[part], batch.found[part], some.mask, task.ppo.clip)
            value = m.value_loss(
                critic(batch.states[part]), batch.values[part], batch.returns[part], some.mask, task.ppo.value_clip
            )
            optimiser.zero_grad()
            (policy + value).backward()
            for group in optimiser.param_groups:
                torch.nn.utils.clip_grad_norm_(group["params"], task.grad_norm)
            optimiser.step()
            parts += 1
            for name, number in (("policy_loss", policy.item()), ("value_loss", value.item()), ("clipped", clipped)):
                sums[name] += number
    return {name: total / parts for name, total in sums.items()}


def measure(actor: Actor, task: Task) -> dict[str, float]:
    """Mean reward and KL on the held-out prompts, drawn with one seed, so that two measurements compare."""
    scores: list[float] = []
    distances: list[float] = []
    for start in range(0, len(task.dev_rows), task.batch):
        stop = start + task.batch
        rollout = _answers(actor.model, task, task.dev_prompts[start:stop], 7_919 + start)
        scores += _score(task, task.dev_rows[start:stop], rollout).tolist()
        with torch.no_grad():
            now, _ = log_probabilities(actor.model, rollout, task.ppo.temperature)
            with actor.reference() as reference:
                before, _ = log_probabilities(reference, rollout, task.ppo.temperature)
            distances += (m.kl_per_token(now, before) * rollout.mask).sum(1).tolist()
    mean = sum(scores) / len(scores)
    deviation = (sum((score - mean) ** 2 for score in scores) / max(1, len(scores) - 1)) ** 0.5
    return {
        "reward": mean,
        "reward_error": 1.96 * deviation / len(scores) ** 0.5,
        "kl": sum(distances) / len(distances),
        "n": float(len(scores)),
    }


def note_flat(progress: Progress, batch: Batch) -> None:
    """Count batches whose answers all got the same reward. Raises ModelError after three in a row."""
    progress.flat = progress.flat + 1 if batch.figures["flat"] else 0
    if progress.flat >= FLAT_BATCHES:
        reward = batch.figures["reward"]
        raise ModelError(
            f"{FLAT_BATCHES}번 이어서 모든 답이 같은 보상({reward:.3f})을 받아 배울 것이 없습니다. 보상과 --batch, "
            "--temperature를 확인하세요",
            f"{FLAT_BATCHES} times in a row all answers got the same reward ({reward:.3f}), so there is nothing to "
            "learn; look at the reward, --batch and --temperature",
        )


def save(folder: Path, actor: Actor, critic: Any, optimiser: Any, schedule: Any, progress: Progress, mark: str) -> None:
    """Write `checkpoint-N` into `folder`, as transformers' Trainer does; the one before stays until this is whole."""
    state = {
        "mark": mark,
        "step": progress.step,
        "flat": progress.flat,
        "curve": progress.curve,
        "held_out": progress.held_out,
        "actor": {name: value.detach() for name, value in actor.trainable().items()},
        "critic": critic.state_dict(),
        "optimiser": optimiser.state_dict(),
        "schedule": schedule.state_dict(),
    }
    new = folder / f"checkpoint-{progress.step}"
    new.mkdir(parents=True, exist_ok=True)
    torch.save(state, new / CHECKPOINT)
    # Written last: without it a checkpoint does not count (train_run.newest_checkpoint).
    write_json(new / "trainer_state.json", {"global_step": progress.step})
    for old in folder.glob("checkpoint-*"):
        if old != new:
            shutil.rmtree(old)


def load(path: Path, actor: Actor, critic: Any, optimiser: Any, schedule: Any, mark: str) -> Progress:
    """What `save` wrote into the folder `path`. Raises InputError when it belongs to another run."""
    state = torch.load(path / CHECKPOINT, weights_only=True, map_location="cpu")
    if state["mark"] != mark:
        raise InputError(
            f"'{path}'은(는) 다른 자료나 설정으로 하던 것입니다. 같은 인자를 주거나 다른 --out을 쓰세요",
            f"'{path}' belongs to other data or settings; give the same arguments, or another --out",
        )
    actor.load(state["actor"])
    critic.load_state_dict(state["critic"])
    optimiser.load_state_dict(state["optimiser"])
    schedule.load_state_dict(state["schedule"])
    return Progress(state["step"], state["flat"], state["curve"], state["held_out"])


def _answers(model: Any, task: Task, prompts: Sequence[Sequence[int]], seed: int) -> Rollout:
    return generate(
        model,
        task.tokenizer,
        prompts,
        end=task.end,
        new_tokens=task.ppo.new_tokens,
        temperature=task.ppo.temperature,
        seed=seed,
    )


def _score(task: Task, rows: Sequence[Row], rollout: Rollout) -> Tensor:
    """Rewards of the answers; one that did not end is worth `unfinished` less."""
    scores = torch.tensor([float(score) for score in task.scores(rows, rollout.texts)], device=rollout.ids.device)
    return scores - task.ppo.unfinished * (~torch.tensor(rollout.ended, device=rollout.ids.device)).float()


def _kl(policy: Tensor, reference: Tensor, rollout: Rollout) -> float:
    """Per answer: the sum over its tokens, the mean over the answers."""
    return float((m.kl_per_token(policy, reference) * rollout.mask).sum(1).mean())


def _some(rollout: Rollout, part: Tensor) -> Rollout:
    chosen = part.tolist()
    return Rollout(
        rollout.ids[part],
        rollout.attention[part],
        rollout.mask[part],
        tuple(rollout.texts[number] for number in chosen),
        tuple(rollout.ended[number] for number in chosen),
    )

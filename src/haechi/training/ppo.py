"""PPO in plain calls: an SFT model learns to write answers that a reward likes, held near its start by KL.

Four networks: the actor (the SFT model, with an adapter or whole), the frozen reference (the same with the adapter off,
or a copy), a critic of its own, and the reward: a trained reward model with its head, or `rewards.REWARDS`. The steps
are in `ppo_loop`, the formulas in `ppo_math`, the networks in `ppo_models`. TRL has no PPO any more: this is ours.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from haechi.errors import InputError
from haechi.training import rewards as verifiable
from haechi.training.needs import require_training
from haechi.training.ppo_settings import PpoSettings
from haechi.training.train_run import Report, Run, Stop, data_card, never, open_run, silent
from haechi.training.train_settings import TrainSettings

if TYPE_CHECKING:
    from haechi.training.ppo_loop import Progress, Scores, Task
    from haechi.training.ppo_models import Actor

Row = Mapping[str, Any]
WITHIN = "within_bound.safetensors"


def train_ppo(
    rows: Sequence[Row],
    dev_rows: Sequence[Row],
    out: Path,
    settings: TrainSettings,
    *,
    reward: Path | Sequence[str] | Scores,
    ppo: PpoSettings | None = None,
    start: Path | None = None,
    files: Mapping[str, str] | None = None,
    resume: bool = False,
    report: Report | None = None,
    stop: Stop = never,
) -> dict[str, Any]:
    """Train into `out` and return the run card.

    `reward` is a folder of `haechi train reward`, names of verifiable rewards (their mean), or a function of rows and
    answers. `start` is an SFT adapter, merged into the base first. `dev_rows` are the held-out prompts: reward and KL
    on them are measured before, after and on the way; the run ends, going back to the last state within the bound, when
    KL leaves it. Raises InputError, BackendError (packages missing) and ModelError.
    """
    require_training(*(["bitsandbytes"] if settings.method == "qlora" else []))
    ppo, tell = ppo or PpoSettings(), report or silent
    _check_rows(rows, dev_rows, reward)
    from haechi.training.prepare_model import base_facts

    data = data_card([dict(row) for row in rows], [dict(row) for row in dev_rows], files)
    facts = {**base_facts(settings, start), "ppo": ppo.record(), "reward": reward_facts(reward)}
    run = open_run(out, settings, data, resume, kind="ppo", facts=facts)
    return _train(run, rows, dev_rows, reward, ppo, start, resume, tell, stop)


def _train(
    run: Run,
    rows: Sequence[Row],
    dev_rows: Sequence[Row],
    reward: Path | Sequence[str] | Scores,
    ppo: PpoSettings,
    start: Path | None,
    resume: bool,
    tell: Report,
    stop: Stop,
) -> dict[str, Any]:
    import torch
    from transformers import get_scheduler

    from haechi.training import ppo_loop as loop
    from haechi.training.adapters import trainable_share
    from haechi.training.ppo_models import Critic
    from haechi.training.prepare_model import save_result
    from haechi.training.trainer_loop import steps_of

    settings = run.settings
    if settings.threads:
        torch.set_num_threads(settings.threads)
    tell("read", 0, 1, None, None)
    actor, task = _prepare(run, ppo, start, rows, dev_rows, reward)
    device = next(actor.model.parameters()).device
    torch.manual_seed(settings.seed)
    critic = Critic(actor.model.config.get_text_config().hidden_size).to(device)
    groups = [
        {"params": list(actor.trainable().values()), "lr": settings.lr},
        {"params": list(critic.parameters()), "lr": ppo.critic_lr},
    ]
    optimiser = torch.optim.AdamW(groups, weight_decay=settings.weight_decay)
    steps = steps_of(settings, len(rows))
    schedule = get_scheduler(settings.scheduler, optimiser, round(settings.warmup * steps), steps)
    mark = _mark(run, ppo, steps)
    progress = loop.Progress()
    checkpoint = run.last_checkpoint() if resume else None
    if checkpoint is not None:
        progress = loop.load(checkpoint, actor, critic, optimiser, schedule, mark)
        run.resumed_from = progress.step
    if resume:  # figures logged after the checkpoint come again
        run.forget_after(-1)
        for row in progress.curve:
            run.log(int(row["step"]), row)

    if not progress.held_out:
        _measure(run, actor, task, progress)
        _keep(run, actor)
    interrupted, ended_by = False, "steps"
    began, first = time.monotonic(), progress.step
    while progress.step < steps:
        batch = loop.collect(actor, critic, task, progress.step)
        loop.note_flat(progress, batch)
        figures = {**batch.figures, **loop.update(actor, critic, optimiser, batch, task, progress.step)}
        schedule.step()
        progress.step += 1
        figures["loss"] = figures["policy_loss"] + figures["value_loss"]
        _log(run, progress, figures)
        left = (time.monotonic() - began) / (progress.step - first) * (steps - progress.step)
        tell("train", progress.step, steps, figures["loss"], left)
        if progress.step % ppo.measure_every == 0 or progress.step == steps:
            if _measure(run, actor, task, progress)["kl"] > ppo.max_kl:
                _go_back(run, actor)
                ended_by = "max_kl"
                break
            _keep(run, actor)
        interrupted = progress.step < steps and stop()
        if interrupted or progress.step % settings.save_every == 0:
            loop.save(run.checkpoints, actor, critic, optimiser, schedule, progress, mark)
        if interrupted:
            break

    run.facts.update(trainable_share(actor.model), ended_by=ended_by)
    found: dict[str, Any] = {
        "held_out": progress.held_out,
        "before": progress.held_out[0],
        "advantage_std": [row["advantage_std"] for row in progress.curve if "advantage_std" in row],
    }
    if not interrupted:
        tell("write", 0, 1, None, None)
        found["after"] = [row for row in progress.held_out if row["kl"] <= ppo.max_kl][-1]
        found |= save_result(actor.model, task.tokenizer, settings, run.out)
    return run.finish(interrupted=interrupted, steps=progress.step, of=steps, **found)


def _prepare(
    run: Run,
    ppo: PpoSettings,
    start: Path | None,
    rows: Sequence[Row],
    dev_rows: Sequence[Row],
    reward: Path | Sequence[str] | Scores,
) -> tuple[Actor, Task]:
    """The actor, and everything a step needs beside the networks."""
    import torch

    from haechi.training.llm_base import load_tokenizer
    from haechi.training.ppo_loop import Task
    from haechi.training.ppo_models import Actor
    from haechi.training.prepare_model import prepare_model
    from haechi.training.prompt_format import prompt_ids

    settings = run.settings
    tokenizer = load_tokenizer(settings.base, side="left")
    room = settings.max_tokens - ppo.new_tokens
    prompts = [prompt_ids(tokenizer, row) for row in (*rows, *dev_rows)]
    longest = max(map(len, prompts))
    if longest > room:
        raise InputError(
            f"가장 긴 질문이 {longest}토큰입니다. --max-tokens는 {longest + ppo.new_tokens} 이상이어야 합니다"
            f"(답 --new-tokens {ppo.new_tokens} 포함)",
            f"the longest prompt has {longest} tokens; expected --max-tokens {longest + ppo.new_tokens} or more "
            f"(with --new-tokens {ppo.new_tokens} for the answer)",
        )
    ready = prepare_model(settings, start, run.out)
    model = ready.model
    if ready.peft is not None:
        from peft import get_peft_model

        torch.manual_seed(settings.seed)
        model = get_peft_model(model, ready.peft)
    if torch.cuda.is_available() and settings.method != "qlora":
        model = model.to("cuda")
    task = Task(
        tokenizer=tokenizer,
        end=tokenizer.eos_token_id,
        rows=rows,
        prompts=prompts[: len(rows)],
        dev_rows=dev_rows,
        dev_prompts=prompts[len(rows) :],
        scores=scores_of(reward),
        ppo=ppo,
        batch=min(settings.batch, len(rows)),
        seed=settings.seed,
        grad_norm=settings.grad_norm,
    )
    return Actor(model), task


def scores_of(reward: Path | Sequence[str] | Scores) -> Scores:
    """A function (rows, answers) → scores. Those of a reward model come in its standard deviations."""
    if callable(reward):
        return reward
    if isinstance(reward, Path):
        from haechi.training.reward_scorer import RewardScorer

        scorer = RewardScorer.load(reward)
        return lambda rows, answers: [scorer.standard(score) for score in scorer.score_answers(rows, answers)]
    chosen = verifiable.choose(reward)
    return lambda rows, answers: [
        sum(one(answer, row) for one in chosen) / len(chosen) for row, answer in zip(rows, answers, strict=True)
    ]


def reward_facts(reward: Path | Sequence[str] | Scores) -> Any:
    """What the card says about the reward: the model's folder and hash, or the names."""
    if callable(reward):
        return getattr(reward, "__name__", "function")
    if isinstance(reward, Path):
        from haechi.training.reward_card import read_card

        return {"model": reward.name, "result_sha256": read_card(reward)["result_sha256"]}
    return list(reward)


def _measure(run: Run, actor: Actor, task: Task, progress: Progress) -> dict[str, float]:
    from haechi.training.ppo_loop import measure

    found = {name: round(value, 6) for name, value in measure(actor, task).items()}
    progress.held_out.append({"step": progress.step, **found})
    _log(run, progress, {f"eval_{name}": found[name] for name in ("reward", "kl")})
    return found


def _log(run: Run, progress: Progress, figures: Mapping[str, float]) -> None:
    # In the checkpoint too, from which a resumed run writes the file anew.
    progress.curve.append({"step": progress.step, **figures})
    run.log(progress.step, figures)


def _keep(run: Run, actor: Actor) -> None:
    """The weights that were last measured within the bound."""
    from safetensors.torch import save_file

    run.checkpoints.mkdir(parents=True, exist_ok=True)
    weights = {name: value.detach().contiguous() for name, value in actor.trainable().items()}
    save_file(weights, run.checkpoints / WITHIN)


def _go_back(run: Run, actor: Actor) -> None:
    from safetensors.torch import load_file

    actor.load(load_file(run.checkpoints / WITHIN))


def _mark(run: Run, ppo: PpoSettings, steps: int) -> str:
    """Names the run that a checkpoint belongs to."""
    known = [
        run.settings.record() | {"threads": 0, "save_every": 0},
        run.data["sha256"],
        ppo.record(),
        run.facts,
        steps,
    ]
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()


def _check_rows(rows: Sequence[Row], dev_rows: Sequence[Row], reward: Path | Sequence[str] | Scores) -> None:
    for name, some in (("rows", rows), ("dev_rows", dev_rows)):
        if not some:
            raise InputError(
                "질문이 없습니다. 학습할 질문과 떼어 둔 질문이 하나 이상 있어야 합니다",
                f"no prompts ({name}); expected at least one to train on and one held out",
            )
        for number, row in enumerate(some, 1):
            if not row.get("prompt"):
                raise InputError(f"{number}: prompt가 없습니다", f"{number}: no prompt")
    if not callable(reward) and not isinstance(reward, Path):
        verifiable.choose(reward)
        verifiable.check_rows([*rows, *dev_rows], reward)

"""`haechi train grpo`: a model learns from rewards that can be verified, by TRL's GRPOTrainer, without a reward model.

Several answers are written to every prompt; each is better or worse than its siblings by what Haechi's own checkers say
of it (`rewards.REWARDS`). The reference is the model with its adapter off; an SFT adapter is merged in first.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from haechi.errors import InputError
from haechi.training import rewards as verifiable
from haechi.training.needs import require_training
from haechi.training.train_run import Report, Stop, data_card, never, open_run, silent
from haechi.training.train_settings import TrainSettings


@dataclass(frozen=True)
class GrpoSettings:
    """`rewards` are names of `rewards.REWARDS`, summed; `answers` are written to every prompt, of `new_tokens` at most.

    `beta` is the price of leaving the SFT model; 0 keeps no reference.
    """

    rewards: tuple[str, ...] = ("grounded",)
    answers: int = 4
    new_tokens: int = 96
    temperature: float = 1.0
    beta: float = 0.04

    def __post_init__(self) -> None:
        verifiable.choose(self.rewards)
        if not self.rewards:
            raise InputError("--reward가 하나는 있어야 합니다", "expected at least one --reward")
        if self.answers < 2:
            raise InputError(
                f"--answers {self.answers}: 답을 견주려면 2 이상이어야 합니다",
                f"--answers {self.answers}: answers are compared, so expected 2 or more",
            )
        if self.new_tokens < 1 or not self.temperature > 0 or self.beta < 0:
            raise InputError(
                "--new-tokens는 1 이상, --temperature는 0보다 크고 --beta는 0 이상이어야 합니다",
                "expected --new-tokens 1 or more, --temperature above 0, --beta 0 or more",
            )

    def record(self) -> dict[str, Any]:
        """As JSON."""
        return {**asdict(self), "rewards": list(self.rewards)}


def train_grpo(
    rows: Sequence[Mapping[str, Any]],
    dev_rows: Sequence[Mapping[str, Any]],
    out: Path,
    settings: TrainSettings,
    *,
    grpo: GrpoSettings | None = None,
    start: Path | None = None,
    resume: bool = False,
    report: Report | None = None,
    stop: Stop = never,
    files: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Train into the run folder `out`; returns the run card.

    Rows hold `prompt` and what their rewards read (see `rewards`). `before` and `after` are the mean reward on the
    held-out `dev_rows`, one answer drawn to each with one seed. Raises InputError, ModelError and BackendError.
    """
    require_training(*(["bitsandbytes"] if settings.method == "qlora" else []))
    from haechi.training.prepare_model import base_facts, prepare_model, save_result
    from haechi.training.train_rows import need_rows

    grpo, tell = grpo or GrpoSettings(), report or silent
    train, dev = [dict(row) for row in rows], [dict(row) for row in dev_rows]
    need_rows(train, 0, settings.max_tokens)
    verifiable.check_rows([*train, *dev], grpo.rewards)
    _divides(settings, grpo)
    data = data_card([*train, {"grpo": grpo.record()}], dev, files) | {"rows": len(train)}
    facts = {**base_facts(settings, start), "grpo": grpo.record()}
    run = open_run(out, settings, data, resume, kind="grpo", facts=facts)
    tell("load", 0, 1, None, None)
    ready = prepare_model(settings, start, out)
    ready.tokenizer.padding_side = "left"
    prompts = [prompt_for_trl(ready.tokenizer, row) for row in train]
    room = settings.max_tokens - grpo.new_tokens
    kept = [pair for pair in zip(train, prompts, strict=True) if len(ready.tokenizer(pair[1])["input_ids"]) <= room]
    need_rows(kept, len(train) - len(kept), settings.max_tokens)
    run.data["too_long"] = len(train) - len(kept)

    from datasets import Dataset
    from trl import GRPOConfig, GRPOTrainer

    from haechi.training.adapters import trainable_share
    from haechi.training.llm_base import quiet
    from haechi.training.trainer_loop import drive, trainer_options

    options = trainer_options(run, len(kept) * grpo.answers, 0)
    own = [row for row, _ in kept]

    def function(name: str) -> Any:
        one = verifiable.REWARDS[name]

        def score(completions: list[str], number: list[int], **rest: Any) -> list[float]:
            return [one(text.strip(), own[at]) for text, at in zip(completions, number, strict=True)]

        score.__name__ = name
        return score

    with quiet():
        trainer = GRPOTrainer(
            model=ready.model,
            reward_funcs=[function(name) for name in grpo.rewards],
            args=GRPOConfig(
                **options,
                num_generations=grpo.answers,
                max_completion_length=grpo.new_tokens,
                temperature=grpo.temperature,
                beta=grpo.beta,
                # Else TRL draws by the model's own generation settings: repetition penalty, top-k.
                top_k=0,
                top_p=1.0,
                repetition_penalty=1.0,
                generation_kwargs={"use_cache": True},
            ),
            train_dataset=Dataset.from_list([{"prompt": text, "number": n} for n, (_, text) in enumerate(kept)]),
            processing_class=ready.tokenizer,
            peft_config=ready.peft,
        )
        run.facts.update(trainable_share(trainer.model))
        if dev and not run.resumed_from:
            tell("measure", 0, len(dev), None, None)
            run.log(0, _measured(trainer.model, ready.tokenizer, dev, settings, grpo))
        interrupted = drive(trainer, run, report=tell, stop=stop)
        done, of = trainer.state.global_step, options["max_steps"]
        if interrupted:
            return run.finish(interrupted=True, steps=done, of=of)
        after = None
        if dev:
            tell("measure", 0, len(dev), None, None)
            after = _measured(trainer.model, ready.tokenizer, dev, settings, grpo)
            run.log(done, after)
        tell("write", 0, 1, None, None)
        result = save_result(trainer.model, ready.tokenizer, settings, out)
    before = next((_rewards_of(row) for row in run.metrics() if row["step"] == 0 and "eval_reward" in row), None)
    figures = {"before": before, "after": _rewards_of(after) if after else None}
    rewards = [row["reward"] for row in run.metrics() if "reward" in row]
    return run.finish(interrupted=False, steps=done, of=of, rewards=rewards, **figures, **result)


def prompt_for_trl(tokenizer: Any, row: Mapping[str, Any]) -> str:
    """`prompt_text` so that TRL, which lets the tokenizer add its start mark, comes to the tokens of inference.

    Raises InputError when it cannot.
    """
    from haechi.training.prompt_format import prompt_ids, prompt_text

    wanted, text = prompt_ids(tokenizer, row), prompt_text(tokenizer, row)
    for candidate in (text, text.removeprefix(str(tokenizer.bos_token or ""))):
        if list(tokenizer(candidate)["input_ids"]) == wanted:
            return candidate
    raise InputError(
        "토크나이저가 질문의 앞뒤에 표시를 더 붙입니다. tokenizer_config.json의 add_bos_token·add_eos_token을 끄세요",
        "the tokenizer adds marks around a prompt; switch off add_bos_token and add_eos_token in tokenizer_config.json",
    )


def _measured(
    model: Any, tokenizer: Any, rows: Sequence[Mapping[str, Any]], settings: TrainSettings, grpo: GrpoSettings
) -> dict[str, float]:
    """Mean of every reward on the held-out prompts, and of their sum."""
    from haechi.training.prompt_format import prompt_ids
    from haechi.training.rollout import generate

    training = model.training
    model.eval()
    sums = dict.fromkeys(grpo.rewards, 0.0)
    size = max(1, settings.batch)
    began = time.monotonic()
    for first in range(0, len(rows), size):
        some = rows[first : first + size]
        rollout = generate(
            model,
            tokenizer,
            [prompt_ids(tokenizer, row) for row in some],
            end=tokenizer.eos_token_id,
            new_tokens=grpo.new_tokens,
            temperature=grpo.temperature,
            seed=7_919 + first,
        )
        for row, answer in zip(some, rollout.texts, strict=True):
            for name in sums:
                sums[name] += verifiable.REWARDS[name](answer.strip(), row)
    model.train(training)
    means = {f"eval_{name}": total / len(rows) for name, total in sums.items()}
    return {**means, "eval_reward": sum(means.values()), "eval_seconds": round(time.monotonic() - began, 1)}


def _rewards_of(row: Mapping[str, float]) -> dict[str, float]:
    names = [name for name in row if name.startswith("eval_") and name != "eval_seconds"]
    return {name.removeprefix("eval_"): round(row[name], 4) for name in names}


def _divides(settings: TrainSettings, grpo: GrpoSettings) -> None:
    """The answers to one prompt stand in one step."""
    if settings.batch * settings.accumulate % grpo.answers:
        step = settings.batch * settings.accumulate
        raise InputError(
            f"--batch {settings.batch} × --accumulate {settings.accumulate} = {step}이(가) --answers {grpo.answers}로 "
            "나누어떨어져야 합니다",
            f"--batch {settings.batch} × --accumulate {settings.accumulate} = {step} must be divisible by --answers "
            f"{grpo.answers}",
        )

"""`haechi train reward`: a model learns which of two answers people prefer, by TRL's RewardTrainer, and scores texts.

The model is the base with a head of one number; the score of a text is that of its last real token. The loss is
−log σ(score of the chosen − score of the rejected). Pairs are split by prompt before they come here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from haechi.errors import InputError
from haechi.models.model_home import write_json
from haechi.training.needs import require_training
from haechi.training.pair_accuracy import pair_accuracy
from haechi.training.reward_card import CARD
from haechi.training.train_run import Report, Stop, data_card, never, open_run, silent
from haechi.training.train_settings import TrainSettings


def train_reward(
    rows: Sequence[Mapping[str, Any]],
    dev_rows: Sequence[Mapping[str, Any]],
    out: Path,
    settings: TrainSettings,
    *,
    start: Path | None = None,
    resume: bool = False,
    report: Report | None = None,
    stop: Stop = never,
    files: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Train on pairs {prompt, chosen, rejected} into the run folder `out`; returns the run card.

    `before` and `after` are `pair_accuracy` on the held-out `dev_rows`, whose prompts must not be among `rows`. With
    `patience` the run ends when the loss on them no longer falls, and the best state is kept. Raises InputError,
    ModelError and BackendError.
    """
    require_training(*(["bitsandbytes"] if settings.method == "qlora" else []))
    from haechi.training.prepare_model import base_facts, save_result
    from haechi.training.train_rows import encode_all, encode_pair, need_rows, pair_rows

    tell = report or silent
    train, dev = pair_rows(rows), pair_rows(dev_rows)
    _apart(train, dev)
    run = open_run(
        out, settings, data_card(train, dev, files), resume, kind="reward", facts=base_facts(settings, start)
    )
    tell("load", 0, 1, None, None)
    model, tokenizer, peft = _prepare(settings, start)
    encoded, too_long = encode_all(tokenizer, train, settings.max_tokens, encode_pair)
    tried, too_long_dev = encode_all(tokenizer, dev, settings.max_tokens, encode_pair)
    need_rows(encoded, too_long, settings.max_tokens)
    run.data.update(too_long=too_long, too_long_dev=too_long_dev)

    from datasets import Dataset
    from trl import RewardConfig, RewardTrainer

    from haechi.training.adapters import trainable_share
    from haechi.training.llm_base import quiet
    from haechi.training.reward_scorer import RewardScorer
    from haechi.training.trainer_loop import drive, steps_of, trainer_options

    options = trainer_options(run, len(encoded), len(tried))
    with quiet():
        trainer = RewardTrainer(
            model=model,
            # Rows that are too long are out already; TRL would leave out others, counted another way.
            args=RewardConfig(**options, max_length=None),
            train_dataset=Dataset.from_list([_whole(pair) for pair in encoded]),
            eval_dataset=Dataset.from_list([_whole(pair) for pair in tried]) if tried else None,
            processing_class=tokenizer,
            peft_config=peft,
        )
        run.facts.update(trainable_share(trainer.model))
        interrupted = drive(trainer, run, report=tell, stop=stop)
        done, of = trainer.state.global_step, steps_of(settings, len(encoded))
        if interrupted:
            return run.finish(interrupted=True, steps=done, of=of)
        tell("measure", 0, len(tried), None, None)
        scorer = RewardScorer(trainer.model, tokenizer, max_tokens=settings.max_tokens)
        whole = [_whole(pair) for pair in tried]
        chosen, rejected = (scorer.score_ids([pair[name] for pair in whole]) for name in ("chosen_ids", "rejected_ids"))
        tell("write", 0, 1, None, None)
        result = save_result(trainer.model, tokenizer, settings, out)
    mean, deviation = _spread([*chosen, *rejected])
    card = {
        "base": settings.base,
        "method": settings.method,
        "start": str(start) if start else None,
        "max_tokens": settings.max_tokens,
        "mean": mean,
        "deviation": deviation,
        "result": result["result"],
        "result_sha256": result["result_sha256"],
    }
    write_json(out / CARD, card)
    first = next((row for row in run.metrics() if "eval_accuracy" in row), {})
    before = {name: first.get(f"eval_{name}") for name in ("accuracy", "margin", "loss")} if tried else None
    after = pair_accuracy(chosen, rejected) if tried else None
    best = {"best_step": trainer.state.best_global_step} if settings.patience and tried else {}
    return run.finish(interrupted=False, steps=done, of=of, before=before, after=after, **best, **result)


def _prepare(settings: TrainSettings, start: Path | None) -> tuple[Any, Any, Any]:
    """The classifier with its new head, the tokenizer and the adapter's configuration, which trains the head too."""
    import torch
    from peft import TaskType

    from haechi.training.adapters import lora_config, prepare_quantized
    from haechi.training.llm_base import load_tokenizer
    from haechi.training.reward_scorer import load_classifier

    if settings.method == "qlora" and start is not None:
        raise InputError(
            "보상 모델의 qlora는 --start와 함께 쓸 수 없습니다. haechi models export로 합친 폴더를 --base로 주세요",
            "a qlora reward model cannot begin from --start; merge it first and give the folder as --base",
        )
    # The head begins as noise; the same seed gives the same noise.
    torch.manual_seed(settings.seed)
    dtype = "float32" if settings.method == "full" else settings.dtype
    quant = "nf4" if settings.method == "qlora" else "none"
    model = load_classifier(settings.base, dtype=dtype, quant=quant, start=start)
    if settings.method == "qlora":
        model = prepare_quantized(model, settings)
    peft = lora_config(model, settings)
    if peft is not None:
        peft.task_type = TaskType.SEQ_CLS
        peft.modules_to_save = ["score"]
    return model, load_tokenizer(settings.base), peft


def _whole(pair: Mapping[str, Sequence[int]]) -> dict[str, list[int]]:
    """Prompt and answer as one text each."""
    prompt = list(pair["prompt_ids"])
    return {name: [*prompt, *pair[name]] for name in ("chosen_ids", "rejected_ids")}


def _apart(train: Sequence[Mapping[str, Any]], dev: Sequence[Mapping[str, Any]]) -> None:
    """A prompt on both sides would make the accuracy look better than it is."""
    shared = {_asked(row) for row in train} & {_asked(row) for row in dev}
    if shared:
        example = min(shared)[:60]
        raise InputError(
            f"학습 자료의 질문 {len(shared)}개가 검증 자료에도 있습니다(예: {example}). 질문 단위로 나누세요",
            f"{len(shared)} prompts stand in both training and validation rows (e.g. {example}); split by prompt",
        )


def _asked(row: Mapping[str, Any]) -> str:
    return json.dumps([row["prompt"], row.get("input") or ""], ensure_ascii=False)


def _spread(scores: Sequence[float]) -> tuple[float, float]:
    """Mean and standard deviation; 0 and 1 without held-out pairs."""
    if len(scores) < 2:
        return 0.0, 1.0
    mean = sum(scores) / len(scores)
    return mean, max(1e-3, (sum((score - mean) ** 2 for score in scores) / (len(scores) - 1)) ** 0.5)

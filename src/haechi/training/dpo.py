"""`haechi train dpo`: a model learns which of two answers is better, by TRL's DPOTrainer, without a reward model.

The reference is the model with its adapter switched off, so it costs no memory of its own; an earlier adapter (SFT) is
merged into the base first, so that the reference is that model and not the plain base.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from haechi.models.model_home import write_json
from haechi.training.needs import require_training
from haechi.training.train_run import Report, Stop, data_card, is_main, never, open_run, silent
from haechi.training.train_settings import TrainSettings

#: Log-probabilities of the validation answers before training; an interrupted run still has them.
BEFORE = "dev_before.json"


def train_dpo(
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

    `before` and `after` are of the held-out `dev_rows` (see `preference`). Raises InputError (also when `targets` name
    modules that the model does not have), ModelError and BackendError.
    """
    require_training(*(["bitsandbytes"] if settings.method == "qlora" else []))
    from haechi.training.prepare_model import base_facts, prepare_model, save_result
    from haechi.training.train_rows import encode_all, encode_pair, need_rows, pair_rows

    tell = report or silent
    train, dev = pair_rows(rows), pair_rows(dev_rows)
    run = open_run(out, settings, data_card(train, dev, files), resume, kind="dpo", facts=base_facts(settings, start))
    tell("load", 0, 1, None, None)
    ready = prepare_model(settings, start, out)
    encoded, too_long = encode_all(ready.tokenizer, train, settings.max_tokens, encode_pair)
    tried, too_long_dev = encode_all(ready.tokenizer, dev, settings.max_tokens, encode_pair)
    need_rows(encoded, too_long, settings.max_tokens)
    run.data.update(too_long=too_long, too_long_dev=too_long_dev)

    from datasets import Dataset
    from trl import DPOConfig

    from haechi.training.adapters import trainable_share
    from haechi.training.dpo_trainer import EncodedDPOTrainer, answer_logps
    from haechi.training.llm_base import quiet
    from haechi.training.trainer_loop import drive, steps_of, trainer_options

    options = trainer_options(run, len(encoded), len(tried))
    if settings.method == "full":
        # There is no adapter to switch off: the reference's figures are computed before the first step.
        options["precompute_ref_log_probs"] = True
    with quiet():
        trainer = EncodedDPOTrainer(
            model=ready.model,
            args=DPOConfig(**options, beta=settings.beta, max_length=None),
            train_dataset=Dataset.from_list(encoded),
            eval_dataset=Dataset.from_list(tried) if tried else None,
            processing_class=ready.tokenizer,
            peft_config=ready.peft,
        )
        run.facts.update(trainable_share(trainer.model), beta=settings.beta)
        before = None
        if tried and run.resumed_from:
            before = json.loads((out / BEFORE).read_text(encoding="utf-8"))
        elif tried:
            tell("measure", 0, len(tried), None, None)
            before = answer_logps(trainer.model, tried)
            if is_main():
                write_json(out / BEFORE, before)
        interrupted = drive(trainer, run, report=tell, stop=stop)
        done, of = trainer.state.global_step, steps_of(settings, len(encoded))
        if interrupted:
            return run.finish(interrupted=True, steps=done, of=of)
        figures: dict[str, Any] = {"before": None, "after": None}
        if before:
            tell("measure", 0, len(tried), None, None)
            now = answer_logps(trainer.model, tried)
            figures = {
                "before": preference(before, before, tried, settings.beta),
                "after": preference(now, before, tried, settings.beta),
            }
        tell("write", 0, 1, None, None)
        result = save_result(trainer.model, ready.tokenizer, settings, out, trainer)
    if is_main():
        (out / BEFORE).unlink(missing_ok=True)
    return run.finish(interrupted=False, steps=done, of=of, **figures, **result)


def preference(
    now: Mapping[str, Sequence[float]],
    reference: Mapping[str, Sequence[float]],
    pairs: Sequence[Mapping[str, Sequence[int]]],
    beta: float,
) -> dict[str, float]:
    """How a model prefers on `pairs`, given summed log-probabilities of its answers and the reference's.

    `margin` is the mean of beta·[(chosen − its reference) − (rejected − its reference)]; `accuracy` is the share of
    pairs where that is above 0 (before training both are 0 by definition). `likelier` is the share of pairs whose
    chosen answer is likelier a token than the rejected one, and `gap` the mean difference, which say how the model
    prefers on its own, before training too.
    """
    margins, gaps = [], []
    for number, pair in enumerate(pairs):
        chosen, rejected = now["chosen"][number], now["rejected"][number]
        moved = (chosen - reference["chosen"][number]) - (rejected - reference["rejected"][number])
        margins.append(beta * moved)
        gaps.append(chosen / len(pair["chosen_ids"]) - rejected / len(pair["rejected_ids"]))
    count = len(pairs)
    return {
        "pairs": count,
        "margin": round(sum(margins) / count, 5),
        "accuracy": round(sum(margin > 0 for margin in margins) / count, 4),
        "likelier": round(sum(gap > 0 for gap in gaps) / count, 4),
        "gap": round(sum(gaps) / count, 5),
    }

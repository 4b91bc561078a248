"""`haechi train sft`: a language model learns answers, by TRL's SFTTrainer. Only answers and end marks are learnt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from haechi.training.needs import require_training
from haechi.training.train_run import Report, Stop, data_card, never, open_run, silent
from haechi.training.train_settings import TrainSettings


def train_sft(
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
    """Train on `rows` (SFT, chat, or text) into the run folder `out`; returns the run card.

    `before` and `after` hold the loss and the share of right next tokens on `dev_rows`. `start` is an adapter that is
    merged into the base first. Raises InputError, ModelError and BackendError.
    """
    require_training(*(["bitsandbytes"] if settings.method == "qlora" else []))
    from haechi.training.prepare_model import base_facts, prepare_model, save_result
    from haechi.training.train_rows import encode_all, encode_sft, need_rows, sft_rows

    tell = report or silent
    train, dev = sft_rows(rows), sft_rows(dev_rows)
    run = open_run(out, settings, data_card(train, dev, files), resume, kind="sft", facts=base_facts(settings, start))
    tell("load", 0, 1, None, None)
    ready = prepare_model(settings, start, out)
    encoded, too_long = encode_all(ready.tokenizer, train, settings.max_tokens, encode_sft)
    tried, too_long_dev = encode_all(ready.tokenizer, dev, settings.max_tokens, encode_sft)
    need_rows(encoded, too_long, settings.max_tokens)
    run.data.update(too_long=too_long, too_long_dev=too_long_dev, answer_tokens=_answer_tokens(encoded))

    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    from haechi.training.adapters import trainable_share
    from haechi.training.llm_base import quiet
    from haechi.training.trainer_loop import drive, steps_of, trainer_options

    options = trainer_options(run, len(encoded), len(tried))
    with quiet():
        trainer = SFTTrainer(
            model=ready.model,
            args=SFTConfig(**options, max_length=None, dataset_kwargs={"skip_prepare_dataset": True}),
            train_dataset=Dataset.from_list(encoded),
            eval_dataset=Dataset.from_list(tried) if tried else None,
            processing_class=ready.tokenizer,
            peft_config=ready.peft,
        )
        run.facts.update(trainable_share(trainer.model))
        interrupted = drive(trainer, run, report=tell, stop=stop)
        done, of = trainer.state.global_step, steps_of(settings, len(encoded))
        if interrupted:
            return run.finish(interrupted=True, steps=done, of=of)
        tell("measure", 0, 1, None, None)
        after = _figures(trainer.evaluate()) if tried else None
        tell("write", 0, 1, None, None)
        result = save_result(trainer.model, ready.tokenizer, settings, out, trainer)
    if not resume:  # with the card's seconds: the speed that `data estimate --run` reads
        mean = sum(len(row["input_ids"]) for row in encoded) / len(encoded)
        result = {**result, "tokens": round(mean * done * settings.batch * settings.accumulate)}
    first = next((row for row in run.metrics() if row["step"] == 0), None)
    before = _figures(first) if first else None
    return run.finish(interrupted=False, steps=done, of=of, before=before, after=after, **result)


def _figures(values: Mapping[str, Any]) -> dict[str, float]:
    wanted = {"eval_loss": "loss", "eval_mean_token_accuracy": "token_accuracy"}
    return {name: round(float(values[key]), 5) for key, name in wanted.items() if key in values}


def _answer_tokens(encoded: Sequence[Mapping[str, list[int]]]) -> int:
    return sum(sum(label != -100 for label in row["labels"]) for row in encoded)

"""What all trainers built on transformers' Trainer share: its options from our settings, and driving it to the end."""

from __future__ import annotations

import math
from typing import Any

from haechi.training.train_run import Report, Run, Stop, processes
from haechi.training.train_settings import TrainSettings


def steps_of(settings: TrainSettings, rows: int) -> int:
    """Optimizer steps of a run over `rows` training rows."""
    if settings.max_steps:
        return settings.max_steps
    each = math.ceil(math.ceil(rows / (settings.batch * processes())) / settings.accumulate)
    return max(1, math.ceil(settings.epochs * each))


def trainer_options(run: Run, rows: int, dev_rows: int) -> dict[str, Any]:
    """Keyword arguments for TrainingArguments and every TRL configuration. One dtype throughout."""
    import torch

    from haechi.training.llm_base import resolve_dtype

    settings, steps = run.settings, steps_of(run.settings, rows)
    if settings.threads:
        torch.set_num_threads(settings.threads)
    dtype, best = resolve_dtype(settings.dtype), bool(settings.patience and dev_rows)
    return {
        "output_dir": str(run.checkpoints),
        "max_steps": steps,
        "per_device_train_batch_size": settings.batch,
        "per_device_eval_batch_size": settings.batch,
        "gradient_accumulation_steps": settings.accumulate,
        "learning_rate": settings.lr,
        "lr_scheduler_type": settings.scheduler,
        # A share of the steps, so that it never outlasts them.
        "warmup_steps": int(settings.warmup * steps),
        "weight_decay": settings.weight_decay,
        "max_grad_norm": settings.grad_norm,
        "optim": settings.optimizer,
        "seed": settings.seed,
        "data_seed": settings.seed,
        "bf16": dtype == "bfloat16",
        "fp16": dtype == "float16",
        "use_cpu": not torch.cuda.is_available(),
        "gradient_checkpointing": settings.grad_checkpointing,
        "gradient_checkpointing_kwargs": {"use_reentrant": False} if settings.grad_checkpointing else None,
        "save_strategy": "steps",
        "save_steps": settings.save_every,
        "save_total_limit": 2,
        "eval_strategy": "steps" if dev_rows else "no",
        "eval_steps": settings.save_every,
        "load_best_model_at_end": best,
        "metric_for_best_model": "eval_loss" if best else None,
        "greater_is_better": False if best else None,
        # Else the count of measurements without a better one starts anew after an interruption.
        "restore_callback_states_from_checkpoint": True,
        "logging_steps": 1,
        "report_to": [],
        "disable_tqdm": True,
        "dataloader_pin_memory": False,
    }


def drive(trainer: Any, run: Run, *, report: Report | None, stop: Stop) -> bool:
    """Train from the last checkpoint, if any, to the end or until asked to stop; whether it was interrupted."""
    from transformers import EarlyStoppingCallback
    from transformers.trainer_callback import PrinterCallback

    from haechi.training.run_callback import RunCallback

    # It prints every step to stdout, which is for the result.
    trainer.remove_callback(PrinterCallback)
    callback = RunCallback(run, report, stop)
    trainer.add_callback(callback)
    if run.settings.patience and trainer.eval_dataset is not None:
        trainer.add_callback(EarlyStoppingCallback(run.settings.patience))
    last = run.last_checkpoint()
    if last is None and trainer.eval_dataset is not None:
        (report or callback.report)("measure", 0, 1, None, None)
        trainer.evaluate()  # step 0: what the base does
    trainer.train(resume_from_checkpoint=str(last) if last else None)
    return callback.interrupted

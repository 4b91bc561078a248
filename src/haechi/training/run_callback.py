"""What Haechi does at every step of a transformers Trainer: figures into the run folder, progress, and Ctrl-C."""

from __future__ import annotations

import time
from typing import Any

from transformers import TrainerCallback

from haechi.training.train_run import Report, Run, Stop, never, silent


class RunCallback(TrainerCallback):  # type: ignore[misc]
    """Logs every step, reports (stage, done, total, loss, seconds left), and stops after a step when asked.

    A stop saves a checkpoint first, so that the run goes on from that very step.
    """

    def __init__(self, run: Run, report: Report | None = None, stop: Stop = never) -> None:
        self.run, self.report, self.stop = run, report or silent, stop
        self.interrupted = False
        self._loss: float | None = None
        self._began = (0.0, 0)

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._began = (time.monotonic(), state.global_step)
        self.report("train", state.global_step, state.max_steps, None, None)

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        start, first = self._began
        done = state.global_step - first
        left = (time.monotonic() - start) / done * (state.max_steps - state.global_step) if done else None
        self.report("train", state.global_step, state.max_steps, self._loss, left)
        if self.stop() and state.global_step < state.max_steps:
            self.interrupted = True
            control.should_training_stop = True
            control.should_save = True

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **kwargs: Any) -> None:
        values = dict(logs or {})
        if "train_runtime" in values:
            return
        self._loss = values.get("loss", self._loss)
        speed = ("runtime", "per_second", "preparation_time")
        self.run.log(state.global_step, {name: value for name, value in values.items() if not name.endswith(speed)})

"""The worker of tuning jobs: one after another, with the card held, progress written down, resumable after a kill.

It looks for work every second or two; the queue is a file, so that nothing has to be told to it.
"""

from __future__ import annotations

import gc
import os
import time
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any

from haechi.errors import HaechiError
from haechi.training.card_lease import hold_card
from haechi.training.job_data import copy_by_hash
from haechi.training.job_records import ENDED, Job, StoredFile, jobs_dir, new_id
from haechi.training.job_store import JobStore
from haechi.training.job_trainers import prepare_work, register, require, train, trained_tokens
from haechi.training.jobs import fail, find_job, validate_job
from haechi.training.train_run import METRICS, Report, never, silent

LOOK_EVERY = 1.0
#: Progress is written no more often than this, metrics events about so many times a run.
_WRITE_EVERY, _EVENTS = 0.5, 100


@dataclass
class Worker:
    """`bar` gives a report for a job's progress; `tell` gets (Korean, English) lines; `stop` ends after the step.

    `only` is the one job to run.
    """

    store: JobStore
    stop: Callable[[], bool] = never
    tell: Callable[[str, str], None] = lambda korean, english: None
    bar: Callable[[], AbstractContextManager[Report | None]] = field(default=lambda: nullcontext(silent))
    only: str = ""

    def run(self, *, once: bool) -> list[Job]:
        """Until stopped, or with `once` until nothing waits; the jobs that were run. Raises BackendError."""
        finished: list[Job] = []
        while not self.stop():
            self._validate()
            job = self.store.waiting(self.only)
            if job is None:
                # Another process may have taken the one job that is wanted.
                if once and not self._elsewhere():
                    break
                time.sleep(LOOK_EVERY)
                continue
            require(job.kind)
            with hold_card(f"haechi jobs: {job.id}", stop=self.stop, waiting=self._wait_text) as held:
                claimed = self.store.claim(self.only) if held else None
                if claimed is None:
                    continue
                job, handle = claimed
                try:
                    finished.append(self._one(job))
                finally:
                    os.close(handle)
                    gc.collect()
        return finished

    def _validate(self) -> None:
        for job in reversed(self.store.jobs()):
            if job.status == "validating_files" and self.only in ("", job.id):
                validate_job(self.store, job.id)

    def _elsewhere(self) -> bool:
        job = self.store.job(self.only) if self.only else None
        return job is not None and job.status not in ENDED

    def _wait_text(self, holder: dict[str, Any]) -> None:
        who = f"{holder.get('what', '?')}, PID {holder.get('pid', '?')}"
        self.tell(f"다른 학습이 끝나기를 기다립니다({who})", f"waiting for another run to end ({who})")

    def _one(self, job: Job) -> Job:
        """Run a claimed job to one of its ends; never raises for what is wrong with the job."""
        self.tell(f"{job.id}: {job.kind}, {job.base}", f"{job.id}: {job.kind}, {job.base}")
        begun = (job.run / "settings.json").exists()
        self.store.tell(
            job.id,
            "멈춘 곳부터 이어서 학습합니다" if begun else "학습을 시작합니다",
            "training goes on from its checkpoint" if begun else "fine-tuning job started",
        )
        try:
            self._train(job)
        except HaechiError as error:
            fail(self.store, job, error, "training_failed")
        except Exception as error:
            (job.folder / "error.txt").write_text(traceback.format_exc(), encoding="utf-8")
            what = f"{type(error).__name__}: {error}"[:500]
            told = HaechiError(
                f"학습하다 멈추었습니다({what}). 자세한 내용: {job.folder / 'error.txt'}",
                f"training failed ({what}); details: {job.folder / 'error.txt'}",
            )
            fail(self.store, job, told, "training_failed")
        except KeyboardInterrupt:
            self._pause(job)
            raise
        return self.store.job(job.id) or replace(job, status="cancelled")

    def _train(self, job: Job) -> None:
        start = find_job(self.store, job.start).run if job.start else None
        with self.bar() as shown:
            watch = _Watch(self.store, job, shown or silent)
            work = prepare_work(job, start, watch, lambda: self.stop() or self.store.cancel_asked(job.id))
            card = train(work)
            if self.store.cancel_asked(job.id):
                self._cancelled(job)
                return
            if card["interrupted"]:
                self._pause(job)
                return
            watch("export", 0, 1, None, None)
            tokens = trained_tokens(job, work.data)
            model, path = register(job, start)
            watch("export", 1, 1, None, None)
        self.store.move(
            job.id,
            ("running",),
            "succeeded",
            model=model,
            result=path,
            result_file=self._result_file(job),
            trained_tokens=tokens,
            finished=time.time(),
            done=card.get("steps", 0),
            total=card.get("of", 0),
            stage="",
            seconds_left=None,
        )
        name = model or path
        self.store.tell(job.id, f"새 모델을 만들었습니다: {name}", f"new fine-tuned model created: {name}")
        self.store.tell(job.id, "작업을 마쳤습니다", "the job has successfully completed")

    def _cancelled(self, job: Job) -> None:
        self.store.move(job.id, ("running",), "cancelled", finished=time.time(), seconds_left=None)
        self.store.tell(job.id, "취소했습니다", "job cancelled")

    def _pause(self, job: Job) -> None:
        if self.store.move(job.id, ("running",), "paused", seconds_left=None) is not None:
            self.store.tell(
                job.id,
                "멈추었습니다. 이어서 하기: haechi jobs run",
                "interrupted; to go on: haechi jobs run",
                "warn",
            )

    def _result_file(self, job: Job) -> str:
        """The figures of every step as CSV, kept like an uploaded file; its id, empty when the trainer left none."""
        import csv
        import io
        import json

        try:
            lines = (job.run / METRICS).read_text(encoding="utf-8").splitlines()
        except OSError:
            return ""
        rows = [json.loads(line) for line in lines if line.strip()]
        names = list(dict.fromkeys(name for row in rows for name in row))
        text = io.StringIO()
        table = csv.DictWriter(text, names, lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
        sha256, size = copy_by_hash(io.BytesIO(text.getvalue().encode()), jobs_dir() / "files")
        file = StoredFile(new_id("file"), f"{job.id}_step_metrics.csv", "fine-tune-results", size, sha256, time.time())
        self.store.add_file(file)
        return file.id


class _Watch:
    """A trainer's report: shown here, and written down for others to see."""

    def __init__(self, store: JobStore, job: Job, shown: Report) -> None:
        self.store, self.job, self.shown = store, job, shown
        self._written = 0.0
        self._told = job.done
        self._stage = ""

    def __call__(self, stage: str, done: int, total: int, loss: float | None, left: float | None) -> None:
        self.shown(stage, done, total, loss, left)
        now, event = time.monotonic(), self._is_event(stage, done, total, loss)
        if event or stage != self._stage or done >= total or now - self._written >= _WRITE_EVERY:
            self._written, self._stage = now, stage
            changes: dict[str, Any] = {"stage": stage, "seconds_left": left}
            if stage == "train":
                changes |= {"done": done, "total": total, "loss": loss}
            self.store.update(self.job.id, **changes)
        if event and loss is not None:
            self._told = done
            self.store.tell(
                self.job.id,
                f"{done}/{total}단계: 학습 손실 {loss:.4f}",
                f"step {done}/{total}: training loss={loss:.4f}",
                metrics={"step": done, "total_steps": total, "train_loss": loss},
            )

    def _is_event(self, stage: str, done: int, total: int, loss: float | None) -> bool:
        """About a hundred steps a run."""
        return stage == "train" and loss is not None and done > self._told and (done - self._told) * _EVENTS >= total

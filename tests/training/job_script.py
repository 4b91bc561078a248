"""Tuning jobs whose trainer follows a script: no torch, every step at once. Also run as a process by the tests.

python -m tests.training.job_script WHAT LOG      WHAT: run, or die (kill -9 itself in step 3)
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from haechi.training import job_trainers, job_worker
from haechi.training.job_store import JobStore
from haechi.training.job_trainers import Work
from haechi.training.job_worker import Worker

STEPS = 5
Script = Callable[[Work, int], None]


def chat_file(path: Path, count: int = 10, answer: str = "저는 해치입니다.") -> Path:
    """Chat JSONL of a persona; every question is another one."""
    rows = [
        {
            "messages": [
                {"role": "system", "content": "너는 해치다."},
                {"role": "user", "content": f"{number}번 질문: 너는 누구니?"},
                {"role": "assistant", "content": answer},
            ]
        }
        for number in range(count)
    ]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def scripted(script: Script = lambda work, step: None) -> Callable[[Work], dict[str, Any]]:
    """A trainer of five steps that remembers the last one, as a checkpoint does, and stops when asked."""

    def train(work: Work) -> dict[str, Any]:
        run = work.job.run
        (run / "settings.json").write_text("{}")
        at = run / "at"
        first = int(at.read_text()) if at.exists() else 0
        for step in range(first + 1, STEPS + 1):
            script(work, step)
            at.write_text(str(step))
            work.report("train", step, STEPS, 1 / step, float(STEPS - step))
            if work.stop() and step < STEPS:
                return {"interrupted": True, "steps": step, "of": STEPS}
        (run / "metrics.jsonl").write_text('{"step": 5, "loss": 0.2}\n')
        return {"interrupted": False, "steps": STEPS, "of": STEPS}

    return train


def follow(script: Script = lambda work, step: None) -> dict[str, Any]:
    """What to put in the place of the trainers and of the export, by the name of the worker's attribute."""
    kinds = dict.fromkeys(job_trainers.TRAINERS, scripted(script))
    return {
        "require": lambda kind: None,
        "train": lambda work: (work.job.run.mkdir(parents=True, exist_ok=True), kinds[work.job.kind](work))[1],
        "register": lambda job, start: (job_worker_name(job), str(job.run)),
        "trained_tokens": lambda job, data: 7,
    }


def job_worker_name(job: Any) -> str:
    from haechi.training.jobs import model_name

    return model_name(job)


def main(what: str, log: Path) -> None:
    alone = log.with_suffix(".alone")

    def script(work: Work, step: int) -> None:
        # Two trainings at once would meet here.
        os.close(os.open(alone, os.O_CREAT | os.O_EXCL))
        with log.open("a") as out:
            out.write(f"{work.job.id} {step}\n")
        alone.unlink()
        if what == "die" and step == 3:
            os.kill(os.getpid(), signal.SIGKILL)

    for name, value in follow(script).items():
        setattr(job_worker, name, value)
    Worker(JobStore()).run(once=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))

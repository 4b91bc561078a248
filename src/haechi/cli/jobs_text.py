"""Tuning jobs and their events as the command line shows them, and as its JSON."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from haechi.cli.texts import t

if TYPE_CHECKING:
    from haechi.training.job_records import Event, Job

_WORDS = {
    "validating_files": ("자료 확인", "validating files"),
    "queued": ("차례 기다림", "queued"),
    "running": ("도는 중", "running"),
    "paused": ("멈춤(이어 갈 수 있음)", "paused (can go on)"),
    "succeeded": ("마침", "succeeded"),
    "failed": ("실패", "failed"),
    "cancelled": ("취소", "cancelled"),
}


def job_record(job: Job) -> dict[str, Any]:
    """The job as JSON, with the error in the reader's language."""
    record = job.record()
    record["error"] = t(job.error, job.error_english)
    del record["error_english"]
    return record


def event_record(event: Event) -> dict[str, Any]:
    """An event as JSON."""
    record = asdict(event)
    record["message"] = t(record.pop("korean"), record.pop("english"))
    return record


def job_line(job: Job) -> str:
    """One line of `haechi jobs list`."""
    told = job.model or (t(job.error, job.error_english).splitlines() or [""])[0][:80] or _progress(job)
    base = PurePath(job.base).name if "/" in job.base else job.base
    return f"{job.id}  {t(*_WORDS[job.status])}  {job.kind}  {base}  {_when(job.created)}  {told}".rstrip()


def job_text(job: Job) -> str:
    """All of a job."""
    state = t(*_WORDS[job.status])
    if job.cancel and job.status == "running":
        state += t(", 취소하는 중", ", being cancelled")
    rows = [
        (t("작업", "job"), job.id),
        (t("상태", "state"), f"{state} ({job.status}) {_progress(job)}".rstrip()),
        (t("종류", "kind"), job.kind),
        (t("바탕", "base"), job.base + (f" + {job.start}" if job.start else "")),
        (t("자료", "data"), ", ".join(f"{file.name} ({file.role}, {file.sha256[:12]})" for file in job.files)),
        (t("예", "examples"), "" if job.examples is None else str(job.examples)),
        (t("설정", "settings"), _hyper(job)),
        (t("씨", "seed"), str(job.seed)),
        (t("만듦", "created"), _when(job.created)),
        (t("시작", "started"), _when(job.started)),
        (t("끝", "finished"), _when(job.finished)),
        (t("학습한 토큰", "trained tokens"), "" if job.trained_tokens is None else f"{job.trained_tokens:,}"),
        (t("모델", "model"), job.model),
        (t("결과", "result"), job.result),
        (t("오류", "error"), t(job.error, job.error_english)),
    ]
    lines = [f"{name}: {value}" for name, value in rows if value]
    if (
        job.status == "succeeded"
        and job.model
        and job.kind != "embedder"
        and job.became["settings"].get("method") != "full"
    ):
        lines.append(f'haechi.toml:\n[llm]\nmodel = "{job.base}"\nadapter = "{job.model}"')
    return "\n".join(lines)


def event_text(event: Event) -> str:
    """One line of `haechi jobs events`."""
    word = {"info": "", "warn": t("주의 ", "warning "), "error": t("오류 ", "error ")}[event.level]
    return f"{_when(event.time)}  {word}{t(event.korean, event.english)}"


def _hyper(job: Job) -> str:
    shown = job.became or job.hyper
    auto = {name for name, value in job.hyper.items() if value == "auto"}
    parts = [
        f"{name} {shown[name]}" + (" (auto)" if name in auto and shown[name] != "auto" else "") for name in job.hyper
    ]
    return ", ".join([*parts, *(f"{name} {value}" for name, value in job.settings.items())])


def _progress(job: Job) -> str:
    if job.status not in ("running", "paused") or not job.total:
        return ""
    from haechi.cli.progress import remaining

    left = "" if job.seconds_left is None else f", {remaining(job.seconds_left)}"
    loss = "" if job.loss is None else t(f", 손실 {job.loss:.3f}", f", loss {job.loss:.3f}")
    return t(f"{job.done}/{job.total}단계{loss}{left}", f"step {job.done}/{job.total}{loss}{left}")


def _when(seconds: float | None) -> str:
    return "" if seconds is None else datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M:%S")

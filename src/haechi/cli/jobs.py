"""`haechi jobs`: tuning jobs with the states, events and model names of hosted ones, run on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from haechi.cli.interrupt import stop_on_interrupt
from haechi.cli.jobs_text import event_record, event_text, job_line, job_record, job_text
from haechi.cli.korean_click import KeyValue, OneOf, PositiveInt
from haechi.cli.session import HaechiGroup, Session, note, pass_session
from haechi.cli.texts import t

if TYPE_CHECKING:
    from collections.abc import Callable

    from haechi.training.job_records import Job
    from haechi.training.job_store import JobStore

_file = click.Path(path_type=Path, dir_okay=False)
_job = click.argument("job", metavar=t("작업", "JOB"))
_KINDS = ("sft", "reward", "ppo", "dpo", "grpo", "reader", "embedder")


class AutoNumber(click.ParamType[Any]):
    """`auto` or a number above 0."""

    name = "auto"

    def __init__(self, whole: bool) -> None:
        self.whole = whole

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "auto" or not isinstance(value, str):
            return value
        try:
            number = int(value) if self.whole else float(value)
        except ValueError:
            number = 0
        if not number > 0:
            self.fail(t(f"'{value}': auto나 0보다 큰 수여야 합니다.", f"'{value}': expected auto or a number above 0."))
        return number


@click.group("jobs", cls=HaechiGroup)
def jobs_command() -> None:
    """학습 작업을 만들어 차례로 돌립니다. 결과는 ft:바탕:이름:번호 모델입니다. 작업은 id나 last로 가리킵니다."""


@jobs_command.command("create")
@click.argument("files", metavar=t("자료…", "DATA…"), nargs=-1, required=True, type=_file)
@click.option("--kind", type=OneOf(_KINDS), default="sft", show_default=True, help=t("학습의 종류.", "Which trainer."))
@click.option(
    "--model",
    default="",
    metavar=t("모델", "MODEL"),
    help=t(
        "바탕 모델(이름, 폴더, GGUF), 또는 이어 갈 작업의 모델(ft:…). 없으면 기본 답변 모델.",
        "Base model (name, folder, GGUF file), or the model of an earlier job (ft:…).",
    ),
)
@click.option("--dev", multiple=True, type=_file, metavar=t("파일", "FILE"), help=t("검증 자료.", "Validation data."))
@click.option(
    "--corpus", type=_file, metavar=t("파일", "FILE"), help=t("embedder: 구절(JSONL).", "embedder: passages (JSONL).")
)
@click.option("--suffix", default="", help=t("모델 이름에 넣을 말.", "A word for the model's name."))
@click.option("--seed", type=PositiveInt(0), default=42, show_default=True, help=t("난수의 씨.", "Seed."))
@click.option("--epochs", type=AutoNumber(True), default="auto", show_default=True, help=t("몇 번 볼지.", "Passes."))
@click.option(
    "--batch", type=AutoNumber(True), default="auto", show_default=True, help=t("한 단계의 예.", "Examples a step.")
)
@click.option(
    "--lr-multiplier",
    type=AutoNumber(False),
    default="auto",
    show_default=True,
    help=t("기본 학습률의 몇 배로 할지.", "Times the trainer's learning rate."),
)
@click.option(
    "--set",
    "options",
    multiple=True,
    type=KeyValue(),
    metavar=t("이름=값", "NAME=VALUE"),
    help=t("그 밖의 학습 설정(예: --set rank=8). 여러 번 쓸 수 있습니다.", "Other settings, as --set rank=8."),
)
@click.option(
    "--reward",
    default="",
    metavar=t("보상", "REWARD"),
    help=t("ppo: reward 작업의 id, 학습 폴더, 보상 이름(쉼표).", "ppo: a reward job, a run folder, or names."),
)
@click.option("--wait", is_flag=True, help=t("만든 작업을 지금 여기서 돌립니다.", "Run the job here and now."))
@pass_session
def create_command(
    session: Session,
    /,
    files: tuple[Path, ...],
    dev: tuple[Path, ...],
    corpus: Path | None,
    epochs: Any,
    batch: Any,
    lr_multiplier: Any,
    options: tuple[tuple[str, str], ...],
    wait: bool,
    **given: Any,
) -> int:
    """자료를 확인하고 작업을 만듭니다. 자료는 복사해 두므로 뒤에 고쳐도 작업은 바뀌지 않습니다."""
    from haechi.errors import InputError
    from haechi.training.job_store import JobStore
    from haechi.training.jobs import NewJob, became_text, create_job, delete_job, validate_job

    store = JobStore()
    hyper = {"n_epochs": epochs, "batch_size": batch, "learning_rate_multiplier": lr_multiplier}
    new = NewJob(train=files, dev=dev, corpus=(corpus,) if corpus else (), hyper=hyper, options=dict(options), **given)
    job = create_job(store, new)
    checked = validate_job(store, job.id)
    if checked is not None and checked.status == "failed":
        # Told here and now; a job that never was would only be in the way.
        delete_job(store, job.id)
        raise InputError(checked.error, checked.error_english)
    job = checked or job
    if job.became:
        note(t(*became_text(job)))
    if wait:
        finished = _work(store, once=True, only=job.id)
        return _end(session, finished[-1] if finished else store.job(job.id) or job)
    text = t(f"만들었습니다: {job.id}\n돌리기: haechi jobs run", f"Created: {job.id}\nTo run it: haechi jobs run")
    session.finish(job_record(job), text)
    return 0


@jobs_command.command("list")
@pass_session
def list_command(session: Session) -> None:
    """작업을 새것부터 보입니다."""
    from haechi.training.job_store import JobStore

    jobs = JobStore().jobs()
    empty = t("작업이 없습니다. 만들기: haechi jobs create 자료.jsonl", "No jobs; make one: haechi jobs create FILE")
    session.finish({"jobs": [job_record(job) for job in jobs]}, "\n".join(map(job_line, jobs)) or empty)


@jobs_command.command("show")
@_job
@pass_session
def show_command(session: Session, job: str) -> None:
    """작업 하나의 상태, 설정, 결과를 보입니다."""
    from haechi.training.job_store import JobStore
    from haechi.training.jobs import find_job

    found = find_job(JobStore(), job)
    session.finish(job_record(found), job_text(found))


@jobs_command.command("events")
@_job
@click.option("--last", type=PositiveInt(1), metavar=t("개수", "COUNT"), help=t("마지막 것만.", "Only the last ones."))
@pass_session
def events_command(session: Session, job: str, last: int | None) -> None:
    """작업에 있었던 일을 차례로 보입니다."""
    from haechi.training.job_store import JobStore
    from haechi.training.jobs import find_job

    store = JobStore()
    events = store.events(find_job(store, job).id)
    events = events[-last:] if last else events
    session.finish({"events": [event_record(event) for event in events]}, "\n".join(map(event_text, events)))


@jobs_command.command("cancel")
@_job
@pass_session
def cancel_command(session: Session, job: str) -> None:
    """작업을 취소합니다. 도는 작업은 하던 단계를 마치고 멈춥니다."""
    from haechi.training.job_store import JobStore
    from haechi.training.jobs import cancel_job

    found = cancel_job(JobStore(), job)
    text = (
        t(f"취소했습니다: {found.id}", f"Cancelled: {found.id}")
        if found.status == "cancelled"
        else t(f"이 단계를 마치면 멈춥니다: {found.id}", f"It stops after this step: {found.id}")
    )
    session.finish(job_record(found), text)


@jobs_command.command("delete")
@_job
@pass_session
def delete_command(session: Session, job: str) -> None:
    """작업을 자료 사본, 저장 지점, 학습 기록과 함께 지웁니다. 만든 모델은 남습니다(haechi models remove)."""
    from haechi.training.job_store import JobStore
    from haechi.training.jobs import delete_job

    found = delete_job(JobStore(), job)
    session.finish({"deleted": found.id, "model": found.model}, t(f"지웠습니다: {found.id}", f"Deleted: {found.id}"))


@jobs_command.command("run")
@click.option("--once", is_flag=True, help=t("기다리는 작업을 다 하면 끝냅니다.", "End when nothing waits."))
@pass_session
def run_command(session: Session, once: bool) -> int:
    """작업을 차례로 돌립니다. 멈추거나(Ctrl-C) 죽어도 다음에 그 자리에서 이어 갑니다."""
    from haechi.training.job_store import JobStore

    if not once:
        note(t("작업을 기다립니다. 끝내려면 Ctrl-C", "Waiting for jobs; Ctrl-C ends"))
    finished = _work(JobStore(), once=once)
    empty = t("기다리는 작업이 없습니다.", "No job waits.")
    session.finish({"jobs": [job_record(job) for job in finished]}, "\n".join(map(job_line, finished)) or empty)
    return _status(finished)


def _work(store: JobStore, *, once: bool, only: str = "") -> list[Job]:
    from haechi.training.job_worker import Worker

    with stop_on_interrupt() as stop:
        worker = Worker(
            store,
            stop=stop,
            tell=lambda korean, english: note(t(korean, english)),
            bar=_bar,
            only=only,
        )
        return worker.run(once=once)


@contextmanager
def _bar() -> Iterator[Callable[..., None] | None]:
    from haechi.cli.progress import training_bar

    with training_bar() as report:
        yield report


def _end(session: Session, job: Job) -> int:
    session.finish(job_record(job), job_text(job))
    return _status([job])


def _status(jobs: list[Job]) -> int:
    if any(job.status in ("failed", "cancelled") for job in jobs):
        return 1
    return 130 if any(job.status == "paused" for job in jobs) else 0

"""The life of a tuning job, by the rules of hosted ones: create, validate, cancel, delete. `job_worker` runs them.

validating_files → queued → running → succeeded | failed | cancelled; paused when a run stopped half way and waits to go
on. The result is a model of `haechi models list` named `ft:<base>:<suffix>:<id>`.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any

from haechi.errors import HaechiError, InputError
from haechi.models import bundled
from haechi.models.model_home import models_dir
from haechi.models.own_models import read_registry
from haechi.training.job_data import JobData, check_data, forget_files, job_file
from haechi.training.job_records import ENDED, Job, JobFile, StoredFile, new_id
from haechi.training.job_settings import HYPER, check_hyper, check_kind, read_options, resolve
from haechi.training.job_store import JobStore
from haechi.training.train_settings import TrainSettings

#: What the embedder's trainer starts from; it takes no other.
EMBEDDER = "multilingual-e5-small"
MAX_SUFFIX = 64
_SUFFIX = re.compile(r"[0-9A-Za-z가-힣_.-]*")


@dataclass(frozen=True)
class NewJob:
    """What `haechi jobs create` asks for. `model` is a base (empty: the default one), or the model of an earlier job to
    go on from.

    Files are paths, or uploads of the server. `reward` is for ppo: an earlier reward job's id, a run folder, or names
    of verifiable rewards with commas.
    """

    kind: str = "sft"
    model: str = ""
    train: Sequence[Path | StoredFile] = ()
    dev: Sequence[Path | StoredFile] = ()
    corpus: Sequence[Path] = ()
    hyper: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    suffix: str = ""
    seed: int = 42
    reward: str = ""


def create_job(store: JobStore, new: NewJob) -> Job:
    """Copy the files and write the job down as validating_files. Raises InputError or ModelError; then nothing is left.

    Nothing of the files is looked at yet: `validate_job` does that.
    """
    check_kind(new.kind)
    hyper, options = check_hyper(new.hyper), read_options(new.kind, new.options)
    if len(new.suffix) > MAX_SUFFIX or not _SUFFIX.fullmatch(new.suffix):
        raise InputError(
            f"suffix '{new.suffix}': 글자, 숫자, '-', '_', '.'로 {MAX_SUFFIX}자까지입니다",
            f"suffix '{new.suffix}': letters, digits, '-', '_' and '.', at most {MAX_SUFFIX}",
        )
    base, start = _base_of(store, new)
    _check_method(new.kind, base, options)
    reward = _reward_of(store, new)
    identity = new_id("ftjob")
    try:
        files = (
            *_copies(new.train, "train", identity),
            *_copies(new.dev, "dev", identity),
            *_copies(new.corpus, "corpus", identity),
        )
        job = Job(
            identity,
            new.kind,
            base,
            time.time(),
            files,
            hyper,
            options,
            suffix=new.suffix,
            seed=new.seed,
            start=start,
            reward=reward,
        )
        # Wrong numbers (a rank of 0, …) are told now, before any file is read.
        resolve(job.kind, job.base, 10, job.hyper, job.settings, job.seed)
        store.add(job)
    except BaseException:
        forget_files(identity)
        raise
    store.tell(identity, f"작업을 만들었습니다: {identity}", f"created fine-tuning job {identity}")
    store.tell(identity, "자료를 확인합니다", "validating training file")
    return job


def validate_job(store: JobStore, identity: str) -> Job | None:
    """Check the job's files: queued, or failed with what is wrong. None when it was not waiting for that (any more)."""
    job = store.job(identity)
    if job is None or job.status != "validating_files":
        return None
    try:
        data = data_of(job)
        became = resolve(job.kind, job.base, data.examples, job.hyper, job.settings, job.seed)
    except HaechiError as error:
        return fail(store, job, error, "invalid_training_file")
    for korean, english in data.warnings[:10]:
        store.tell(identity, korean, english, "warn")
    moved = store.move(identity, ("validating_files",), "queued", became=became, examples=data.examples)
    if moved is not None:
        korean, english = became_text(moved)
        store.tell(identity, korean, english)
        store.tell(
            identity,
            "자료를 확인했습니다. 차례를 기다립니다(haechi jobs run이 차례로 합니다)",
            "files validated, job queued (haechi jobs run takes jobs in order)",
        )
    return moved


def data_of(job: Job) -> JobData:
    """The job's rows, checked. Raises InputError."""
    names = {job.folder / file.path: file.name for file in job.files}
    limit = int(job.settings.get("max_tokens", TrainSettings.max_tokens))
    data = check_data(
        job.kind,
        job.paths("train"),
        job.paths("dev"),
        job.paths("corpus"),
        job.seed,
        max_tokens=limit,
        names=lambda path: names[path],
    )
    rewards = _reward_names(job)
    if rewards:
        from haechi.training.rewards import check_rows

        check_rows([*data.rows, *data.dev], rewards)
    return data


def _reward_names(job: Job) -> tuple[str, ...]:
    """The verifiable rewards that a job's rows must have the answers for."""
    if job.kind == "grpo":
        from haechi.training.grpo import GrpoSettings

        return tuple(job.settings.get("rewards", GrpoSettings.rewards))
    if job.kind == "ppo" and not Path(job.reward).is_dir():
        return tuple(part.strip() for part in job.reward.split(","))
    return ()


def became_text(job: Job) -> tuple[str, str]:
    """What the hyperparameters are, and which of them "auto" chose."""
    parts = []
    for name in HYPER:
        auto = " (auto)" if job.hyper.get(name) == "auto" else ""
        parts.append(f"{name} {job.became[name]:g}{auto}")
    told = ", ".join(parts)
    return f"예 {job.examples}개: {told}", f"{job.examples} examples: {told}"


def fail(store: JobStore, job: Job, error: HaechiError, code: str) -> Job | None:
    """The job ended badly; the reader's error stands in it."""
    store.tell(job.id, error.korean, error.english, "error")
    return store.move(
        job.id,
        ("validating_files", "queued", "running", "paused"),
        "failed",
        error=error.korean,
        error_english=error.english,
        error_code=code,
        finished=time.time(),
        seconds_left=None,
    )


def cancel_job(store: JobStore, identity: str) -> Job:
    """Cancelled at once while it waits; a running one ends after its step. Raises InputError when it has ended."""
    job = find_job(store, identity)
    if job.status in ENDED:
        raise InputError(
            f"작업 {job.id}은(는) 이미 끝났습니다({job.status})", f"job {job.id} has ended already ({job.status})"
        )
    store.ask_to_cancel(job.id)
    moved = store.move(job.id, ("validating_files", "queued", "paused"), "cancelled", finished=time.time())
    if moved is not None:
        store.tell(job.id, "취소했습니다", "job cancelled")
        return moved
    store.tell(
        job.id, "취소해 달라고 했습니다. 이 단계를 마치고 멈춥니다", "cancel requested; it stops after this step"
    )
    return find_job(store, job.id)


def delete_job(store: JobStore, identity: str) -> Job:
    """Forget a job with its data, checkpoints and run. Its model stays: `haechi models remove`. Raises InputError."""
    job = find_job(store, identity)
    if job.status == "running":
        raise InputError(
            f"작업 {job.id}은(는) 도는 중입니다. 먼저: haechi jobs cancel {job.id}",
            f"job {job.id} is running; first: haechi jobs cancel {job.id}",
        )
    store.delete(job.id)
    forget_files(job.id)
    return job


def delete_model(store: JobStore, name: str) -> Job:
    """Forget the model that a job made and delete its files; the job and its run stay. Raises InputError."""
    job = next((job for job in store.jobs() if name and job.model == name), None)
    if job is None:
        raise InputError(
            f"'{name}'은(는) 작업이 만든 모델이 아닙니다. 목록: haechi jobs list",
            f"'{name}' is no model that a job made; see: haechi jobs list",
        )
    if name in read_registry():
        bundled.remove(name)
    shutil.rmtree(models_dir() / "own" / name, ignore_errors=True)
    store.update(job.id, model="", result="")
    store.tell(job.id, f"모델을 지웠습니다: {name}", f"model deleted: {name}", "warn")
    return job


def find_job(store: JobStore, identity: str) -> Job:
    """A job by its id, the beginning of it, the name of its model, or `last`. Raises InputError."""
    jobs = store.jobs()
    if identity == "last" and jobs:
        return jobs[0]
    exact = [job for job in jobs if identity and identity in (job.id, job.model)]
    found = exact or [job for job in jobs if job.id.startswith(identity) or job.id.startswith(f"ftjob-{identity}")]
    if not identity or not found:
        raise InputError(
            f"작업 '{identity}'이(가) 없습니다. 목록: haechi jobs list", f"no job '{identity}'; see: haechi jobs list"
        )
    if len(found) > 1:
        raise InputError(
            f"'{identity}'(으)로 시작하는 작업이 {len(found)}개입니다. 더 길게 적어 주세요",
            f"{len(found)} jobs begin with '{identity}'; give more of the id",
        )
    return found[0]


def model_name(job: Job) -> str:
    """`ft:<base>:<suffix>:<id>`, without the folders of a base that is a path."""
    base = PurePath(job.base).name.removesuffix(".gguf") if "/" in job.base else job.base
    return f"ft:{base}:{job.suffix}:{job.id.removeprefix('ftjob-')}"


def _copies(files: Sequence[Path | StoredFile], role: str, identity: str) -> list[JobFile]:
    return [
        job_file(file, role, identity)
        if isinstance(file, Path)
        else job_file(file.path, role, identity, file.name, file.id)
        for file in files
    ]


def _base_of(store: JobStore, new: NewJob) -> tuple[str, str]:
    """The base, and the job whose adapter comes first. Raises InputError or ModelError."""
    if new.kind == "embedder":
        if new.model not in ("", EMBEDDER):
            raise InputError(
                f"embedder 작업은 {EMBEDDER}에서 시작합니다. --model을 빼 주세요",
                f"jobs of kind embedder start from {EMBEDDER}; leave --model out",
            )
        return EMBEDDER, ""
    model = new.model or TrainSettings.base
    if model.startswith(("ft:", "ftjob-")):
        return _continued(store, new.kind, model)
    from haechi.training.llm_base import find_base

    found = find_base(model)
    # A path is kept whole: the worker may stand in another folder.
    return (model if model in {row.name for row in bundled.list_models()} else str(found)), ""


def _continued(store: JobStore, kind: str, model: str) -> tuple[str, str]:
    before = find_job(store, model)
    if before.status != "succeeded" or before.kind not in ("sft", "dpo", "grpo", "ppo") or kind == "reader":
        raise InputError(
            f"'{model}'에서 {kind} 작업으로 이어 갈 수 없습니다: {before.kind} 작업({before.status})입니다",
            f"a {kind} job cannot go on from '{model}': it is a job of kind {before.kind} ({before.status})",
        )
    if before.start:
        raise InputError(
            f"'{model}'은(는) 이미 '{before.start}' 위에서 학습했습니다. 두 번까지만 얹습니다. 먼저 합치세요: "
            "haechi models export --as merged",
            f"'{model}' was itself trained on top of '{before.start}'; merge them first: haechi models export --as "
            "merged",
        )
    if not (before.run / "adapter").is_dir():
        raise InputError(
            f"'{model}'의 어댑터가 남아 있지 않습니다. 어댑터로 학습한 작업을 주세요",
            f"the adapter of '{model}' is not there; give a job that trained one",
        )
    return before.base, before.id


def _check_method(kind: str, base: str, options: Mapping[str, Any]) -> None:
    """A fully trained folder model cannot become a GGUF, which is what answers."""
    if options.get("method") != "full" or kind == "reward":
        return
    from haechi.training.llm_base import find_base

    if find_base(base).is_dir():
        raise InputError(
            "--set method=full: 바탕 모델이 폴더이면 GGUF로 낼 수 없습니다. GGUF인 모델을 주거나 lora로 하세요",
            "--set method=full: a base that is a folder cannot be written as GGUF; give a GGUF base, or use lora",
        )


def _reward_of(store: JobStore, new: NewJob) -> str:
    """What PPO is rewarded by: a run folder, or names. Raises InputError."""
    if new.kind != "ppo":
        if new.reward:
            raise InputError("--reward는 ppo 작업에만 씁니다", "--reward belongs to jobs of kind ppo")
        return ""
    if not new.reward:
        raise InputError(
            "ppo 작업에는 --reward가 있어야 합니다: reward 작업의 id, 학습 폴더, 또는 보상 이름",
            "a ppo job needs --reward: the id of a reward job, a run folder, or names of rewards",
        )
    if new.reward.startswith("ftjob-"):
        before = find_job(store, new.reward)
        if before.kind != "reward" or before.status != "succeeded":
            raise InputError(
                f"--reward {new.reward}: 끝난 reward 작업이 아닙니다({before.kind}, {before.status})",
                f"--reward {new.reward} is not a finished reward job ({before.kind}, {before.status})",
            )
        return str(before.run)
    if Path(new.reward).is_dir():
        return str(Path(new.reward).absolute())
    from haechi.training import rewards

    rewards.choose(tuple(part.strip() for part in new.reward.split(",")))
    return new.reward

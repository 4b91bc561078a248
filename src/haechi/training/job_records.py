"""What is known of a tuning job: its state, its files, its events. Stored by `job_store`, shown by the command line and
the server."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from haechi.errors import StoreError
from haechi.models.model_home import models_dir

Status = Literal["validating_files", "queued", "running", "paused", "succeeded", "failed", "cancelled"]
Level = Literal["info", "warn", "error"]
ENDED: tuple[Status, ...] = ("succeeded", "failed", "cancelled")
#: What a worker takes.
WAITING: tuple[Status, ...] = ("paused", "queued")


@dataclass(frozen=True)
class JobFile:
    """A copy in the job's folder. `role`: train, dev or corpus. `file_id` is that of an uploaded file, else empty."""

    role: str
    name: str
    sha256: str
    path: str
    file_id: str = ""


@dataclass(frozen=True)
class Job:
    """`hyper` is what was asked for ("auto" or a number), `became` what it turned into, `settings` all the rest.

    Times are Unix seconds. `start` is an earlier job to go on from, `reward` the reward job of PPO. `model` is the name
    in the registry, `result` the folder of the run. `seconds_left`, `done`, `total` and `loss` are of the running job.
    """

    id: str
    kind: str
    base: str
    created: float
    files: tuple[JobFile, ...] = ()
    hyper: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    became: dict[str, Any] = field(default_factory=dict)
    suffix: str = ""
    seed: int = 42
    start: str = ""
    reward: str = ""
    status: Status = "validating_files"
    cancel: bool = False
    started: float | None = None
    finished: float | None = None
    examples: int | None = None
    trained_tokens: int | None = None
    stage: str = ""
    done: int = 0
    total: int = 0
    loss: float | None = None
    seconds_left: float | None = None
    model: str = ""
    result: str = ""
    result_file: str = ""
    error: str = ""
    error_code: str = ""
    error_english: str = ""

    @property
    def folder(self) -> Path:
        return jobs_dir() / self.id

    @property
    def run(self) -> Path:
        """The run folder of the trainer."""
        return self.folder / "run"

    def paths(self, role: str) -> list[Path]:
        return [self.folder / file.path for file in self.files if file.role == role]

    def record(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Event:
    """Something that happened. `metrics` are numbers of a training step."""

    number: int
    job: str
    time: float
    level: Level
    korean: str
    english: str
    metrics: dict[str, Any] | None = None


@dataclass(frozen=True)
class StoredFile:
    """An uploaded file, kept under its hash."""

    id: str
    name: str
    purpose: str
    bytes: int
    sha256: str
    created: float

    @property
    def path(self) -> Path:
        return jobs_dir() / "files" / self.sha256


def jobs_dir() -> Path:
    """Where jobs live; it is made, for this user only, because training data quote documents."""
    folder = models_dir() / "jobs"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StoreError(
            f"작업 폴더 '{folder}'에 쓸 수 없습니다: {error.strerror}. HAECHI_MODELS로 다른 폴더를 지정하세요",
            f"cannot write to the jobs folder '{folder}': {error.strerror}; set HAECHI_MODELS to another folder",
        ) from error
    return folder


def new_id(what: str) -> str:
    """`ftjob-…` or `file-…`."""
    return f"{what}-{secrets.token_hex(6)}"

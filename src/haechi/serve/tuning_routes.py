"""The OpenAI shapes of tuning: /v1/files and /v1/fine_tuning/jobs, behind the admin key (`admin_key`).

The jobs are those of `haechi jobs`; the server checks their files and leaves running them to `haechi jobs run`, so that
answering never waits for training. A model must be one of `haechi models list`: no path of this machine by the net.
"""

from __future__ import annotations

import time
import unicodedata
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from fastapi import BackgroundTasks, FastAPI, File, Form, HTTPException, Query, UploadFile
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from haechi.errors import HaechiError, ModelError
from haechi.serve.schemas import Reply
from haechi.training.job_data import copy_by_hash
from haechi.training.job_records import Event, Job, StoredFile, jobs_dir, new_id
from haechi.training.job_store import JobStore
from haechi.training.jobs import NewJob, cancel_job, create_job, delete_model, validate_job

PURPOSE = "fine-tune"
MAX_NAME = 120
_Auto = Literal["auto"]
_Item = TypeVar("_Item")


class Hyperparameters(BaseModel):
    """`auto` becomes what `haechi jobs` makes of it."""

    model_config = ConfigDict(extra="ignore")

    n_epochs: _Auto | int = "auto"
    batch_size: _Auto | int = "auto"
    learning_rate_multiplier: _Auto | float = "auto"


class MethodPart(BaseModel):
    """The hyperparameters of one method."""

    model_config = ConfigDict(extra="ignore")

    hyperparameters: Hyperparameters = Field(default_factory=Hyperparameters)


class Method(BaseModel):
    """Supervised on chat JSONL, or DPO on {prompt, chosen, rejected}."""

    model_config = ConfigDict(extra="ignore")

    type: Literal["supervised", "dpo"]
    supervised: MethodPart | None = None
    dpo: MethodPart | None = None


class HaechiSettings(BaseModel):
    """What `haechi jobs create --set` takes, under the key `haechi` (the client's `extra_body`)."""

    model_config = ConfigDict(extra="forbid")

    settings: dict[str, str | int | float | bool] = Field(default_factory=dict)


class JobRequest(BaseModel):
    """A tuning job. Other keys of the OpenAI API are accepted and have no effect; integrations are refused."""

    model_config = ConfigDict(extra="ignore")

    model: str = Field(min_length=1, max_length=200)
    training_file: str = Field(min_length=1, max_length=64)
    validation_file: str | None = Field(default=None, max_length=64)
    hyperparameters: Hyperparameters | None = None
    method: Method | None = None
    suffix: str | None = Field(default=None, max_length=64)
    seed: int | None = Field(default=None, ge=0, le=2**31 - 1)
    integrations: list[Any] | None = Field(default=None, max_length=0)
    haechi: HaechiSettings = Field(default_factory=HaechiSettings)


class FileReply(Reply):
    """A file object."""

    id: str
    object: str
    bytes: int
    created_at: int
    filename: str
    purpose: str
    status: str


class JobReply(Reply):
    """A fine_tuning.job object."""

    id: str
    object: str
    status: str
    model: str
    fine_tuned_model: str | None


class ListReply(Reply):
    """A page of objects."""

    object: str
    data: list[dict[str, Any]]
    has_more: bool


class DeletedReply(Reply):
    """What is gone."""

    id: str
    object: str
    deleted: bool


Limit = Annotated[int, Query(ge=1, le=10_000)]


def add_tuning_routes(app: FastAPI) -> None:
    """Add the routes to `app`."""
    _add_file_routes(app)
    _add_job_routes(app)


def _add_file_routes(app: FastAPI) -> None:
    @app.post("/v1/files", response_model=FileReply)
    def upload(file: Annotated[UploadFile, File()], purpose: Annotated[str, Form()]) -> Any:
        """OpenAI 호환: 학습 자료(JSONL) 하나를 올립니다. purpose는 fine-tune."""
        if purpose != PURPOSE:
            raise HTTPException(400, f"purpose '{purpose[:40]}'은(는) 쓸 수 없습니다. {PURPOSE}만 받습니다")
        name = _name(file.filename or "")
        sha256, size = copy_by_hash(file.file, jobs_dir() / "files")
        if not size:
            raise HTTPException(400, f"파일 '{name}'이(가) 비어 있습니다")
        stored = StoredFile(new_id("file"), name, purpose, size, sha256, time.time())
        JobStore().add_file(stored)
        return _file(stored)

    @app.get("/v1/files", response_model=ListReply)
    def files(
        limit: Limit = 10_000,
        after: str = "",
        purpose: str = "",
        order: Literal["asc", "desc"] = "desc",
    ) -> Any:
        """OpenAI 호환: 올린 파일의 목록."""
        found = [item for item in JobStore().files() if purpose in ("", item.purpose)]
        return _page([_file(item) for item in (found if order == "desc" else found[::-1])], after, limit)

    @app.get("/v1/files/{file_id}", response_model=FileReply)
    def file(file_id: str) -> Any:
        """OpenAI 호환: 올린 파일 하나."""
        return _file(_find_file(JobStore(), file_id))

    @app.get("/v1/files/{file_id}/content", response_class=Response)
    def content(file_id: str) -> Response:
        """OpenAI 호환: 파일의 내용 그대로."""
        return Response(_find_file(JobStore(), file_id).path.read_bytes(), media_type="application/octet-stream")

    @app.delete("/v1/files/{file_id}", response_model=DeletedReply)
    def remove(file_id: str) -> Any:
        """OpenAI 호환: 파일을 없앱니다. 작업은 제 사본으로 이어 갑니다."""
        store = JobStore()
        store.remove_file(_find_file(store, file_id))
        return {"id": file_id, "object": "file", "deleted": True}


def _add_job_routes(app: FastAPI) -> None:
    @app.post("/v1/fine_tuning/jobs", response_model=JobReply)
    def create(request: JobRequest, later: BackgroundTasks) -> Any:
        """OpenAI 호환: 학습 작업을 만듭니다. 돌리는 것은 haechi jobs run입니다."""
        store = JobStore()
        if request.model.startswith((".", "~")) or "/" in request.model or request.model.endswith(".gguf"):
            raise HTTPException(400, "model은 haechi models list의 이름이나 앞선 작업의 모델(ft:…)이어야 합니다")
        method = request.method
        part = getattr(method, method.type) if method else None
        hyper = part.hyperparameters if part else request.hyperparameters or Hyperparameters()
        new = NewJob(
            kind="dpo" if method and method.type == "dpo" else "sft",
            model=request.model,
            train=[_training_file(store, request.training_file)],
            dev=[_training_file(store, request.validation_file)] if request.validation_file else [],
            hyper=hyper.model_dump(),
            options=request.haechi.settings,
            suffix=request.suffix or "",
            seed=42 if request.seed is None else request.seed,
        )
        try:
            job = create_job(store, new)
        except ModelError as error:
            # Elsewhere the server's own model is missing (503); here the request names a wrong one.
            raise HTTPException(400, str(error)) from error
        later.add_task(validate_job, store, job.id)
        return job_object(job)

    @app.get("/v1/fine_tuning/jobs", response_model=ListReply)
    def jobs(limit: Limit = 20, after: str = "") -> Any:
        """OpenAI 호환: 작업의 목록, 새것부터."""
        return _page([job_object(job) for job in JobStore().jobs()], after, limit)

    @app.get("/v1/fine_tuning/jobs/{job_id}", response_model=JobReply)
    def job(job_id: str) -> Any:
        """OpenAI 호환: 작업 하나."""
        return job_object(_find_job(JobStore(), job_id))

    @app.get("/v1/fine_tuning/jobs/{job_id}/events", response_model=ListReply)
    def events(job_id: str, limit: Limit = 20, after: str = "") -> Any:
        """OpenAI 호환: 작업에 있었던 일, 새것부터."""
        store = JobStore()
        found = store.events(_find_job(store, job_id).id)
        return _page([_event(event) for event in reversed(found)], after, limit)

    @app.post("/v1/fine_tuning/jobs/{job_id}/cancel", response_model=JobReply)
    def cancel(job_id: str) -> Any:
        """OpenAI 호환: 작업을 취소합니다. 도는 작업은 하던 단계를 마치고 멈춥니다."""
        store = JobStore()
        return job_object(cancel_job(store, _find_job(store, job_id).id))

    @app.delete("/v1/models/{model}", response_model=DeletedReply)
    def remove_model(model: str) -> Any:
        """OpenAI 호환: 작업이 만든 모델을 파일과 함께 없앱니다."""
        store = JobStore()
        if all(job.model != model for job in store.jobs()):
            raise HTTPException(404, f"'{model[:200]}'은(는) 작업이 만든 모델이 아닙니다")
        delete_model(store, model)
        return {"id": model, "object": "model", "deleted": True}


def job_object(job: Job) -> dict[str, Any]:
    """The fine_tuning.job object. `status` may also be paused, which hosted jobs have too."""
    hyper = {**job.hyper, **{name: value for name, value in job.became.items() if name in job.hyper}}
    kind = "dpo" if job.kind == "dpo" else "supervised"
    failed = {
        "code": job.error_code,
        "message": str(HaechiError(job.error, job.error_english)),
        "param": "training_file" if job.error_code == "invalid_training_file" else None,
    }
    first = {role: next((file for file in job.files if file.role == role), None) for role in ("train", "dev")}
    running = job.status == "running" and job.seconds_left is not None
    return {
        "object": "fine_tuning.job",
        "id": job.id,
        "model": job.base,
        "created_at": int(job.created),
        "finished_at": int(job.finished) if job.finished else None,
        "fine_tuned_model": job.model or None,
        "organization_id": "haechi",
        "result_files": [job.result_file] if job.result_file else [],
        "status": job.status,
        "validation_file": _file_id(first["dev"]),
        "training_file": _file_id(first["train"]) or "",
        "hyperparameters": hyper,
        "method": {"type": kind, kind: {"hyperparameters": hyper}} if job.kind in ("sft", "dpo") else None,
        "trained_tokens": job.trained_tokens,
        "error": failed if job.status == "failed" else None,
        "seed": job.seed,
        "estimated_finish": int(time.time() + (job.seconds_left or 0)) if running else None,
        "integrations": [],
        "metadata": None,
        "haechi": {"kind": job.kind, "settings": job.settings, "step": job.done, "steps": job.total},
    }


def _file_id(file: Any) -> str | None:
    """An upload's id; of a file that came by the command line, its name."""
    return None if file is None else file.file_id or file.name


def _event(event: Event) -> dict[str, Any]:
    return {
        "object": "fine_tuning.job.event",
        "id": f"ftevent-{event.number}",
        "created_at": int(event.time),
        "level": event.level,
        "message": str(HaechiError(event.korean, event.english)),
        "type": "metrics" if event.metrics else "message",
        "data": event.metrics or {},
    }


def _file(file: StoredFile) -> dict[str, Any]:
    return {
        "object": "file",
        "id": file.id,
        "bytes": file.bytes,
        "created_at": int(file.created),
        "filename": file.name,
        "purpose": file.purpose,
        "status": "processed",
    }


def _page(items: list[dict[str, Any]], after: str, limit: int) -> dict[str, Any]:
    """What comes after the object of an id."""
    start = 0
    if after:
        start = next((number for number, item in enumerate(items, 1) if item["id"] == after), 0)
        if not start:
            raise HTTPException(400, f"after '{after[:64]}'이(가) 없습니다")
    page = items[start : start + limit]
    return {
        "object": "list",
        "data": page,
        "has_more": start + limit < len(items),
        "first_id": page[0]["id"] if page else None,
        "last_id": page[-1]["id"] if page else None,
    }


def _find_file(store: JobStore, identity: str) -> StoredFile:
    found = next((file for file in store.files() if file.id == identity), None)
    if found is None:
        raise HTTPException(404, f"파일 '{identity[:64]}'이(가) 없습니다. 목록: GET /v1/files")
    return found


def _training_file(store: JobStore, identity: str) -> StoredFile:
    found = _find_file(store, identity)
    if found.purpose != PURPOSE:
        raise HTTPException(400, f"파일 '{identity}'의 purpose는 '{found.purpose}'입니다. {PURPOSE}이어야 합니다")
    return found


def _find_job(store: JobStore, identity: str) -> Job:
    # Over HTTP only a whole id.
    found = store.job(identity)
    if found is None:
        raise HTTPException(404, f"작업 '{identity[:64]}'이(가) 없습니다. 목록: GET /v1/fine_tuning/jobs")
    return found


def _name(given: str) -> str:
    """An upload's own name without folders. Raises HTTPException 400."""
    name = unicodedata.normalize("NFC", Path(given.replace("\\", "/")).name).strip()
    name = "".join(character for character in name if character.isprintable())
    if not name or len(name) > MAX_NAME:
        raise HTTPException(400, f"파일 이름은 1~{MAX_NAME}자여야 합니다")
    return name

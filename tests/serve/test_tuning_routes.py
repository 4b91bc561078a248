"""Tuning over HTTP with OpenAI's own client: files, jobs, events, cancel; nothing of it without the admin key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import openai
import pytest
from openai import OpenAI

from haechi.models import bundled
from haechi.serve.admin_key import guarded
from haechi.training import job_worker
from haechi.training.job_store import JobStore
from haechi.training.job_worker import Worker
from haechi.training.jobs import NewJob, create_job
from tests.models.tiny_llm import write_tiny_llm
from tests.serve.fakes import FakeHome
from tests.training.job_script import chat_file, follow

KEY = "관리자-열쇠-0123456789".encode().hex()


@pytest.fixture(autouse=True)
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A models folder with one tiny model, and the key of the server."""
    monkeypatch.setenv("HAECHI_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("HAECHI_ADMIN_KEY", KEY)
    bundled.add(write_tiny_llm(tmp_path / "tiny.gguf"), name="tiny", licence="apache-2.0")


@pytest.fixture
def client(live: str) -> Iterator[OpenAI]:
    with OpenAI(api_key=KEY, base_url=f"{live}/v1", max_retries=0, http_client=httpx.Client(trust_env=False)) as made:
        yield made


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in follow().items():
        monkeypatch.setattr(job_worker, name, value)


def upload(client: OpenAI, path: Path) -> str:
    with path.open("rb") as stream:
        return client.files.create(file=stream, purpose="fine-tune").id


def test_the_lectures_notebook_from_upload_to_model(client: OpenAI, tmp_path: Path, scripted: None) -> None:
    with chat_file(tmp_path / "페르소나.jsonl").open("rb") as stream:
        file = client.files.create(file=stream, purpose="fine-tune")
    assert (file.filename, file.purpose, file.status) == ("페르소나.jsonl", "fine-tune", "processed")
    assert file.bytes == (tmp_path / "페르소나.jsonl").stat().st_size
    job = client.fine_tuning.jobs.create(training_file=file.id, model="tiny", suffix="persona", seed=7)
    assert (job.object, job.status, job.model) == ("fine_tuning.job", "validating_files", "tiny")
    assert (job.fine_tuned_model, job.finished_at, job.trained_tokens, job.seed) == (None, None, None, 7)
    assert client.fine_tuning.jobs.retrieve(job.id).status in ("validating_files", "queued")

    Worker(JobStore()).run(once=True)  # what `haechi jobs run --once` does

    done = client.fine_tuning.jobs.retrieve(job.id)
    assert done.status == "succeeded"
    assert done.fine_tuned_model == f"ft:tiny:persona:{job.id.removeprefix('ftjob-')}"
    assert (done.training_file, done.trained_tokens, done.error) == (file.id, 7, None)
    hyper = done.hyperparameters
    assert (hyper.n_epochs, hyper.batch_size, hyper.learning_rate_multiplier) == (10, 1, 2.0)
    assert done.method is not None and done.method.type == "supervised"
    # The figures of every step, as hosted jobs hand them out.
    assert client.files.content(done.result_files[0]).read() == b"step,loss\n5,0.2\n"

    assert client.models.delete(done.fine_tuned_model).deleted
    assert client.fine_tuning.jobs.retrieve(job.id).fine_tuned_model is None
    with pytest.raises(openai.NotFoundError, match="작업이 만든 모델이 아닙니다"):
        client.models.delete("tiny")
    assert bundled.status("tiny").installed

    events = list(client.fine_tuning.jobs.list_events(job.id, limit=3))
    assert "작업을 마쳤습니다" in [event.message for event in events]
    assert len(events) == len(JobStore().events(job.id)) == len({event.id for event in events})
    metrics = [event for event in events if event.type == "metrics"]
    assert metrics[0].data == {"step": 5, "total_steps": 5, "train_loss": 0.2}


def test_a_bad_file_fails_the_job_with_its_lines(client: OpenAI, tmp_path: Path, scripted: None) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"messages": [{"role": "user", "content": "질문"}]}\n')
    job = client.fine_tuning.jobs.create(training_file=upload(client, bad), model="tiny")
    Worker(JobStore()).run(once=True)
    failed = client.fine_tuning.jobs.retrieve(job.id)
    assert failed.status == "failed"
    assert failed.error is not None
    assert (failed.error.code, failed.error.param) == ("invalid_training_file", "training_file")
    assert "1번째 줄: 마지막 메시지는 assistant여야" in failed.error.message


def test_jobs_are_listed_newest_first_and_cancelled(client: OpenAI, tmp_path: Path) -> None:
    file = upload(client, chat_file(tmp_path / "p.jsonl"))
    made = [client.fine_tuning.jobs.create(training_file=file, model="tiny").id for _ in range(3)]
    assert [job.id for job in client.fine_tuning.jobs.list(limit=2)] == made[::-1]
    page = client.fine_tuning.jobs.list(limit=2)
    assert (len(page.data), page.has_more) == (2, True)
    assert client.fine_tuning.jobs.cancel(made[0]).status == "cancelled"
    with pytest.raises(openai.BadRequestError, match="이미 끝났습니다"):
        client.fine_tuning.jobs.cancel(made[0])
    # The file may go: a job has its own copy.
    assert client.files.delete(file).deleted
    assert list(client.files.list()) == []
    with pytest.raises(openai.NotFoundError, match="파일 'file-"):
        client.files.retrieve(file)
    assert JobStore().job(made[1]).paths("train")[0].is_file()  # type: ignore[union-attr]


def test_methods_hyperparameters_and_own_settings(client: OpenAI, tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.jsonl"
    rows = [{"prompt": f"질문 {number}", "chosen": "좋은 답", "rejected": "나쁜 답"} for number in range(10)]
    pairs.write_text("\n".join(json.dumps(row) for row in rows))
    job = client.fine_tuning.jobs.create(
        training_file=upload(client, pairs),
        model="tiny",
        method={"type": "dpo", "dpo": {"hyperparameters": {"n_epochs": 2, "batch_size": "auto"}}},
        extra_body={"haechi": {"settings": {"rank": 4}}},
    )
    found = JobStore().job(job.id)
    assert found is not None
    assert (found.kind, found.hyper["n_epochs"], found.settings) == ("dpo", 2, {"rank": 4})
    assert job.method is not None and job.method.type == "dpo"


def test_what_cannot_be_done_is_refused(client: OpenAI, tmp_path: Path) -> None:
    file = upload(client, chat_file(tmp_path / "p.jsonl"))
    create = client.fine_tuning.jobs.create
    with pytest.raises(openai.NotFoundError, match="파일 'file-none'"):
        create(training_file="file-none", model="tiny")
    # No path of the server's machine by the net, whether it exists or not.
    for path in (str(tmp_path / "tiny.gguf"), "../tiny", "~/tiny", "tiny.gguf"):
        with pytest.raises(openai.BadRequestError, match="haechi models list"):
            create(training_file=file, model=path)
    with pytest.raises(openai.BadRequestError, match="gpt-4o-mini"):
        create(training_file=file, model="gpt-4o-mini")
    with pytest.raises(openai.BadRequestError, match="integrations"):
        create(training_file=file, model="tiny", integrations=[{"type": "wandb", "wandb": {"project": "p"}}])
    with pytest.raises(openai.BadRequestError, match="n_epochs"):
        create(training_file=file, model="tiny", hyperparameters={"n_epochs": -1})
    with pytest.raises(openai.BadRequestError, match="fine-tune만"):
        client.files.create(file=("a.jsonl", b"{}"), purpose="batch")
    with pytest.raises(openai.BadRequestError, match="비어 있습니다"):
        client.files.create(file=("a.jsonl", b""), purpose="fine-tune")
    with pytest.raises(openai.NotFoundError, match="작업 'ftjob-'"):
        client.fine_tuning.jobs.retrieve("ftjob-")
    assert JobStore().jobs() == []


def test_an_uploads_name_is_no_path(client: OpenAI, tmp_path: Path) -> None:
    made = client.files.create(file=("../../../etc/p.jsonl", b"{}\n"), purpose="fine-tune")
    assert made.filename == "p.jsonl"
    assert not (tmp_path / "etc").exists()


def test_nothing_without_the_key(live: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create_job(JobStore(), NewJob(model="tiny", train=[chat_file(tmp_path / "p.jsonl")]))
    paths = ["/v1/files", "/v1/files/x", "/v1/fine_tuning/jobs", "/v1/fine_tuning/jobs/x/events"]
    with httpx.Client(base_url=live, trust_env=False) as http:
        for path in paths:
            for headers in (
                {},
                {"Authorization": f"Bearer {KEY}x"},
                {"Authorization": KEY},
                {"Authorization": "Basic x"},
            ):
                answer = http.get(path, headers=headers)
                assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
        # Refused before the body is looked at.
        assert http.post("/v1/files", content=b"x" * 100).status_code == 401
        assert http.delete("/v1/models/ft:tiny::1").status_code == 401
        # The rest of the API is as open as before.
        assert http.get("/v1/models").status_code == 200
        # No key, or one that can be guessed, and the doors stay shut.
        for key in ("", "short"):
            monkeypatch.setenv("HAECHI_ADMIN_KEY", key)
            answer = http.get("/v1/files", headers={"Authorization": f"Bearer {key}x"})
            assert answer.status_code == 403
            assert "HAECHI_ADMIN_KEY" in answer.json()["detail"]


def test_every_route_of_tuning_is_behind_the_key(home: FakeHome) -> None:
    from haechi.serve.api import create_app

    paths = [path for path in create_app(home).openapi()["paths"] if "tun" in path or "files" in path]  # type: ignore[arg-type]
    assert len(paths) == 7
    assert all(guarded(path, "GET") for path in paths)
    assert guarded("/v1/models/ft:tiny::1", "DELETE")
    assert not guarded("/v1/models", "GET")


def test_a_file_has_the_limit_of_documents(home: FakeHome, client: OpenAI, tmp_path: Path) -> None:
    # 1 MB is the limit of every other body.
    big = tmp_path / "big.jsonl"
    big.write_bytes(b" " * 1_500_000 + b"{}\n")
    assert client.files.retrieve(upload(client, big)).bytes == 1_500_003

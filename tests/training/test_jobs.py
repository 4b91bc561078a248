"""Tuning jobs: the states of hosted ones, several processes at once, killed and cancelled ones. No model is loaded."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from haechi.errors import InputError, ModelError
from haechi.models import bundled
from haechi.training import job_worker
from haechi.training.card_lease import card_holder, hold_card
from haechi.training.job_records import Job, jobs_dir
from haechi.training.job_settings import KINDS, check_hyper, read_options, resolve
from haechi.training.job_store import JobStore
from haechi.training.job_worker import Worker
from haechi.training.jobs import NewJob, cancel_job, create_job, delete_job, find_job, model_name, validate_job
from haechi.training.train_settings import DEFAULTS
from tests.conftest import REPOSITORY
from tests.models.tiny_llm import write_tiny_llm
from tests.training.job_script import Script, chat_file, follow

AUTO = check_hyper({})


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> JobStore:
    """A models folder with one tiny model, and no job yet."""
    monkeypatch.setenv("HAECHI_MODELS", str(tmp_path / "models"))
    bundled.add(write_tiny_llm(tmp_path / "tiny.gguf"), name="tiny", licence="apache-2.0")
    return JobStore()


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Callable[[Script], None]:
    """Trainers follow a script: `scripted(lambda work, step: …)`."""

    def put(script: Script = lambda work, step: None) -> None:
        for name, value in follow(script).items():
            monkeypatch.setattr(job_worker, name, value)

    return put


def queued(store: JobStore, folder: Path, **given: Any) -> Job:
    new = {"model": "tiny", "train": [chat_file(folder / "p.jsonl")], **given}
    job = validate_job(store, create_job(store, NewJob(**new)).id)
    assert job is not None
    assert job.status == "queued", job.error
    return job


def messages(store: JobStore, job: Job) -> list[str]:
    return [event.english for event in store.events(job.id)]


def test_a_job_passes_the_states_of_a_hosted_one(
    store: JobStore, tmp_path: Path, scripted: Callable[..., None]
) -> None:
    seen: list[str] = []
    scripted(lambda work, step: seen.append(store.job(work.job.id).status))  # type: ignore[union-attr]
    made = create_job(store, NewJob(model="tiny", train=[chat_file(tmp_path / "p.jsonl")], suffix="persona"))
    assert made.status == "validating_files"
    checked = validate_job(store, made.id)
    assert checked is not None
    assert (checked.status, checked.examples) == ("queued", 10)
    (done,) = Worker(store).run(once=True)
    assert (done.status, set(seen)) == ("succeeded", {"running"})
    assert done.model == f"ft:tiny:persona:{made.id.removeprefix('ftjob-')}"
    assert (done.trained_tokens, done.done, done.total) == (7, 5, 5)
    assert done.created <= (done.started or 0) <= (done.finished or 0)
    told = messages(store, done)
    assert told[0] == f"created fine-tuning job {made.id}"
    assert "10 examples: n_epochs 10 (auto), batch_size 1 (auto), learning_rate_multiplier 2 (auto)" in told
    assert told[-1] == "the job has successfully completed"
    steps = [event.metrics for event in store.events(done.id) if event.metrics]
    assert [one["step"] for one in steps] == [1, 2, 3, 4, 5]
    assert steps[1] == {"step": 2, "total_steps": 5, "train_loss": 0.5}
    # The figures of every step are a file of the results.
    (file,) = store.files()
    assert (file.id, file.purpose) == (done.result_file, "fine-tune-results")
    assert file.path.read_text() == "step,loss\n5,0.2\n"


@pytest.mark.parametrize(("examples", "epochs", "batch"), [(10, 10, 1), (50, 3, 1), (1000, 3, 2), (50_000, 1, 100)])
def test_auto_is_what_hosted_jobs_take(examples: int, epochs: int, batch: int) -> None:
    became = resolve("sft", "tiny", examples, AUTO, {}, 42)
    settings = became["settings"]
    assert (became["n_epochs"], became["batch_size"], became["learning_rate_multiplier"]) == (epochs, batch, 2.0)
    assert settings["batch"] * settings["accumulate"] == batch
    assert settings["lr"] == pytest.approx(2 * 2e-4)
    assert settings["epochs"] == epochs


def test_numbers_given_are_taken_as_given() -> None:
    hyper = check_hyper({"n_epochs": 3, "batch_size": 6, "learning_rate_multiplier": 0.5})
    became = resolve("dpo", "tiny", 10, hyper, read_options("dpo", {"beta": "0.2", "rank": "8"}), 7)
    settings = became["settings"]
    assert (settings["batch"] * settings["accumulate"], settings["epochs"], settings["seed"]) == (6, 3.0, 7)
    assert (settings["lr"], settings["beta"], settings["rank"]) == (pytest.approx(1e-5), 0.2, 8)
    # A learning rate of the user's own is not doubled behind his back.
    assert resolve("sft", "tiny", 10, AUTO, {"lr": 0.01}, 42)["settings"]["lr"] == 0.01
    # A killed run loses a tenth of it at most.
    assert resolve("sft", "tiny", 10, AUTO, {}, 42)["settings"]["save_every"] == 10


def test_every_trainer_can_be_a_job() -> None:
    assert set(DEFAULTS) | {"reader", "embedder"} <= set(KINDS)
    for kind in KINDS:
        became = resolve(kind, "tiny", 20, AUTO, {}, 3)
        assert became["settings"]["seed"] == 3
    # PPO's own beta, not DPO's.
    assert resolve("ppo", "tiny", 20, AUTO, read_options("ppo", {"beta": "0.3"}), 3)["more"]["beta"] == 0.3


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"kind": "lora"}, "모르는 작업 종류 'lora'.*sft, reward, ppo"),
        ({"hyper": {"n_epochs": 0}}, "n_epochs = 0"),
        ({"hyper": {"batch_size": 1.5}}, "batch_size = 1.5.*정수"),
        ({"options": {"rank": "0"}}, "--rank 0"),
        ({"options": {"rnk": "8"}}, "--set rnk.*rank"),
        ({"options": {"rank": "많이"}}, "--set rank=많이.*int"),
        ({"options": {"epochs": "2"}}, "--set epochs.*--epochs"),
        ({"suffix": "a/b"}, "suffix 'a/b'"),
        ({"kind": "ppo"}, "--reward가 있어야"),
        ({"kind": "ppo", "reward": "칭찬"}, "'칭찬' 보상은 없습니다"),
        ({"model": "ft:tiny::nothing"}, "작업 'ft:tiny::nothing'이"),
        ({"model": "tinny"}, "모르는 모델 'tinny'.*'tiny'"),
    ],
)
def test_a_wrong_request_leaves_nothing_behind(
    store: JobStore, tmp_path: Path, given: dict[str, Any], message: str
) -> None:
    new = {"model": "tiny", "train": [chat_file(tmp_path / "p.jsonl")], **given}
    with pytest.raises((InputError, ModelError), match=message):
        create_job(store, NewJob(**new))
    assert store.jobs() == []
    assert [item.name for item in jobs_dir().iterdir() if item.is_dir()] == []


def test_a_bad_file_fails_with_the_lines_that_are_wrong(store: JobStore, tmp_path: Path) -> None:
    good = {"messages": [{"role": "user", "content": "질문"}, {"role": "assistant", "content": "답"}]}
    bad = {"messages": [{"role": "user", "content": "질문"}, {"role": "teacher", "content": ""}]}
    file = tmp_path / "b.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in [good, bad, *[good] * 10, good | {"messages": []}]))
    job = validate_job(store, create_job(store, NewJob(model="tiny", train=[file])).id)
    assert job is not None
    assert (job.status, job.error_code) == ("failed", "invalid_training_file")
    assert "'b.jsonl'" in job.error and "2번째 줄: 2번째 메시지: role은" in job.error
    assert "13번째 줄: messages 목록" in job.error
    assert store.events(job.id)[-1].level == "error"
    # Not a file of rows at all, and one that is too short.
    file.write_text("")
    for made, told in ((file, "비었|없습니다"), (chat_file(tmp_path / "nine.jsonl", 9), "9개입니다. 10개 이상")):
        job = validate_job(store, create_job(store, NewJob(model="tiny", train=[made])).id)
        assert job is not None and job.status == "failed"
        assert __import__("re").search(told, job.error), job.error


def test_pairs_of_another_kind_are_refused_and_questions_stand_on_one_side(store: JobStore, tmp_path: Path) -> None:
    rows = [{"prompt": f"질문 {number}", "completion": "답"} for number in range(12)]
    file = tmp_path / "sft.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in rows))
    job = validate_job(store, create_job(store, NewJob(kind="dpo", model="tiny", train=[file])).id)
    assert job is not None and job.status == "failed"
    assert "prompt, chosen, rejected" in job.error
    job = validate_job(store, create_job(store, NewJob(model="tiny", train=[file], dev=[file])).id)
    assert job is not None and "같은 질문이 12개" in job.error


def test_rows_that_a_reward_cannot_judge_are_told_before_a_model_is_loaded(store: JobStore, tmp_path: Path) -> None:
    file = tmp_path / "prompts.jsonl"
    file.write_text("\n".join(json.dumps({"prompt": f"질문 {number}"}) for number in range(12)))
    for given in ({"kind": "grpo"}, {"kind": "ppo", "reward": "cited"}):
        job = validate_job(store, create_job(store, NewJob(model="tiny", train=[file], **given)).id)  # type: ignore[arg-type]
        assert job is not None and job.status == "failed"
        assert "passages가 없습니다" in job.error
    # Short answers need nothing to be judged by.
    short = NewJob(kind="grpo", model="tiny", train=[file], options={"rewards": "short", "answers": "2"})
    job = validate_job(store, create_job(store, short).id)
    assert job is not None and job.status == "queued"
    assert list(job.became["more"]["rewards"]) == ["short"]


def test_the_data_are_copied_by_hash(store: JobStore, tmp_path: Path, scripted: Callable[..., None]) -> None:
    job = queued(store, tmp_path)
    (tmp_path / "p.jsonl").write_text("바뀌었다")
    (file,) = job.files
    assert job.paths("train")[0].name == f"{file.sha256}.jsonl"
    scripted()
    (done,) = Worker(store).run(once=True)
    assert done.status == "succeeded"


def test_jobs_run_in_the_order_they_were_made(store: JobStore, tmp_path: Path, scripted: Callable[..., None]) -> None:
    ran: list[str] = []
    scripted(lambda work, step: ran.append(work.job.id))
    jobs = [queued(store, tmp_path) for _ in range(3)]
    Worker(store).run(once=True)
    assert list(dict.fromkeys(ran)) == [job.id for job in jobs]
    assert card_holder() == {}


def test_a_killed_worker_leaves_a_job_that_goes_on(
    store: JobStore, tmp_path: Path, scripted: Callable[..., None]
) -> None:
    job, log = queued(store, tmp_path), tmp_path / "log"
    killed = process("die", log).wait(60)
    assert killed == -9
    # The trap: the database still says running; what counts is that nobody holds the job's lock.
    stopped = store.job(job.id)
    assert stopped is not None and stopped.status == "paused"
    assert store.events(job.id)[-1].level == "warn"
    assert process("run", log).wait(60) == 0
    after = store.job(job.id)
    assert after is not None and after.status == "succeeded"
    steps = [line.split()[1] for line in log.read_text().splitlines()]
    assert steps == ["1", "2", "3", "3", "4", "5"]
    assert "training goes on from its checkpoint" in messages(store, job)


def test_two_workers_share_the_jobs_and_never_train_at_once(store: JobStore, tmp_path: Path) -> None:
    jobs, log = [queued(store, tmp_path) for _ in range(4)], tmp_path / "log"
    workers = [process("run", log) for _ in range(2)]
    assert [worker.wait(60) for worker in workers] == [0, 0]
    assert {job.status for job in store.jobs()} == {"succeeded"}
    lines = [line.split()[0] for line in log.read_text().splitlines()]
    assert sorted(lines) == sorted([job.id for job in jobs] * 5)


def process(what: str, log: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.training.job_script", what, str(log)], cwd=REPOSITORY, env=dict(os.environ)
    )


def test_a_waiting_job_is_cancelled_at_once(store: JobStore, tmp_path: Path, scripted: Callable[..., None]) -> None:
    scripted(lambda work, step: pytest.fail("it must not run"))
    job = queued(store, tmp_path)
    assert cancel_job(store, job.id).status == "cancelled"
    assert Worker(store).run(once=True) == []
    with pytest.raises(InputError, match="이미 끝났습니다"):
        cancel_job(store, job.id)


def test_a_running_job_is_cancelled_after_its_step(
    store: JobStore, tmp_path: Path, scripted: Callable[..., None]
) -> None:
    steps: list[int] = []

    def script(work: Any, step: int) -> None:
        steps.append(step)
        if step == 2:
            assert cancel_job(store, work.job.id).status == "running"

    scripted(script)
    job = queued(store, tmp_path)
    (done,) = Worker(store).run(once=True)
    assert (done.status, done.model, steps) == ("cancelled", "", [1, 2])
    assert messages(store, job)[-1] == "job cancelled"


def test_ctrl_c_pauses_and_the_next_worker_goes_on(
    store: JobStore, tmp_path: Path, scripted: Callable[..., None]
) -> None:
    asked: list[int] = []
    steps: list[int] = []

    def script(work: Any, step: int) -> None:
        steps.append(step)
        if step == 2:
            asked.append(1)

    scripted(script)
    later = queued(store, tmp_path)
    (stopped,) = Worker(store, stop=lambda: bool(asked)).run(once=True)
    assert stopped.status == "paused"
    first = queued(store, tmp_path)
    assert first.id != later.id
    scripted(lambda work, step: steps.append(step))
    ran = Worker(store).run(once=True)
    # What was begun comes first.
    assert [job.id for job in ran] == [stopped.id, first.id]
    assert steps == [1, 2, 3, 4, 5, 1, 2, 3, 4, 5]


def test_what_goes_wrong_while_training_fails_the_job_and_not_the_worker(
    store: JobStore, tmp_path: Path, scripted: Callable[..., None]
) -> None:
    first, second = queued(store, tmp_path), queued(store, tmp_path)

    def script(work: Any, step: int) -> None:
        if work.job.id == first.id:
            raise RuntimeError("CUDA out of memory")

    scripted(script)
    ran = Worker(store).run(once=True)
    assert [(job.id, job.status) for job in ran] == [(first.id, "failed"), (second.id, "succeeded")]
    assert "CUDA out of memory" in ran[0].error
    assert "RuntimeError" in (first.folder / "error.txt").read_text()


def test_a_job_is_found_by_its_beginning_its_model_or_as_the_last(
    store: JobStore, tmp_path: Path, scripted: Callable[..., None]
) -> None:
    scripted()
    one, two = queued(store, tmp_path), queued(store, tmp_path)
    Worker(store).run(once=True)
    assert find_job(store, "last").id == two.id
    assert find_job(store, one.id[:14]).id == find_job(store, model_name(one)).id == one.id
    with pytest.raises(InputError, match="2개"):
        find_job(store, "ftjob-")
    with pytest.raises(InputError, match="haechi jobs list"):
        find_job(store, "없음")


def test_deleting_takes_the_data_along_but_not_while_it_runs(
    store: JobStore, tmp_path: Path, scripted: Callable[..., None]
) -> None:
    def script(work: Any, step: int) -> None:
        with pytest.raises(InputError, match="haechi jobs cancel"):
            delete_job(store, work.job.id)

    scripted(script)
    job = queued(store, tmp_path)
    Worker(store).run(once=True)
    delete_job(store, job.id)
    assert (store.jobs(), store.events(job.id), job.folder.exists()) == ([], [], False)


def test_a_run_that_ended_just_before_the_kill_is_not_trained_again(
    store: JobStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from haechi.training import job_trainers

    job = queued(store, tmp_path)
    job.run.mkdir()
    (job.run / "run.json").write_text('{"interrupted": false, "steps": 9, "of": 9}')
    scripted = follow(lambda work, step: pytest.fail("it was trained again"))
    for name in ("require", "register", "trained_tokens"):
        monkeypatch.setattr(job_worker, name, scripted[name])
    assert job_trainers.finished_card(job.run) is not None
    (done,) = Worker(store).run(once=True)
    assert (done.status, done.done) == ("succeeded", 9)


def test_the_card_is_one_at_a_time_and_says_who_has_it(store: JobStore) -> None:
    told: list[dict[str, Any]] = []
    with hold_card("sft 실험") as mine:
        assert mine and card_holder()["what"] == "sft 실험"
        with hold_card("other", stop=lambda: bool(told), waiting=told.append) as other:
            assert not other
    assert [holder["pid"] for holder in told] == [os.getpid()]
    with hold_card("later") as free:
        assert free


def test_a_job_goes_on_from_an_earlier_ones_adapter(
    store: JobStore, tmp_path: Path, scripted: Callable[..., None]
) -> None:
    scripted()
    first = queued(store, tmp_path)
    with pytest.raises(InputError, match="이어 갈 수 없습니다"):
        create_job(store, NewJob(model=first.id, train=[tmp_path / "p.jsonl"]))
    (done,) = Worker(store).run(once=True)
    with pytest.raises(InputError, match="어댑터가 남아 있지 않습니다"):
        create_job(store, NewJob(model=done.model, train=[tmp_path / "p.jsonl"]))
    (done.run / "adapter").mkdir()
    second = create_job(store, NewJob(model=done.model, train=[tmp_path / "p.jsonl"]))
    assert (second.base, second.start) == ("tiny", done.id)
    assert replace(second, suffix="dpo") != second

"""`haechi jobs`: what is told when a job is made, shown, cancelled and deleted, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from haechi.models import bundled
from haechi.training import job_worker
from tests.cli.conftest import Run
from tests.models.tiny_llm import write_tiny_llm
from tests.training.job_script import chat_file, follow


@pytest.fixture(autouse=True)
def models(in_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAECHI_MODELS", str(in_folder / "models"))
    bundled.add(write_tiny_llm(in_folder / "tiny.gguf"), name="tiny", licence="apache-2.0")
    for name, value in follow().items():
        monkeypatch.setattr(job_worker, name, value)


def test_a_job_from_create_to_model(haechi: Run, in_folder: Path) -> None:
    file = chat_file(in_folder / "p.jsonl")
    made = haechi("jobs", "create", file, "--model", "tiny", "--suffix", "persona")
    assert made.status == 0, made.err
    # What auto became stands there before anything runs.
    assert "예 10개: n_epochs 10 (auto), batch_size 1 (auto), learning_rate_multiplier 2 (auto)" in made.err
    assert "haechi jobs run" in made.out
    assert "차례 기다림" in haechi("jobs", "list").out
    ran = haechi("jobs", "run", "--once", "--json")
    assert ran.status == 0, ran.err
    (job,) = ran.json["jobs"]
    assert (job["status"], job["became"]["n_epochs"], job["hyper"]["n_epochs"]) == ("succeeded", 10, "auto")
    shown = haechi("jobs", "show", "last").out
    for told in (
        job["model"],
        "마침 (succeeded)",
        "n_epochs 10 (auto)",
        f'adapter = "{job["model"]}"',
        'model = "tiny"',
    ):
        assert told in shown, told
    events = haechi("jobs", "events", "last").out.splitlines()
    assert "작업을 만들었습니다" in events[0] and "작업을 마쳤습니다" in events[-1]
    assert len(haechi("jobs", "events", "last", "--last", "2", "--json").json["events"]) == 2
    assert haechi("jobs", "delete", "last").status == 0
    assert "작업이 없습니다" in haechi("jobs", "list").out
    assert "기다리는 작업이 없습니다" in haechi("jobs", "run", "--once").out


def test_wait_runs_this_job_and_leaves_the_others(haechi: Run, in_folder: Path) -> None:
    file = chat_file(in_folder / "p.jsonl")
    haechi("jobs", "create", file, "--model", "tiny", "--suffix", "first")
    made = haechi("jobs", "create", file, "--model", "tiny", "--suffix", "second", "--wait", "--json")
    assert (made.status, made.json["status"], made.json["suffix"]) == (0, "succeeded", "second")
    states = [job["status"] for job in haechi("jobs", "list", "--json").json["jobs"]]
    assert states == ["succeeded", "queued"]
    assert "취소했습니다" in haechi("jobs", "cancel", haechi("jobs", "list", "--json").json["jobs"][1]["id"]).out


def test_a_bad_file_is_told_by_its_lines_and_makes_no_job(haechi: Run, in_folder: Path) -> None:
    bad = in_folder / "bad.jsonl"
    bad.write_text('{"messages": [{"role": "user", "content": "질문"}]}\n{"messages": 3}\n')
    refused = haechi("jobs", "create", bad, "--model", "tiny")
    assert refused.status == 1
    assert "'bad.jsonl'" in refused.err
    assert "1번째 줄: 마지막 메시지는 assistant여야 합니다" in refused.err
    assert "2번째 줄: messages 목록이 없거나 비었습니다" in refused.err
    assert "Traceback" not in refused.err
    few = haechi("jobs", "create", chat_file(in_folder / "nine.jsonl", 9), "--model", "tiny")
    assert (few.status, "예가 9개입니다. 10개 이상이어야 합니다" in few.err) == (1, True)
    assert "읽을 수 없습니다" in haechi("jobs", "create", "없는.jsonl", "--model", "tiny").err
    assert haechi("jobs", "list", "--json").json == {"jobs": []}


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("create", "p.jsonl", "--kind", "lora"), 2, "sft, reward, ppo, dpo, grpo, reader, embedder"),
        (("create", "p.jsonl", "--epochs", "많이"), 2, "auto나 0보다 큰 수"),
        (("create", "p.jsonl", "--set", "rank"), 2, "키=값"),
        (("create", "p.jsonl", "--model", "tinny"), 1, "'tinny'"),
        (("create",), 2, "자료"),
        (("show", "없음"), 1, "haechi jobs list"),
        (("cancel", "last"), 1, "haechi jobs list"),
    ],
)
def test_mistakes_are_told(haechi: Run, in_folder: Path, arguments: tuple[str, ...], status: int, message: str) -> None:
    chat_file(in_folder / "p.jsonl")
    refused = haechi("jobs", *arguments)
    assert (refused.status, "Traceback" in refused.err) == (status, False)
    assert message in refused.err


def test_a_failed_job_is_an_exit_status(haechi: Run, in_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(work: object) -> dict[str, object]:
        raise RuntimeError("disk on fire")

    monkeypatch.setattr(job_worker, "train", broken)
    made = haechi("jobs", "create", chat_file(in_folder / "p.jsonl"), "--model", "tiny", "--wait")
    assert made.status == 1
    assert "disk on fire" in made.out and "error.txt" in made.out

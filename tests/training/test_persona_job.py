"""A persona by one tuning job, as in the lecture: ten chat examples → job → model → three answers side by side."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from haechi.models import bundled
from haechi.models.assemble import sha256_of
from tests.cli.conftest import Run, haechi
from tests.models.tiny_llm import write_tiny_llm
from tests.training.tiny_torch import write_tiny_folder

pytest.importorskip("trl", reason="the extra 'train' is not installed")

__all__ = ["haechi"]

#: Bytes are this model's tokens, so short words make a quick test.
ANSWER = "HAECHI!"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A models folder with the tiny model in both forms, as after its first conversion."""
    folder = tmp_path_factory.mktemp("persona")
    file = write_tiny_llm(folder / "tiny.gguf")
    hf = write_tiny_folder(folder / "models" / "hf" / f"tiny-{file.stat().st_size}")
    stat = file.stat()
    card = {"size": stat.st_size, "modified": stat.st_mtime_ns, "sha256": sha256_of(file)}
    (hf / "haechi_base.json").write_text(json.dumps(card))
    return folder


@pytest.fixture(autouse=True)
def models(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAECHI_MODELS", str(made / "models"))
    bundled.add(made / "tiny.gguf", name="tiny", licence="apache-2.0")


@pytest.fixture
def persona(in_folder: Path) -> Path:
    rows = [
        {
            "messages": [
                {"role": "system", "content": "be it"},
                {"role": "user", "content": f"who {number}"},
                {"role": "assistant", "content": ANSWER},
            ]
        }
        for number in range(10)
    ]
    file = in_folder / "persona.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


def test_ten_examples_make_a_model_that_answers_so_without_being_told(haechi: Run, persona: Path) -> None:
    made = haechi(
        "jobs", "create", persona, "--model", "tiny", "--suffix", "persona", "--wait",
        "--set", "lr=0.02", "--set", "save_every=50", "--json",
    )  # fmt: skip
    assert made.status == 0, made.err
    assert "10 examples" in made.err or "예 10개: n_epochs 10 (auto), batch_size 1 (auto)" in made.err
    job = made.json
    name = f"ft:tiny:persona:{job['id'].removeprefix('ftjob-')}"
    assert (job["status"], job["model"], job["done"]) == ("succeeded", name, 100)
    assert job["trained_tokens"] > 10 * 10 * len(ANSWER)

    # A registered adapter of this very base, with its card, for [llm] adapter.
    status = bundled.status(name)
    assert (status.kind, status.licence, status.installed) == ("adapter", "apache-2.0", True)
    card = haechi("models", "card", name, "--json").json
    assert card["base"]["name"] == "tiny"
    assert list(card["runs"][0]["data"]["files"]) == ["persona.jsonl"]

    told = haechi(
        "models", "compare", f"tiny+{name}", "--questions", persona, "--context", "512", "--max-tokens", "8",
        "--threads", "1", "--json",
    )  # fmt: skip
    assert told.status == 0, told.err
    found = told.json
    assert [(column["model"], column["system"]) for column in found["columns"]] == [
        (f"tiny+{name}", True), (f"tiny+{name}", False), ("tiny", True),
    ]  # fmt: skip
    with_system, without, base = (figures["as_trained"] for figures in found["figures"])
    assert (with_system, base) == (1.0, 0.0)
    assert without > 0.5


def test_a_stopped_job_goes_on_from_its_checkpoint(haechi: Run, persona: Path) -> None:
    from haechi.training.job_store import JobStore
    from haechi.training.job_worker import Worker

    made = haechi("jobs", "create", persona, "--model", "tiny", "--set", "max_steps=6", "--json")
    assert made.status == 0, made.err
    store, identity = JobStore(), made.json["id"]

    def stop() -> bool:
        job = store.job(identity)
        return job is not None and job.done >= 3

    (stopped,) = Worker(store, stop=stop).run(once=True)
    assert (stopped.status, stopped.model) == ("paused", "")
    assert 3 <= stopped.done < 6
    (done,) = Worker(store).run(once=True)
    assert done.status == "succeeded"
    card = json.loads((done.run / "run.json").read_text())
    assert card["resumed_from"] >= 3
    assert [line["step"] for line in map(json.loads, (done.run / "metrics.jsonl").read_text().splitlines())] == [
        1, 2, 3, 4, 5, 6,
    ]  # fmt: skip

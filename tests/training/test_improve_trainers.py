"""The loop's own trainers, on a tiny model: rows in, a LoRA GGUF of that very model out, going on after a stop."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from haechi.models import bundled
from haechi.models.adapter_check import check_adapter
from haechi.models.assemble import sha256_of
from haechi.models.model_home import write_json
from haechi.registry import load
from haechi.training.improve_trainers import Setup
from haechi.training.llm_base import CARD, folder_for
from haechi.training.train_run import silent
from tests.models.tiny_llm import write_tiny_llm
from tests.training.test_reader import ROWS
from tests.training.tiny_torch import write_tiny_folder

pytest.importorskip("torch", reason="the extra 'train' is not installed")
pytest.importorskip("trl", reason="the extra 'train' is not installed")

SETTINGS: dict[str, dict[str, Any]] = {
    "reader": {"layers": 2, "rank": 4, "questions": 2, "max_tokens": 900, "threads": 1},
    "sft": {"rank": 4, "max_tokens": 900, "max_steps": 2, "batch": 1, "accumulate": 1, "threads": 1},
}


@pytest.fixture
def base(in_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HAECHI_MODELS", str(in_folder / "models"))
    # One token a byte: with the real rules a prompt has thousands of them.
    short = {"answer_system": "짧게", "answer_user": "{evidence}\n[질문]\n{question}"}
    monkeypatch.setattr("haechi.pipeline.prompt.load_prompt", lambda name, values: short[name].format(**values))
    file = write_tiny_llm(in_folder / "tiny.gguf")
    bundled.add(file, name="tiny", licence="apache-2.0")
    # A tokenizer of bytes alone is none that transformers reads out of a GGUF, so the conversion is there already.
    folder = write_tiny_folder(folder_for("tiny"))
    card = {"sha256": sha256_of(file), "size": file.stat().st_size, "modified": file.stat().st_mtime_ns}
    write_json(folder / CARD, card)
    return file


@pytest.mark.parametrize("name", ["reader", "sft"])
def test_rows_become_an_adapter_of_the_base(base: Path, in_folder: Path, name: str) -> None:
    trainer, setup = load("trainers", name)(), Setup("tiny", None, SETTINGS[name])
    card = trainer.train(ROWS, ROWS[:1], in_folder / "run", setup, report=silent, stop=lambda: False)
    assert card["kind"] == name and not card["interrupted"]
    made = trainer.export(in_folder / "run", setup, in_folder / "made.gguf", "improve-1")
    assert made["licence"] == "apache-2.0" and made["rank"] == 4
    facts = check_adapter(in_folder / "made.gguf", base)
    assert facts.base_known and facts.rank == 4
    assert trainer.changes == {"answer.examples": False}
    # The loop may have been killed before it noted the end: nothing is trained twice.
    again = trainer.train(ROWS, ROWS[:1], in_folder / "run", setup, report=silent, stop=lambda: True)
    assert again["finished"] == card["finished"]


def test_a_stopped_training_goes_on(base: Path, in_folder: Path) -> None:
    trainer, setup = load("trainers", "reader")(), Setup("tiny", None, {**SETTINGS["reader"], "epochs": 2.0})
    stopped = trainer.train(ROWS, [], in_folder / "run", setup, report=silent, stop=lambda: True)
    assert stopped["interrupted"]
    card = trainer.train(ROWS, [], in_folder / "run", setup, report=silent, stop=lambda: False)
    assert not card["interrupted"] and card["steps"] == card["of"] > stopped["steps"]

"""Any sentence-transformers folder is trained, by LoRA or as a whole, resumes, and is loaded by both back ends."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from haechi.errors import InputError
from haechi.models.onnx_folder import OnnxEmbedder
from haechi.models.sentence_transformer import SentenceTransformerEmbedder
from haechi.training import embedder_onnx
from haechi.training.embedder_rows import Asked, Texts, with_texts
from haechi.training.questions import TrainingData
from haechi.training.sentence_embedder import train_folder
from haechi.training.train_settings import TrainSettings
from tests.training.made_sentence_model import make_sentence_model

for _package in ("torch", "transformers", "peft", "sentence_transformers", "matplotlib"):
    pytest.importorskip(_package, reason="the extra 'train' is not installed")

SEED = 3


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_sentence_model(tmp_path_factory.mktemp("base") / "tiny")


@pytest.fixture
def settings(base: Path) -> TrainSettings:
    return TrainSettings(
        base=str(base), method="lora", rank=8, alpha=16, lr=0.01, max_steps=10, batch=8, accumulate=1, save_every=5,
        dtype="float32", seed=SEED, threads=1, max_tokens=40,
    )  # fmt: skip


@pytest.fixture
def data() -> TrainingData:
    """Questions whose letter stands in their passage, some with a known wrong one, and sentence pairs with scores."""
    letters = "가나다라마바사휴연차며칠"
    asked = tuple(
        Asked(f"{letter}?", (f"{letter * 2} {law}",), (f"불나면 {law}",) if law == "a" else (), f"{law}{letter}")
        for law in "abc"
        for letter in letters
    )
    scored = tuple((f"{letter} 출장", f"{letter} 출장비", 1.0 if letter < "사" else 0.2) for letter in letters)
    return with_texts(None, [Texts(asked, scored)], hashes={"q.jsonl": "0" * 64}, dev_share=0.2, seed=1)


def test_lora_on_any_folder_gives_a_model_for_both_back_ends(
    data: TrainingData, settings: TrainSettings, tmp_path: Path
) -> None:
    told: list[tuple[Any, ...]] = []
    card = train_folder(
        data, tmp_path / "out", settings, query_prefix="query: ", report=lambda *step: told.append(step)
    )
    out = tmp_path / "out"
    assert json.loads((out / "run.json").read_text())["settings"]["method"] == "lora"
    assert {"adapter", "model", "onnx", "curves.json", "metrics.jsonl"} <= {path.name for path in out.iterdir()}
    assert not (out / "checkpoints").exists()
    assert (card["steps"], len(card["losses"])) == (10, 10)
    assert card["data"]["triplets_rows"] > 0 < card["data"]["scored_rows"]
    assert 0 < card["trainable_share"] < 0.5
    assert set(card["before"]) == set(card["after"]) == {"n", "recall@1", "recall@2", "recall@10", "mrr"}
    assert {stage for stage, *_ in told} == {"read", "mine", "train", "measure", "write"}

    torch_made = SentenceTransformerEmbedder(out / "model")
    onnx_made = OnnxEmbedder(out / "onnx")
    # The limit of the base, not the shorter one of training; the prefix given for training goes with the model.
    assert torch_made.max_tokens == onnx_made.max_tokens == 48
    texts = ["휴가 며칠", "불나면 신고?", "가나다 a", "차"]
    for kind in ("query", "passage"):
        ours, theirs = torch_made.embed(texts, kind), onnx_made.embed(texts, kind)  # type: ignore[arg-type]
        assert (ours * theirs).sum(axis=1).min() > 0.99
    assert card["onnx_cosine"]["min"] > 0.99
    assert not np.allclose(torch_made.embed(texts, "query"), torch_made.embed(texts, "passage"))
    # It has learnt something: the base gives other vectors.
    untrained = SentenceTransformerEmbedder(Path(settings.base), query_prefix="query: ")
    assert (untrained.embed(texts, "query") * torch_made.embed(texts, "query")).sum(axis=1).min() < 0.99


def test_a_stopped_run_goes_on_to_the_very_same_curve(
    data: TrainingData, settings: TrainSettings, tmp_path: Path
) -> None:
    settings = replace(settings, max_steps=6)
    whole = train_folder(data, tmp_path / "whole", settings)
    asked = iter([False] * 2 + [True] * 9)
    part = train_folder(data, tmp_path / "part", settings, stop=lambda: next(asked))
    assert (part["interrupted"], part["steps"]) == (True, 3)
    rest = train_folder(data, tmp_path / "part", settings, resume=True)
    assert rest["resumed_from"] == 3
    np.testing.assert_allclose(rest["losses"], whole["losses"], rtol=1e-4)
    with pytest.raises(InputError, match="이미"):
        train_folder(data, tmp_path / "whole", settings)


def test_all_weights_of_a_folder_and_a_graph_that_cannot_be_written(
    data: TrainingData, settings: TrainSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any) -> None:
        raise RuntimeError("no such operator")

    monkeypatch.setattr(embedder_onnx, "_write_graph", fails)
    card = train_folder(data, tmp_path / "out", replace(settings, method="full", lr=0.002, max_steps=3))
    assert card["trainable_share"] == 1.0
    # The trained model is kept and the card says what is missing.
    assert (card["onnx_cosine"], "no such operator" in card["onnx_problem"]) == (None, True)
    assert {path.name for path in (tmp_path / "out").iterdir()}.isdisjoint({"adapter", "onnx"})
    assert SentenceTransformerEmbedder(tmp_path / "out" / "model").dimension == 64


def test_what_is_no_such_folder_is_said_before_anything_is_loaded(
    data: TrainingData, settings: TrainSettings, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=r"modules\.json"):
        train_folder(data, tmp_path / "out", replace(settings, base=str(tmp_path)))
    with pytest.raises(InputError, match="--layers"):
        train_folder(data, tmp_path / "out", replace(settings, method="full", layers="upper 1"))
    assert not (tmp_path / "out").exists()

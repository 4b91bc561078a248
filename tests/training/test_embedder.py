"""Training with torch on a tiny random model: it learns, goes on where it stopped, and torch and ONNX agree."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from haechi.errors import InputError
from haechi.models.e5 import E5Embedder
from haechi.models.e5_adapter import read_adapter
from haechi.models.e5_weights import read_weights
from haechi.training.embedder import Settings, _Ids, train_embedder
from haechi.training.questions import TrainingData, prepare
from tests.models.made_e5 import make_weight_file
from tests.training.test_questions import jsonl

pytest.importorskip("torch", reason="the extra 'train' is not installed")
pytest.importorskip("transformers", reason="the extra 'train' is not installed")

SETTINGS = Settings(epochs=12, rank=4, layers=1, batch=8, lr=0.02, seed=3, temperature=0.1)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return make_weight_file(tmp_path / "tiny.bin")


@pytest.fixture
def data(tmp_path: Path) -> TrainingData:
    """Questions that share nothing with their passages but a letter that has to be learnt."""
    passages = {
        f"{law}/{letter}": f"{letter * 3} {law}" for law in ("a", "b", "c") for letter in "가나다라마바사휴연차"
    }
    rows = [{"question": f"{key[-1]}?", "gold_ids": [key]} for key in passages]
    return prepare(passages, [jsonl(tmp_path / "q.jsonl", rows)], dev_share=0.34)


def test_the_loss_falls_and_the_result_is_a_model_folder(source: Path, data: TrainingData, tmp_path: Path) -> None:
    told: list[tuple[Any, ...]] = []
    card = train_embedder(data, tmp_path / "out", SETTINGS, source=source, report=lambda *step: told.append(step))
    losses = card["losses"]
    assert np.mean(losses[-4:]) < 0.8 * np.mean(losses[:4])
    assert json.loads((tmp_path / "out" / "run.json").read_text()) == card
    assert (card["steps"], card["of"], len(losses)) == (card["of"], len(losses), card["steps"])
    assert set(card["before"]) == set(card["after"]) == {"n", "recall@1", "recall@2", "recall@10", "mrr"}
    assert {stage for stage, *_ in told} == {"read", "mine", "train", "measure", "write"}
    assert told[-3][4] == 0.0
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"adapter.npz", "run.json", "model"}
    assert read_adapter(tmp_path / "out" / "adapter.npz").base_sha256 == read_weights(source).source_sha256
    with pytest.raises(InputError, match="이미 학습 결과"):
        train_embedder(data, tmp_path / "out", SETTINGS, source=source)


def test_torch_and_the_written_model_give_the_same_vectors(source: Path, data: TrainingData, tmp_path: Path) -> None:
    import torch

    from haechi.training.lora import TorchE5

    train_embedder(data, tmp_path / "out", SETTINGS, source=source)
    weights = read_weights(source)
    model = TorchE5(weights, layers=1, rank=4, seed=0)
    adapter = read_adapter(tmp_path / "out" / "adapter.npz")
    with torch.no_grad():
        for name, layer in model.adapters.items():
            layer.a.copy_(torch.from_numpy(adapter.matrices[name][0]))
            layer.b.copy_(torch.from_numpy(adapter.matrices[name][1] / 2))
    texts = ["휴가 며칠", "가나다 abc", "불나면 신고?"]
    ids = _Ids(weights, SETTINGS)
    ours = model.vectors(model.lower([ids.of(text, "passage") for text in texts]))
    written = E5Embedder(tmp_path / "out" / "model", threads=1).embed(texts, "passage")
    assert (ours * written).sum(axis=1).min() > 0.995


def test_a_stopped_run_goes_on_to_the_very_same_result(source: Path, data: TrainingData, tmp_path: Path) -> None:
    whole = train_embedder(data, tmp_path / "whole", SETTINGS, source=source)
    asked = iter([False] * 5 + [True])
    part = train_embedder(data, tmp_path / "part", SETTINGS, source=source, stop=lambda: next(asked))
    assert (part["interrupted"], part["steps"]) == (True, 6)
    assert not (tmp_path / "part" / "run.json").exists()
    rest = train_embedder(data, tmp_path / "part", SETTINGS, source=source, resume=True)
    assert rest["losses"] == whole["losses"]
    first, second = (read_adapter(tmp_path / name / "adapter.npz").matrices for name in ("whole", "part"))
    for name, (a, b) in first.items():
        np.testing.assert_array_equal(a, second[name][0])
        np.testing.assert_array_equal(b, second[name][1])


def test_training_goes_on_from_an_adapter_and_the_file_holds_both_changes(
    source: Path, data: TrainingData, tmp_path: Path
) -> None:
    train_embedder(data, tmp_path / "first", SETTINGS, source=source)
    start = tmp_path / "first" / "adapter.npz"
    card = train_embedder(data, tmp_path / "second", SETTINGS, source=source, start=start)
    first, second = read_adapter(start), read_adapter(tmp_path / "second" / "adapter.npz")
    assert card["start_sha256"] == first.sha256
    assert second.base_sha256 == first.base_sha256
    for name, (a, b) in first.matrices.items():
        both_a, both_b = second.matrices[name]
        assert (len(both_a), both_b.shape[1]) == (2 * len(a), 2 * b.shape[1])
        np.testing.assert_array_equal(both_a[: len(a)], a)
    # It begins where the first one ended, not at the base.
    ended = read_adapter_ranks(tmp_path / "first")
    assert card["dev_ranks"]["before"] == pytest.approx(ended, abs=2)
    assert card["losses"][0] < read_losses(tmp_path / "first")[0]


def read_losses(out: Path) -> list[float]:
    return list(json.loads((out / "run.json").read_text())["losses"])


def read_adapter_ranks(out: Path) -> list[int]:
    return list(json.loads((out / "run.json").read_text())["dev_ranks"]["after"])


def test_known_wrong_passages_take_the_place_of_mined_ones(
    source: Path, data: TrainingData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from haechi.training import loop

    seen: list[Any] = []
    whole = loop.train

    def spy(model: Any, asked: Any, passages: Any, plan: Any, *rest: Any, **more: Any) -> Any:
        seen.append(plan.negatives)
        return whole(model, asked, passages, plan, *rest, **more)

    monkeypatch.setattr(loop, "train", spy)
    known = (replace(data.train[0], hard=(5,)), *data.train[1:])
    train_embedder(replace(data, train=known), tmp_path / "out", replace(SETTINGS, epochs=1), source=source)
    assert seen[0][0] == (5,)
    assert len(seen[0][1]) > 1


def test_a_run_of_other_settings_is_not_resumed(source: Path, data: TrainingData, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="체크포인트가 없습니다"):
        train_embedder(data, tmp_path / "out", SETTINGS, source=source, resume=True)
    train_embedder(data, tmp_path / "out", SETTINGS, source=source, stop=lambda: True)
    with pytest.raises(InputError, match="다른 자료나 설정"):
        train_embedder(data, tmp_path / "out", Settings(**{**vars(SETTINGS), "seed": 4}), source=source, resume=True)

"""Training the grounding model on a tiny random encoder: it learns, can be stopped, and torch and ONNX agree."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pytest

from haechi.errors import InputError
from haechi.models.grounding import HaechiGrounder
from haechi.models.grounding_file import read_grounding
from haechi.training.grounding import Settings, train_grounding
from haechi.training.grounding_data import Claim, GroundingData, Passage
from haechi.training.grounding_measure import measure, thresholds
from tests.models.made_e5 import make_weight_file

SETTINGS = Settings(epochs=6, rank=4, layers=1, batch=200, lr=0.02, written=1.0, claim_tokens=20, seed=3)


def test_thresholds_let_few_true_claims_alarm_and_few_false_ones_pass() -> None:
    chances = np.linspace(0, 1, 200, dtype=np.float32)
    labels = [1] * 100 + [0] * 100
    found = thresholds(chances, labels)
    assert (chances[100:] <= found.alarm).mean() == pytest.approx(0.02, abs=0.01)
    assert found.supported >= found.alarm
    table = measure(chances, labels, ["a"] * 150 + ["b"] * 50)
    assert (table["auc"], table["kinds"]["b"]) == (1.0, {"n": 50, "alarms": 0.0})
    assert table["caught"] == 1.0
    assert measure(chances[:5], labels[:5], ["a"] * 5) == {}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    pytest.importorskip("torch", reason="the extra 'train' is not installed")
    pytest.importorskip("transformers", reason="the extra 'train' is not installed")
    return make_weight_file(tmp_path / "tiny.bin")


@pytest.fixture
def data() -> GroundingData:
    """A claim is true when its letter stands in the evidence."""
    passages = [
        Passage(
            f"{one} {two} abc",
            (Claim(f"{one} 가", 0, "polite", ()), Claim(f"{other} 가", 2, "addition", (0,))),
            "rows",
        )
        for one, two, other in itertools.permutations("휴연차비불신", 3)
    ]
    return GroundingData(tuple(passages[:100]), tuple(passages[100:]), {"rows": "0"})


def test_it_learns_and_the_result_is_a_model_folder(source: Path, data: GroundingData, tmp_path: Path) -> None:
    card = train_grounding(data, tmp_path / "out", SETTINGS, source=source)
    assert np.mean(card["losses"][-5:]) < 0.8 * np.mean(card["losses"][:5])
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"adapter.npz", "run.json", "model"}
    assert json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8")) == card
    assert set(card["dev"]["rows"]) == {"n", "auc", "alarms", "caught", "kinds"}
    grounder = HaechiGrounder(str(tmp_path / "out" / "model"), threads=1)
    assert grounder.thresholds == read_grounding(tmp_path / "out" / "adapter.npz").thresholds
    with pytest.raises(InputError, match="이미 학습 결과"):
        train_grounding(data, tmp_path / "out", SETTINGS, source=source)


def test_torch_and_the_written_model_say_the_same(source: Path, data: GroundingData, tmp_path: Path) -> None:
    from haechi.models.e5_weights import read_weights
    from haechi.training.grounding import _Ids
    from haechi.training.grounding_model import TorchGrounder

    train_grounding(data, tmp_path / "out", SETTINGS, source=source)
    weights = read_weights(source)
    model = TorchGrounder(weights, layers=1, rank=4, seed=0)
    model.take(read_grounding(tmp_path / "out" / "adapter.npz"))
    texts = _Ids(weights, SETTINGS)
    packs = [example.pack for passage in data.dev for example in texts.examples(passage)]
    pairs = [(passage.evidence, claim.text) for passage in data.dev for claim in passage.claims]
    written = HaechiGrounder(str(tmp_path / "out" / "model"), threads=1).probabilities(pairs)
    # The trap: claims that share a pack in training must be what a pair alone is at run time.
    assert np.abs(model.probabilities(packs) - written).mean() < 0.03


def test_an_interrupted_run_goes_on_to_the_same_numbers(source: Path, data: GroundingData, tmp_path: Path) -> None:
    whole = train_grounding(data, tmp_path / "whole", SETTINGS, source=source)
    steps = iter(range(1000))
    halted = train_grounding(data, tmp_path / "half", SETTINGS, source=source, stop=lambda: next(steps) == 7)
    assert (halted["interrupted"], halted["steps"]) == (True, 8)
    resumed = train_grounding(data, tmp_path / "half", SETTINGS, source=source, resume=True)
    assert resumed["losses"] == whole["losses"]
    with pytest.raises(InputError, match="다른 자료나 설정"):
        (tmp_path / "half" / "run.json").unlink()
        train_grounding(data, tmp_path / "other", SETTINGS, source=source, stop=lambda: True)
        changed = Settings(**{**SETTINGS.__dict__, "lr": 0.01})
        train_grounding(data, tmp_path / "other", changed, source=source, resume=True)


def test_a_trained_model_can_be_gone_on_from(source: Path, data: GroundingData, tmp_path: Path) -> None:
    train_grounding(data, tmp_path / "first", SETTINGS, source=source)
    start = tmp_path / "first" / "adapter.npz"
    more = train_grounding(data, tmp_path / "more", SETTINGS, start=start, source=source)
    assert np.mean(more["losses"][:3]) < 0.8
    with pytest.raises(InputError, match="--layers, --rank"):
        train_grounding(data, tmp_path / "none", Settings(rank=2, layers=1), start=start, source=source)

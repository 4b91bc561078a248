"""An adapter: what its file may hold, and that W + B @ A is what the written model computes with."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from haechi.errors import ModelError
from haechi.models.e5 import E5Embedder
from haechi.models.e5_adapter import read_adapter, write_adapter
from haechi.models.e5_convert import convert
from haechi.models.e5_weights import LowRank, read_weights
from tests.models.made_e5 import DIMENSION, INNER, make_weight_file

TEXTS = ["휴가 며칠", "출장비", "불나면 신고", "abc 123"]


@pytest.fixture
def weight_file(tmp_path: Path) -> Path:
    return make_weight_file(tmp_path / "tiny.bin")


def change(strength: float = 0.5) -> dict[str, LowRank]:
    random = np.random.default_rng(1)

    def pair(outputs: int, inputs: int) -> LowRank:
        return random.normal(0, 1, (4, inputs)), random.normal(0, strength / 4, (outputs, 4))

    return {"l1.q": pair(DIMENSION, DIMENSION), "l1.fi": pair(INNER, DIMENSION), "l1.fo": pair(DIMENSION, INNER)}


def adapter_file(weight_file: Path, matrices: dict[str, LowRank], **meta: str) -> Path:
    path = weight_file.with_name("adapter.npz")
    write_adapter(path, matrices, {"base_sha256": read_weights(weight_file).source_sha256, **meta})
    return path


def test_what_is_written_is_read_and_the_same_numbers_are_the_same_bytes(weight_file: Path) -> None:
    path = adapter_file(weight_file, change(), note="한국어")
    first = path.read_bytes()
    adapter = read_adapter(path)
    assert adapter.meta["note"] == "한국어"
    assert set(adapter.matrices) == {"l1.q", "l1.fi", "l1.fo"}
    a, b = adapter.matrices["l1.fi"]
    assert (a.shape, b.shape) == ((4, DIMENSION), (INNER, 4))
    assert adapter_file(weight_file, change(), note="한국어").read_bytes() == first


def test_the_adapted_weights_are_w_plus_b_times_a_and_the_rest_is_as_it_was(weight_file: Path) -> None:
    weights = read_weights(weight_file)
    adapter = read_adapter(adapter_file(weight_file, change()))
    adapted = adapter.added_to(weights)
    a, b = adapter.matrices["l1.fo"]
    np.testing.assert_allclose(
        adapted.tensor("l1.fo.w").reshape(DIMENSION, INNER),
        weights.tensor("l1.fo.w").reshape(DIMENSION, INNER) + b @ a,
        atol=1e-5,
    )
    for untouched in ("l0.fo.w", "l1.fo.b", "l1.v.w", "emb.word"):
        np.testing.assert_array_equal(adapted.tensor(untouched), weights.tensor(untouched))


def test_the_written_model_computes_with_it(weight_file: Path, tmp_path: Path) -> None:
    # Against the layer computed by hand: only the last layer is changed, so a wrong sign, scale or transposition shows.
    convert(tmp_path / "base", source=weight_file)
    convert(tmp_path / "adapted", source=weight_file, name="tiny-adapted", adapter=adapter_file(weight_file, change()))
    base, adapted = (E5Embedder(tmp_path / name, threads=1) for name in ("base", "adapted"))
    expected = by_hand(weight_file, tmp_path / "adapter.npz", adapted, TEXTS)
    found = adapted.embed(TEXTS, "passage")
    assert (found * expected).sum(axis=1).min() > 0.995
    assert (found * base.embed(TEXTS, "passage")).sum(axis=1).max() < 0.95
    assert adapted.name.startswith("tiny-adapted@")


def test_a_change_of_nothing_changes_nothing(weight_file: Path, tmp_path: Path) -> None:
    nothing = {name: (a, np.zeros_like(b)) for name, (a, b) in change().items()}
    convert(tmp_path / "base", source=weight_file)
    convert(tmp_path / "adapted", source=weight_file, adapter=adapter_file(weight_file, nothing))
    assert (tmp_path / "adapted" / "model.onnx").read_bytes() == (tmp_path / "base" / "model.onnx").read_bytes()


def test_converting_again_writes_the_same_bytes_and_the_card_names_the_adapter(
    weight_file: Path, tmp_path: Path
) -> None:
    path = adapter_file(weight_file, change())
    for name in ("once", "twice"):
        convert(tmp_path / name, source=weight_file, name="tiny", adapter=path)
    once, twice = ((tmp_path / name / "config.json").read_bytes() for name in ("once", "twice"))
    assert once == twice
    config = json.loads(once)
    assert (config["name"], config["adapter_sha256"]) == ("tiny", read_adapter(path).sha256)
    convert(tmp_path / "base", source=weight_file)
    assert "adapter_sha256" not in json.loads((tmp_path / "base" / "config.json").read_bytes())


def test_an_adapter_for_other_weights_is_refused(weight_file: Path, tmp_path: Path) -> None:
    # The trap: the shapes fit, and every vector would be quietly wrong.
    path = adapter_file(weight_file, change())
    other = make_weight_file(tmp_path / "other.bin", seed=9)
    with pytest.raises(ModelError, match="다른 가중치로 학습"):
        convert(tmp_path / "model", source=other, adapter=path)
    assert not (tmp_path / "model" / "config.json").exists()


@pytest.mark.parametrize(
    ("name", "shape", "said"),
    [
        ("l1.q", (DIMENSION, INNER), r"l1\.q.*기대 32×32"),
        ("l1.fi", (DIMENSION, DIMENSION), r"l1\.fi.*기대 64×32"),
        ("l7.q", (DIMENSION, DIMENSION), r"l7\.q.*층은 2개"),
    ],
)
def test_a_matrix_that_does_not_fit_is_named(weight_file: Path, name: str, shape: tuple[int, int], said: str) -> None:
    path = adapter_file(weight_file, {name: (np.ones((4, shape[1])), np.ones((shape[0], 4)))})
    with pytest.raises(ModelError, match=said):
        read_adapter(path).added_to(read_weights(weight_file))


META = np.array('{"base_sha256": "00"}')
A, B = np.ones((4, 32), np.float16), np.ones((32, 4), np.float16)


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"meta": META, "l1.q.A": A}, "A와 B 가운데 하나가 없습니다"),
        ({"meta": META, "l1.q.A": A, "l1.q.B": B[:, :3]}, "맞지 않거나"),
        ({"meta": META, "l1.q.A": A, "l1.q.B": np.full_like(B, np.nan)}, "수가 아닌 값"),
        ({"meta": META, "l1.q.A": A, "l1.q.B": B, "emb.word.A": A}, "모르는 이름 'emb.word.A'"),
        ({"meta": META}, "행렬이 없습니다"),
        ({"l1.q.A": A, "l1.q.B": B}, "어댑터 파일이 아닙니다"),
        ({"meta": np.array("{}"), "l1.q.A": A, "l1.q.B": B}, "base_sha256이 없습니다"),
        ({"meta": np.array([{"code": 1}], dtype=object)}, "어댑터 파일이 아닙니다"),
    ],
)
def test_a_wrong_file_says_what_is_wrong(tmp_path: Path, arrays: dict[str, np.ndarray], said: str) -> None:
    # The last one holds a pickle, which is never opened.
    np.savez(tmp_path / "adapter.npz", **arrays)  # type: ignore[arg-type]
    with pytest.raises(ModelError, match=said):
        read_adapter(tmp_path / "adapter.npz")


@pytest.mark.parametrize("data", [b"", b"no archive", b"PK\x03\x04 half a zip"])
def test_what_is_no_archive_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "adapter.npz").write_bytes(data)
    with pytest.raises(ModelError, match="어댑터"):
        read_adapter(tmp_path / "adapter.npz")


def by_hand(weight_file: Path, adapter: Path, embedder: E5Embedder, texts: list[str]) -> np.ndarray:
    """The model in plain numpy."""
    weights = read_adapter(adapter).added_to(read_weights(weight_file))

    def norm(values: np.ndarray, name: str) -> np.ndarray:
        centred = values - values.mean(-1, keepdims=True)
        unit = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + weights.layer_norm_epsilon)
        return unit * weights.tensor(name + ".w") + weights.tensor(name + ".b")

    def product(values: np.ndarray, name: str) -> np.ndarray:
        bias = weights.tensor(name + ".b")
        return values @ weights.tensor(name + ".w").reshape(len(bias), -1).T + bias

    def gelu(values: np.ndarray) -> np.ndarray:
        from math import erf

        return values * 0.5 * (1 + np.vectorize(erf)(values / np.sqrt(2)))

    vectors = []
    for text in texts:
        (ids,) = embedder._windows(text, "passage", 0)
        hidden = weights.tensor("emb.word").reshape(-1, DIMENSION)[ids]
        hidden = hidden + weights.tensor("emb.pos").reshape(-1, DIMENSION)[: len(ids)]
        hidden = norm(hidden, "emb.ln")
        for layer in range(weights.layers):
            q, k, v = (
                product(hidden, f"l{layer}.{part}").reshape(len(ids), weights.heads, -1).swapaxes(0, 1)
                for part in "qkv"
            )
            scores = q @ k.swapaxes(1, 2) / np.sqrt(q.shape[-1])
            weight = np.exp(scores - scores.max(-1, keepdims=True))
            context = (weight / weight.sum(-1, keepdims=True)) @ v
            context = context.swapaxes(0, 1).reshape(len(ids), -1)
            hidden = norm(hidden + product(context, f"l{layer}.ao"), f"l{layer}.aln")
            inner = gelu(product(hidden, f"l{layer}.fi"))
            hidden = norm(hidden + product(inner, f"l{layer}.fo"), f"l{layer}.oln")
        mean = hidden.mean(axis=0)
        vectors.append(mean / np.linalg.norm(mean))
    return np.stack(vectors)

"""A trained adapter becomes a GGUF that llama.cpp runs as torch does, and stays small."""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np
import pytest

from haechi.errors import InputError, ModelError
from haechi.models.adapter_check import check_adapter, norms_mark
from haechi.models.lora_file import read_lora, write_lora
from haechi.training.export_adapter import export_adapter, stacked, to_lora
from haechi.training.export_base import find_base
from haechi.training.lora_names import gguf_name
from haechi.training.lora_source import read_trained
from tests.models.tiny_llm import HEADS, LAYERS, MATRICES, write_tiny_llm
from tests.training.made_lora import PARTS, pairs, write_peft, write_plain
from tests.training.tiny_torch import unpermuted, write_tiny_folder

pytest.importorskip("torch")


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return write_tiny_llm(tmp_path / "base.gguf")


def tensors(file: Path) -> dict[str, np.ndarray]:
    return {tensor.name: gguf.dequantize(tensor.data, tensor.tensor_type) for tensor in gguf.GGUFReader(file).tensors}


def test_a_peft_adapter_becomes_a_gguf_of_its_base(base: Path, tmp_path: Path) -> None:
    trained = read_trained(write_peft(tmp_path / "peft", rank=4, alpha=8))
    export_adapter(to_lora(trained, find_base(str(base))), tmp_path / "a.gguf", kind="f32")
    header = gguf.GGUFReader(tmp_path / "a.gguf").fields
    stated = {name: header[name].contents() for name in ("general.type", "adapter.type", "general.architecture")}
    assert stated == {"general.type": "adapter", "adapter.type": "lora", "general.architecture": "qwen2"}
    # llama.cpp multiplies by alpha / rank itself: 8 / 4 is PEFT's scale.
    assert header["adapter.lora.alpha"].contents() == 8.0
    facts = check_adapter(tmp_path / "a.gguf", base)
    assert (facts.rank, facts.matrices, facts.base_known) == (4, 7 * LAYERS, True)
    held = tensors(tmp_path / "a.gguf")
    for name, (a, b) in pairs().items():
        assert np.array_equal(held[f"{gguf_name(name)}.weight.lora_a"], a)
        assert np.array_equal(held[f"{gguf_name(name)}.weight.lora_b"], b)


def test_plain_matrices_of_the_cpu_trainer_are_read_with_their_scale(base: Path, tmp_path: Path) -> None:
    found = find_base(str(base))
    plain = to_lora(read_trained(write_plain(tmp_path / "run" / "adapter.safetensors", scale=2.0)), found)
    assert plain.facts.alpha == 8.0
    assert set(plain.matrices) == {f"blk.{layer}.{name}" for layer in range(LAYERS) for name in MATRICES}
    unstated = write_plain(tmp_path / "other" / "adapter.safetensors", scale=None)
    with pytest.raises(InputError, match="--scale"):
        read_trained(unstated)
    assert to_lora(read_trained(unstated, scale=0.5), found).facts.alpha == 2.0


def test_llama_rows_move_and_qwen_rows_do_not(tmp_path: Path) -> None:
    llama = find_base(str(write_tiny_llm(tmp_path / "llama.gguf", "llama")))
    lora = to_lora(read_trained(write_peft(tmp_path / "peft")), llama)
    for name, (a, b) in pairs().items():
        moved_a, moved_b = lora.matrices[gguf_name(name)]
        assert np.array_equal(moved_a, a)
        heads = {"self_attn.q_proj": HEADS, "self_attn.k_proj": llama.kv_heads}.get(name.split(".", 2)[2])
        # The trap: without the permutation llama.cpp turns every head by the wrong angles.
        assert np.array_equal(unpermuted(moved_b, heads) if heads else moved_b, b)
        assert heads is None or not np.array_equal(moved_b, b)


def test_a_gpt_neox_keeps_query_key_and_value_one_after_another() -> None:
    from haechi.training.lora_names import row_order

    order = row_order("gptneox", "blk.0.attn_qkv", 12, 2, 2)
    assert order is not None and order.tolist() == [0, 1, 6, 7, 2, 3, 8, 9, 4, 5, 10, 11]


def test_a_folder_without_its_gguf_gives_the_same_mark(base: Path, tmp_path: Path) -> None:
    folder = find_base(str(write_tiny_folder(tmp_path / "folder")))
    found = find_base(str(base))
    assert folder.norms == found.norms == norms_mark(base)
    assert {name: folder.shapes[name] for name in folder.shapes} == {name: found.shapes[name] for name in folder.shapes}


@pytest.mark.parametrize(
    "config",
    [
        {"use_dora": True},
        {"bias": "all"},
        {"modules_to_save": ["lm_head"]},
        {"peft_type": "IA3"},
    ],
)
def test_what_a_lora_gguf_cannot_hold_is_refused_not_dropped(tmp_path: Path, config: dict[str, object]) -> None:
    with pytest.raises(ModelError, match=next(iter(config))):
        read_trained(write_peft(tmp_path / "peft", **config))


def test_ranks_scaled_in_another_way_keep_their_size(base: Path, tmp_path: Path) -> None:
    found = find_base(str(base))
    root = to_lora(read_trained(write_peft(tmp_path / "root", rank=4, alpha=8, use_rslora=True)), found)
    assert root.facts.alpha == 16.0  # 8 / sqrt(4) times the rank
    mixed = to_lora(read_trained(write_peft(tmp_path / "mixed", rank=4, alpha=8, alpha_pattern={"q_proj": 2})), found)
    assert mixed.facts.alpha == 0.0
    made = pairs()
    for part, scale in (("self_attn.q_proj", 0.5), ("self_attn.k_proj", 2.0)):
        a, b = made[f"layers.1.{part}"]
        assert np.allclose(mixed.change(f"blk.1.{PARTS[part]}"), b @ a * scale, atol=1e-5)


def test_another_models_adapter_is_refused(tmp_path: Path) -> None:
    found = find_base(str(write_tiny_llm(tmp_path / "base.gguf")))
    matrices = {"layers.9.q_proj": pairs()["layers.0.self_attn.q_proj"]}
    from dataclasses import replace

    trained = replace(read_trained(write_peft(tmp_path / "peft")), matrices=matrices, scales={"layers.9.q_proj": 1.0})
    with pytest.raises(ModelError, match="다른 모델의 어댑터"):
        to_lora(trained, found)
    with pytest.raises(ModelError, match="lm_head"):
        gguf_name("base_model.model.lm_head")


def test_two_adapters_become_one_that_changes_the_same(base: Path, tmp_path: Path) -> None:
    found = find_base(str(base))
    first = to_lora(read_trained(write_peft(tmp_path / "sft", seed=1, alpha=8)), found)
    second = to_lora(read_trained(write_peft(tmp_path / "dpo", seed=2, rank=2, alpha=8)), found)
    both = stacked([first, second])
    assert both.rank == 6
    for name in both.matrices:
        assert np.allclose(both.change(name), first.change(name) + second.change(name), atol=1e-4)


@pytest.mark.parametrize(("form", "error"), [("f16", 1e-3), ("int8", 2e-2)])
def test_the_small_file_gives_the_adapter_back(base: Path, tmp_path: Path, form: str, error: float) -> None:
    lora = to_lora(read_trained(write_peft(tmp_path / "peft")), find_base(str(base)), note={"질문": 3})
    write_lora(tmp_path / "a.npz", lora, form)
    again = read_lora(tmp_path / "a.npz")
    assert again.facts == lora.facts
    for name in lora.matrices:
        change = lora.change(name)
        assert np.linalg.norm(again.change(name) - change) < error * np.linalg.norm(change)
    first = (tmp_path / "a.npz").read_bytes()
    write_lora(tmp_path / "a.npz", lora, form)
    assert (tmp_path / "a.npz").read_bytes() == first


def test_a_broken_small_file_says_what_is_wrong(base: Path, tmp_path: Path) -> None:
    lora = to_lora(read_trained(write_peft(tmp_path / "peft")), find_base(str(base)))
    write_lora(tmp_path / "a.npz", lora)
    with np.load(tmp_path / "a.npz") as archive:
        arrays = {key: archive[key] for key in archive.files}
    for change, message in (
        ({"evil": np.zeros(2)}, "모르는 이름 'evil'"),
        ({"blk.0.attn_q.b": None}, "A와 B 가운데 하나가 없습니다"),
        ({"blk.0.attn_q.a.scale": None}, "배율이 없습니다"),
        ({"blk.0.attn_q.b.scale": np.full(64, np.nan, np.float32)}, "수가 아닌 값"),
        ({"meta": np.array("{}")}, "어댑터 파일이 아닙니다"),
    ):
        changed = {key: value for key, value in {**arrays, **change}.items() if value is not None}
        np.savez(tmp_path / "bad.npz", **changed)
        with pytest.raises(ModelError, match=message):
            read_lora(tmp_path / "bad.npz")


def test_packed_matrices_are_smaller(base: Path, tmp_path: Path) -> None:
    lora = to_lora(read_trained(write_peft(tmp_path / "peft", rank=32)), find_base(str(base)))
    sizes = {kind: export_adapter(lora, tmp_path / f"{kind}.gguf", kind=kind)["size"] for kind in ("f16", "q8_0")}
    assert sizes["q8_0"] < 0.65 * sizes["f16"]
    check_adapter(tmp_path / "q8_0.gguf", base)

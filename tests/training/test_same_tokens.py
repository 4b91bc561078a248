"""The exported files say in llama.cpp what the trained weights say in torch, token for token."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gguf
import pytest

from haechi.errors import InputError, ModelError
from haechi.training.export_adapter import export_adapter, stacked, to_lora
from haechi.training.export_base import find_base
from haechi.training.lora_source import read_trained
from tests.models.tiny_llm import write_tiny_llm
from tests.training.made_lora import write_peft, write_plain
from tests.training.tiny_torch import write_tiny_folder

pytest.importorskip("torch")

from haechi.training.export_merged import merge_folder, merge_gguf
from haechi.training.same_tokens import add_to_model, compare_tokens

PROMPTS = ["연차는 며칠인가요?", "abc 123", "제1조"]


def loaded(folder: Path) -> tuple[Any, Any]:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, local_files_only=True).eval()
    return model, AutoTokenizer.from_pretrained(folder, local_files_only=True)


def ids(tokenizer: Any) -> list[list[int]]:
    return [tokenizer(prompt, add_special_tokens=False)["input_ids"] for prompt in PROMPTS]


@pytest.mark.parametrize("architecture", ["qwen2", "llama"])
def test_an_adapter_and_a_merged_model_agree_with_torch(tmp_path: Path, architecture: str) -> None:
    base_file = write_tiny_llm(tmp_path / "base.gguf", architecture)
    folder = write_tiny_folder(tmp_path / "folder", architecture)
    base = find_base(str(base_file))
    sft = read_trained(write_peft(tmp_path / "sft", seed=1))
    dpo = read_trained(write_plain(tmp_path / "dpo" / "adapter.safetensors", seed=2, scale=0.5))
    lora = stacked([to_lora(sft, base), to_lora(dpo, base)])
    export_adapter(lora, tmp_path / "a.gguf", kind="f32")
    model, tokenizer = loaded(folder)
    plain = compare_tokens(model, tokenizer, base_file, ids(tokenizer), max_tokens=12)
    assert plain.whole, plain.differences
    add_to_model(model, [sft, dpo])
    with_adapter = compare_tokens(
        model, tokenizer, base_file, ids(tokenizer), adapter=tmp_path / "a.gguf", max_tokens=12
    )
    assert with_adapter.whole, with_adapter.differences
    assert with_adapter.tokens > 12
    # Without the adapter the two differ: what was compared is the adapter, not the base.
    assert not compare_tokens(model, tokenizer, base_file, ids(tokenizer), max_tokens=12).whole

    assert merge_gguf(base_file, lora, tmp_path / "merged.gguf", kind="f32", name="우리 모델") == 14
    assert compare_tokens(model, tokenizer, tmp_path / "merged.gguf", ids(tokenizer), max_tokens=12).whole
    assert merge_folder(folder, [sft, dpo], tmp_path / "merged") == 14
    again, _ = loaded(tmp_path / "merged")
    assert compare_tokens(again, tokenizer, tmp_path / "merged.gguf", ids(tokenizer), max_tokens=12).whole


@pytest.mark.parametrize("config", [{}, {"use_rslora": True}, {"alpha_pattern": {"q_proj": 1}}])
def test_a_merged_folder_computes_what_peft_does(tmp_path: Path, config: dict[str, Any]) -> None:
    import torch
    from peft import PeftModel

    folder = write_tiny_folder(tmp_path / "folder")
    adapter = write_peft(tmp_path / "sft", seed=1, **config)
    merge_folder(folder, [read_trained(adapter)], tmp_path / "merged")
    model, tokenizer = loaded(folder)
    merged, _ = loaded(tmp_path / "merged")
    with_peft = PeftModel.from_pretrained(model, str(adapter)).eval()
    words = torch.tensor([ids(tokenizer)[0]])
    with torch.no_grad():
        expected, found = with_peft(words).logits, merged(words).logits
        assert torch.allclose(found, expected, atol=1e-3 * float(expected.abs().max()))
        with with_peft.disable_adapter():
            assert not torch.allclose(found, with_peft(words).logits, atol=0.1)


def test_a_difference_tells_where_and_how_near_the_two_were(tmp_path: Path) -> None:
    other = write_tiny_llm(tmp_path / "other.gguf", seed=5)
    model, tokenizer = loaded(write_tiny_folder(tmp_path / "folder"))
    found = compare_tokens(model, tokenizer, other, ids(tokenizer), max_tokens=8)
    assert not found.whole and found.same < found.tokens
    first = found.differences[0]
    assert first.position == 0 and first.gap > 0 and first.torch_token != first.llama_token
    assert found.record()["same_answers"] == len(PROMPTS) - len(found.differences)


def test_a_merged_gguf_keeps_header_and_tokenizer_and_what_no_adapter_changes(tmp_path: Path) -> None:
    base_file = write_tiny_llm(tmp_path / "base.gguf")
    lora = to_lora(read_trained(write_peft(tmp_path / "sft")), find_base(str(base_file)))
    merge_gguf(base_file, lora, tmp_path / "merged.gguf", kind="q8_0", name="우리 모델")
    before, after = gguf.GGUFReader(base_file), gguf.GGUFReader(tmp_path / "merged.gguf")
    for name, field in before.fields.items():
        if name.startswith("GGUF.") or name in ("general.name", "general.file_type"):
            continue
        assert after.fields[name].contents() == field.contents(), name
    assert after.fields["general.name"].contents() == "우리 모델"
    kept = {tensor.name: tensor for tensor in after.tensors}
    assert list(kept) == [tensor.name for tensor in before.tensors]
    for tensor in before.tensors:
        same = kept[tensor.name].data.tobytes() == tensor.data.tobytes()
        assert same == (tensor.name.removesuffix(".weight") not in lora.matrices), tensor.name
    assert kept["blk.0.attn_q.weight"].tensor_type == gguf.GGMLQuantizationType.Q8_0


def test_a_merge_into_the_wrong_folder_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    folder = write_tiny_folder(tmp_path / "folder")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").write_text("mine")
    trained = read_trained(write_peft(tmp_path / "sft"))
    with pytest.raises(InputError, match="이미 파일이"):
        merge_folder(folder, [trained], tmp_path / "full")
    from dataclasses import replace

    deep = replace(trained, matrices={"layers.9.q_proj": trained.matrices["model.layers.0.self_attn.q_proj"]})
    with pytest.raises(ModelError, match=r"blk\.9\.attn_q"):
        merge_folder(folder, [deep], tmp_path / "deep")
    assert not (tmp_path / "deep").exists()

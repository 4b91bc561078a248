"""A language model of some ten thousand random weights, as GGUF, that llama.cpp loads in a blink."""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np
from numpy.typing import NDArray

LAYERS, HIDDEN, HEADS, KV_HEADS, INNER = 2, 64, 4, 2, 96
SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
#: GGUF name of a layer's matrix → (outputs, inputs).
MATRICES = {
    "attn_q": (HIDDEN, HIDDEN),
    "attn_k": (HIDDEN // HEADS * KV_HEADS, HIDDEN),
    "attn_v": (HIDDEN // HEADS * KV_HEADS, HIDDEN),
    "attn_output": (HIDDEN, HIDDEN),
    "ffn_gate": (INNER, HIDDEN),
    "ffn_up": (INNER, HIDDEN),
    "ffn_down": (HIDDEN, INNER),
}


def byte_tokens() -> list[str]:
    """The 256 bytes as byte-level BPE writes them."""
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    names, further = {value: chr(value) for value in shown}, 256
    for value in range(256):
        if value not in names:
            names[value], further = chr(further), further + 1
    return [names[value] for value in range(256)]


def weights(architecture: str = "qwen2", seed: int = 0, size: float = 0.3) -> dict[str, NDArray[np.float32]]:
    """GGUF name → float32 matrix (outputs, inputs) or vector, of a model with tied words."""
    random = np.random.default_rng(seed)

    def normal(*shape: int) -> NDArray[np.float32]:
        return (random.standard_normal(shape) * size).astype(np.float32)

    made = {"token_embd.weight": normal(256 + len(SPECIAL), HIDDEN), "output_norm.weight": 1 + normal(HIDDEN)}
    for layer in range(LAYERS):
        for name, shape in MATRICES.items():
            made[f"blk.{layer}.{name}.weight"] = normal(*shape)
            if architecture == "qwen2" and name in ("attn_q", "attn_k", "attn_v"):
                made[f"blk.{layer}.{name}.bias"] = normal(shape[0])
        for norm in ("attn_norm", "ffn_norm"):
            made[f"blk.{layer}.{norm}.weight"] = 1 + normal(HIDDEN)
    return made


def write_tiny_llm(path: Path, architecture: str = "qwen2", seed: int = 0, licence: str = "apache-2.0") -> Path:
    """Write the model with float32 weights, a byte tokenizer and a chat template."""
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_type("model")
    writer.add_name(f"tiny {architecture} {seed}")
    writer.add_license(licence)
    writer.add_context_length(1024)
    writer.add_embedding_length(HIDDEN)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_rope_dimension_count(HIDDEN // HEADS)
    writer.add_rope_freq_base(10_000.0)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_file_type(0)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list([*byte_tokens(), *SPECIAL])
    writer.add_token_types([1] * 256 + [3] * len(SPECIAL))
    writer.add_token_merges(["Ġ t"])
    writer.add_bos_token_id(256)
    writer.add_eos_token_id(258)
    writer.add_pad_token_id(256)
    writer.add_add_bos_token(False)
    writer.add_chat_template(TEMPLATE)
    for name, array in weights(architecture, seed).items():
        writer.add_tensor(name, array)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def write_tiny_lora(
    path: Path,
    architecture: str = "qwen2",
    *,
    seed: int = 1,
    rank: int = 4,
    size: float = 0.5,
    inputs: int = HIDDEN,
    mark: str = "",
    layers: tuple[int, ...] = (0, 1),
) -> Path:
    """Write a LoRA of the query matrices, as llama.cpp's own converter would. `mark` is Haechi's mark of the base."""
    random = np.random.default_rng(seed)
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", float(rank))
    if mark:
        writer.add_string("haechi.adapter.base_norms_sha256", mark)
    for layer in layers:
        a, b = random.standard_normal((rank, inputs)) * size, random.standard_normal((HIDDEN, rank)) * size
        writer.add_tensor(f"blk.{layer}.attn_q.weight.lora_a", a.astype(np.float32))
        writer.add_tensor(f"blk.{layer}.attn_q.weight.lora_b", b.astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path

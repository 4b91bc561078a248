"""Adapters over the tiny model, as PEFT and as `haechi train reader` leave them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.models.tiny_llm import HIDDEN, INNER, LAYERS, MATRICES

#: Hugging Face name of a layer's matrix → GGUF name.
PARTS = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
assert HIDDEN and INNER


def pairs(
    seed: int = 0, rank: int = 4, size: float = 0.3
) -> dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """`layers.0.self_attn.q_proj` → random A and B."""
    random = np.random.default_rng(seed)

    def normal(*shape: int) -> NDArray[np.float32]:
        return (random.standard_normal(shape) * size).astype(np.float32)

    made = {}
    for layer in range(LAYERS):
        for part, name in PARTS.items():
            outputs, inputs = MATRICES[name]
            made[f"layers.{layer}.{part}"] = (normal(rank, inputs), normal(outputs, rank))
    return made


def write_peft(folder: Path, *, seed: int = 0, rank: int = 4, alpha: int = 8, size: float = 0.3, **config: Any) -> Path:
    from safetensors.numpy import save_file

    folder.mkdir(parents=True)
    arrays = {}
    for name, (a, b) in pairs(seed, rank, size).items():
        arrays[f"base_model.model.model.{name}.lora_A.weight"] = a
        arrays[f"base_model.model.model.{name}.lora_B.weight"] = b
    save_file(arrays, folder / "adapter_model.safetensors")
    settings = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "r": rank,
        "lora_alpha": alpha,
        "bias": "none",
        "target_modules": [part.split(".")[1] for part in PARTS],
        "base_model_name_or_path": "tiny",
        **config,
    }
    (folder / "adapter_config.json").write_text(json.dumps(settings))
    return folder


def write_plain(file: Path, *, seed: int = 0, rank: int = 4, scale: float | None = 2.0) -> Path:
    """`layers.0.q_proj.a` and `.b`, as the CPU trainer names them."""
    from safetensors.numpy import save_file

    arrays = {}
    for name, (a, b) in pairs(seed, rank).items():
        layers, number, _, module = name.split(".")
        arrays[f"{layers}.{number}.{module}.a"], arrays[f"{layers}.{number}.{module}.b"] = a, b
    file.parent.mkdir(parents=True, exist_ok=True)
    save_file(arrays, file, metadata=None if scale is None else {"scale": str(scale)})
    return file

"""How the linear layers of a trained model are called, and how their rows are ordered, in a GGUF file.

llama.cpp pairs the halves of a rotated head in another way for Llama, and keeps query, key and value of GPT-NeoX one
after another: their rows, and so the rows of a LoRA's B, move. Qwen, Gemma and the rest keep them.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from haechi.errors import ModelError

#: `model_type` of a Hugging Face config → `general.architecture` of GGUF. Others are refused, not guessed.
ARCHITECTURES = {
    "qwen2": "qwen2",
    "qwen3": "qwen3",
    "llama": "llama",
    "mistral": "llama",
    "gemma": "gemma",
    "gemma2": "gemma2",
    "gemma3": "gemma3",
    "gemma3_text": "gemma3",
    "gpt_neox": "gptneox",
}
MODULES = {
    "q_proj": "attn_q",
    "k_proj": "attn_k",
    "v_proj": "attn_v",
    "o_proj": "attn_output",
    "gate_proj": "ffn_gate",
    "up_proj": "ffn_up",
    "down_proj": "ffn_down",
    "query_key_value": "attn_qkv",
    "dense": "attn_output",
    "dense_h_to_4h": "ffn_up",
    "dense_4h_to_h": "ffn_down",
}
_MODULE = re.compile(r"(?:^|\.)layers\.(\d+)\.(?:[a-z_]+\.)*([a-z_0-9]+)$")


def gguf_name(module: str, other: str | None = None) -> str:
    """`model.layers.3.self_attn.q_proj` → `blk.3.attn_q`; what is no layer's linear module is `other`.

    Raises ModelError when there is no `other`.
    """
    found = _MODULE.search(module)
    if found is None or found[2] not in MODULES:
        if other is not None:
            return other
        raise ModelError(
            f"어댑터의 모듈 '{module}'은(는) GGUF로 옮길 수 없습니다. 층 안의 {', '.join(MODULES)}만 옮깁니다",
            f"the adapter's module '{module}' cannot go into a GGUF; only those of layers can: {', '.join(MODULES)}",
        )
    return f"blk.{found[1]}.{MODULES[found[2]]}"


def row_order(architecture: str, name: str, rows: int, heads: int, kv_heads: int) -> NDArray[np.intp] | None:
    """Which row of the trained matrix each row in the GGUF is; None when they are the same."""
    part = name.rpartition(".")[2]
    numbers = np.arange(rows)
    if architecture == "llama" and part in ("attn_q", "attn_k"):
        count = heads if part == "attn_q" else kv_heads
        return numbers.reshape(count, 2, rows // count // 2).swapaxes(1, 2).reshape(-1)
    if architecture == "gptneox" and part == "attn_qkv":
        return numbers.reshape(heads, 3, rows // heads // 3).swapaxes(0, 1).reshape(-1)
    return None

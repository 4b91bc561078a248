"""The tiny GGUF models of `tests.models.tiny_llm` as transformers has them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.models.tiny_llm import HEADS, HIDDEN, INNER, KV_HEADS, LAYERS, SPECIAL, TEMPLATE, byte_tokens, weights

_NAMES = {
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
}


def hf_name(name: str) -> str:
    if not name.startswith("blk."):
        return {"token_embd.weight": "model.embed_tokens.weight", "output_norm.weight": "model.norm.weight"}[name]
    _, layer, part, end = name.split(".")
    return f"model.layers.{layer}.{_NAMES[part]}.{end}"


def unpermuted(matrix: NDArray[np.float32], heads: int) -> NDArray[np.float32]:
    """llama.cpp's order of a Llama's query and key rows, undone."""
    rows = len(matrix)
    return matrix.reshape(heads, rows // heads // 2, 2, *matrix.shape[1:]).swapaxes(1, 2).reshape(matrix.shape)


def write_tiny_folder(folder: Path, architecture: str = "qwen2", seed: int = 0) -> Path:
    """The model that `write_tiny_llm` writes, as a Hugging Face folder in float32 with its tokenizer."""
    from safetensors.numpy import save_file
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    folder.mkdir(parents=True)
    arrays = {}
    for name, matrix in weights(architecture, seed).items():
        if architecture == "llama" and ("attn_q" in name or "attn_k" in name):
            matrix = unpermuted(matrix, HEADS if "attn_q" in name else KV_HEADS)
        arrays[hf_name(name)] = np.ascontiguousarray(matrix)
    save_file(arrays, folder / "model.safetensors", metadata={"format": "pt"})
    kind = {"qwen2": "Qwen2ForCausalLM", "llama": "LlamaForCausalLM"}[architecture]
    config = {
        "architectures": [kind],
        "model_type": architecture,
        "hidden_size": HIDDEN,
        "intermediate_size": INNER,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "num_key_value_heads": KV_HEADS,
        "max_position_embeddings": 1024,
        "rms_norm_eps": 1e-6,
        "rope_theta": 10000.0,
        "vocab_size": 256 + len(SPECIAL),
        "tie_word_embeddings": True,
        "bos_token_id": 256,
        "eos_token_id": 258,
        "dtype": "float32",
    }
    (folder / "config.json").write_text(json.dumps(config))
    tokenizer = Tokenizer(models.BPE({token: number for number, token in enumerate(byte_tokens())}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(list(SPECIAL))
    tokenizer.save(str(folder / "tokenizer.json"))
    about = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": SPECIAL[0],
        "pad_token": SPECIAL[0],
        "eos_token": SPECIAL[2],
        "chat_template": TEMPLATE,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(about))
    return folder

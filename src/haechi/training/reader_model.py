"""A decoder whose upper layers learn low-rank changes. Imports torch at the top: only `training.reader` imports it.

Several questions share one reading of their passages: a mask keeps each blind to the others, and each counts its
places from the end of the passages, so that every question's numbers are those it would have alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from haechi.errors import InputError
from haechi.training.reader_data import Packed

MODULES = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
#: The low-rank change is multiplied by alpha / rank; alpha is twice the rank, as is usual.
SCALE = 2.0


class LowRank(nn.Module):  # type: ignore[misc, unused-ignore]
    """A frozen linear layer plus B @ A in float32, with B zero at first: training begins at the base model."""

    def __init__(self, base: nn.Linear, rank: int, random: torch.Generator) -> None:
        super().__init__()
        self.base = base
        self.a = nn.Parameter(torch.randn(rank, base.in_features, generator=random) / base.in_features**0.5)
        self.b = nn.Parameter(torch.zeros(base.out_features, rank))

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """W x + 2 B A x."""
        low = functional.linear(functional.linear(values, self.a.to(values.dtype)), self.b.to(values.dtype))
        changed: torch.Tensor = self.base(values) + SCALE * low
        return changed


class Reader:
    """`layers` upper layers of the model in `folder` (transformers, bfloat16) with adapters of `rank`."""

    def __init__(self, folder: Path, *, layers: int, rank: int, seed: int, dtype: Any = torch.bfloat16) -> None:
        from transformers import AutoModelForCausalLM

        self.model = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, attn_implementation="sdpa")
        self.model.requires_grad_(False).eval()
        self.inner: Any = getattr(self.model, "model", None)
        blocks = getattr(self.inner, "layers", None)
        if blocks is None or not hasattr(self.inner, "rotary_emb") or not hasattr(blocks[0], "mlp"):
            kind = type(self.model).__name__
            raise InputError(
                f"'{folder}'의 구조({kind})는 다룰 수 없습니다. Llama나 Qwen2 같은 모델이어야 합니다",
                f"cannot train '{folder}' ({kind}): expected a decoder like Llama or Qwen2",
            )
        if not 1 <= layers <= len(blocks):
            raise InputError(
                f"--layers {layers}: 1에서 {len(blocks)}까지여야 합니다",
                f"--layers {layers}: expected 1 to {len(blocks)}",
            )
        self.blocks, self.first = blocks, len(blocks) - layers
        random = torch.Generator().manual_seed(seed)
        self.adapters: dict[str, LowRank] = {}
        for number in range(self.first, len(blocks)):
            for part in (blocks[number].self_attn, blocks[number].mlp):
                for name in [name for name in MODULES if hasattr(part, name)]:
                    adapter = LowRank(getattr(part, name), rank, random)
                    setattr(part, name, adapter)
                    self.adapters[f"layers.{number}.{name}"] = adapter

    def parameters(self) -> dict[str, nn.Parameter]:
        """What learns: `layers.12.q_proj.a` and so on."""
        return {f"{name}.{side}": getattr(one, side) for name, one in self.adapters.items() for side in ("a", "b")}

    def lower(self, packed: Packed) -> torch.Tensor:
        """Hidden states (1, tokens, dimension) below the first layer that learns."""
        with torch.no_grad():
            return self._run(self.inner.embed_tokens(_ids(packed)), packed, 0, self.first)

    def loss(self, packed: Packed, hidden: torch.Tensor) -> tuple[torch.Tensor, int]:
        """Summed cross-entropy of the answers' tokens, and how many they are."""
        places, targets = answer_places(packed)
        states = self.inner.norm(self._run(hidden, packed, self.first, len(self.blocks))[0, places])
        logits = self.model.lm_head(states).float()
        return functional.cross_entropy(logits, torch.tensor(targets), reduction="sum"), len(targets)

    def _run(self, hidden: torch.Tensor, packed: Packed, first: int, last: int) -> torch.Tensor:
        places = positions(packed)
        rotary = self.inner.rotary_emb(hidden, places)
        mask = visible(packed)[None, None]
        for block in self.blocks[first:last]:
            out = block(hidden, attention_mask=mask, position_ids=places, position_embeddings=rotary, use_cache=False)
            hidden = out[0] if isinstance(out, tuple) else out
        return hidden


def _ids(packed: Packed) -> torch.Tensor:
    ids = [*packed.prefix, *(token for one in packed.segments for token in (*one.question, *one.answer))]
    return torch.tensor([ids])


def _spans(packed: Packed) -> Sequence[tuple[int, int]]:
    spans, start = [], len(packed.prefix)
    for one in packed.segments:
        end = start + len(one.question) + len(one.answer)
        spans.append((start, end))
        start = end
    return spans


def positions(packed: Packed) -> torch.Tensor:
    """(1, tokens): every segment goes on from the end of the prefix."""
    found = list(range(len(packed.prefix)))
    for start, end in _spans(packed):
        found += range(len(packed.prefix), len(packed.prefix) + end - start)
    return torch.tensor([found])


def visible(packed: Packed) -> torch.Tensor:
    """(tokens, tokens), true where a row's token sees a column's: the prefix and what its own segment has so far."""
    size = packed.tokens
    seen = torch.ones(size, size, dtype=torch.bool).tril()
    for start, end in _spans(packed):
        seen[end:, start:end] = False
    return seen


def answer_places(packed: Packed) -> tuple[list[int], list[int]]:
    """Where each answer token is foretold (one place before it), and the token."""
    places: list[int] = []
    targets: list[int] = []
    for (start, end), one in zip(_spans(packed), packed.segments, strict=True):
        places += range(start + len(one.question) - 1, end - 1)
        targets += one.answer
    return places, targets

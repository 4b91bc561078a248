"""The grounding model in torch: the bundled encoder over claim and evidence in one sequence, and a head on top.

Imports torch at the top: only `training.grounding` imports this module, inside a function.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from haechi.errors import InputError
from haechi.models.e5_adapter import PARTS
from haechi.models.e5_weights import E5Weights, LowRank
from haechi.models.grounding_file import LINEAR, WORDS, GroundingWeights, claim_position
from haechi.training.lora import WHERE, LowRankLinear, bert

#: Widths of the head: attention, comparison, evidence, last layer.
ATTENTION, COMPARISON, EVIDENCE, LAST = 128, 192, 96, 128


@dataclass(frozen=True)
class Pack:
    """An evidence text, `<s> … </s>`, and the claims about it, each `</s> … </s>`: all are ids."""

    evidence: tuple[int, ...]
    claims: tuple[tuple[int, ...], ...]

    @property
    def tokens(self) -> int:
        return len(self.evidence) + sum(map(len, self.claims))


@dataclass(frozen=True)
class Rows:
    """A claim a row: the states of its tokens, those of its evidence, both without the special tokens, and the state of
    its first `</s>`. Shapes (claims, longest, dimension), masks without the last."""

    claim: torch.Tensor
    claim_mask: torch.Tensor
    evidence: torch.Tensor
    evidence_mask: torch.Tensor
    top: torch.Tensor


def _gathered(mixed: torch.Tensor, last: torch.Tensor, packs: Sequence[Pack]) -> Rows:
    claims, evidences, tops = [], [], []
    for row, pack in enumerate(packs):
        start = len(pack.evidence)
        for claim in pack.claims:
            claims.append(mixed[row, start + 1 : start + len(claim) - 1])
            evidences.append(mixed[row, 1 : len(pack.evidence) - 1])
            tops.append(last[row, start])
            start += len(claim)
    return Rows(*_padded(claims), *_padded(evidences), torch.stack(tops))


def _padded(parts: Sequence[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    mask = nn.utils.rnn.pad_sequence([torch.ones(len(part)) for part in parts], batch_first=True)
    return nn.utils.rnn.pad_sequence(list(parts), batch_first=True), mask


class GroundingHead(nn.Module):  # type: ignore[misc, unused-ignore]
    """Compares every token of the claim with the tokens of the evidence that it attends to, then judges the whole.

    Returns logits of shape (pairs, 3) and one logit for every token of the claim: is this token unfounded?
    """

    def __init__(self, dimension: int, layers: int) -> None:
        super().__init__()
        self.query = nn.Linear(dimension, ATTENTION)
        self.key = nn.Linear(dimension, ATTENTION)
        self.compare = nn.Linear(4 * dimension, COMPARISON)
        self.evidence = nn.Linear(dimension, EVIDENCE)
        self.token = nn.Linear(COMPARISON, 1)
        self.inner = nn.Linear(2 * COMPARISON + EVIDENCE + 2 * dimension, LAST)
        self.out = nn.Linear(LAST, 3)
        self.mix = nn.Parameter(torch.zeros(layers))
        self.drop = nn.Dropout(0.1)

    def forward(self, rows: Rows) -> tuple[torch.Tensor, torch.Tensor]:
        """`rows` are gathered by claim: see `Rows`."""
        own, own_mask, evidence, mask = rows.claim, rows.claim_mask, rows.evidence, rows.evidence_mask
        scores = self.query(own) @ self.key(evidence).transpose(1, 2) / math.sqrt(ATTENTION)
        weights = torch.softmax(scores + (mask[:, None, :] - 1) * 1e4, dim=-1)
        found = weights @ evidence
        compared = nn.functional.gelu(
            self.compare(self.drop(torch.cat([own, found, (own - found).abs(), own * found], dim=-1)))
        )
        token = self.token(compared).squeeze(-1)
        count = own_mask.sum(1, keepdim=True)
        mean = (compared * own_mask[..., None]).sum(1) / count
        most = (compared + (own_mask[..., None] - 1) * 1e4).amax(1)
        seen = (nn.functional.gelu(self.evidence(evidence)) + (mask[..., None] - 1) * 1e4).amax(1)
        average = (own * own_mask[..., None]).sum(1) / count
        joined = torch.cat([mean, most, seen, average, rows.top], dim=-1)
        return self.out(self.drop(nn.functional.gelu(self.inner(self.drop(joined))))), token

    def mixed(self, states: Sequence[torch.Tensor]) -> torch.Tensor:
        """The adapted layers' states, each with its learnt share."""
        shares = torch.softmax(self.mix, dim=0)
        return torch.stack([share * state.float() for share, state in zip(shares, states, strict=True)]).sum(0)

    def arrays(self) -> dict[str, NDArray[np.float32]]:
        """`head.<layer>.w` and `.b`, and `head.mix`, for the file."""
        found = {"head.mix": self.mix.detach().float().numpy().copy()}
        for name in (*LINEAR, WORDS):
            layer = getattr(self, name)
            found[f"head.{name}.w"] = layer.weight.detach().float().numpy().copy()
            found[f"head.{name}.b"] = layer.bias.detach().float().numpy().copy()
        return found


class TorchGrounder:
    """The encoder with adapters on its `layers` upper layers, and the head. On the processor, partly in bfloat16."""

    def __init__(self, weights: E5Weights, *, layers: int, rank: int, seed: int) -> None:
        torch.manual_seed(seed)
        self.first = weights.layers - layers
        self.claim_position = claim_position(weights.max_tokens)
        self.model = bert(weights)
        self.model.requires_grad_(False)
        self.head = GroundingHead(weights.dimension, layers)
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
        """What is trained, by name."""
        low_rank = {
            key: value
            for name, adapter in self.adapters.items()
            for key, value in ((f"{name}.A", adapter.a), (f"{name}.B", adapter.b))
        }
        return low_rank | {f"head.{name}": value for name, value in self.head.named_parameters()}

    def take(self, trained: GroundingWeights) -> None:
        """Begin at a trained model's numbers. Raises InputError when its layers or rank are others."""
        given = {
            f"{name}.{half}": array
            for name, pair in trained.adapter.matrices.items()
            for half, array in zip("AB", pair, strict=True)
        }
        given |= {f"{name}.B": given[f"{name}.B"] / 2.0 for name in trained.adapter.matrices}
        given |= trained.head
        for name, parameter in self.parameters().items():
            name = name.replace(".weight", ".w").replace(".bias", ".b")
            array = given.get(name)
            if array is None or array.shape != tuple(parameter.shape):
                raise InputError(
                    f"--start 파일의 {name}이(가) 지금 설정(--layers, --rank)과 맞지 않습니다",
                    f"{name} of the --start file does not fit --layers and --rank",
                )
            with torch.no_grad():
                parameter.copy_(torch.from_numpy(array))

    def matrices(self) -> dict[str, LowRank]:
        """A and the scaled B of every adapter, for the file."""
        return {
            name: (adapter.a.detach().numpy().copy(), adapter.b.detach().numpy() * 2.0)
            for name, adapter in self.adapters.items()
        }

    def forward(self, packs: Sequence[Pack]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """The head's two outputs for every claim in order, and the mask of the second."""
        lengths = [len(pack.evidence) + sum(map(len, pack.claims)) for pack in packs]
        longest = max(lengths)
        ids = torch.zeros(len(packs), longest, dtype=torch.long)
        places = torch.zeros(len(packs), longest, dtype=torch.long)
        part = torch.full((len(packs), longest), -1)
        for row, pack in enumerate(packs):
            size = len(pack.evidence)
            ids[row, : lengths[row]] = torch.tensor(
                [*pack.evidence, *(number for claim in pack.claims for number in claim)]
            )
            places[row, :size] = torch.arange(size)
            part[row, :size] = 0
            start = size
            for number, claim in enumerate(pack.claims, 1):
                places[row, start : start + len(claim)] = torch.arange(len(claim)) + self.claim_position
                part[row, start : start + len(claim)] = number
                start += len(claim)
        # All read the evidence, a claim also itself; the evidence sees no claim, so it is read once for all of them.
        seen = (part[:, None, :] == 0) | (part[:, :, None] == part[:, None, :])
        blocked = (~seen * -1e4)[:, None]
        with torch.autocast("cpu", torch.bfloat16):
            with torch.no_grad():
                hidden = self._run(self.model.embeddings(input_ids=ids, position_ids=places), blocked, 0, self.first)
            states = []
            for layer in range(self.first, len(self.model.encoder.layer)):
                hidden = self._run(hidden, blocked, layer, layer + 1)
                states.append(hidden)
        rows = _gathered(self.head.mixed(states), states[-1].float(), packs)
        logits, token = self.head(rows)
        return logits, token, rows.claim_mask

    def probabilities(self, packs: Sequence[Pack], tokens: int = 6000) -> NDArray[np.float32]:
        """Shape (claims, 3), in their order, without gradients."""
        found: list[NDArray[np.float32]] = []
        self.head.eval()
        with torch.no_grad():
            start = 0
            while start < len(packs):
                end, longest = start + 1, packs[start].tokens
                while end < len(packs) and (end + 1 - start) * max(longest, packs[end].tokens) <= tokens:
                    longest = max(longest, packs[end].tokens)
                    end += 1
                found.append(torch.softmax(self.forward(packs[start:end])[0], dim=1).numpy())
                start = end
        self.head.train()
        return np.concatenate(found)

    def _run(self, hidden: torch.Tensor, blocked: torch.Tensor, start: int, end: int) -> torch.Tensor:
        for layer in range(start, end):
            out: Any = self.model.encoder.layer[layer](hidden, blocked.to(hidden.dtype))
            hidden = out[0] if isinstance(out, tuple) else out
        return hidden

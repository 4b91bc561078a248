"""Answers that the model writes while it learns: prompts padded on the left, log-probabilities of the answer's tokens.

Imports torch at the top: only functions import this module.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers import GenerationConfig


@dataclass(frozen=True)
class Rollout:
    """`ids` and `attention` are [answers, prompt + answer]; `mask` is [answers, answer], 1 up to the end mark.

    `ended` tells which answers wrote their end mark; `texts` are the answers without it.
    """

    ids: Tensor
    attention: Tensor
    mask: Tensor
    texts: tuple[str, ...]
    ended: tuple[bool, ...]

    @property
    def answer_ids(self) -> Tensor:
        return self.ids[:, -self.mask.shape[1] :]


def left_padded(rows: Sequence[Sequence[int]], pad: int, device: Any = None) -> tuple[Tensor, Tensor]:
    """(ids, attention) of the prompts' tokens, [prompts, longest].

    Padding stands on the left, so that every prompt ends where its answer begins.
    """
    width = max(map(len, rows))
    ids = torch.tensor([[pad] * (width - len(row)) + list(row) for row in rows], device=device)
    attention = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in rows], device=device)
    return ids, attention


def positions(attention: Tensor) -> Tensor:
    """The place of every token counted without padding, so that padding changes nothing."""
    return (attention.cumsum(1) - 1).clamp(min=0)


@torch.no_grad()
def generate(
    model: Any,
    tokenizer: Any,
    prompts: Sequence[Sequence[int]],
    *,
    end: int,
    new_tokens: int,
    temperature: float,
    seed: int,
) -> Rollout:
    """One answer to every prompt (its tokens), drawn from the model's whole distribution; a seed draws the same ones.

    No top-k or top-p: the log-probabilities that PPO reckons with are then those that were drawn from.
    """
    device = next(model.parameters()).device
    ids, attention = left_padded(prompts, tokenizer.pad_token_id, device)
    config = GenerationConfig(
        do_sample=True,
        temperature=temperature,
        top_k=0,
        top_p=1.0,
        repetition_penalty=1.0,
        max_new_tokens=new_tokens,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=end,
        bos_token_id=tokenizer.bos_token_id,
        use_cache=True,
    )
    # The dice of whoever calls, a trainer for example, roll on as if nothing had been drawn here.
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        whole = model.generate(input_ids=ids, attention_mask=attention, generation_config=config)
    answers = whole[:, ids.shape[1] :]
    is_end = answers == end
    # Real tokens: all up to the first end mark, that one included.
    mask = ((is_end.cumsum(1) - is_end.long()) == 0).long()
    ended = is_end.any(1)
    lengths = mask.sum(1)
    texts = [
        tokenizer.decode(row[: int(length) - int(done)], skip_special_tokens=True)
        for row, length, done in zip(answers, lengths, ended, strict=True)
    ]
    return Rollout(whole, torch.cat([attention, mask], 1), mask.float(), tuple(texts), tuple(map(bool, ended)))


def log_probabilities(model: Any, rollout: Rollout, temperature: float, *, states: bool = False) -> tuple[Tensor, Any]:
    """Log-probability of every answer token, [answers, answer]; with `states` the last layer's output before each.

    The output at a token's left neighbour is the one that predicts it.
    """
    count = rollout.mask.shape[1]
    out = model(
        input_ids=rollout.ids,
        attention_mask=rollout.attention,
        position_ids=positions(rollout.attention),
        logits_to_keep=count + 1,
        output_hidden_states=states,
        use_cache=False,
    )
    logits = out.logits[:, :-1].float() / temperature
    found = torch.gather(logits.log_softmax(-1), 2, rollout.answer_ids.unsqueeze(-1)).squeeze(-1)
    hidden = out.hidden_states[-1][:, -count - 1 : -1].float() if states else None
    return found, hidden

"""The formulas of PPO, one function each. Tensors are [answers, tokens] with a mask of 1 for real answer tokens.

Imports torch at the top: only functions import this module.
"""

from __future__ import annotations

import torch
from torch import Tensor

from haechi.errors import ModelError

#: An advantage that differs by less than this between tokens teaches nothing.
FLAT = 1e-6


def masked_mean(values: Tensor, mask: Tensor) -> Tensor:
    """Mean over the real tokens."""
    return (values * mask).sum() / mask.sum().clamp(min=1)


def kl_per_token(policy: Tensor, reference: Tensor) -> Tensor:
    """How far the policy moved from the reference, ≥ 0: e^d − 1 − d of d = reference − policy log-probability."""
    difference = reference - policy
    return torch.exp(difference) - 1 - difference


def penalised(scores: Tensor, policy: Tensor, reference: Tensor, mask: Tensor, beta: float) -> Tensor:
    """Reward of every token: β·KL is subtracted at each, the score of the answer stands at its last real token.

    The penalty is β·(log π − log π_ref), whose mean over the policy's own answers is the KL.
    """
    rewards = -beta * (policy - reference) * mask
    last = mask.sum(1).long() - 1
    rows = torch.arange(len(scores), device=scores.device)
    rewards[rows, last] += scores
    return rewards


def advantages(rewards: Tensor, values: Tensor, mask: Tensor, gamma: float, lam: float) -> tuple[Tensor, Tensor]:
    """Generalised advantage estimate and what the critic should have said, both 0 outside the mask."""
    found = torch.zeros_like(rewards)
    after_value = torch.zeros_like(rewards[:, 0])
    after = torch.zeros_like(rewards[:, 0])
    for token in reversed(range(rewards.shape[1])):
        real = mask[:, token]
        error = rewards[:, token] + gamma * after_value - values[:, token]
        after = (error + gamma * lam * after) * real
        after_value = values[:, token] * real
        found[:, token] = after
    return found, (found + values) * mask


def spread(values: Tensor, mask: Tensor) -> float:
    """Standard deviation over the real tokens."""
    mean = masked_mean(values, mask)
    return float(masked_mean((values - mean) ** 2, mask).sqrt())


def require_spread(found: Tensor, mask: Tensor, scores: Tensor) -> bool:
    """Whether this batch can teach: its advantages differ.

    Raises ModelError when they don't although the rewards do: then the critic says what the reward model says (a copy
    of it, as in the lecture's demo) and nothing would ever be learnt. False when the rewards don't differ either.
    """
    if spread(found, mask) > FLAT:
        return True
    if len(scores) > 1 and float(scores.std()) > FLAT:
        deviation = f"{float(scores.std()):.3f}"
        raise ModelError(
            f"어드밴티지의 표준편차가 0입니다(보상의 표준편차는 {deviation}). 비평가가 보상 모델의 사본이면 "
            "보상 − 가치가 늘 0이라 아무것도 배우지 못합니다. 비평가를 보상 모델과 따로 만드세요",
            f"the advantages have no spread (the rewards' is {deviation}): with a critic that is a copy of the reward "
            "model, reward − value is always 0 and nothing is learnt; make the critic a network of its own",
        )
    return False


def whitened(found: Tensor, mask: Tensor) -> Tensor:
    """Advantages with mean 0 and standard deviation 1 over the real tokens."""
    return (found - masked_mean(found, mask)) / (spread(found, mask) + 1e-8) * mask


def policy_loss(new: Tensor, old: Tensor, found: Tensor, mask: Tensor, clip: float) -> tuple[Tensor, float]:
    """PPO's clipped loss, and the share of tokens whose ratio was clipped."""
    ratio = torch.exp(new - old)
    bounded = ratio.clamp(1 - clip, 1 + clip)
    loss = -masked_mean(torch.minimum(ratio * found, bounded * found), mask)
    return loss, float(masked_mean((ratio != bounded).float(), mask))


def value_loss(new: Tensor, old: Tensor, returns: Tensor, mask: Tensor, clip: float) -> Tensor:
    """Half the squared error of the critic, which may not move more than `clip` from what it said before."""
    bounded = old + (new - old).clamp(-clip, clip)
    return 0.5 * masked_mean(torch.maximum((new - returns) ** 2, (bounded - returns) ** 2), mask)

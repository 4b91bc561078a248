"""The networks of PPO: the actor and its frozen reference, and a critic of its own.

Imports torch at the top: only functions import this module.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

#: Width of the critic's one hidden layer.
CRITIC_WIDTH = 128


class Critic(nn.Module):
    """What reward an answer will get, said at every token, from the frozen reference's last layer.

    Small and its own: it shares no weight with the reward model (then reward − value would always be 0) and none with
    the actor, and costs no forward pass, since the reference reads the answer anyway. It says 0 before it is trained.
    """

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.LayerNorm(hidden), nn.Linear(hidden, CRITIC_WIDTH), nn.Tanh(), nn.Linear(CRITIC_WIDTH, 1)
        )
        last = self.layers[-1]
        assert isinstance(last, nn.Linear)
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)

    def forward(self, states: Tensor) -> Tensor:
        """[answers, tokens, hidden] → [answers, tokens]."""
        found: Tensor = self.layers(states).squeeze(-1)
        return found


class Actor:
    """The model that learns, and what it was before: with an adapter the model with the adapter off, else a copy."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self._has_adapter = hasattr(model, "disable_adapter")
        # Dropout would make the first ratio differ from 1 and a resumed run differ from a whole one.
        for part in model.modules():
            if isinstance(part, nn.Dropout):
                part.p = 0.0
        model.eval()
        self._copy = None
        if not self._has_adapter:
            self._copy = copy.deepcopy(model).requires_grad_(False)

    @contextmanager
    def reference(self) -> Iterator[Any]:
        """The frozen model, without gradients."""
        with torch.no_grad():
            if self._copy is not None:
                yield self._copy
            else:
                with self.model.disable_adapter():
                    yield self.model

    def trainable(self) -> dict[str, nn.Parameter]:
        """The parameters that learn, by name."""
        return {name: value for name, value in self.model.named_parameters() if value.requires_grad}

    def load(self, weights: dict[str, Tensor]) -> None:
        """Put back what `trainable` held."""
        own = self.trainable()
        with torch.no_grad():
            for name, value in weights.items():
                own[name].copy_(value)

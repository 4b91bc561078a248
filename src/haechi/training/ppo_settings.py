"""What PPO sets beside `TrainSettings`; no torch, so that the command line can show and check it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from haechi.errors import InputError


@dataclass(frozen=True)
class PpoSettings:
    """`TrainSettings.batch` answers are written a step and gone over `passes` times, `mini_batch` at once (0: all).

    `beta` is the price of leaving the SFT model, in reward per nat. `max_kl` (nats per answer, on the held-out prompts)
    ends the run. `unfinished` is taken off an answer without end mark. `measure_every` steps the held-out prompts are
    answered.
    """

    beta: float = 0.1
    clip: float = 0.2
    value_clip: float = 0.4
    gamma: float = 1.0
    lam: float = 0.95
    passes: int = 4
    mini_batch: int = 0
    new_tokens: int = 96
    temperature: float = 1.0
    critic_lr: float = 1e-3
    max_kl: float = 10.0
    unfinished: float = 1.0
    measure_every: int = 10

    def __post_init__(self) -> None:
        for name in ("clip", "value_clip", "temperature", "critic_lr", "max_kl"):
            if not getattr(self, name) > 0:
                raise _wrong(name, getattr(self, name), "0보다 커야 합니다", "expected more than 0")
        for name in ("passes", "new_tokens", "measure_every"):
            if getattr(self, name) < 1:
                raise _wrong(name, getattr(self, name), "1 이상이어야 합니다", "expected 1 or more")
        for name in ("beta", "mini_batch", "unfinished"):
            if getattr(self, name) < 0:
                raise _wrong(name, getattr(self, name), "0 이상이어야 합니다", "expected 0 or more")
        for name in ("gamma", "lam"):
            if not 0 <= getattr(self, name) <= 1:
                raise _wrong(name, getattr(self, name), "0에서 1까지여야 합니다", "expected 0 to 1")

    def record(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def _wrong(name: str, value: object, korean: str, english: str) -> InputError:
    option = "--" + name.replace("_", "-")
    return InputError(f"{option} {value}: {korean}", f"{option} {value}: {english}")

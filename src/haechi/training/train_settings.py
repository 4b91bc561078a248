"""All settings of one training run in one place: printed as used, saved to JSON, no secrets among them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from haechi.errors import InputError

METHODS = ("full", "lora", "qlora")
DTYPES = ("auto", "float32", "bfloat16", "float16")
SCHEDULERS = ("linear", "cosine", "constant", "constant_with_warmup")


@dataclass(frozen=True)
class TrainSettings:
    """`base` is a Hugging Face folder, a GGUF file or a name of `haechi models list`.

    `targets` are module names with commas, or "auto": every linear layer of the model's blocks. `layers` is "all" or
    "upper N". `warmup` is a share of the steps. `max_steps` 0 goes by `epochs`. `batch` rows are read at a time and
    `accumulate` of them make a step. `max_tokens` is of prompt and answer together; longer rows are left out and
    counted. `patience` counts measurements on the validation rows without a better one; 0 never stops early.
    `threads` 0 leaves it to torch. `beta`, for DPO, says how dear it is to leave the start.
    """

    base: str = "qwen2.5-coder-1.5b-instruct-q4"
    method: str = "lora"
    rank: int = 16
    alpha: int = 32
    dropout: float = 0.05
    targets: str = "auto"
    layers: str = "all"
    lr: float = 2e-4
    epochs: float = 1.0
    max_steps: int = 0
    batch: int = 1
    accumulate: int = 8
    max_tokens: int = 1024
    warmup: float = 0.03
    weight_decay: float = 0.0
    grad_norm: float = 1.0
    scheduler: str = "cosine"
    optimizer: str = "adamw_torch"
    seed: int = 42
    save_every: int = 100
    patience: int = 0
    grad_checkpointing: bool = False
    dtype: str = "auto"
    threads: int = 0
    beta: float = 0.1

    def __post_init__(self) -> None:
        _one_of("method", self.method, METHODS)
        _one_of("dtype", self.dtype, DTYPES)
        _one_of("scheduler", self.scheduler, SCHEDULERS)
        for name in ("rank", "alpha", "batch", "accumulate", "save_every"):
            _above(name, getattr(self, name), 1)
        for name in ("max_steps", "patience", "threads", "seed"):
            _above(name, getattr(self, name), 0)
        _above("max_tokens", self.max_tokens, 8)
        for name in ("lr", "epochs", "grad_norm", "beta"):
            if not getattr(self, name) > 0:
                raise _wrong(name, getattr(self, name), "0보다 커야 합니다", "expected more than 0")
        for name in ("warmup", "dropout"):
            if not 0 <= getattr(self, name) < 1:
                raise _wrong(name, getattr(self, name), "0 이상 1 미만이어야 합니다", "expected 0 to below 1")
        if self.weight_decay < 0:
            raise _wrong("weight_decay", self.weight_decay, "0 이상이어야 합니다", "expected 0 or more")
        if not self.target_names and self.targets != "auto":
            raise _wrong("targets", self.targets, "auto나 모듈 이름이어야 합니다", "expected auto or module names")
        if self.layers != "all" and not re.fullmatch(r"upper [1-9][0-9]*", self.layers):
            raise _wrong("layers", self.layers, "all이나 'upper 8' 꼴이어야 합니다", "expected all or, e.g., 'upper 8'")

    @property
    def target_names(self) -> list[str]:
        """The named modules; empty for "auto"."""
        names = [name.strip() for name in self.targets.split(",")]
        return [] if self.targets == "auto" else [name for name in names if name]

    @property
    def upper_layers(self) -> int | None:
        """How many of the upper layers change, None for all."""
        return None if self.layers == "all" else int(self.layers.split()[1])

    def record(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


#: What each trainer sets otherwise. DPO goes far more slowly: the lecture's 5e-4 unlearns the language.
DEFAULTS: dict[str, dict[str, Any]] = {
    "sft": {},
    "reward": {"lr": 1e-4, "epochs": 2.0, "patience": 2},
    "dpo": {"lr": 2e-5, "warmup": 0.1},
    "ppo": {"lr": 1e-5, "batch": 8, "accumulate": 1},
    "grpo": {"lr": 1e-5, "batch": 4, "accumulate": 2},
}
#: Full training moves every weight, so each by less.
FULL_LR = {"sft": 2e-5, "reward": 1e-5, "dpo": 1e-6, "ppo": 1e-6, "grpo": 1e-6}


def settings_for(kind: str, chosen: Mapping[str, Any], preset: Mapping[str, Any] | None = None) -> TrainSettings:
    """The trainer's defaults, a preset's over them, then what the user chose. Raises InputError for a wrong one."""
    wanted = {
        **DEFAULTS[kind],
        **(preset or {}),
        **{name: value for name, value in chosen.items() if value is not None},
    }
    known = {field.name for field in fields(TrainSettings)}
    unknown = sorted(set(wanted) - known)
    if unknown:
        raise InputError(
            f"모르는 학습 설정: {', '.join(unknown)}. 쓸 수 있는 것: {', '.join(sorted(known))}",
            f"unknown training settings: {', '.join(unknown)}; known: {', '.join(sorted(known))}",
        )
    if wanted.get("method") == "full" and "lr" not in {**(preset or {}), **chosen}:
        wanted["lr"] = FULL_LR[kind]
    return TrainSettings(**wanted)


def read_settings(record: Mapping[str, Any]) -> TrainSettings:
    """Settings saved by `record`; names of another version are left out."""
    known = {field.name for field in fields(TrainSettings)}
    return replace(TrainSettings(), **{name: value for name, value in record.items() if name in known})


def _wrong(name: str, value: object, korean: str, english: str) -> InputError:
    option = "--" + name.replace("_", "-")
    return InputError(f"{option} {value}: {korean}", f"{option} {value}: {english}")


def _one_of(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        words = ", ".join(known)
        raise _wrong(name, value, f"{words} 가운데 하나여야 합니다", f"expected one of {words}")


def _above(name: str, value: int, least: int) -> None:
    if value < least:
        raise _wrong(name, value, f"{least} 이상이어야 합니다", f"expected {least} or more")

"""What tuning on chat examples will take: epochs, steps, tokens, and time and money where their rates are known.

A rate that nobody gave stays unknown: time needs tokens a second (of an earlier run, or given), money needs a price.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from haechi.errors import InputError

#: Hosted jobs aim at three passes, at no fewer than a hundred examples seen and no more than 25,000.
_EPOCHS, _LEAST_SEEN, _MOST_SEEN, _MOST_EPOCHS = 3, 100, 25_000, 25
_BATCH_SHARE, _MOST_BATCH = 0.002, 256
#: The only multiple that hosted jobs were seen to choose.
_LR_MULTIPLIER = 2.0


@dataclass(frozen=True)
class AutoSettings:
    """What a job takes for `auto`; `lr_multiplier` is times the method's own learning rate."""

    epochs: int
    batch: int
    lr_multiplier: float


@dataclass(frozen=True)
class Rates:
    """What time and money are counted with, all optional: prices in any currency, per 1,000 trained tokens, per hour,
    per kilowatt-hour with the machine's watts."""

    tokens_per_second: float | None = None
    price_per_1k: float | None = None
    hourly_price: float | None = None
    watts: float | None = None
    kwh_price: float | None = None


def auto_settings(examples: int) -> AutoSettings:
    """10 examples: 10 epochs, batch 1, learning rate × 2. Raises InputError when there are none."""
    if examples < 1:
        raise InputError("예가 하나도 없습니다", "there are no examples")
    epochs = _EPOCHS
    if examples * epochs < _LEAST_SEEN:
        epochs = min(_MOST_EPOCHS, math.ceil(_LEAST_SEEN / examples))
    elif examples * epochs > _MOST_SEEN:
        epochs = max(1, _MOST_SEEN // examples)
    return AutoSettings(epochs, min(_MOST_BATCH, max(1, round(_BATCH_SHARE * examples))), _LR_MULTIPLIER)


def estimate(
    tokens: Sequence[int],
    trained: Sequence[int],
    rates: Rates = Rates(),
    *,
    epochs: int | None = None,
    batch: int | None = None,
) -> dict[str, Any]:
    """`tokens` and `trained` are per example. None stands for what no given rate says."""
    auto = auto_settings(len(tokens))
    epochs, batch = epochs or auto.epochs, batch or auto.batch
    through = sum(tokens) * epochs
    seconds = through / rates.tokens_per_second if rates.tokens_per_second else None
    hours = None if seconds is None else seconds / 3600
    costs: dict[str, float] = {}
    if rates.price_per_1k is not None:
        costs["tokens"] = through / 1000 * rates.price_per_1k
    if rates.hourly_price is not None and hours is not None:
        costs["hours"] = hours * rates.hourly_price
    if rates.watts is not None and rates.kwh_price is not None and hours is not None:
        costs["electricity"] = rates.watts / 1000 * hours * rates.kwh_price
    return {
        "examples": len(tokens),
        "epochs": epochs,
        "batch": batch,
        "lr_multiplier": auto.lr_multiplier,
        "steps": math.ceil(len(tokens) / batch) * epochs,
        "tokens_per_epoch": sum(tokens),
        "answer_tokens_per_epoch": sum(trained),
        "tokens": through,
        "longest_example": max(tokens),
        "seconds": seconds,
        "cost": sum(costs.values()) if costs else None,
        "cost_parts": costs,
        "rates": asdict(rates),
    }


def speed_of_run(folder: Path) -> float:
    """Tokens a second of an earlier run, from its run card. Raises InputError when the card does not say it."""
    path = folder / "run.json"
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
        speed = card.get("tokens_per_second") or card["tokens"] / card["seconds"]
    except (OSError, ValueError, KeyError, TypeError, ZeroDivisionError, AttributeError) as error:
        raise InputError(
            f"'{path}'에서 tokens_per_second(또는 tokens와 seconds)를 읽을 수 없습니다. --tokens-per-second로 주세요",
            f"'{path}' does not say tokens_per_second (or tokens and seconds); give --tokens-per-second",
        ) from error
    return float(speed)

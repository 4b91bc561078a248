"""Whether the packages that training needs are here, and what to install when they are not."""

from __future__ import annotations

import logging
import os
from importlib.util import find_spec

from haechi.errors import BackendError

#: torch first: on its own it is the build for processors, as part of the extra a larger one may be chosen.
INSTALL = "pip install torch==2.13.0 && pip install 'haechi[train]'"


def require_torch() -> None:
    """Raises BackendError naming the missing package and the extra."""
    _require("torch", "transformers")


def require_training(*more: str) -> None:
    """What every trainer of a language model needs, and `more`, for example bitsandbytes. Raises BackendError.

    Also sets what the libraries read when they are imported: no hub, no telemetry, no spinning threads.
    """
    _require("torch", "transformers", "trl", "peft", "accelerate", "datasets", "matplotlib", *more)
    for name, value in (
        ("HF_HUB_OFFLINE", "1"),
        ("HF_HUB_DISABLE_TELEMETRY", "1"),
        ("TRL_EXPERIMENTAL_SILENCE", "1"),
        ("TOKENIZERS_PARALLELISM", "false"),
        # Waiting threads that spin take the processor from the ones that work.
        ("OMP_WAIT_POLICY", "PASSIVE"),
    ):
        os.environ.setdefault(name, value)
    # Set hard: Haechi never asks a hub, whatever the user's shell says.
    os.environ["HF_HUB_OFFLINE"] = "1"
    # It asks a hub for a faster kernel on processors and warns that there is none.
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)


def _require(*names: str) -> None:
    missing = [name for name in names if find_spec(name) is None]
    if missing:
        raise BackendError(
            f"학습에 필요한 패키지가 없습니다: {', '.join(missing)}. 설치: {INSTALL}",
            f"training needs {', '.join(missing)}: {INSTALL}",
        )

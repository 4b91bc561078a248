"""The weights of the grounding model: an adapter of the bundled encoder and a head, in one file like an embedder's.

Beside the low-rank matrices the archive holds `head.<layer>.w` (outputs, inputs) and `.b`, and `head.mix`, how much of
each adapted layer the head reads. `meta` also states `thresholds`, chosen on claims that training never saw.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from haechi.errors import ModelError
from haechi.models.base import Thresholds
from haechi.models.e5_adapter import Adapter, matrices_in, read_archive, write_adapter
from haechi.models.e5_weights import LowRank

MIX = "head.mix"
#: The head's linear layers.
LINEAR = ("query", "key", "compare", "evidence", "inner", "out")
#: The one that judges single words: only training asks it.
WORDS = "token"


def claim_position(max_tokens: int) -> int:
    """The position number of a claim's first token (320 of 512); the evidence has those below."""
    return max_tokens * 5 // 8


@dataclass(frozen=True)
class GroundingWeights:
    """`adapter` changes the encoder; `head` maps names to float32 arrays."""

    adapter: Adapter
    head: dict[str, NDArray[np.float32]]
    thresholds: Thresholds


def read_grounding(path: Path) -> GroundingWeights:
    """Read and check the file. Raises ModelError saying what is wrong with it."""
    arrays, meta, sha256 = read_archive(path)
    head = {name: array.astype(np.float32) for name, array in arrays.items() if name.startswith("head.")}
    missing = [name for name in (MIX, *(f"head.{layer}.{end}" for layer in LINEAR for end in "wb")) if name not in head]
    try:
        thresholds = Thresholds.of(meta["thresholds"])
    except (KeyError, TypeError, ValueError) as error:
        raise _unusable(path, "meta.thresholds") from error
    if missing:
        raise _unusable(path, missing[0])
    matrices = matrices_in(path, {name: array for name, array in arrays.items() if name not in head})
    return GroundingWeights(Adapter(matrices, meta, sha256), head, thresholds)


def write_grounding(
    path: Path,
    matrices: Mapping[str, LowRank],
    head: Mapping[str, NDArray[np.floating]],
    thresholds: Thresholds,
    meta: Mapping[str, Any],
) -> None:
    """Write the file in float16. Same numbers, same bytes."""
    write_adapter(path, matrices, {**meta, "thresholds": thresholds.record()}, head)


def _unusable(path: Path, what: str) -> ModelError:
    return ModelError(
        f"'{path}'은(는) 근거 확인 모델의 파일이 아닙니다({what} 없음). 새로 만들기: haechi train grounding",
        f"'{path}' is no grounding model: {what} is missing; to make one: haechi train grounding",
    )

"""A tiny grounding model on the tiny weight file: random numbers in the file's format."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from haechi.models.base import Thresholds
from haechi.models.e5_weights import read_weights
from haechi.models.grounding_file import LINEAR, MIX, write_grounding
from tests.models.made_e5 import DIMENSION, LAYERS

THRESHOLDS = Thresholds(supported=0.6, alarm=0.2)


def make_grounding_file(path: Path, base: Path, seed: int = 0) -> Path:
    """Write the file; the same seed gives the same bytes."""
    random = np.random.default_rng(seed)
    sizes = {
        "query": (8, DIMENSION),
        "key": (8, DIMENSION),
        "compare": (16, 4 * DIMENSION),
        "evidence": (6, DIMENSION),
        "inner": (12, 2 * 16 + 6 + 2 * DIMENSION),
        "out": (3, 12),
    }
    head = {MIX: np.zeros(LAYERS, np.float32)}
    for name in LINEAR:
        head[f"head.{name}.w"] = random.normal(0, 0.3, sizes[name]).astype(np.float32)
        head[f"head.{name}.b"] = random.normal(0, 0.1, sizes[name][0]).astype(np.float32)
    pair = random.normal(0, 1, (2, DIMENSION)), random.normal(0, 0.2, (DIMENSION, 2))
    write_grounding(path, {"l1.v": pair}, head, THRESHOLDS, {"base_sha256": read_weights(base).source_sha256})
    return path

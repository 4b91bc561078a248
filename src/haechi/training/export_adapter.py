"""Trained adapters → one LoRA with GGUF's names and rows, and from it the files: GGUF, or the small npz of `weights/`.

Several adapters, each trained on top of the one before, become one: their ranks are put side by side, which is the
same change exactly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from haechi.errors import ModelError
from haechi.models.lora_file import Facts, Lora, Pair, write_lora
from haechi.models.lora_gguf import write_lora_gguf
from haechi.training.export_base import Base
from haechi.training.lora_names import gguf_name, row_order
from haechi.training.lora_source import Trained

#: What a shipped adapter may weigh.
LARGEST_SHIPPED = 30_000_000


def to_lora(trained: Trained, base: Base, *, licence: str = "unknown", note: Mapping[str, Any] | None = None) -> Lora:
    """The adapter with GGUF's names and rows. Raises ModelError when it does not fit the base."""
    alphas = trained.alphas
    alpha = alphas.pop() if len(alphas) == 1 else 0.0
    matrices: dict[str, Pair] = {}
    for module, (a, b) in trained.matrices.items():
        name = gguf_name(module)
        expected = base.shapes.get(name)
        if expected != (len(b), a.shape[1]):
            raise ModelError(
                f"어댑터 '{trained.file}'의 {module}: 모양이 {len(b)}×{a.shape[1]}인데 원래 모델 '{base.name}'에서는 "
                f"{'없습니다' if expected is None else f'{expected[0]}×{expected[1]}입니다'}. 다른 모델의 어댑터입니다",
                f"{module} of the adapter '{trained.file}' is {len(b)}×{a.shape[1]}, and in the base '{base.name}' "
                f"{'there is none' if expected is None else f'{expected[0]}×{expected[1]}'}: another model's adapter",
            )
        order = row_order(base.architecture, name, len(b), base.heads, base.kv_heads)
        moved = b if order is None else b[order]
        if not alpha:
            moved = moved * np.float32(trained.scales[module])
        matrices[name] = (a, np.ascontiguousarray(moved))
    facts = Facts(base.architecture, alpha, base.name, base.norms, licence, dict(note or {}))
    return Lora(matrices, facts)


def stacked(loras: Sequence[Lora]) -> Lora:
    """One adapter that changes what all of them change together."""
    if len(loras) == 1:
        return loras[0]
    matrices: dict[str, Pair] = {}
    for name in dict.fromkeys(name for lora in loras for name in lora.matrices):
        held = [lora for lora in loras if name in lora.matrices]
        first = np.concatenate([lora.matrices[name][0] for lora in held])
        second = np.concatenate([_scaled(lora, name) for lora in held], axis=1)
        matrices[name] = (first, second)
    return Lora(matrices, replace(loras[0].facts, alpha=0.0))


def export_adapter(lora: Lora, out: Path, *, kind: str = "f16", name: str = "") -> dict[str, Any]:
    """Write `out` (.gguf as f16, q8_0 or f32; .npz as f16 or int8) and say what it is."""
    out.parent.mkdir(parents=True, exist_ok=True)
    if out.suffix == ".npz":
        write_lora(out, lora, kind)
    else:
        write_lora_gguf(out, lora, kind, name=name)
    size = out.stat().st_size
    return {
        "file": str(out),
        "size": size,
        "kind": kind,
        "matrices": len(lora.matrices),
        "rank": lora.rank,
        "parameters": lora.parameters,
        "fits_weights": size <= LARGEST_SHIPPED,
    }


def _scaled(lora: Lora, name: str) -> np.ndarray[Any, np.dtype[np.float32]]:
    a, b = lora.matrices[name]
    return b * np.float32(lora.facts.alpha / len(a)) if lora.facts.alpha else b

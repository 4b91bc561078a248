"""A fully trained Hugging Face folder as GGUF, with header and tokenizer of the GGUF that it was trained from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from haechi.errors import ModelError
from haechi.training.export_base import Base
from haechi.training.gguf_copy import Tell, copy_gguf
from haechi.training.lora_names import row_order

#: GGUF name → the file and the key that hold a tensor in the folder.
_Held = Mapping[str, tuple[Path, str]]


def folder_gguf(
    folder: Path, base: Base, source: Path, out: Path, *, kind: str = "q8_0", name: str = "", tell: Tell | None = None
) -> None:
    """Write the GGUF. `source` is the base's own. Raises ModelError when the two are not the same kind of model."""
    held = _tensors(folder, base)
    copy_gguf(
        source,
        out,
        lambda tensor: _trained(held, tensor, base, folder),
        lambda tensor: len(tensor.shape) > 1,
        kind=kind,
        name=name,
        tell=tell,
    )


def _tensors(folder: Path, base: Base) -> _Held:
    import gguf
    from safetensors import safe_open

    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH[base.architecture.upper()], 512)
    held: dict[str, tuple[Path, str]] = {}
    for file in sorted(folder.glob("*.safetensors")):
        with safe_open(file, framework="pt") as stream:
            for key in stream.keys():
                name = names.get_name(key, (".weight", ".bias"))
                if name:
                    held[name] = (file, key)
    # Tied words are stored once in a folder and, by some converters, twice in a GGUF.
    if "token_embd.weight" in held:
        held.setdefault("output.weight", held["token_embd.weight"])
    return held


def _trained(held: _Held, tensor: Any, base: Base, folder: Path) -> NDArray[np.float32] | None:
    """A tensor's trained numbers in GGUF's order of rows; None for what no training has, such as rope factors."""
    from safetensors import safe_open

    if tensor.name not in held:
        if tensor.name == "rope_freqs.weight":
            return None
        raise ModelError(f"'{folder}'에 {tensor.name}이(가) 없습니다", f"'{folder}' has no {tensor.name}")
    file, key = held[tensor.name]
    with safe_open(file, framework="pt") as stream:
        matrix: NDArray[np.float32] = stream.get_tensor(key).float().numpy()
    shape = tuple(int(length) for length in reversed(tensor.shape))
    if matrix.shape != shape:
        raise ModelError(
            f"'{folder}'의 {key}는 {matrix.shape}인데 원래 모델 '{base.name}'에서는 {shape}입니다",
            f"{key} of '{folder}' is {matrix.shape}, and {shape} in the base '{base.name}'",
        )
    if base.architecture.startswith("gemma") and tensor.name.endswith("norm.weight"):
        matrix = matrix + 1
    part = tensor.name.removesuffix(".weight").removesuffix(".bias")
    order = row_order(base.architecture, part, len(matrix), base.heads, base.kv_heads)
    return np.ascontiguousarray(matrix if order is None else matrix[order], np.float32)

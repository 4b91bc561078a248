"""Base + adapters as one model: a Hugging Face folder, and a GGUF with the source's header and tokenizer.

Both go through the weights one after another, so a model needs the memory of its largest file or matrix only. In the
GGUF what the adapters leave alone stays byte for byte as it was; the folder keeps its precision.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from haechi.errors import InputError, ModelError
from haechi.models.assemble import check_space
from haechi.models.gguf_header import read_tensors
from haechi.models.lora_file import Lora
from haechi.models.model_home import write_json
from haechi.training.gguf_copy import Tell, copy_gguf
from haechi.training.llm_base import CARD
from haechi.training.lora_names import gguf_name
from haechi.training.lora_source import Trained

MERGED_CARD = "haechi_merged.json"


def merge_gguf(
    source: Path, lora: Lora, out: Path, *, kind: str = "q8_0", name: str = "", tell: Tell | None = None
) -> int:
    """Write the merged model; returns how many matrices changed. Raises ModelError when the adapter does not fit."""
    import gguf

    changed = {f"{matrix}.weight": matrix for matrix in lora.matrices}
    missing = sorted(set(changed) - set(read_tensors(source)[1]))
    if missing:
        raise ModelError(f"'{source}'에 {missing[0]}이(가) 없습니다", f"'{source}' has no {missing[0]}")

    def values(tensor: Any) -> NDArray[np.float32] | None:
        if tensor.name not in changed:
            return None
        before = gguf.dequantize(tensor.data, tensor.tensor_type)
        return (before + lora.change(changed[tensor.name])).astype(np.float32)

    copy_gguf(source, out, values, lambda tensor: tensor.name in changed, kind=kind, name=name, tell=tell)
    return len(changed)


def merge_folder(folder: Path, adapters: Sequence[Trained], out: Path, *, tell: Tell | None = None) -> int:
    """Write the merged Hugging Face folder; returns how many matrices changed. Raises InputError or ModelError."""
    from safetensors.torch import load_file, save_file

    if out.exists() and any(out.iterdir()):
        raise InputError(
            f"'{out}'에 이미 파일이 있습니다. 다른 --out을 주세요", f"'{out}' is not empty; give another --out"
        )
    files = sorted(folder.glob("*.safetensors"))
    check_space(out.parent, sum(file.stat().st_size for file in files))
    temporary = out.with_name(f".{out.name}.new")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    changes = [{gguf_name(module): module for module in one.matrices} for one in adapters]
    left = {name for names in changes for name in names}
    total = len(left)
    for done, file in enumerate(files):
        weights = load_file(file)
        for key, name in [(key, gguf_name(key.removesuffix(".weight"), "")) for key in weights]:
            if name not in left or not key.endswith(".weight"):
                continue
            for one, names in zip(adapters, changes, strict=True):
                if name in names:
                    weights[key] = _added(weights[key], one, names[name])
            left.discard(name)
        save_file(weights, temporary / file.name, metadata={"format": "pt"})
        if tell:
            tell("merge", done + 1, len(files))
    if left:
        raise ModelError(
            f"모델 폴더 '{folder}'에 {min(left)}에 해당하는 층이 없습니다",
            f"the model folder '{folder}' has no layer for {min(left)}",
        )
    for file in folder.iterdir():
        if file.is_file() and file.suffix != ".safetensors" and file.name != CARD:
            shutil.copy2(file, temporary / file.name)
    write_json(temporary / MERGED_CARD, {"base": folder.name, "adapters": [one.sha256 for one in adapters]})
    if out.exists():
        out.rmdir()
    temporary.rename(out)
    return total


def _added(matrix: Any, one: Trained, module: str) -> Any:
    """W + B A · scale, added up in float32 and rounded once to what W is."""
    import torch

    a, b = (torch.from_numpy(half) for half in one.matrices[module])
    if tuple(matrix.shape) != (b.shape[0], a.shape[1]):
        raise ModelError(
            f"어댑터 '{one.file}'의 {module}({b.shape[0]}×{a.shape[1]})이 모델({tuple(matrix.shape)})에 맞지 않습니다",
            f"{module} ({b.shape[0]}×{a.shape[1]}) of the adapter '{one.file}' does not fit {tuple(matrix.shape)}",
        )
    return (matrix.float() + (b @ a) * one.scales[module]).to(matrix.dtype)

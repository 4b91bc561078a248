"""Base + adapters as one model: a Hugging Face folder, and a GGUF with the source's header and tokenizer.

Both go through the weights one after another, so a model needs the memory of its largest file or matrix only. In the
GGUF what the adapters leave alone stays byte for byte as it was; the folder keeps its precision.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from haechi.errors import InputError, ModelError
from haechi.models.assemble import check_space
from haechi.models.lora_file import Lora
from haechi.models.model_home import write_json
from haechi.training.lora_names import gguf_name
from haechi.training.lora_source import Trained

#: GGML's name and the number that `general.file_type` has for it.
KINDS = {"q8_0": ("Q8_0", 7), "f16": ("F16", 1), "f32": ("F32", 0)}
MERGED_CARD = "haechi_merged.json"
_BLOCK = 32
#: (stage, done, total) in tensors.
Tell = Callable[[str, int, int], None]


def merge_gguf(source: Path, lora: Lora, out: Path, *, kind: str = "q8_0", name: str = "", tell: Tell | None = None) -> int:
    """Write the merged model; returns how many matrices changed. Raises ModelError when the adapter does not fit."""
    import gguf

    check_space(out.parent, 2 * source.stat().st_size)
    reader = gguf.GGUFReader(source)
    changed = {f"{matrix}.weight": matrix for matrix in lora.matrices}
    missing = sorted(set(changed) - {tensor.name for tensor in reader.tensors})
    if missing:
        raise ModelError(f"'{source}'에 {missing[0]}이(가) 없습니다", f"'{source}' has no {missing[0]}")
    temporary = out.with_name(f".{out.name}.new")
    writer = gguf.GGUFWriter(temporary, str(reader.get_field("general.architecture").contents()))
    _copy_keys(reader, writer, file_type=KINDS[kind][1], name=name)
    kinds = {tensor.name: _kind(gguf, tensor, kind, tensor.name in changed) for tensor in reader.tensors}
    for tensor in reader.tensors:
        _announce(gguf, writer, tensor, kinds[tensor.name])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    for done, tensor in enumerate(reader.tensors):
        if tensor.name in changed:
            matrix = gguf.dequantize(tensor.data, tensor.tensor_type) + lora.change(changed[tensor.name])
            writer.write_tensor_data(gguf.quantize(matrix.astype(np.float32), kinds[tensor.name]))
        else:
            writer.write_tensor_data(tensor.data)
        if tell:
            tell("merge", done + 1, len(reader.tensors))
    writer.close()
    temporary.replace(out)
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
    left = {gguf_name(module) for one in adapters for module in one.matrices}
    changed = 0
    for done, file in enumerate(files):
        weights = load_file(file)
        for key in weights:
            name = _gguf_name(key)
            for one in adapters:
                change = _change(one, name)
                if change is not None:
                    weights[key] = _added(weights[key], change, key, one)
                    left.discard(name or "")
            changed += any(_change_names(one, name) for one in adapters)
        save_file(weights, temporary / file.name, metadata={"format": "pt"})
        if tell:
            tell("merge", done + 1, len(files))
    if left:
        raise ModelError(
            f"모델 폴더 '{folder}'에 {min(left)}에 해당하는 층이 없습니다",
            f"the model folder '{folder}' has no layer for {min(left)}",
        )
    for file in folder.iterdir():
        if file.is_file() and file.suffix != ".safetensors":
            shutil.copy2(file, temporary / file.name)
    write_json(temporary / MERGED_CARD, {"base": folder.name, "adapters": [one.sha256 for one in adapters]})
    temporary.rename(out)
    return changed

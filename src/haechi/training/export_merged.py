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

from haechi.errors import InputError, ModelError
from haechi.models.assemble import check_space
from haechi.models.lora_file import Lora
from haechi.models.model_home import write_json
from haechi.training.llm_base import CARD
from haechi.training.lora_names import gguf_name
from haechi.training.lora_source import Trained

#: GGML's name and the number that `general.file_type` has for it.
KINDS = {"q8_0": ("Q8_0", 7), "f16": ("F16", 1), "f32": ("F32", 0)}
MERGED_CARD = "haechi_merged.json"
_BLOCK = 32
#: (stage, done, total) in tensors.
Tell = Callable[[str, int, int], None]


def merge_gguf(
    source: Path, lora: Lora, out: Path, *, kind: str = "q8_0", name: str = "", tell: Tell | None = None
) -> int:
    """Write the merged model; returns how many matrices changed. Raises ModelError when the adapter does not fit."""
    import gguf

    check_space(out.parent, 2 * source.stat().st_size)
    reader = gguf.GGUFReader(source)
    changed = {f"{matrix}.weight": matrix for matrix in lora.matrices}
    missing = sorted(set(changed) - {tensor.name for tensor in reader.tensors})
    if missing:
        raise ModelError(f"'{source}'에 {missing[0]}이(가) 없습니다", f"'{source}' has no {missing[0]}")
    temporary = out.with_name(f".{out.name}.new")
    writer = gguf.GGUFWriter(temporary, reader.fields["general.architecture"].contents())
    _copy_keys(reader, writer, file_type=KINDS[kind][1], name=name)
    kinds = {tensor.name: _kind(tensor, kind, changed=tensor.name in changed) for tensor in reader.tensors}
    for tensor in reader.tensors:
        _announce(writer, tensor, kinds[tensor.name])
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


def _kind(tensor: Any, kind: str, *, changed: bool) -> Any:
    """What a tensor is written as: as it was, or in the wanted type where rows can be packed."""
    import gguf

    if not changed:
        return tensor.tensor_type
    packs = kind != "q8_0" or int(tensor.shape[0]) % _BLOCK == 0
    return gguf.GGMLQuantizationType[KINDS[kind][0] if packs else "F16"]


def _announce(writer: Any, tensor: Any, kind: Any) -> None:
    """Name, shape and size of a tensor; its numbers follow later."""
    import gguf

    shape = [int(length) for length in reversed(tensor.shape)]
    if kind == gguf.GGMLQuantizationType.F32 or kind == gguf.GGMLQuantizationType.F16:
        number = np.dtype(np.float32 if kind == gguf.GGMLQuantizationType.F32 else np.float16)
        writer.add_tensor_info(tensor.name, shape, number, int(np.prod(shape)) * number.itemsize)
        return
    packed = gguf.quant_shape_to_byte_shape(shape, kind)
    writer.add_tensor_info(tensor.name, packed, np.dtype(np.uint8), int(np.prod(packed)), raw_dtype=kind)


def _copy_keys(reader: Any, writer: Any, *, file_type: int, name: str) -> None:
    """Everything that the source states but its type of file, and the name when there is a new one."""
    import gguf

    for field in reader.fields.values():
        if field.name.startswith("GGUF.") or field.name in ("general.architecture", "general.file_type"):
            continue
        if field.name == "general.name" and name:
            continue
        kind = field.types[0]
        inner = field.types[-1] if kind == gguf.GGUFValueType.ARRAY else None
        writer.add_key_value(field.name, field.contents(), kind, sub_type=inner)
    writer.add_file_type(file_type)
    if name:
        writer.add_name(name)

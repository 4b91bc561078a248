"""A GGUF written again with other numbers in some tensors: header, tokenizer and everything else as in the source."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from haechi.models.assemble import check_space

#: GGML's name, and the number that `general.file_type` has for it.
KINDS = {"q8_0": ("Q8_0", 7), "f16": ("F16", 1), "f32": ("F32", 0)}
_BLOCK = 32
#: (stage, done, total) in tensors.
Tell = Callable[[str, int, int], None]


def copy_gguf(
    source: Path,
    out: Path,
    values: Callable[[Any], NDArray[np.float32] | None],
    changes: Callable[[Any], bool],
    *,
    kind: str,
    name: str = "",
    tell: Tell | None = None,
) -> None:
    """Write `out`, whole or not at all, tensor by tensor.

    `values` gives a tensor's new numbers (GGUF's shape, rows first), None for those it had, which stay byte for byte.
    A tensor that `changes` is written as `kind`, any other in the type that it had.
    """
    import gguf

    check_space(out.parent, 2 * source.stat().st_size)
    reader = gguf.GGUFReader(source)
    temporary = out.with_name(f".{out.name}.new")
    writer = gguf.GGUFWriter(temporary, reader.fields["general.architecture"].contents())
    try:
        _copy_keys(reader, writer, file_type=KINDS[kind][1], name=name)
        kinds = {tensor.name: _kind(tensor, kind, changed=changes(tensor)) for tensor in reader.tensors}
        for tensor in reader.tensors:
            _announce(writer, tensor, kinds[tensor.name])
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
        for done, tensor in enumerate(reader.tensors):
            new = values(tensor)
            writer.write_tensor_data(tensor.data if new is None else gguf.quantize(new, kinds[tensor.name]))
            if tell:
                tell("write", done + 1, len(reader.tensors))
        writer.close()
        temporary.replace(out)
    finally:
        temporary.unlink(missing_ok=True)


def _kind(tensor: Any, kind: str, *, changed: bool) -> Any:
    """What a tensor is written as: as it was, or in the wanted type where its rows can be packed."""
    import gguf

    if not changed:
        return tensor.tensor_type
    packs = kind != "q8_0" or int(tensor.shape[0]) % _BLOCK == 0
    return gguf.GGMLQuantizationType[KINDS[kind][0] if packs else "F16"]


def _announce(writer: Any, tensor: Any, kind: Any) -> None:
    """Name, shape and size of a tensor; its numbers follow later."""
    import gguf

    shape = [int(length) for length in reversed(tensor.shape)]
    plain = {gguf.GGMLQuantizationType.F32: np.float32, gguf.GGMLQuantizationType.F16: np.float16}
    if kind in plain:
        number = np.dtype(plain[kind])
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

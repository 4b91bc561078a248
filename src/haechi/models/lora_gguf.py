"""A LoRA adapter as the GGUF file that llama.cpp loads, written by llama.cpp's own `gguf` package."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from haechi.models.adapter_check import ADAPTER_KIND, ALPHA, BASE_MARK, BASE_NAME
from haechi.models.lora_file import Lora
from haechi.models.model_home import write_json

#: What the matrices are written as. A row of B has `rank` numbers and q8_0 packs 32, so most of B stays f16.
TYPES = ("f16", "q8_0", "f32")
GGUF_FILE = "adapter.gguf"
_BLOCK = 32


def write_lora_gguf(path: Path, lora: Lora, kind: str = "f16", *, name: str = "") -> None:
    """Write the adapter to `path`, whole or not at all. Same numbers, same bytes."""
    import gguf

    facts = lora.facts
    temporary = path.with_name(f".{path.name}.new")
    writer = gguf.GGUFWriter(temporary, facts.architecture)
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_name(name or path.stem)
    if facts.licence != "unknown":
        writer.add_license(facts.licence)
    writer.add_string(ADAPTER_KIND, "lora")
    writer.add_float32(ALPHA, facts.alpha)
    if facts.base_name:
        writer.add_base_model_count(1)
        writer.add_string(BASE_NAME, facts.base_name)
    if facts.base_norms:
        writer.add_string(BASE_MARK, facts.base_norms)
    for matrix, pair in sorted(lora.matrices.items()):
        for side, values in zip("ab", pair, strict=True):
            tensor = f"{matrix}.weight.lora_{side}"
            if kind == "q8_0" and values.shape[1] % _BLOCK == 0:
                packed = gguf.GGMLQuantizationType.Q8_0
                writer.add_tensor(tensor, gguf.quantize(values, packed), raw_dtype=packed)
            else:
                writer.add_tensor(tensor, np.ascontiguousarray(values, np.float32 if kind == "f32" else np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    temporary.replace(path)


def install_lora(folder: Path, adapter: Path, *, name: str) -> None:
    """The folder of an installed adapter, made from its npz: adapter.gguf and config.json."""
    from haechi.models.assemble import sha256_of
    from haechi.models.lora_file import read_lora

    lora = read_lora(adapter)
    write_lora_gguf(folder / GGUF_FILE, lora, name=name)
    write_json(
        folder / "config.json",
        {"name": name, "rank": lora.rank, "base": lora.facts.base_name, "adapter_sha256": sha256_of(adapter)},
    )

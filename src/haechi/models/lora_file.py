"""A LoRA adapter of a language model in one small file, as it lies in `weights/` and in the memory of the exporters.

Matrices carry the names of a GGUF file (`blk.3.attn_q`) and its order of rows, so that installing one is only writing
a GGUF (`lora_gguf`). The file is a numpy archive (npz, no pickle): `<name>.a` (rank, inputs) and `<name>.b` (outputs,
rank), float16, or int8 with `<name>.a.scale` a row; and `meta`, a JSON text.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from haechi.errors import ModelError

#: (A, B): rank × inputs, outputs × rank; float32.
Pair = tuple[NDArray[np.float32], NDArray[np.float32]]

FORMS = ("int8", "f16")
META = "meta"
_KEY = re.compile(r"(blk\.\d+\.[a-z_]+)\.([ab])(\.scale)?")
_LARGEST = 127.0


@dataclass(frozen=True)
class Facts:
    """What an adapter states about itself.

    The change of a matrix is B A · alpha / rank; `alpha` 0 means B A as it is. `base_norms` is
    `adapter_check.norms_mark` of the model that it was trained on, empty when not known.
    """

    architecture: str
    alpha: float
    base_name: str = ""
    base_norms: str = ""
    licence: str = "unknown"
    note: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Lora:
    """`matrices`: GGUF name without `.weight` → (A, B)."""

    matrices: dict[str, Pair]
    facts: Facts

    @property
    def rank(self) -> int:
        """The largest rank of a matrix."""
        return max(len(a) for a, _ in self.matrices.values())

    @property
    def parameters(self) -> int:
        """Numbers in all matrices."""
        return sum(a.size + b.size for a, b in self.matrices.values())

    def change(self, name: str) -> NDArray[np.float32]:
        """What is added to a matrix: outputs × inputs, float32."""
        a, b = self.matrices[name]
        scale = self.facts.alpha / len(a) if self.facts.alpha else 1.0
        return (b @ a * np.float32(scale)).astype(np.float32)


def write_lora(path: Path, lora: Lora, form: str = "int8") -> None:
    """Write the npz, in int8 with a scale a row or in float16. Same numbers, same bytes."""
    arrays: dict[str, NDArray[Any]] = {}
    for name, pair in sorted(lora.matrices.items()):
        for side, matrix in zip("ab", pair, strict=True):
            key = f"{name}.{side}"
            if form == "int8":
                scale = np.abs(matrix).max(axis=1, keepdims=True) / _LARGEST
                arrays[key] = np.rint(matrix / np.where(scale, scale, 1)).astype(np.int8)
                arrays[f"{key}.scale"] = scale[:, 0].astype(np.float32)
            else:
                arrays[key] = matrix.astype(np.float16)
    arrays[META] = np.array(json.dumps(asdict(lora.facts), ensure_ascii=False, sort_keys=True))
    temporary = path.with_name(f".{path.name}.new")
    with temporary.open("wb") as out:
        np.savez_compressed(out, **arrays)  # type: ignore[arg-type, unused-ignore]
    temporary.replace(path)


def read_lora(path: Path) -> Lora:
    """Read and check the npz. Raises ModelError saying what is wrong with it."""
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as archive:
            arrays = {key: archive[key] for key in archive.files}
        facts = Facts(**json.loads(str(arrays.pop(META))))
        facts = replace(facts, alpha=float(facts.alpha))
    except OSError as error:
        raise _unusable(f"'{path}'을(를) 읽을 수 없습니다: {error.strerror}", f"cannot read '{path}'") from error
    except (ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise _unusable(
            f"'{path}'은(는) 어댑터 파일이 아닙니다: {error}", f"'{path}' is no adapter: {error}"
        ) from error
    return Lora(_matrices(path, arrays), facts)


def check_pair(name: str, a: NDArray[Any], b: NDArray[Any], where: str = "") -> None:
    """Raises ModelError when A and B are no low-rank pair of finite numbers."""
    whole = a.ndim == b.ndim == 2 and a.shape[0] == b.shape[1] and a.shape[0] > 0
    if not whole or not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise _unusable(
            f"{where}{name}의 A {a.shape}와 B {b.shape}가 맞지 않거나 수가 아닌 값이 있습니다",
            f"{where}A {a.shape} and B {b.shape} of {name} do not fit, or hold values that are no numbers",
        )


def _matrices(path: Path, arrays: Mapping[str, NDArray[Any]]) -> dict[str, Pair]:
    strange = sorted(key for key in arrays if not _KEY.fullmatch(key))
    if strange:
        raise _unusable(f"'{path}': 모르는 이름 '{strange[0]}'", f"'{path}': unknown name '{strange[0]}'")
    found: dict[str, Pair] = {}
    for name in dict.fromkeys(key.rpartition(".")[0] for key in arrays if not key.endswith(".scale")):
        if f"{name}.a" not in arrays or f"{name}.b" not in arrays:
            raise _unusable(f"'{path}': {name}의 A와 B 가운데 하나가 없습니다", f"'{path}': {name} lacks A or B")
        a, b = (_floats(path, arrays, f"{name}.{side}") for side in "ab")
        check_pair(name, a, b, f"'{path}': ")
        found[name] = (a, b)
    if not found:
        raise _unusable(f"'{path}'에 행렬이 없습니다", f"'{path}' holds no matrices")
    return found


def _floats(path: Path, arrays: Mapping[str, NDArray[Any]], key: str) -> NDArray[np.float32]:
    matrix = arrays[key]
    if matrix.dtype != np.int8:
        return matrix.astype(np.float32)
    scale = arrays.get(f"{key}.scale")
    if scale is None or scale.shape != matrix.shape[:1]:
        raise _unusable(f"'{path}': {key}의 배율이 없습니다", f"'{path}': {key} lacks its scales")
    return matrix.astype(np.float32) * scale.astype(np.float32)[:, None]


def _unusable(korean: str, english: str) -> ModelError:
    return ModelError(
        f"어댑터를 쓸 수 없습니다: {korean}. 다시 만들기: haechi models export",
        f"the adapter cannot be used: {english}; to make one: haechi models export",
    )

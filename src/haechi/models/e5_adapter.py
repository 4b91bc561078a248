"""An adapter of the bundled embedder: low-rank changes of some of its matrices, W + B @ A, in one small file.

Only reads, checks and writes the file. Adding it to the weights is `e5_weights`, making the model `e5_convert`, and
training one is `haechi train embedder`.

The file is a numpy archive (npz, no pickle): for every changed matrix `l<layer>.<part>.A` of shape (rank, inputs) and
`.B` of shape (outputs, rank), already scaled, and `meta`, a JSON text. `meta` states at least `base_sha256`, the hash
of the weight file it was trained on: added to other weights the numbers would mean nothing.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from haechi.errors import ModelError
from haechi.models.e5_weights import E5Weights, LowRank

ADAPTER_FILE = "adapter.npz"
#: The matrices of a layer that can change: query, key, value, attention output, feed-forward in and out.
PARTS = ("q", "k", "v", "ao", "fi", "fo")
META = "meta"

_KEY = re.compile(rf"l(\d+)\.({'|'.join(PARTS)})\.([AB])")


@dataclass(frozen=True)
class Adapter:
    """`matrices`: name of a matrix (`l6.q`) → (A, B), float32. `sha256` is the file's. `meta` is what it states."""

    matrices: dict[str, LowRank]
    meta: dict[str, Any]
    sha256: str

    @property
    def base_sha256(self) -> str:
        """The weight file that it was trained on."""
        return str(self.meta["base_sha256"])

    def added_to(self, weights: E5Weights) -> E5Weights:
        """The weights with the adapter in them. Raises ModelError when it was made for others."""
        if self.base_sha256 != weights.source_sha256:
            raise _unusable(
                f"다른 가중치로 학습했습니다(기대 {weights.source_sha256[:12]}…, 실제 {self.base_sha256[:12]}…)",
                f"it was trained on other weights (expected {weights.source_sha256[:12]}…, "
                f"got {self.base_sha256[:12]}…)",
            )
        for name, (a, b) in self.matrices.items():
            expected = matrix_shape(weights, name)
            if (len(b), a.shape[1]) != expected:
                raise _unusable(
                    f"{name}의 모양이 {len(b)}×{a.shape[1]}입니다(기대 {expected[0]}×{expected[1]})",
                    f"{name} is {len(b)}×{a.shape[1]}, expected {expected[0]}×{expected[1]}",
                )
        return weights.adapted({f"{name}.w": pair for name, pair in self.matrices.items()})


def matrix_shape(weights: E5Weights, name: str) -> tuple[int, int]:
    """(outputs, inputs) of a matrix such as `l6.fi`. Raises ModelError for a layer that is not there."""
    layer, part = name[1:].split(".")
    if int(layer) >= weights.layers:
        raise _unusable(
            f"{name}: 모델의 층은 {weights.layers}개입니다", f"{name}: the model has {weights.layers} layers"
        )
    dimension, inner = weights.dimension, weights.feed_forward
    return {"fi": (inner, dimension), "fo": (dimension, inner)}.get(part, (dimension, dimension))


def read_adapter(path: Path) -> Adapter:
    """Read and check the file. Raises ModelError saying what is wrong with it."""
    arrays, meta, sha256 = read_archive(path)
    return Adapter(matrices_in(path, arrays), meta, sha256)


def read_archive(path: Path) -> tuple[dict[str, NDArray[Any]], dict[str, Any], str]:
    """The arrays, what `meta` states and the file's hash; the names of the arrays are not looked at."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _unusable(f"'{path}'을(를) 읽을 수 없습니다: {error.strerror}", f"cannot read '{path}'") from error
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            arrays = {key: archive[key] for key in archive.files}
        meta = json.loads(str(arrays.pop(META)))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise _unusable(
            f"'{path}'은(는) 어댑터 파일이 아닙니다: {error}", f"'{path}' is no adapter: {error}"
        ) from error
    if not isinstance(meta, dict) or not isinstance(meta.get("base_sha256"), str):
        raise _unusable(f"'{path}'의 meta에 base_sha256이 없습니다", f"'{path}': meta has no base_sha256")
    return arrays, meta, hashlib.sha256(data).hexdigest()


def write_adapter(
    path: Path,
    matrices: Mapping[str, LowRank],
    meta: Mapping[str, Any],
    further: Mapping[str, NDArray[np.floating]] | None = None,
) -> None:
    """Write the file in float16, with `further` arrays beside the matrices. Same numbers, same bytes."""
    arrays: dict[str, NDArray[Any]] = {name: array.astype(np.float16) for name, array in (further or {}).items()}
    for name, (a, b) in sorted(matrices.items()):
        arrays[f"{name}.A"], arrays[f"{name}.B"] = a.astype(np.float16), b.astype(np.float16)
    arrays[META] = np.array(json.dumps(dict(meta), ensure_ascii=False, sort_keys=True))
    temporary = path.with_name(f".{path.name}.new")
    with temporary.open("wb") as out:
        np.savez(out, **arrays)  # type: ignore[arg-type, unused-ignore]
    temporary.replace(path)


def matrices_in(path: Path, arrays: Mapping[str, NDArray[Any]]) -> dict[str, LowRank]:
    """The (A, B) of every matrix. Raises ModelError for a name that is none, or numbers that do not fit."""
    strange = sorted(key for key in arrays if not _KEY.fullmatch(key))
    if strange:
        raise _unusable(f"'{path}': 모르는 이름 '{strange[0]}'", f"'{path}': unknown name '{strange[0]}'")
    found: dict[str, LowRank] = {}
    for name in dict.fromkeys(key.rpartition(".")[0] for key in arrays):
        a, b = arrays.get(f"{name}.A"), arrays.get(f"{name}.B")
        if a is None or b is None:
            raise _unusable(f"'{path}': {name}의 A와 B 가운데 하나가 없습니다", f"'{path}': {name} lacks A or B")
        whole = a.ndim == b.ndim == 2 and a.shape[0] == b.shape[1]
        if not whole or not all(half.dtype.kind == "f" and bool(np.isfinite(half).all()) for half in (a, b)):
            raise _unusable(
                f"'{path}': {name}의 A {a.shape}와 B {b.shape}가 맞지 않거나 수가 아닌 값이 있습니다",
                f"'{path}': A {a.shape} and B {b.shape} of {name} do not fit, or hold values that are no numbers",
            )
        found[name] = (a.astype(np.float32), b.astype(np.float32))
    if not found:
        raise _unusable(f"'{path}'에 행렬이 없습니다", f"'{path}' holds no matrices")
    return found


def _unusable(korean: str, english: str) -> ModelError:
    return ModelError(
        f"임베딩 모델의 어댑터를 쓸 수 없습니다: {korean}. 새로 만들기: haechi train embedder",
        f"the embedder's adapter cannot be used: {english}; to make one: haechi train embedder",
    )

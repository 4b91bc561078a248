"""Reads the key/value header of a GGUF file: name, architecture, licence, context length, and what tensors it holds.

Never arrays' contents, and of the tensors only the small ones that are asked for. The file may be hostile: every
length is checked against the bytes that are there and against a limit, so a made-up length costs nothing.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeVar

from haechi.errors import ModelError

GgufValue = str | int | float | bool

_SCALARS = {
    0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d",
}  # fmt: skip
_STRING, _ARRAY = 8, 9
_MAX_KEYS = 4096
_MAX_KEY = 1024
#: A chat template is some ten kilobytes; a megabyte is a lie.
_MAX_STRING = 1 << 20
#: Vocabularies have some 300,000 entries.
_MAX_ARRAY = 8_000_000
#: A model of 100 layers has some 1,500.
_MAX_TENSORS = 100_000
_MAX_DIMENSIONS = 8
_ALIGNMENT = 32

F32 = 0
_Read = TypeVar("_Read")


@dataclass(frozen=True)
class TensorInfo:
    """One tensor: `shape` as the file orders it (inputs first), `kind` a GGML type, `offset` in bytes of the file."""

    name: str
    shape: tuple[int, ...]
    kind: int
    offset: int


class _BadHeaderError(Exception):
    """The header is not what the format says; the message is what is wrong."""


def read_header(path: Path) -> dict[str, GgufValue]:
    """Scalars and strings of the header (arrays are skipped). Raises ModelError for a file that is not GGUF."""
    return _reading(path, lambda stream, size: _read(stream, size)[0])


def read_tensors(path: Path) -> tuple[dict[str, GgufValue], dict[str, TensorInfo]]:
    """The header, and by name what every tensor is; no weights are read. Raises ModelError as `read_header`."""
    return _reading(path, _read_tensors)


def read_floats(path: Path, tensor: TensorInfo) -> bytes:
    """The bytes of a small float32 tensor, little-endian. Raises ModelError when they are not there."""
    count = 1
    for length in tensor.shape:
        count *= length

    def read(stream: BinaryIO, size: int) -> bytes:
        if tensor.kind != F32 or tensor.offset + 4 * count > size:
            raise _BadHeaderError(f"tensor {tensor.name}")
        stream.seek(tensor.offset)
        return stream.read(4 * count)

    return _reading(path, read)


def _reading(path: Path, read: Callable[[BinaryIO, int], _Read]) -> _Read:
    try:
        with path.open("rb") as stream:
            return read(stream, path.stat().st_size)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ModelError(f"'{path}'을(를) 읽을 수 없습니다: {reason}", f"cannot read '{path}': {reason}") from error
    except (_BadHeaderError, struct.error, UnicodeDecodeError) as error:
        raise ModelError(
            f"'{path}'은(는) 올바른 GGUF 파일이 아닙니다: {error}", f"'{path}' is not a valid GGUF file: {error}"
        ) from error


def _read(stream: BinaryIO, size: int) -> tuple[dict[str, GgufValue], int]:
    """The keys, and how many tensors follow them."""
    if stream.read(4) != b"GGUF":
        raise _BadHeaderError("no GGUF magic")
    version, tensors, count = struct.unpack("<IQQ", stream.read(20))
    if version not in (2, 3):
        raise _BadHeaderError(f"version {version}")
    if count > _MAX_KEYS:
        raise _BadHeaderError(f"{count} keys")
    values: dict[str, GgufValue] = {}
    for _ in range(count):
        key = _string(stream, size, _MAX_KEY)
        (kind,) = struct.unpack("<I", stream.read(4))
        value = _value(stream, size, kind)
        if value is not None:
            values[key] = value
    return values, tensors


def _read_tensors(stream: BinaryIO, size: int) -> tuple[dict[str, GgufValue], dict[str, TensorInfo]]:
    values, count = _read(stream, size)
    if count > _MAX_TENSORS:
        raise _BadHeaderError(f"{count} tensors")
    found: list[tuple[str, tuple[int, ...], int, int]] = []
    for _ in range(count):
        name = _string(stream, size, _MAX_KEY)
        (dimensions,) = struct.unpack("<I", stream.read(4))
        if dimensions > _MAX_DIMENSIONS:
            raise _BadHeaderError(f"tensor of {dimensions} dimensions")
        shape = struct.unpack(f"<{dimensions}Q", stream.read(8 * dimensions))
        kind, offset = struct.unpack("<IQ", stream.read(12))
        found.append((name, shape, kind, offset))
    stated = values.get("general.alignment", _ALIGNMENT)
    alignment = stated if isinstance(stated, int) and stated > 0 else _ALIGNMENT
    start = -(-stream.tell() // alignment) * alignment
    return values, {name: TensorInfo(name, shape, kind, start + offset) for name, shape, kind, offset in found}


def _value(stream: BinaryIO, size: int, kind: int) -> GgufValue | None:
    if kind == _STRING:
        return _string(stream, size, _MAX_STRING)
    if kind == _ARRAY:
        _skip_array(stream, size)
        return None
    if kind not in _SCALARS:
        raise _BadHeaderError(f"value type {kind}")
    value: GgufValue = struct.unpack(_SCALARS[kind], stream.read(struct.calcsize(_SCALARS[kind])))[0]
    return value


def _skip_array(stream: BinaryIO, size: int) -> None:
    kind, count = struct.unpack("<IQ", stream.read(12))
    if count > _MAX_ARRAY:
        raise _BadHeaderError(f"array of {count}")
    if kind == _STRING:
        for _ in range(count):
            (length,) = struct.unpack("<Q", stream.read(8))
            _forward(stream, size, length)
    elif kind in _SCALARS:
        _forward(stream, size, count * struct.calcsize(_SCALARS[kind]))
    else:
        raise _BadHeaderError(f"array of type {kind}")


def _forward(stream: BinaryIO, size: int, length: int) -> None:
    if stream.tell() + length > size:
        raise _BadHeaderError("truncated")
    stream.seek(length, 1)


def _string(stream: BinaryIO, size: int, limit: int) -> str:
    (length,) = struct.unpack("<Q", stream.read(8))
    if length > limit or stream.tell() + length > size:
        raise _BadHeaderError(f"string of {length} bytes")
    return stream.read(length).decode("utf-8")

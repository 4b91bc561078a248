"""The customer's own weights: what a path holds, and the file that remembers it by reference.

Nothing is copied and nothing is loaded. Names and licences of the default models are `bundled.py`'s.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from haechi.errors import ModelError
from haechi.models.adapter_check import KIND, is_adapter
from haechi.models.assemble import Progress, sha256_of
from haechi.models.catalogue import ModelKind
from haechi.models.gguf_header import read_header
from haechi.models.model_home import models_dir

REGISTRY_NAME = "registry.json"


def read_registry() -> dict[str, dict[str, Any]]:
    """Name → path, kind, licence, size and sha256 of every registered model."""
    file = models_dir() / REGISTRY_NAME
    try:
        registry: dict[str, dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ModelError(
            f"'{file}'을(를) 읽을 수 없습니다: {error}. 파일을 지우고 모델을 다시 등록하세요: haechi models add 경로",
            f"cannot read '{file}': {error}; delete it and add the models again: haechi models add PATH",
        ) from error
    return registry


def recognise(model: Path) -> tuple[ModelKind, int]:
    """Kind and size of a GGUF (model or LoRA), a SentenceTransformer or cross-encoder folder, or an ONNX file.

    Raises ModelError for anything else.
    """
    if model.is_dir() and any((model / file).is_file() for file in ("modules.json", "config.json")):
        kind: ModelKind = "reranker" if _scores_pairs(model / "config.json") else "embedder"
        return kind, sum(file.stat().st_size for file in model.rglob("*") if file.is_file())
    if model.is_file() and model.suffix.lower() == ".onnx":
        return "reranker", model.stat().st_size
    if model.is_file() and model.suffix.lower() == ".gguf":
        header = read_header(model)
        held = header.get(KIND, "model")
        if is_adapter(header):
            return "adapter", model.stat().st_size
        if held != "model":
            raise ModelError(
                f"'{model}'은(는) '{held}' GGUF입니다. 모델이나 LoRA 어댑터 GGUF를 지정하세요",
                f"'{model}' is a GGUF of type '{held}', neither a model nor a LoRA adapter",
            )
        return "llm", model.stat().st_size
    raise ModelError(
        f"'{model}': GGUF 파일, SentenceTransformer나 CrossEncoder 폴더(modules.json 또는 config.json이 있는), "
        "ONNX 파일 가운데 어느 것도 아닙니다",
        f"'{model}' is neither a GGUF file nor a SentenceTransformer or CrossEncoder folder (with modules.json or "
        "config.json) nor an ONNX file",
    )


def _scores_pairs(config: Path) -> bool:
    """Whether a folder's config.json is that of a model with one output a pair, not of an encoder."""
    try:
        architectures = json.loads(config.read_text(encoding="utf-8")).get("architectures") or []
    except (OSError, ValueError, AttributeError):
        return False
    return any(str(name).endswith("ForSequenceClassification") for name in architectures)


def hash_any(model: Path, progress: Progress | None = None) -> str:
    """A file's SHA-256; for a folder, of the sorted list of its files' names and hashes."""
    if model.is_file():
        return sha256_of(model, progress)
    digest = hashlib.sha256()
    for file in sorted(file for file in model.rglob("*") if file.is_file()):
        digest.update(f"{file.relative_to(model)}\0{sha256_of(file, progress)}\n".encode())
    return digest.hexdigest()

"""What an embedder's folder says about itself, read from its small JSON files: no weights are loaded.

SentenceTransformer folders state a limit (`sentence_bert_config.json`), prompts
(`config_sentence_transformers.json`) and pooling (`1_Pooling/config.json`); plain Hugging Face folders and ONNX exports
state less. What is not stated is not guessed: it stays empty, and the settings or a message have to fill it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from haechi.errors import ModelError

#: Names under which folders keep the prompt of each kind.
QUERY_PROMPTS = ("query",)
PASSAGE_PROMPTS = ("passage", "document")
#: Models whose position numbers begin after the padding id, so two positions are never used.
_OFFSET_POSITIONS = ("roberta", "xlm-roberta", "camembert", "xlm-roberta-xl")
#: Exporters write 10**30 for "not known".
_NO_LIMIT = 1_000_000
_E5 = re.compile(r"(?<![a-z])e5(?![a-z0-9])", re.IGNORECASE)

Pooling = Literal["mean", "cls", ""]


@dataclass(frozen=True)
class FolderFacts:
    """`limit` and `dimension` are 0 and the `…_from` empty where no file states them."""

    limit: int = 0
    limit_from: str = ""
    query_prefix: str = ""
    passage_prefix: str = ""
    prefixes_from: str = ""
    dimension: int = 0
    pooling: Pooling = ""
    #: Modules after the pooling that change a vector beyond its length (Dense and the like).
    further: tuple[str, ...] = ()
    #: Whether the folder's or the model's name says E5, whose models are trained with "query: " and "passage: ".
    looks_like_e5: bool = False


def folder_facts(folder: Path) -> FolderFacts:
    """Read them. Raises ModelError for a file that is there and cannot be read."""
    config = _json(folder / "config.json")
    limit, limit_from = _limit(folder, config)
    prompts = _json(folder / "config_sentence_transformers.json").get("prompts") or {}
    query, passage = (_first(prompts, names) for names in (QUERY_PROMPTS, PASSAGE_PROMPTS))
    pooling = _json(folder / "1_Pooling" / "config.json")
    dense = _json(folder / "2_Dense" / "config.json")
    dimension = dense.get("out_features") or pooling.get("word_embedding_dimension") or config.get("hidden_size") or 0
    names = f"{folder.name} {config.get('_name_or_path', '')}"
    return FolderFacts(
        limit,
        limit_from,
        query,
        passage,
        "config_sentence_transformers.json" if query or passage else "",
        int(dimension),
        _pooling(pooling),
        _further(folder),
        says_e5(names),
    )


def says_e5(name: str) -> bool:
    """Whether a model's name says E5. Good for a warning, never for a decision."""
    return bool(_E5.search(name))


def _limit(folder: Path, config: dict[str, Any]) -> tuple[int, str]:
    """As the library does: the stated one, else the smaller one of the model's positions and the tokenizer's limit."""
    stated = _json(folder / "sentence_bert_config.json").get("max_seq_length")
    if isinstance(stated, int) and stated > 0:
        return stated, "sentence_bert_config.json"
    found: list[tuple[int, str]] = []
    positions = config.get("max_position_embeddings")
    if isinstance(positions, int) and positions > 0:
        found.append((positions - 2 if config.get("model_type") in _OFFSET_POSITIONS else positions, "config.json"))
    length = _json(folder / "tokenizer_config.json").get("model_max_length")
    if isinstance(length, int | float) and 0 < length < _NO_LIMIT:
        found.append((int(length), "tokenizer_config.json"))
    return min(found, default=(0, ""))


def _pooling(config: dict[str, Any]) -> Pooling:
    mode = config.get("pooling_mode")
    if mode == "mean" or config.get("pooling_mode_mean_tokens"):
        return "mean"
    return "cls" if mode == "cls" or config.get("pooling_mode_cls_token") else ""


def _further(folder: Path) -> tuple[str, ...]:
    path = folder / "modules.json"
    if not path.is_file():
        return ()
    modules = _read(path)
    kinds = [str(module.get("type", "")).rpartition(".")[2] for module in modules if isinstance(module, dict)]
    return tuple(kind for kind in kinds if kind not in ("Transformer", "Pooling", "Normalize"))


def _first(prompts: dict[str, Any], names: tuple[str, ...]) -> str:
    return next((str(prompts[name]) for name in names if prompts.get(name)), "")


def _json(path: Path) -> dict[str, Any]:
    value = _read(path) if path.is_file() else {}
    return value if isinstance(value, dict) else {}


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"'{path}'을(를) 읽을 수 없습니다: {error}", f"cannot read '{path}': {error}") from error

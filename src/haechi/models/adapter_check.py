"""Whether a LoRA GGUF is an adapter of this very model, found out before llama.cpp is asked.

llama.cpp itself compares the architecture and the shapes and then only says that it failed. Two models of one family
have the same shapes and other weights, so an adapter made by Haechi also states `BASE_MARK`: the norms of its base.
They are float32 in every quantisation of a model, hence the same mark for all of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from haechi.errors import ModelError
from haechi.models.gguf_header import F32, GgufValue, TensorInfo, read_floats, read_tensors

#: Keys of a GGUF file.
KIND = "general.type"
ARCHITECTURE = "general.architecture"
ADAPTER_KIND = "adapter.type"
ALPHA = "adapter.lora.alpha"
#: Ours: `norms_mark` of the model that the adapter was trained on.
BASE_MARK = "haechi.adapter.base_norms_sha256"
BASE_NAME = "general.base_model.0.name"
_A, _B = ".lora_a", ".lora_b"


@dataclass(frozen=True)
class AdapterFacts:
    """`rank` is the largest one. `base_known`: the file states which model it is of, and it is this one."""

    path: Path
    architecture: str
    rank: int
    matrices: int
    base_known: bool


def is_adapter(header: Mapping[str, GgufValue]) -> bool:
    """Whether a GGUF's header is that of a LoRA adapter."""
    return header.get(KIND) == "adapter" and header.get(ADAPTER_KIND) == "lora"


def check_adapter(adapter: Path, model: Path) -> AdapterFacts:
    """What the adapter is. Raises ModelError when it is none, or not one of this model."""
    held, tensors = read_tensors(adapter)
    if not is_adapter(held):
        stated = held.get(ADAPTER_KIND) or held.get(KIND, "model")
        raise _unusable(
            adapter,
            f"LoRA 어댑터가 아니라 '{stated}' GGUF입니다. 모델은 [llm] model에 적으세요",
            f"it is no LoRA adapter but a '{stated}' GGUF; a model belongs in [llm] model",
        )
    base_held, base = read_tensors(model)
    if is_adapter(base_held):
        raise _unusable(
            adapter,
            f"[llm] model '{model}'도 어댑터입니다. model에는 원래 모델을 적으세요",
            f"[llm] model '{model}' is an adapter too; give the base model there",
        )
    own, expected = held.get(ARCHITECTURE), base_held.get(ARCHITECTURE)
    if own != expected:
        raise _unusable(
            adapter,
            f"'{own}' 모델의 어댑터인데 '{model}'은(는) '{expected}'입니다",
            f"it is for a '{own}' model, and '{model}' is '{expected}'",
        )
    ranks = _ranks(adapter, tensors, base, model)
    mark = held.get(BASE_MARK)
    if mark and mark != norms_mark(model, base):
        raise _unusable(
            adapter,
            f"크기는 같지만 다른 모델('{held.get(BASE_NAME, '?')}')에서 학습한 것입니다. 지금 모델: '{model}'",
            f"it was trained on another model of the same size ('{held.get(BASE_NAME, '?')}'); the model is '{model}'",
        )
    return AdapterFacts(adapter, str(own), max(ranks), len(ranks), bool(mark))


def norms_mark(model: Path, tensors: Mapping[str, TensorInfo] | None = None) -> str:
    """SHA-256 over the names and float32 values of a model's norms; the same for every quantisation of it."""
    if tensors is None:
        tensors = read_tensors(model)[1]
    return norms_hash(
        {
            name: read_floats(model, tensor)
            for name, tensor in tensors.items()
            if name.endswith("norm.weight") and tensor.kind == F32
        }
    )


def norms_hash(norms: Mapping[str, bytes]) -> str:
    """The mark of norms given by their GGUF names as little-endian float32 bytes."""
    digest = hashlib.sha256()
    for name, values in sorted(norms.items()):
        digest.update(name.encode() + b"\0" + values)
    return digest.hexdigest()


def _ranks(adapter: Path, tensors: Mapping[str, TensorInfo], base: Mapping[str, TensorInfo], model: Path) -> list[int]:
    """The rank of every matrix, each compared with the model's own."""
    names = dict.fromkeys(name.removesuffix(_A).removesuffix(_B) for name in tensors)
    ranks = []
    for name in names:
        a, b, matrix = tensors.get(name + _A), tensors.get(name + _B), base.get(name)
        if a is None or b is None:
            raise _unusable(adapter, f"{name}의 A와 B 가운데 하나가 없습니다", f"{name} lacks A or B")
        if matrix is None:
            raise _unusable(adapter, f"모델 '{model}'에 {name}이(가) 없습니다", f"the model '{model}' has no {name}")
        fits = len(a.shape) == len(b.shape) == len(matrix.shape) == 2 and a.shape[1] == b.shape[0]
        if not fits or (a.shape[0], b.shape[1]) != matrix.shape:
            raise _unusable(
                adapter,
                f"{name}의 모양이 A {a.shape}, B {b.shape}인데 모델 '{model}'에서는 {matrix.shape}입니다",
                f"{name} is A {a.shape}, B {b.shape}, and {matrix.shape} in the model '{model}'",
            )
        ranks.append(a.shape[1])
    if not ranks:
        raise _unusable(adapter, "행렬이 하나도 없습니다", "it holds no matrices")
    return ranks


def _unusable(adapter: Path, korean: str, english: str) -> ModelError:
    return ModelError(
        f"어댑터 '{adapter}'을(를) 쓸 수 없습니다: {korean}. "
        'haechi.toml의 [llm] adapter를 고치거나 adapter = ""로 두세요. 목록: haechi models list',
        f"the adapter '{adapter}' cannot be used: {english}. Change [llm] adapter in haechi.toml or set it to \"\"; "
        "see: haechi models list",
    )

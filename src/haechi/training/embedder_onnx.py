"""A sentence-transformers folder as int8 ONNX for the `onnx` back end, checked against torch before it is trusted.

The graph holds every module of the model (pooling, Dense, …) and gives `sentence_embedding` itself.
"""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from haechi.errors import ModelError
from haechi.models.base import Embedder
from haechi.models.model_home import write_json
from haechi.registry import load

#: Vectors of the written graph and of torch must be nearer than this, each and every one.
LEAST_COSINE = 0.97
_INPUTS = ("input_ids", "attention_mask")
_COPIED = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "config.json")


def export_onnx(folder: Path, target: Path, texts: Sequence[str]) -> dict[str, float]:
    """Write `target` and compare both on `texts`; returns {mean, min} of the cosines.

    Raises ModelError when the model cannot be written as a graph, or the vectors differ.
    """
    ours: Embedder = load("embedders", "sentence_transformer")(folder)
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    if not (folder / "tokenizer.json").is_file():
        raise ModelError(
            f"'{folder}'에 tokenizer.json이 없어 ONNX로 내보낼 수 없습니다. "
            'backend = "sentence_transformer"로 쓰세요',
            f"'{folder}' has no tokenizer.json to export with; use backend = \"sentence_transformer\"",
        )
    for name in _COPIED:
        if (folder / name).is_file():
            shutil.copyfile(folder / name, target / name)
    stated = json.loads((folder / "config_sentence_transformers.json").read_text(encoding="utf-8"))
    write_json(target / "config_sentence_transformers.json", {"prompts": stated.get("prompts") or {}})
    write_json(target / "sentence_bert_config.json", {"max_seq_length": ours.max_tokens})
    try:
        _write_graph(folder, target)
    except Exception as error:  # the exporter raises whatever the model's code raises
        shutil.rmtree(target, ignore_errors=True)
        raise ModelError(
            f"'{folder}'을(를) ONNX로 바꾸지 못했습니다: {error}. "
            'backend = "sentence_transformer"로는 쓸 수 있습니다',
            f"cannot turn '{folder}' into ONNX: {error}; backend = \"sentence_transformer\" can use it",
        ) from error
    theirs: Embedder = load("embedders", "onnx")(target)
    short = [text for text in texts if ours.count_tokens(text, "passage") <= ours.max_tokens] or ["해치"]
    cosines = (ours.embed(short, "passage") * theirs.embed(short, "passage")).sum(axis=1)
    found = {"mean": round(float(np.mean(cosines)), 5), "min": round(float(np.min(cosines)), 5)}
    if found["min"] < LEAST_COSINE:
        raise ModelError(
            f"ONNX로 바꾼 모델의 벡터가 원래와 다릅니다(코사인 {found['min']}, 기대 {LEAST_COSINE} 이상): '{target}'. "
            'backend = "sentence_transformer"로 쓰세요',
            f"the ONNX model in '{target}' gives other vectors (cosine {found['min']}, expected {LEAST_COSINE}); use "
            'backend = "sentence_transformer"',
        )
    return found


def _write_graph(folder: Path, target: Path) -> None:
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(
        str(folder), device="cpu", local_files_only=True, model_kwargs={"attn_implementation": "eager"}
    )

    class Whole(torch.nn.Module):  # type: ignore[misc, unused-ignore]
        def __init__(self) -> None:
            super().__init__()
            self.modules_in_order = torch.nn.ModuleList(model)

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            features = {"input_ids": input_ids, "attention_mask": attention_mask}
            for module in self.modules_in_order:
                features = module(features)
            return features["sentence_embedding"]

    ids = model.tokenizer("길이를 재는 글입니다", return_tensors="pt")["input_ids"]
    plain = target / "plain"
    plain.mkdir()
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Whole().eval(),
            (ids, torch.ones_like(ids)),
            str(plain / "model.onnx"),
            input_names=list(_INPUTS),
            output_names=["sentence_embedding"],
            dynamic_axes={name: {1: "length"} for name in _INPUTS},
            opset_version=17,
            # The newer exporter needs another package (onnxscript).
            dynamo=False,
        )
    quantize_dynamic(plain / "model.onnx", target / "model.onnx", weight_type=QuantType.QInt8, per_channel=True)
    shutil.rmtree(plain)

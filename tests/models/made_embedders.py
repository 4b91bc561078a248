"""Embedder folders as their makers publish them: the JSON files of KR-SBERT, KURE, bge-m3 and E5, and a tiny ONNX."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "연체료", "는", "얼마", "도서관", "휴관일", "query:", "passage:"]
DIMENSION = 6

_MODULES = [
    {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
    {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
]
_NORMALIZE = {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"}
_DENSE = {"idx": 2, "name": "2", "path": "2_Dense", "type": "sentence_transformers.models.Dense"}


def write(folder: Path, files: dict[str, Any]) -> Path:
    for name, value in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    return folder


def kr_sbert(folder: Path) -> Path:
    """A BERT that reads 512 tokens, and a SentenceTransformer that cuts at 128."""
    return write(
        folder,
        {
            "config.json": {"model_type": "bert", "hidden_size": 768, "max_position_embeddings": 512},
            "tokenizer_config.json": {"model_max_length": 512},
            "sentence_bert_config.json": {"max_seq_length": 128, "do_lower_case": False},
            "modules.json": _MODULES,
            "1_Pooling/config.json": {
                "word_embedding_dimension": 768,
                "pooling_mode_cls_token": False,
                "pooling_mode_mean_tokens": True,
            },
        },
    )


def bge_m3(folder: Path) -> Path:
    """An XLM-R with 8,194 positions, of which 8,192 are used; the first token is the sentence. KURE is built on it."""
    return write(
        folder,
        {
            "config.json": {"model_type": "xlm-roberta", "hidden_size": 1024, "max_position_embeddings": 8194},
            "tokenizer_config.json": {"model_max_length": 8192},
            "sentence_bert_config.json": {"max_seq_length": 8192},
            "modules.json": [*_MODULES, _NORMALIZE],
            "1_Pooling/config.json": {"word_embedding_dimension": 1024, "pooling_mode_cls_token": True},
        },
    )


def e5(folder: Path, prompts: dict[str, str] | None = None) -> Path:
    """An E5 folder; most state no prompts, only their README does."""
    stated = {} if prompts is None else {"config_sentence_transformers.json": {"prompts": prompts}}
    return write(
        folder,
        {
            "config.json": {"model_type": "bert", "hidden_size": 384, "max_position_embeddings": 512},
            "tokenizer_config.json": {"model_max_length": 512},
            "modules.json": [*_MODULES, _NORMALIZE],
            "1_Pooling/config.json": {"word_embedding_dimension": 384, "pooling_mode_mean_tokens": True},
            **stated,
        },
    )


def with_dense(folder: Path) -> Path:
    return write(folder, {"modules.json": [*_MODULES, _DENSE], "2_Dense/config.json": {"out_features": 256}})


def onnx(folder: Path, limit: int = 8, pooling: str = "mean", output: str = "last_hidden_state") -> Path:
    """A graph that looks words up in a table, and a tokenizer that knows `WORDS`."""
    from onnx import TensorProto, helper, numpy_helper, save
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import WhitespaceSplit
    from tokenizers.processors import TemplateProcessing

    table = np.random.default_rng(1).normal(size=(len(WORDS), DIMENSION)).astype(np.float32)
    ids = helper.make_tensor_value_info("input_ids", TensorProto.INT64, [1, "n"])
    mask = helper.make_tensor_value_info("attention_mask", TensorProto.INT64, [1, "n"])
    nodes = [helper.make_node("Gather", ["table", "input_ids"], ["last_hidden_state"])]
    if output == "sentence_embedding":
        nodes.append(helper.make_node("ReduceMax", ["last_hidden_state"], [output], axes=[1], keepdims=0))
    shape = [1, "n", DIMENSION] if output == "last_hidden_state" else [1, DIMENSION]
    made = helper.make_tensor_value_info(output, TensorProto.FLOAT, shape)
    graph = helper.make_graph(nodes, "made", [ids, mask], [made], [numpy_helper.from_array(table, "table")])
    folder.mkdir(parents=True, exist_ok=True)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    save(model, str(folder / "model.onnx"))
    tokenizer = Tokenizer(WordLevel({word: at for at, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = WhitespaceSplit()
    tokenizer.post_processor = TemplateProcessing("[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    tokenizer.enable_truncation(4)  # as published files have it: a text would be cut silently
    tokenizer.save(str(folder / "tokenizer.json"))
    files: dict[str, Any] = {"sentence_bert_config.json": {"max_seq_length": limit}} if limit else {}
    if pooling:
        files["1_Pooling/config.json"] = {f"pooling_mode_{pooling}{'_token' if pooling == 'cls' else '_tokens'}": True}
    return write(folder, files)


def rows(text: str) -> np.ndarray:
    """What the tiny graph gives for each token of a text, [CLS] and [SEP] included."""
    table = np.random.default_rng(1).normal(size=(len(WORDS), DIMENSION)).astype(np.float32)
    return table[[2, *(WORDS.index(word) for word in text.split()), 3]]

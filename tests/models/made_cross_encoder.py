"""A cross-encoder small enough to be understood: its score is how many words of the question stand in the passage."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper, save

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "연체료", "는", "얼마", "도서관", "휴관일", "100원"]
LIMIT = 16


def make_onnx_folder(folder: Path, *, limit: int | None = LIMIT, outputs: int = 1) -> Path:
    """model.onnx, tokenizer.json and (with a limit) config.json."""
    folder.mkdir(parents=True, exist_ok=True)
    save(_graph(outputs), folder / "model.onnx")
    (folder / "tokenizer.json").write_text(json.dumps(_tokenizer(), ensure_ascii=False), encoding="utf-8")
    if limit:
        config = {"max_position_embeddings": limit, "architectures": ["BertForSequenceClassification"]}
        (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


def _graph(outputs: int):
    """Sum over pairs of (question place, passage place) that hold the same word, not counting special tokens."""
    one_hot = np.eye(len(WORDS), dtype=np.float32)
    one_hot[:4] = 0
    constants = [
        numpy_helper.from_array(one_hot, "table"),
        numpy_helper.from_array(np.array(1, np.float32), "one"),
        numpy_helper.from_array(np.array([-1], np.int64), "last"),
        numpy_helper.from_array(np.array([1], np.int64), "middle"),
    ]
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["words"]),
        helper.make_node("Cast", ["token_type_ids"], ["kind"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["kind", "last"], ["passage"]),
        helper.make_node("Sub", ["one", "passage"], ["question"]),
        helper.make_node("Mul", ["words", "passage"], ["passage_words"]),
        helper.make_node("Mul", ["words", "question"], ["question_words"]),
        helper.make_node("ReduceMax", ["passage_words", "middle"], ["in_passage"], keepdims=0),
        helper.make_node("ReduceMax", ["question_words", "middle"], ["in_question"], keepdims=0),
        helper.make_node("Mul", ["in_passage", "in_question"], ["in_both"]),
        helper.make_node("ReduceSum", ["in_both", "last"], ["score"], keepdims=1),
        helper.make_node("Neg", ["score"], ["against"]),
        helper.make_node(
            "Concat", {1: ["score"], 2: ["against", "score"], 3: ["score"] * 3}[outputs], ["logits"], axis=-1
        ),
    ]
    ids = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"])
        for name in ("input_ids", "token_type_ids")
    ]
    result = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", outputs])
    graph = helper.make_graph(nodes, "overlap", ids, [result], constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)


def _tokenizer() -> dict[str, object]:
    def special(name: str, kind: int) -> dict[str, object]:
        return {"SpecialToken": {"id": name, "type_id": kind}}

    def text(name: str, kind: int) -> dict[str, object]:
        return {"Sequence": {"id": name, "type_id": kind}}

    return {
        "version": "1.0",
        # As trainers leave it: the back end must switch both off.
        "truncation": {"direction": "Right", "max_length": LIMIT, "strategy": "LongestFirst", "stride": 0},
        "padding": {
            "strategy": {"Fixed": LIMIT},
            "direction": "Right",
            "pad_to_multiple_of": None,
            "pad_id": 0,
            "pad_type_id": 0,
            "pad_token": "[PAD]",
        },
        "added_tokens": [],
        "normalizer": None,
        "pre_tokenizer": {"type": "WhitespaceSplit"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [special("[CLS]", 0), text("A", 0), special("[SEP]", 0)],
            "pair": [
                special("[CLS]", 0),
                text("A", 0),
                special("[SEP]", 0),
                text("B", 1),
                special("[SEP]", 1),
            ],
            "special_tokens": {
                name: {"id": name, "ids": [WORDS.index(name)], "tokens": [name]} for name in ("[CLS]", "[SEP]")
            },
        },
        "decoder": None,
        "model": {
            "type": "WordLevel",
            "vocab": {word: number for number, word in enumerate(WORDS)},
            "unk_token": "[UNK]",
        },
    }

"""Builds the ONNX graph of the grounding model: ids of evidence and claim in, three probabilities out.

The encoder is `e5_graph`'s, one pair a run, so nothing is padded or masked; the head is small and stays in float32.
It says the same as `training/grounding_model.py` does in torch.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, helper

from haechi.models.e5_files import INPUT
from haechi.models.e5_graph import FUSED, IR_VERSION, OPSET, Graph
from haechi.models.e5_weights import E5Weights
from haechi.models.grounding_file import MIX, claim_position

#: How many of `input_ids` are the evidence's, its special tokens with them.
EVIDENCE = "evidence_tokens"
PROBABILITIES = "probabilities"


def build_grounding_graph(weights: E5Weights, head: Mapping[str, NDArray[np.float32]]) -> bytes:
    """Inputs `input_ids` int64 [1, length] and `evidence_tokens` int64 [1]; output `probabilities` float32 [1, 3]."""
    graph = _PairGraph(weights)
    hidden = graph.embeddings()
    graph.blocked()
    states = []
    for layer in range(weights.layers):
        hidden = graph.layer(f"l{layer}.", hidden)
        states.append(hidden)
    _Head(graph, head).judge(states[-len(head[MIX]) :])
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "haechi-grounding",
            [
                helper.make_tensor_value_info(INPUT, TensorProto.INT64, [1, "length"]),
                helper.make_tensor_value_info(EVIDENCE, TensorProto.INT64, [1]),
            ],
            [helper.make_tensor_value_info(PROBABILITIES, TensorProto.FLOAT, [1, 3])],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid(FUSED, 1)],
        ir_version=IR_VERSION,
        producer_name="haechi",
    )
    data: bytes = model.SerializeToString(deterministic=True)
    return data


class _PairGraph(Graph):
    """The encoder over evidence and claim: the claim has its own positions, and the evidence does not see it."""

    def positions(self, table: str, first: str, second: str) -> None:
        base = self.constant("claim.position", np.array([claim_position(self.weights.max_tokens)], np.int64))
        self.node("Sub", ["length", EVIDENCE], ["claim.length"])
        self.node("Add", [base, "claim.length"], ["claim.position.end"])
        self.node("Slice", [table, first, EVIDENCE, second], ["position.evidence"])
        self.node("Slice", [table, base, "claim.position.end", second], ["position.claim"])
        self.node("Concat", ["position.evidence", "position.claim"], ["position"], axis=1)

    def blocked(self) -> None:
        """[1, 1, length, length]: -10,000 where a token of the evidence would look at the claim."""
        start, step = self.constant("zero", np.array(0, np.int64)), self.constant("step", np.array(1, np.int64))
        self.node("Squeeze", ["length"], ["length.scalar"])
        self.node("Range", [start, "length.scalar", step], ["place"])
        self.node("GreaterOrEqual", ["place", EVIDENCE], ["is.claim"])
        self.node("Cast", ["is.claim"], ["claim.flag"], to=TensorProto.FLOAT)
        column = self.constant("column", np.array([-1, 1], np.int64))
        self.node("Reshape", ["claim.flag", column], ["claim.column"])
        self.node("Sub", [self.constant("unit", np.array(1.0, np.float32)), "claim.column"], ["evidence.column"])
        self.node("Mul", ["evidence.column", "claim.flag"], ["blocked.flag"])
        self.node("Mul", ["blocked.flag", self.constant("far", np.array(-1e4, np.float32))], ["blocked.square"])
        leading = self.constant("leading", np.array([0, 1], np.int64))
        self.node("Unsqueeze", ["blocked.square", leading], ["blocked"])
        self.attention = ["", "", "blocked"]


class _Head:
    """The nodes behind the encoder, in the order of the torch model's `forward`."""

    def __init__(self, graph: Graph, head: Mapping[str, NDArray[np.float32]]) -> None:
        self.graph, self.head = graph, head

    def judge(self, states: list[str]) -> None:
        graph = self.graph
        shares = np.exp(self.head[MIX] - self.head[MIX].max())
        shares = (shares / shares.sum()).astype(np.float32)
        parts = []
        for number, (state, share) in enumerate(zip(states, shares, strict=True)):
            graph.node("Mul", [state, graph.constant(f"mix.{number}", np.array(share))], [f"mixed.{number}"])
            parts.append(f"mixed.{number}")
        graph.node("Sum", parts, ["mixed"])
        self._places()
        graph.node("Slice", ["mixed", "claim.start", "claim.end", "second"], ["own"])
        graph.node("Slice", ["mixed", "one", "evidence.end", "second"], ["given"])
        self._compare()
        graph.node("ReduceMean", ["compared", "second"], ["compared.mean"], keepdims=0)
        graph.node("ReduceMax", ["compared", "second"], ["compared.most"], keepdims=0)
        self._linear("evidence", "given", "seen.in")
        graph.node("Gelu", ["seen.in"], ["seen.tokens"], FUSED)
        graph.node("ReduceMax", ["seen.tokens", "second"], ["seen"], keepdims=0)
        graph.node("ReduceMean", ["own", "second"], ["average"], keepdims=0)
        graph.node("Slice", [states[-1], EVIDENCE, "claim.start", "second"], ["top.token"])
        graph.node("Squeeze", ["top.token", "second"], ["top"])
        graph.node("Concat", ["compared.mean", "compared.most", "seen", "average", "top"], ["joined"], axis=-1)
        self._linear("inner", "joined", "inner.in")
        graph.node("Gelu", ["inner.in"], ["inner"], FUSED)
        self._linear("out", "inner", "logits")
        graph.node("Softmax", ["logits"], [PROBABILITIES], axis=-1)

    def _places(self) -> None:
        """Where the tokens of both begin and end: `<s> evidence </s>`, then `</s> claim </s>`."""
        graph = self.graph
        graph.constant("one", np.array([1], np.int64))
        graph.node("Sub", [EVIDENCE, "one"], ["evidence.end"])
        graph.node("Add", [EVIDENCE, "one"], ["claim.start"])
        graph.node("Sub", ["length", "one"], ["claim.end"])

    def _compare(self) -> None:
        """Every token of the claim with the evidence that it attends to."""
        graph = self.graph
        self._linear("query", "own", "queries")
        self._linear("key", "given", "keys")
        graph.node("Transpose", ["keys"], ["keys.turned"], perm=[0, 2, 1])
        graph.node("MatMul", ["queries", "keys.turned"], ["scores.raw"])
        scale = graph.constant("scores.scale", np.array(1 / math.sqrt(len(self.head["head.query.b"])), np.float32))
        graph.node("Mul", ["scores.raw", scale], ["scores"])
        graph.node("Softmax", ["scores"], ["attention"], axis=-1)
        graph.node("MatMul", ["attention", "given"], ["found"])
        graph.node("Sub", ["own", "found"], ["difference"])
        graph.node("Abs", ["difference"], ["distance"])
        graph.node("Mul", ["own", "found"], ["product"])
        graph.node("Concat", ["own", "found", "distance", "product"], ["comparison"], axis=-1)
        self._linear("compare", "comparison", "compared.in")
        graph.node("Gelu", ["compared.in"], ["compared"], FUSED)

    def _linear(self, layer: str, source: str, target: str) -> None:
        graph = self.graph
        matrix = graph.constant(f"head.{layer}.w", self.head[f"head.{layer}.w"].T)
        graph.node("MatMul", [source, matrix], [target + ".product"])
        graph.node(
            "Add", [target + ".product", graph.constant(f"head.{layer}.b", self.head[f"head.{layer}.b"])], [target]
        )

"""Late interaction on the bundled embedder: every word piece of the question looks for its nearest one in the passage.

The embedder keeps one vector a passage, a mean over all its pieces; what a question asks for in three words is lost in
it. Here the states of the pieces themselves are compared, taken after `LAYER` layers, where they still stand for their
words: score = mean over the question's pieces of the largest cosine with a piece of the passage. Nothing is trained and
no other weights are needed.

Passages are read when they are asked about, so this costs about as much as a cross-encoder of that size.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from haechi.errors import ModelError
from haechi.models.base import Vectors
from haechi.models.e5 import read_settings
from haechi.models.e5_files import INPUT, MODEL_FILE
from haechi.models.e5_tokenizer import UnigramTokenizer
from haechi.types import EmbedKind

#: States after so many of the twelve layers.
LAYER = 9


class LateInteraction:
    """A `Reranker` over the folder of an `e5` embedder. Nothing is cut: a long text is read in windows, side by side.

    `threads = 0` uses every core. A passage's score never depends on the others.
    """

    def __init__(self, folder: Path, *, threads: int = 0) -> None:
        """Raises ModelError when the folder is not that of an `e5` embedder."""
        settings = read_settings(folder)
        self.name = f"late-interaction-{LAYER} {settings.name}"
        self._prefixes, self._room = settings.prefixes, settings.max_tokens - 2
        self._tokenizer = UnigramTokenizer.from_folder(folder)
        self._session = _session(folder / MODEL_FILE)
        self._pool = ThreadPoolExecutor(threads or len(os.sched_getaffinity(0)), thread_name_prefix="late")
        self._dimension = settings.dimension

    def scores(self, question: str, passages: Sequence[str]) -> Vectors:
        asked = self._pieces(question, "query")

        def score(passage: str) -> float:
            held = self._pieces(passage, "passage")
            return float((asked @ held.T).max(axis=1).mean()) if len(asked) and len(held) else 0.0

        return np.fromiter(self._pool.map(score, passages), np.float32, len(passages))

    def _pieces(self, text: str, kind: EmbedKind) -> Vectors:
        """Unit rows, one a word piece."""
        states = self._states(text, kind)
        rows: Vectors = states / np.maximum(np.linalg.norm(states, axis=1, keepdims=True), 1e-6)
        return rows

    def _states(self, text: str, kind: EmbedKind) -> Vectors:
        """The states of the text's own pieces: without prefix and special tokens, [pieces, dimension]."""
        text = text.strip()
        if not text:
            return np.zeros((0, self._dimension), np.float32)
        prefix = self._tokenizer.content(self._prefixes[kind].rstrip())
        body = self._tokenizer.content(self._prefixes[kind] + text)[len(prefix) :]
        step = self._room - len(prefix)
        windows = [body[start : start + step] for start in range(0, len(body), step)]
        parts = [self._run(self._tokenizer.wrap(prefix + window))[1 + len(prefix) : -1] for window in windows]
        return np.concatenate(parts)

    def _run(self, ids: list[int]) -> Vectors:
        try:
            states: Vectors = self._session.run(None, {INPUT: np.array([ids], np.int64)})[0][0]
        except Exception as error:  # onnxruntime raises its own classes, with no common base but Exception
            raise ModelError(
                f"재순위 모델 {self.name}이(가) 실행 중에 멈췄습니다: {error}",
                f"the reranker {self.name} failed while running: {error}",
            ) from error
        return states


def _session(path: Path) -> Any:
    """The embedder's graph up to `LAYER`: the nodes stand in the order they are computed in."""
    import onnx
    import onnxruntime

    state = f"l{LAYER - 1}.oln"
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    onnxruntime.disable_telemetry_events()
    try:
        model = onnx.load(str(path))
        graph = model.graph
        last = next(place for place, node in enumerate(graph.node) if state in node.output)
        del graph.node[last + 1 :]
        used = {name for node in graph.node for name in node.input}
        kept = [constant for constant in graph.initializer if constant.name in used]
        del graph.initializer[:], graph.output[:]
        graph.initializer.extend(kept)
        graph.output.append(onnx.helper.make_tensor_value_info(state, onnx.TensorProto.FLOAT, [1, "length", None]))
        return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # both packages raise their own classes, with no common base but Exception
        raise ModelError(
            f"재순위에 쓸 임베딩 모델 {path}을(를) 열 수 없습니다({error!r}). 다시 설치: haechi models install",
            f"cannot open the embedder {path} for reranking: {error!r}; install it again: haechi models install",
        ) from error

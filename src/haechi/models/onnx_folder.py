"""Any embedder exported to ONNX (KURE, bge-m3, KR-SBERT, multilingual-e5 …): model.onnx and tokenizer.json, no torch.

Limit, prompts and pooling are read from the folder's files (`embedder_folder.py`). Every text runs alone on one thread,
several texts on several threads: a text's vector never depends on its neighbours, and nothing is spent on padding.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from haechi.errors import BackendError, ModelError
from haechi.models.base import Vectors
from haechi.models.embedder_folder import FolderFacts, folder_facts
from haechi.models.fingerprint import fingerprint
from haechi.models.long_texts import pieces
from haechi.models.onnx_session import open_session
from haechi.models.prefixes import chosen
from haechi.types import EmbedKind

_PLACES = ("model.onnx", "onnx/model.onnx")
_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
#: Outputs that are the sentence's vector already, pooled inside the graph.
_POOLED = ("sentence_embedding", "dense_vecs")


class OnnxEmbedder:
    """`name` ends with a fingerprint of the folder: vectors of changed weights are never mixed with old ones."""

    def __init__(
        self,
        folder: Path,
        *,
        name: str | None = None,
        threads: int = 0,
        query_prefix: str = "",
        passage_prefix: str = "",
    ) -> None:
        folder = Path(folder).expanduser().absolute()
        file = next((folder / place for place in _PLACES if (folder / place).is_file()), None)
        if file is None or not (folder / "tokenizer.json").is_file():
            raise ModelError(
                f"'{folder}'에 model.onnx(또는 onnx/model.onnx)와 tokenizer.json이 함께 있어야 합니다",
                f"'{folder}' must hold model.onnx (or onnx/model.onnx) and tokenizer.json",
            )
        facts = folder_facts(folder)
        _require(folder, facts)
        self._prefixes, suffix = chosen(facts.query_prefix, facts.passage_prefix, query_prefix, passage_prefix)
        self.name = f"{name or folder.name}@{fingerprint(folder)}{suffix}"
        self.max_tokens = facts.limit
        self._tokenizer = _tokenizer(folder / "tokenizer.json")
        self._session = open_session(file, "임베딩 모델", "embedder")
        self._inputs = [item.name for item in self._session.get_inputs() if item.name in _INPUTS]
        outputs = [item.name for item in self._session.get_outputs()]
        self._pooled = next((output for output in _POOLED if output in outputs), None)
        self._output = self._pooled or ("last_hidden_state" if "last_hidden_state" in outputs else outputs[0])
        self._pooling = facts.pooling
        if not self._pooled and not self._pooling:
            raise ModelError(
                f"'{folder}': 풀링 방식을 알 수 없습니다. 원래 모델의 1_Pooling/config.json을 폴더에 함께 두세요",
                f"'{folder}' states no pooling; put the original model's 1_Pooling/config.json into it",
            )
        self._pool = ThreadPoolExecutor(threads or len(os.sched_getaffinity(0)), thread_name_prefix="embed")
        self.dimension = int(self._vector("차원").shape[0])

    def embed(self, texts: Sequence[str], kind: EmbedKind) -> Vectors:
        """Unit vectors in the order of `texts`; a long question is the mean of its pieces, a long passage an error."""
        groups = [
            pieces(text, kind, position, self.max_tokens, lambda part: self.count_tokens(part, kind))
            for position, text in enumerate(texts)
        ]
        prepared = [self._prepare(piece, kind) for group in groups for piece in group]
        flat = list(self._pool.map(self._vector, prepared))
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        start = 0
        for position, group in enumerate(groups):
            mean = np.mean(flat[start : start + len(group)], axis=0)
            vectors[position] = mean / np.linalg.norm(mean)
            start += len(group)
        return vectors

    def count_tokens(self, text: str, kind: EmbedKind = "passage") -> int:
        return len(self._tokenizer.encode(self._prepare(text, kind)).ids)

    def _prepare(self, text: str, kind: EmbedKind) -> str:
        return self._prefixes[kind] + unicodedata.normalize("NFC", text)

    def _vector(self, prepared: str) -> Vectors:
        encoding = self._tokenizer.encode(prepared)
        columns = dict(zip(_INPUTS, (encoding.ids, encoding.attention_mask, encoding.type_ids), strict=True))
        given = {name: np.array([columns[name]], np.int64) for name in self._inputs}
        try:
            output = np.asarray(self._session.run([self._output], given)[0], np.float32)[0]
        except Exception as error:  # onnxruntime raises its own classes, with no common base but Exception
            raise ModelError(
                f"임베딩 모델 {self.name}이(가) 실행 중에 멈췄습니다: {error}",
                f"the embedder {self.name} failed while running: {error}",
            ) from error
        if not self._pooled:
            output = output[0] if self._pooling == "cls" else output.mean(axis=0)
        vector: Vectors = output / np.linalg.norm(output)
        return vector


def _require(folder: Path, facts: FolderFacts) -> None:
    if not facts.limit:
        raise ModelError(
            f"'{folder}': 입력 한도를 알 수 없습니다. sentence_bert_config.json의 max_seq_length나 "
            "tokenizer_config.json의 model_max_length에 적어 주세요",
            f"'{folder}' states no input limit: put max_seq_length into sentence_bert_config.json, or model_max_length "
            "into tokenizer_config.json",
        )
    if facts.further:
        names = ", ".join(facts.further)
        raise ModelError(
            f"'{folder}'의 모델에는 풀링 뒤에 {names}이(가) 더 있어 ONNX로는 쓸 수 없습니다. "
            'backend = "sentence_transformer"로 쓰세요',
            f"the model in '{folder}' has {names} after its pooling, which the ONNX back end does not run; "
            'use backend = "sentence_transformer"',
        )


def _tokenizer(path: Path) -> Any:
    try:
        from tokenizers import Tokenizer
    except ModuleNotFoundError as error:
        raise BackendError(
            f"패키지 '{error.name}'이(가) 없습니다. 설치: pip install 'haechi[onnx]'",
            f"the package '{error.name}' is missing: pip install 'haechi[onnx]'",
        ) from error
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the package raises Exception itself
        raise ModelError(f"'{path}'을(를) 읽을 수 없습니다: {error}", f"cannot read '{path}': {error}") from error
    # What the file says about cutting and padding is for training: here nothing is cut silently, and a text runs alone.
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer

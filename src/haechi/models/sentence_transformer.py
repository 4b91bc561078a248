"""Any SentenceTransformer model in a local folder (KR-SBERT and the like), through the `sbert` extra.

Nothing is fetched: the folder must hold everything, and code shipped inside it is not run. The input limit and the
prompts are read from the folder. The library would cut a longer text silently (KR-SBERT at 128 tokens, where 512 are
often assumed): here a longer passage is an error, and a longer question is read in pieces and averaged.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from haechi.errors import BackendError, InputError, ModelError
from haechi.models.base import Vectors
from haechi.models.fingerprint import fingerprint
from haechi.types import EmbedKind

#: Names under which folders keep the prompt of each kind.
_PROMPT_NAMES: dict[EmbedKind, tuple[str, ...]] = {"query": ("query",), "passage": ("passage", "document")}


class SentenceTransformerEmbedder:
    """`name` ends with a fingerprint of the folder: vectors of changed weights are never mixed with old ones."""

    def __init__(self, folder: Path, *, name: str | None = None, batch_size: int = 16, threads: int = 0) -> None:
        folder = Path(folder).expanduser().absolute()
        if not folder.is_dir():
            raise ModelError(
                f"SentenceTransformer 폴더가 없습니다: '{folder}'. 받은 모델 폴더의 경로를 지정하세요",
                f"no SentenceTransformer folder at '{folder}'; give the path of a local model folder",
            )
        self.name = f"{name or folder.name}@{fingerprint(folder)}"
        self._batch_size = batch_size
        self._model = _load(folder, threads)
        if not self._model.max_seq_length:
            raise ModelError(
                f"'{folder}': 입력 한도(max_seq_length)가 없습니다. sentence_bert_config.json에 적어 주세요",
                f"'{folder}' states no input limit (max_seq_length); put it into sentence_bert_config.json",
            )
        self.max_tokens = int(self._model.max_seq_length)
        # Asked of the model: the method that tells it has another name in version 5 and in version 6.
        self.dimension = int(self._encode(["차원"]).shape[1])
        self._prompts = {kind: _prompt(self._model.prompts, kind) for kind in _PROMPT_NAMES}

    def embed(self, texts: Sequence[str], kind: EmbedKind) -> Vectors:
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        pieces = [self._pieces(text, kind, position) for position, text in enumerate(texts)]
        flat = self._encode([piece for group in pieces for piece in group])
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        start = 0
        for position, group in enumerate(pieces):
            mean = flat[start : start + len(group)].mean(axis=0)
            vectors[position] = mean / np.linalg.norm(mean)
            start += len(group)
        return vectors

    def count_tokens(self, text: str, kind: EmbedKind = "passage") -> int:
        return self._count(self._prepare(text, kind))

    def _encode(self, prepared: list[str]) -> Vectors:
        vectors: Vectors = np.asarray(
            self._model.encode(
                prepared,
                prompt="",  # already put in front
                batch_size=self._batch_size,
                normalize_embeddings=True,
                convert_to_numpy=True,
                show_progress_bar=False,
            ),
            dtype=np.float32,
        )
        return vectors

    def _pieces(self, text: str, kind: EmbedKind, position: int) -> list[str]:
        """What the model reads: one text, or the halves of halves of a long question."""
        prepared = self._prepare(text, kind)
        count = self._count(prepared)
        if count <= self.max_tokens:
            return [prepared]
        if kind == "passage" or len(text) < 2:
            raise InputError(
                f"임베딩할 글 {position + 1}번이 {count}토큰으로 모델의 한도 {self.max_tokens}토큰을 넘습니다"
                f"('{text[:30]}…'). 더 작은 단위로 나누어 다시 넣으세요: haechi ingest --unit paragraph",
                f"text {position + 1} has {count} tokens, more than the model's limit of {self.max_tokens} "
                f"('{text[:30]}…'); ingest it in smaller units: haechi ingest --unit paragraph",
            )
        middle = len(text) // 2
        return [*self._pieces(text[:middle], kind, position), *self._pieces(text[middle:], kind, position)]

    def _prepare(self, text: str, kind: EmbedKind) -> str:
        return self._prompts[kind] + unicodedata.normalize("NFC", text)

    def _count(self, prepared: str) -> int:
        return len(self._model.tokenizer(prepared, add_special_tokens=True, truncation=False)["input_ids"])


def _load(folder: Path, threads: int) -> Any:
    # Set before the import: the hub library reads it once. A folder with a missing file must fail, not be completed.
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["TRANSFORMERS_OFFLINE"] = "1"
    try:
        import torch  # type: ignore[import-not-found, unused-ignore]
        from sentence_transformers import SentenceTransformer
    except ModuleNotFoundError as error:
        raise BackendError(
            f"패키지 '{error.name}'이(가) 없습니다. 설치: pip install 'haechi[sbert]'",
            f"the package '{error.name}' is missing: pip install 'haechi[sbert]'",
        ) from error
    if threads:
        torch.set_num_threads(threads)
    try:
        return SentenceTransformer(str(folder), device=None, local_files_only=True, trust_remote_code=False)
    except Exception as error:  # the library raises whatever its parts raise
        raise ModelError(
            f"'{folder}'에서 SentenceTransformer 모델을 올리지 못했습니다: {error}",
            f"could not load a SentenceTransformer model from '{folder}': {error}",
        ) from error


def _prompt(prompts: dict[str, str], kind: EmbedKind) -> str:
    return next((prompts[name] for name in _PROMPT_NAMES[kind] if prompts.get(name)), "")

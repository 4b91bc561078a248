"""A sentence-transformers CrossEncoder folder with torch weights, through the `sbert` extra."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from haechi.errors import BackendError, ModelError
from haechi.models.base import Vectors
from haechi.models.fingerprint import fingerprint

_BATCH = 8


class SbertPairs:
    """A `PairModel`. The folder must hold everything; its own code is not run."""

    def __init__(self, folder: Path, threads: int) -> None:
        self._model = _load(folder, threads)
        self._tokenizer: Any = self._model.tokenizer
        limit = self._model.max_length or self._tokenizer.model_max_length
        # The library writes 10**30 for "not known".
        if not limit or limit > 1_000_000:
            raise ModelError(
                f"'{folder}': 입력 한도를 알 수 없습니다. tokenizer_config.json에 model_max_length를 적어 주세요",
                f"'{folder}' states no input limit: put model_max_length into tokenizer_config.json",
            )
        self.limit = int(limit)
        self.name = f"{folder.name}@{fingerprint(folder)}"

    def count(self, question: str, passage: str) -> int:
        # Not verbose: the library warns of every text that is over the limit, and here that is only counted.
        encoded = self._tokenizer(question, passage, add_special_tokens=True, truncation=False, verbose=False)
        return len(encoded["input_ids"])

    def logits(self, pairs: Sequence[tuple[str, str]]) -> Vectors:
        values = np.asarray(
            self._model.predict(
                list(pairs), batch_size=_BATCH, show_progress_bar=False, convert_to_numpy=True, apply_softmax=False
            ),
            np.float32,
        ).reshape(len(pairs), -1)
        return values[:, -1] - values[:, 0] if values.shape[1] == 2 else values[:, 0]


def _load(folder: Path, threads: int) -> Any:
    # Set before the import: the hub library reads it once. A folder with a missing file must fail, not be completed.
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["TRANSFORMERS_OFFLINE"] = "1"
    try:
        import torch  # type: ignore[import-not-found, unused-ignore]
        from sentence_transformers import CrossEncoder
    except ModuleNotFoundError as error:
        raise BackendError(
            f"패키지 '{error.name}'이(가) 없습니다. 설치: pip install 'haechi[sbert]'",
            f"the package '{error.name}' is missing: pip install 'haechi[sbert]'",
        ) from error
    if threads:
        torch.set_num_threads(threads)
    try:
        model = CrossEncoder(
            str(folder), local_files_only=True, trust_remote_code=False, activation_fn=torch.nn.Identity()
        )
    except Exception as error:  # the library raises whatever its parts raise
        raise ModelError(
            f"'{folder}'에서 CrossEncoder 모델을 올리지 못했습니다: {error}",
            f"could not load a CrossEncoder from '{folder}': {error}",
        ) from error
    if model.num_labels not in (1, 2):
        raise ModelError(
            f"'{folder}'의 출력이 값 {model.num_labels}개입니다. 재순위 모델은 1개(또는 아니요·예 2개)를 내야 합니다",
            f"'{folder}' puts out {model.num_labels} numbers a pair; a cross-encoder puts out one, or two (no, yes)",
        )
    return model

"""A cross-encoder as an ONNX file with its tokenizer.json, on the processor.

Every pair runs alone on one thread, several pairs on several threads: no padding, and where activations are quantised
while the model runs a pair's score never depends on its neighbours.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from haechi.errors import BackendError, ModelError
from haechi.models.base import Vectors
from haechi.models.fingerprint import fingerprint
from haechi.models.onnx_session import open_session

TOKENIZER = "tokenizer.json"
#: Models whose position numbers begin after the padding id, so two positions are never used.
_OFFSET_POSITIONS = ("roberta", "xlm-roberta", "camembert", "xlm-roberta-xl")
_KNOWN_INPUTS = ("input_ids", "attention_mask", "token_type_ids")


class OnnxPairs:
    """A `PairModel`. The output must be one logit, or two (no, yes), whose difference counts."""

    def __init__(self, file: Path, threads: int) -> None:
        folder = next((place for place in (file.parent, file.parent.parent) if (place / TOKENIZER).is_file()), None)
        if folder is None:
            raise ModelError(
                f"'{file}' 옆에 {TOKENIZER}이(가) 없습니다. 모델과 함께 받은 {TOKENIZER}을(를) 같은 폴더에 두세요",
                f"no {TOKENIZER} beside '{file}'; put the one that came with the model into the same folder",
            )
        self._file = file
        self._tokenizer = pair_tokenizer(folder / TOKENIZER)
        self.limit = pair_limit(folder)
        self._session = open_session(file, "재순위 모델", "cross-encoder")
        self._inputs = [item.name for item in self._session.get_inputs()]
        unknown = [name for name in self._inputs if name not in _KNOWN_INPUTS]
        if unknown or "input_ids" not in self._inputs:
            raise ModelError(
                f"'{file}'의 입력이 {self._inputs}입니다. 재순위 모델은 {list(_KNOWN_INPUTS)}만 받아야 합니다",
                f"'{file}' takes {self._inputs}; a cross-encoder takes {list(_KNOWN_INPUTS)}",
            )
        self.name = f"{folder.name}@{fingerprint(folder, weight_files(file, folder))}"
        self._pool = ThreadPoolExecutor(threads or len(os.sched_getaffinity(0)), thread_name_prefix="rerank")

    def count(self, question: str, passage: str) -> int:
        return len(self._tokenizer.encode(question, passage).ids)

    def logits(self, pairs: Sequence[tuple[str, str]]) -> Vectors:
        return np.fromiter(self._pool.map(self._logit, pairs), np.float32, len(pairs))

    def _logit(self, pair: tuple[str, str]) -> float:
        encoding = self._tokenizer.encode(*pair)
        columns = (encoding.ids, encoding.attention_mask, encoding.type_ids)
        given = {
            name: np.array([column], np.int64)
            for name, column in zip(_KNOWN_INPUTS, columns, strict=True)
            if name in self._inputs
        }
        try:
            output = np.asarray(self._session.run(None, given)[0], np.float32).reshape(-1)
        except Exception as error:  # onnxruntime raises its own classes, with no common base but Exception
            raise ModelError(
                f"재순위 모델 {self.name}이(가) 실행 중에 멈췄습니다: {error}",
                f"the cross-encoder {self.name} failed while running: {error}",
            ) from error
        if len(output) not in (1, 2):
            raise ModelError(
                f"'{self._file}'의 출력이 값 {len(output)}개입니다. 재순위 모델은 질문과 글 한 쌍에 값 1개(또는 "
                "아니요·예 2개)를 내야 합니다",
                f"'{self._file}' puts out {len(output)} numbers a pair; a cross-encoder puts out one, or two (no, yes)",
            )
        return float(output[-1] - output[0]) if len(output) == 2 else float(output[0])


def pair_tokenizer(path: Path) -> Any:
    """The fast tokenizer of a folder, cutting and padding nothing. Raises BackendError or ModelError."""
    try:
        from tokenizers import Tokenizer
    except ModuleNotFoundError as error:
        raise BackendError(
            f"패키지 '{error.name}'이(가) 없습니다. 설치: pip install 'haechi[rerank]'",
            f"the package '{error.name}' is missing: pip install 'haechi[rerank]'",
        ) from error
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the package raises Exception itself
        raise ModelError(f"'{path}'을(를) 읽을 수 없습니다: {error}", f"cannot read '{path}': {error}") from error
    # What the file says about cutting and padding is for training: here nothing is cut, and a pair runs alone.
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def pair_limit(folder: Path) -> int:
    """The smallest limit that the folder's files state. Raises ModelError when none does."""
    stated = []
    config = read_json(folder / "config.json")
    positions = config.get("max_position_embeddings")
    if isinstance(positions, int) and positions > 0:
        stated.append(positions - 2 if config.get("model_type") in _OFFSET_POSITIONS else positions)
    length = read_json(folder / "tokenizer_config.json").get("model_max_length")
    # Exporters write 10**30 for "not known".
    if isinstance(length, int | float) and 0 < length < 1_000_000:
        stated.append(int(length))
    truncation = read_json(folder / TOKENIZER).get("truncation") or {}
    if isinstance(truncation.get("max_length"), int):
        stated.append(truncation["max_length"])
    if not stated:
        raise ModelError(
            f"'{folder}': 입력 한도를 알 수 없습니다. config.json에 max_position_embeddings를, 또는 "
            "tokenizer_config.json에 model_max_length를 적어 주세요",
            f"'{folder}' states no input limit: put max_position_embeddings into config.json, or model_max_length into "
            "tokenizer_config.json",
        )
    return min(stated)


def read_json(path: Path) -> dict[str, Any]:
    """A small JSON object, empty when there is none. Raises ModelError when it cannot be read."""
    if not path.is_file():
        return {}
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"'{path}'을(를) 읽을 수 없습니다: {error}", f"cannot read '{path}': {error}") from error
    return value if isinstance(value, dict) else {}


def weight_files(file: Path, folder: Path) -> list[Path]:
    """What the scores depend on: the graph, weights kept beside it, and the tokenizer."""
    beside = [path for path in file.parent.iterdir() if path.is_file() and path.name.startswith(file.name)]
    return [*beside, folder / TOKENIZER]

"""Any local NLI model as a grounder: an ONNX file with its tokenizer.json and a config.json that names the labels.

Every pair runs alone on one thread, several pairs on several threads: no padding, and a pair's probabilities never
depend on its neighbours.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from haechi.errors import InputError, ModelError
from haechi.models.base import GROUNDING, Vectors
from haechi.models.cross_encoder_onnx import TOKENIZER, pair_limit, pair_tokenizer, read_json, weight_files
from haechi.models.fingerprint import fingerprint
from haechi.models.onnx_session import open_session

_PLACES = ("model.onnx", "onnx/model.onnx")
_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
#: The beginnings of label names, in the order of `GROUNDING`.
_LABELS = (("entail", "support", "함의"), ("contradict", "refut", "모순"), ("neutral", "not_enough", "중립"))


class OnnxGrounder:
    """A `Grounder` over a folder with model.onnx (or onnx/model.onnx), tokenizer.json and config.json.

    `name` ends with a fingerprint of the weights. Raises ModelError saying what the folder lacks.
    """

    def __init__(self, model: str, *, threads: int = 0) -> None:
        folder = Path(model).expanduser().absolute()
        file = next((folder / place for place in _PLACES if (folder / place).is_file()), None)
        missing = [name for name in (TOKENIZER, "config.json") if not (folder / name).is_file()]
        if file is None or missing:
            lacks = ", ".join([*([] if file else [_PLACES[0]]), *missing])
            raise ModelError(
                f"[check] grounder_model '{folder}'에 {lacks}이(가) 없습니다. model.onnx, tokenizer.json, "
                "config.json(id2label)이 함께 있는 NLI 모델 폴더를 지정하세요",
                f"[check] grounder_model '{folder}' lacks {lacks}; name a folder of an NLI model with model.onnx, "
                "tokenizer.json and config.json (id2label)",
            )
        self._order = _order(folder, read_json(folder / "config.json").get("id2label"))
        self._tokenizer = pair_tokenizer(folder / TOKENIZER)
        self.max_tokens = pair_limit(folder)
        self._session = open_session(file, "근거 확인 모델", "grounding model")
        names = [item.name for item in self._session.get_inputs()]
        strange = [name for name in names if name not in _INPUTS]
        if strange or "input_ids" not in names:
            raise ModelError(
                f"'{file}'의 입력이 {names}입니다. NLI 모델은 {list(_INPUTS)}만 받아야 합니다",
                f"'{file}' takes {names}; an NLI model takes {list(_INPUTS)}",
            )
        self._inputs = names
        self.name = f"{folder.name}@{fingerprint(folder, weight_files(file, folder))}"
        self._pool = ThreadPoolExecutor(threads or len(os.sched_getaffinity(0)), thread_name_prefix="ground")

    def probabilities(self, pairs: Sequence[tuple[str, str]]) -> Vectors:
        """Shape (len(pairs), 3) in the order of `GROUNDING`. A pair that is too long raises InputError."""
        rows = list(self._pool.map(self._row, pairs))
        return np.array(rows, np.float32).reshape(len(pairs), len(GROUNDING))

    def count_tokens(self, passage: str, sentence: str) -> int:
        return len(self._tokenizer.encode(passage, sentence).ids)

    def _row(self, pair: tuple[str, str]) -> Vectors:
        encoding = self._tokenizer.encode(*pair)
        if len(encoding.ids) > self.max_tokens:
            raise InputError(
                f"근거와 문장이 {len(encoding.ids)}토큰으로 모델의 한도 {self.max_tokens}토큰을 넘습니다",
                f"passage and sentence have {len(encoding.ids)} tokens, the model's limit is {self.max_tokens}",
            )
        columns = dict(zip(_INPUTS, (encoding.ids, encoding.attention_mask, encoding.type_ids), strict=True))
        given = {name: np.array([columns[name]], np.int64) for name in self._inputs}
        try:
            logits = np.asarray(self._session.run(None, given)[0], np.float32).reshape(-1)
        except Exception as error:  # onnxruntime raises its own classes, with no common base but Exception
            raise ModelError(
                f"근거 확인 모델 {self.name}이(가) 실행 중에 멈췄습니다: {error}",
                f"the grounding model {self.name} failed while running: {error}",
            ) from error
        if len(logits) != len(self._order):
            raise ModelError(
                f"근거 확인 모델 {self.name}의 출력이 값 {len(logits)}개입니다(기대 {len(self._order)}개)",
                f"the grounding model {self.name} puts out {len(logits)} numbers, expected {len(self._order)}",
            )
        shares = np.exp(logits - logits.max())
        row: Vectors = (shares / shares.sum())[list(self._order)]
        return row


def _order(folder: Path, stated: Any) -> tuple[int, ...]:
    """Where the model's output has the labels of `GROUNDING`."""
    names = {int(key): str(name).lower() for key, name in stated.items()} if isinstance(stated, Mapping) else {}
    found = []
    for beginnings in _LABELS:
        places = [place for place, name in names.items() if name.replace(" ", "_").startswith(beginnings)]
        if len(places) == 1:
            found.append(places[0])
    if len(found) != len(GROUNDING) or sorted(names) != list(range(len(GROUNDING))):
        raise ModelError(
            f"'{folder}'의 config.json에 id2label이 {sorted(names.values()) or '없음'}입니다. "
            "entailment, contradiction, neutral 세 이름이 있어야 합니다(대소문자 무관)",
            f"id2label in config.json of '{folder}' is {sorted(names.values()) or 'missing'}; it must name entailment, "
            "contradiction and neutral, in any case",
        )
    return tuple(found)

"""The bundled grounding model on ONNX Runtime, on the processor, offline: does a passage support a sentence?

Reads a folder written by `grounding_convert`. Every pair runs alone on one thread, several pairs on several threads:
nothing is padded, and a pair's probabilities never depend on what else was asked.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from haechi.errors import InputError, ModelError
from haechi.models import bundled, catalogue
from haechi.models.base import GROUNDING, Thresholds, Vectors
from haechi.models.e5_files import CONFIG_FILE, INPUT, MODEL_FILE, install_command
from haechi.models.e5_tokenizer import UnigramTokenizer
from haechi.models.grounding_file import claim_position
from haechi.models.onnx_session import open_session

#: `<s> passage </s></s> sentence </s>`.
SPECIAL_TOKENS = 4
_EVIDENCE, _PROBABILITIES = "evidence_tokens", "probabilities"


class HaechiGrounder:
    """A `Grounder` that brings its thresholds. Safe to share between threads; `threads = 0` uses every core.

    `model` is a folder, empty for the installed `haechi-grounding`. Raises ModelError naming the command that makes it.
    """

    def __init__(self, model: str = "", *, threads: int = 0) -> None:
        folder = Path(model).expanduser() if model else bundled.path(catalogue.GROUNDING)
        try:
            config = json.loads((folder / CONFIG_FILE).read_text(encoding="utf-8"))
            self.name = f"{config['name']}@{config['sha256'][MODEL_FILE][:12]}"
            self.max_tokens = int(config["max_tokens"])
            self.thresholds = Thresholds.of(config["thresholds"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelError(
                f"근거 확인 모델 폴더 {folder}에 쓸 수 있는 {CONFIG_FILE}이(가) 없습니다({error!r}). "
                f"설치: {install_command(folder)}",
                f"the grounding model's folder {folder} has no usable {CONFIG_FILE} ({error!r}); "
                f"install it: {install_command(folder)}",
            ) from error
        self._tokenizer = UnigramTokenizer.from_folder(folder)
        self._session = open_session(folder / MODEL_FILE, "근거 확인 모델", "grounding model", install_command(folder))
        self._threads = threads or len(os.sched_getaffinity(0))
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="ground")

    def probabilities(self, pairs: Sequence[tuple[str, str]]) -> Vectors:
        """Shape (len(pairs), 3) in the order of `GROUNDING`. A pair that is too long raises InputError: cut before."""
        read = [self._ids(passage, sentence) for passage, sentence in pairs]
        run = map if len(pairs) == 1 or self._threads == 1 else self._pool.map
        found = np.empty((len(pairs), len(GROUNDING)), np.float32)
        order = sorted(range(len(pairs)), key=lambda position: -len(read[position][0]))
        for position, row in zip(order, run(self._run, [read[place] for place in order]), strict=True):
            found[position] = row
        return found

    def count_tokens(self, passage: str, sentence: str) -> int:
        return self._tokenizer.count(passage) + self._tokenizer.count(sentence) + SPECIAL_TOKENS

    def _ids(self, passage: str, sentence: str) -> tuple[list[int], int]:
        """`<s> passage </s>` and `</s> sentence </s>`, and how many of them are the passage's."""
        evidence, claim = self._tokenizer.content(passage), self._tokenizer.content(sentence)
        room = claim_position(self.max_tokens)
        longest = self.max_tokens - room
        empty = not passage.strip() or not sentence.strip()
        if empty or len(evidence) + 2 > room or len(claim) + 2 > longest:
            raise InputError(
                f"근거는 {room - 2}토큰, 문장은 {longest - 2}토큰을 넘지 않고 비어 있지 않아야 합니다"
                f"(지금 {len(evidence)}, {len(claim)})",
                f"the passage may have {room - 2} tokens and the sentence {longest - 2}, none of them may be "
                f"empty (now {len(evidence)} and {len(claim)})",
            )
        first = self._tokenizer.wrap(evidence)
        return [*first, first[-1], *claim, first[-1]], len(first)

    def _run(self, read: tuple[list[int], int]) -> Vectors:
        ids, evidence = read
        given = {INPUT: np.array([ids], np.int64), _EVIDENCE: np.array([evidence], np.int64)}
        try:
            row: Vectors = self._session.run([_PROBABILITIES], given)[0][0]
        except Exception as error:  # onnxruntime raises its own classes, with no common base but Exception
            raise ModelError(
                f"근거 확인 모델 {self.name}이(가) 실행 중에 멈췄습니다: {error}",
                f"the grounding model {self.name} failed while running: {error}",
            ) from error
        return row

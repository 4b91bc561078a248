"""The bundled embedders, multilingual-e5-small with and without an adapter, on ONNX Runtime, on the processor, offline.

Reads a folder written by `e5_convert`; knows nothing of where its weights came from.

Every text runs through the model alone, on one thread; several texts run on several threads. A text's vector therefore
never depends on what else was embedded with it, nothing is spent on padding, and threads don't wait for each other
inside a text.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from haechi.errors import InputError, ModelError
from haechi.models.base import Vectors
from haechi.models.e5_files import CONFIG_FILE, INPUT, MODEL_FILE, OUTPUT, install_command
from haechi.models.e5_tokenizer import UnigramTokenizer
from haechi.models.onnx_session import open_session
from haechi.types import EmbedKind

#: `<s>` and `</s>`.
SPECIAL_TOKENS = 2


class E5Embedder:
    """An `Embedder`. Safe to share between threads.

    `name` ends in the beginning of the model file's hash: another conversion is another name, so vectors never mix.
    `threads = 0` uses every core this process may use. A text is always its own batch.
    """

    def __init__(self, folder: Path, *, threads: int = 0) -> None:
        settings = read_settings(folder)
        self.name = settings.name
        self.dimension = settings.dimension
        self.max_tokens = settings.max_tokens
        self._prefixes = settings.prefixes
        self._tokenizer = UnigramTokenizer.from_folder(folder)
        self._session = open_session(folder / MODEL_FILE, "임베딩 모델", "embedder", install_command(folder))
        self._threads = threads or len(os.sched_getaffinity(0))
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="e5")

    def embed(self, texts: Sequence[str], kind: EmbedKind) -> Vectors:
        """Unit vectors in the order of `texts`.

        A passage longer than `max_tokens` raises InputError: cutting it would hide its end from search. A question
        that long is read in windows, whose vectors are averaged by their token counts.
        """
        windows = [self._windows(text, kind, position) for position, text in enumerate(texts)]
        # Longest first: no thread is left with a long text at the end.
        order = sorted(range(len(texts)), key=lambda position: -len(windows[position][0]))
        run = map if len(texts) == 1 or self._threads == 1 else self._pool.map
        vectors = np.empty((len(texts), self.dimension), np.float32)
        for position, vector in zip(order, run(self._vector, [windows[i] for i in order]), strict=True):
            vectors[position] = vector
        return vectors

    def count_tokens(self, text: str, kind: EmbedKind = "passage") -> int:
        """Exact, prefix and special tokens included."""
        return self._tokenizer.count(self._prefixes[kind] + text) + SPECIAL_TOKENS

    def _windows(self, text: str, kind: EmbedKind, position: int) -> list[list[int]]:
        """The ids the model reads: one list, or several for a long question."""
        content = self._tokenizer.content(self._prefixes[kind] + text)
        room = self.max_tokens - SPECIAL_TOKENS
        if len(content) <= room:
            return [self._tokenizer.wrap(content)]
        if kind == "passage":
            count = len(content) + SPECIAL_TOKENS
            raise InputError(
                f"임베딩할 글 {position + 1}번이 {count}토큰으로 모델의 한도 {self.max_tokens}토큰을 넘습니다"
                f"('{text[:30]}…'). 더 작은 단위로 나누어 다시 넣으세요: haechi ingest --unit paragraph",
                f"text {position + 1} has {count} tokens, more than the model's limit of {self.max_tokens} "
                f"('{text[:30]}…'); ingest it in smaller units: haechi ingest --unit paragraph",
            )
        prefix = self._tokenizer.content(self._prefixes[kind].rstrip())
        body, step = content[len(prefix) :], room - len(prefix)
        return [self._tokenizer.wrap(prefix + body[start : start + step]) for start in range(0, len(body), step)]

    def _vector(self, windows: list[list[int]]) -> Vectors:
        vectors = [self._run(ids) for ids in windows]
        if len(vectors) == 1:
            return vectors[0]
        mean = np.average(vectors, axis=0, weights=[len(ids) for ids in windows])
        return (mean / np.linalg.norm(mean)).astype(np.float32)

    def _run(self, ids: list[int]) -> Vectors:
        try:
            vector: Vectors = self._session.run([OUTPUT], {INPUT: np.array([ids], np.int64)})[0][0]
        except Exception as error:  # onnxruntime raises its own classes, with no common base but Exception
            raise ModelError(
                f"임베딩 모델 {self.name}이(가) 실행 중에 멈췄습니다: {error}",
                f"the embedder {self.name} failed while running: {error}",
            ) from error
        return vector


@dataclass(frozen=True)
class Settings:
    """What `config.json` says."""

    name: str
    dimension: int
    max_tokens: int
    prefixes: dict[str, str]


def read_settings(folder: Path) -> Settings:
    """What the folder's config.json says. Raises ModelError naming the command that installs it."""
    try:
        config = json.loads((folder / CONFIG_FILE).read_text(encoding="utf-8"))
        name = f"{config['name']}@{config['sha256'][MODEL_FILE][:12]}"
        return Settings(name, int(config["dimension"]), int(config["max_tokens"]), dict(config["prefixes"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"임베딩 모델 폴더 {folder}에 쓸 수 있는 {CONFIG_FILE}이(가) 없습니다({error!r}). "
            f"설치: {install_command(folder)}",
            f"the embedder's folder {folder} has no usable {CONFIG_FILE} ({error!r}); "
            f"install it: {install_command(folder)}",
        ) from error

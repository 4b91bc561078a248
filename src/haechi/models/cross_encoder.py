"""Any cross-encoder in a local folder: question and passage are read together, and one number comes out.

Two kinds of weights, told apart by what the folder holds: an ONNX file (`cross_encoder_onnx.py`), or a
sentence-transformers folder with torch weights (`cross_encoder_sbert.py`). Nothing is fetched, and code shipped inside
the folder is not run.

The input limit is read from the folder. Nothing is cut silently: a passage that doesn't fit is read in overlapping
windows and its best window counts; a question of more than half the limit is read in pieces, whose scores are averaged.
Both cost one more reading a window.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from haechi.errors import ModelError
from haechi.models.base import Vectors

#: The beginning of a window repeats this share of the one before: an answer at the edge is whole in one of them.
_OVERLAP = 1 / 8


class PairModel(Protocol):
    """What reads pairs. `limit` counts both texts and the special tokens between them."""

    name: str
    limit: int

    def count(self, question: str, passage: str) -> int:
        """Tokens of the pair, special tokens included."""
        ...

    def logits(self, pairs: Sequence[tuple[str, str]]) -> Vectors:
        """One number a pair, higher is better; float32 of shape (len(pairs),). No pair is over the limit."""
        ...


class CrossEncoder:
    """A `Reranker`. Scores are the model's own numbers before any squashing: of one question they can be compared."""

    def __init__(self, model: Path, *, threads: int = 0) -> None:
        """`model` is a folder or an ONNX file; `threads = 0` uses every core. Raises ModelError, BackendError."""
        self._model = _open(Path(model).expanduser().absolute(), threads)
        self.name = self._model.name

    def scores(self, question: str, passages: Sequence[str]) -> Vectors:
        pairs: list[tuple[str, str]] = []
        places: list[tuple[int, int]] = []
        questions = self._question_pieces(unicodedata.normalize("NFC", question))
        for number, passage in enumerate(passages):
            text = unicodedata.normalize("NFC", passage)
            for turn, piece in enumerate(questions):
                windows = _windows(text, self._fits(piece))
                pairs += [(piece, window) for window in windows]
                places += [(number, turn)] * len(windows)
        best = np.full((len(passages), len(questions)), -np.inf, np.float32)
        for place, value in zip(places, self._model.logits(pairs) if pairs else (), strict=True):
            best[place] = max(best[place], value)
        mean: Vectors = best.mean(axis=1)
        return mean

    def _fits(self, question: str) -> Callable[[str], bool]:
        return lambda passage: self._model.count(question, passage) <= self._model.limit

    def _question_pieces(self, question: str) -> list[str]:
        return _windows(question, lambda piece: self._model.count(piece, "") <= self._model.limit // 2)


def _windows(text: str, fits: Callable[[str], bool]) -> list[str]:
    """The text, or the fewest equally long overlapping pieces that fit; cut between words where there are any."""
    if fits(text):
        return [text]
    for count in range(2, len(text) + 1):
        size = len(text) / count
        cuts = [_word_start(text, round(number * size)) for number in range(count)]
        ends = [*cuts[1:], len(text)]
        starts = [0, *(_word_start(text, max(0, round(cut - size * _OVERLAP))) for cut in cuts[1:])]
        pieces = [text[start:end].strip() for start, end in zip(starts, ends, strict=True)]
        pieces = [piece for piece in pieces if piece]
        if all(map(fits, pieces)):
            return pieces
    return [text[:1]] if text else [text]


def _word_start(text: str, place: int) -> int:
    """The nearest beginning of a word at or before a place; the place itself when a word is very long."""
    space = text.rfind(" ", max(0, place - 30), place)
    return space + 1 if space >= 0 else place


def _open(model: Path, threads: int) -> PairModel:
    file = _onnx_file(model)
    if file is not None:
        from haechi.models.cross_encoder_onnx import OnnxPairs

        return OnnxPairs(file, threads)
    if model.is_dir() and (model / "config.json").is_file():
        from haechi.models.cross_encoder_sbert import SbertPairs

        return SbertPairs(model, threads)
    raise ModelError(
        f"재순위 모델이 아닙니다: '{model}'. ONNX 파일(옆에 tokenizer.json)이나, model.onnx 또는 config.json이 있는 "
        "폴더의 경로를 haechi.toml의 [reranker] model에 적으세요",
        f"no cross-encoder at '{model}': give an ONNX file (with tokenizer.json beside it) or a folder with model.onnx "
        "or config.json as [reranker] model in haechi.toml",
    )


def _onnx_file(model: Path) -> Path | None:
    """The ONNX file itself, the folder's model.onnx, or its only one (also in `onnx/`, where exporters put it)."""
    if model.is_file():
        return model if model.suffix.lower() == ".onnx" else None
    for folder in (model, model / "onnx"):
        found = sorted(folder.glob("*.onnx"))
        named = [file for file in found if file.name == "model.onnx"]
        if named or len(found) == 1:
            return (named or found)[0]
        if found:
            names = ", ".join(file.name for file in found)
            raise ModelError(
                f"'{folder}'에 ONNX 파일이 여럿입니다({names}). 쓸 파일의 경로를 [reranker] model에 적으세요",
                f"'{folder}' holds several ONNX files ({names}); give the path of one as [reranker] model",
            )
    return None

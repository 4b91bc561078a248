"""Haechi's embedder for the comparison: knows the vectors of the prepared set, so that no system pays for embedding.

A text it doesn't know (a sub-question, a rewording) goes to the real model, whose time the asker pays for.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np

from haechi.config import EmbedderConfig
from haechi.korean.hanja import with_readings
from haechi.models.base import Embedder, Vectors
from haechi.pipeline.build import make_embedder
from haechi.types import EmbedKind

from .data import read

#: Names the prepared folder for this embedder, which is made without arguments.
FOLDER = "HAECHI_COMPARISON_FOLDER"


class CachedEmbedder:
    """`extra_calls` counts the texts that were not known, over all embedders of the process; they share one model."""

    extra_calls = 0
    _real: Embedder | None = None
    _made: ClassVar[dict[tuple[str, str], np.ndarray]] = {}

    def __init__(self) -> None:
        self._folder = Path(os.environ[FOLDER])
        about = json.loads((self._folder / "about.json").read_text(encoding="utf-8"))
        self.name, self.dimension = str(about["embedder"]), int(about["dimension"])
        self.max_tokens = int(about["max_tokens"])
        self._model_name = str(about["model"])
        self._known: dict[str, dict[str, np.ndarray]] = {}

    def embed(self, texts: Sequence[str], kind: EmbedKind) -> Vectors:
        known = self._vectors(kind)
        missing = [text for text in texts if text not in known and (kind, text) not in self._made]
        if missing:
            vectors = self._model().embed(missing, kind)
            CachedEmbedder._made.update(zip([(kind, text) for text in missing], vectors, strict=True))
            CachedEmbedder.extra_calls += len(missing)
        return np.array([known[text] if text in known else self._made[kind, text] for text in texts], np.float32)

    def count_tokens(self, text: str, kind: EmbedKind = "passage") -> int:
        return self._model().count_tokens(text, kind)

    def _model(self) -> Embedder:
        if CachedEmbedder._real is None:
            CachedEmbedder._real = make_embedder(EmbedderConfig(model=self._model_name, threads=1))
        return CachedEmbedder._real

    def _vectors(self, kind: EmbedKind) -> dict[str, np.ndarray]:
        """What the home asks for carries the readings of Hanja; so do these keys."""
        if kind not in self._known:
            data = read(self._folder, passages=kind == "passage")
            texts, vectors = (
                (data.texts, data.vectors) if kind == "passage" else (data.questions, data.question_vectors)
            )
            self._known[kind] = {with_readings(text): vector for text, vector in zip(texts, vectors, strict=True)}
        return self._known[kind]

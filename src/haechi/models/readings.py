"""An embedder that reads Hanja as Hangul: what is embedded and counted carries the readings, what is stored does not.

A passage's 大韓民國 is embedded as 대한민국(大韓民國), and so is a question's. Wrapped round the embedder of a home, so
that chunkers, ingest and retrievers all mean the same text.
"""

from __future__ import annotations

from collections.abc import Sequence

from haechi.korean.hanja import with_readings
from haechi.models.base import Embedder, Vectors
from haechi.types import EmbedKind


class ReadingEmbedder:
    """The inner embedder's name, dimension and limit; texts without Hanja pass unchanged."""

    def __init__(self, inner: Embedder) -> None:
        self.inner = inner
        self.name = inner.name
        self.dimension = inner.dimension
        self.max_tokens = inner.max_tokens

    def embed(self, texts: Sequence[str], kind: EmbedKind) -> Vectors:
        return self.inner.embed([with_readings(text) for text in texts], kind)

    def count_tokens(self, text: str, kind: EmbedKind = "passage") -> int:
        return self.inner.count_tokens(with_readings(text), kind)

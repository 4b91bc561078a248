"""What a model must do. Everything else is built on these once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from haechi.types import EmbedKind, GenerateOptions, Generation, Message

Vectors = NDArray[np.float32]

#: The columns of `Grounder.probabilities`.
GROUNDING = ("supported", "contradicted", "not_found")


@runtime_checkable
class LLM(Protocol):
    """A chat model. `supports_grammar` says whether `options.grammar` (GBNF) is honoured.

    `supports_logprobs` says whether `options.top_logprobs` brings `Generation.chances`.
    """

    name: str
    supports_grammar: bool
    supports_logprobs: bool

    def generate(self, messages: Sequence[Message], options: GenerateOptions) -> Generation:
        """The whole reply. Raises ModelError when the model is missing or died (after one retry)."""
        ...

    def stream(self, messages: Sequence[Message], options: GenerateOptions) -> Iterator[str | Generation]:
        """Text pieces as they are made, then the whole reply as the last item. Closing the iterator cancels."""
        ...

    def count_tokens(self, text: str) -> int:
        """Tokens of a text in this model's own tokenizer, without special tokens."""
        ...

    def close(self) -> None:
        """Free the model. Safe to call twice."""
        ...


@runtime_checkable
class Embedder(Protocol):
    """A sentence embedder. Vectors are L2-normalised float32 of shape (len(texts), dimension).

    `name` identifies the weights: vectors of different names are never mixed.
    `max_tokens` is the model's real input limit, special tokens and prefix included.
    """

    name: str
    dimension: int
    max_tokens: int

    def embed(self, texts: Sequence[str], kind: EmbedKind) -> Vectors: ...

    def count_tokens(self, text: str, kind: EmbedKind = "passage") -> int:
        """Tokens the model would read for this text, prefix and special tokens included."""
        ...


@runtime_checkable
class Reranker(Protocol):
    """Reads a question together with passages. Slower than an index, so only the best candidates are given to it.

    `name` identifies the weights. Scores are float32 of shape (len(passages),), higher is better, and comparable
    between questions only as far as the model makes them so.
    """

    name: str

    def scores(self, question: str, passages: Sequence[str]) -> Vectors: ...


@dataclass(frozen=True)
class Thresholds:
    """Where a grounder's probabilities become a label; between `alarm` and `supported` nothing is said.

    A sentence is supported when its probability of that is at least `supported`, and false when it is at most `alarm`.
    """

    supported: float = 0.5
    alarm: float = 0.1

    @staticmethod
    def of(stated: Mapping[str, float]) -> Thresholds:
        """From what a model's file states. Raises KeyError or ValueError."""
        found = Thresholds(float(stated["supported"]), float(stated["alarm"]))
        if not 0 <= found.alarm <= found.supported <= 1:
            raise ValueError(f"alarm {found.alarm}, supported {found.supported}")
        return found

    def record(self) -> dict[str, float]:
        return {"supported": self.supported, "alarm": self.alarm}


@runtime_checkable
class Calibrated(Protocol):
    """A grounder that brings the thresholds that were chosen for its weights."""

    thresholds: Thresholds


@runtime_checkable
class Grounder(Protocol):
    """Says whether a passage supports a sentence: a natural language inference model.

    `name` identifies the weights, `max_tokens` is the limit of passage and sentence together. Probabilities are
    float32 of shape (len(pairs), 3) in the order of `GROUNDING`; a pair is (passage, sentence).
    """

    name: str
    max_tokens: int

    def probabilities(self, pairs: Sequence[tuple[str, str]]) -> Vectors: ...

    def count_tokens(self, passage: str, sentence: str) -> int:
        """Tokens the model would read for this pair, special tokens included."""
        ...

"""Deterministic fakes of the protocols, for the logic tests of every room and for trying the pipeline without weights.

They keep the contract of a real back end (streaming, limits, stop strings, cancellation) and understand nothing.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
import zlib
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from haechi.errors import ModelError
from haechi.models.base import Vectors
from haechi.types import EmbedKind, GenerateOptions, Generation, Message

Reply = Callable[[Sequence[Message], GenerateOptions], str]

#: A "token" of the fake LLM: two characters, or a run of white space.
_TOKEN = re.compile(r"\s+|\S{1,2}")


class ScriptedLLM:
    """Says what it is told: a queue of replies (used up in order) or a function of messages and options.

    `calls` records every request; `cancelled` counts the streams that were closed before their end.
    Without a script it always answers 모른다.
    """

    def __init__(
        self, replies: Sequence[str] | Reply | None = None, *, name: str = "scripted", supports_grammar: bool = True
    ) -> None:
        self.name = name
        self.supports_grammar = supports_grammar
        self.supports_logprobs = False
        self.calls: list[tuple[tuple[Message, ...], GenerateOptions]] = []
        self.cancelled = 0
        self._function: Reply | None = replies if callable(replies) else None
        self._queue: list[str] | None = None if replies is None or callable(replies) else list(replies)

    def generate(self, messages: Sequence[Message], options: GenerateOptions) -> Generation:
        *_, last = self.stream(messages, options)
        assert isinstance(last, Generation)
        return last

    def stream(self, messages: Sequence[Message], options: GenerateOptions) -> Iterator[str | Generation]:
        if options.grammar is not None and not self.supports_grammar:
            raise ModelError(f"'{self.name}'은(는) 문법을 받지 않습니다", f"'{self.name}' takes no grammar")
        self.calls.append((tuple(messages), options))
        tokens = _TOKEN.findall(_cut(self._reply(messages, options), options.stop))
        kept = tokens[: options.max_tokens]
        finished = False
        try:
            yield from kept
            finished = True
        finally:
            self.cancelled += not finished
        yield Generation(
            text="".join(kept),
            prompt_tokens=sum(self.count_tokens(message.content) for message in messages),
            completion_tokens=len(kept),
            finish_reason="stop" if len(kept) == len(tokens) else "length",
            first_token_seconds=0.0,
            seconds=0.0,
        )

    def count_tokens(self, text: str) -> int:
        return len(_TOKEN.findall(text))

    def close(self) -> None:
        """Nothing to free."""

    def _reply(self, messages: Sequence[Message], options: GenerateOptions) -> str:
        if self._function is not None:
            return self._function(messages, options)
        if self._queue is None:
            return "모른다"
        if not self._queue:
            raise ModelError(
                f"'{self.name}': 준비된 답 {len(self.calls) - 1}개를 모두 썼습니다",
                f"'{self.name}': all {len(self.calls) - 1} scripted replies are used up",
            )
        return self._queue.pop(0)


class ScriptedEmbedder:
    """A hashed bag of character bigrams: texts that share bigrams are near. A token is one visible character.

    `calls` records the kind and the texts of every request, so that a test can count what was embedded.
    """

    def __init__(self, *, name: str = "scripted-bigrams", dimension: int = 64, max_tokens: int = 512) -> None:
        self.name = name
        self.dimension = dimension
        self.max_tokens = max_tokens
        self.calls: list[tuple[EmbedKind, tuple[str, ...]]] = []

    def embed(self, texts: Sequence[str], kind: EmbedKind) -> Vectors:
        self.calls.append((kind, tuple(texts)))
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            padded = f" {unicodedata.normalize('NFC', text)} "
            for left, right in itertools.pairwise(padded):
                # crc32, not hash(): the latter changes with every process.
                vectors[row, zlib.crc32((left + right).encode("utf-8", "surrogatepass")) % self.dimension] += 1.0
            vectors[row] /= np.linalg.norm(vectors[row])
        return vectors

    def count_tokens(self, text: str, kind: EmbedKind = "passage") -> int:
        return sum(not character.isspace() for character in text)


class ScriptedReranker:
    """Counts the question's bigrams in a passage, as a share; or asks a function. `calls` records what was read."""

    def __init__(
        self, function: Callable[[str, str], float] | None = None, *, name: str = "scripted-bigram-share"
    ) -> None:
        self.name = name
        self.calls: list[tuple[str, tuple[str, ...]]] = []
        self._function = function or _bigram_share

    def scores(self, question: str, passages: Sequence[str]) -> Vectors:
        self.calls.append((question, tuple(passages)))
        return np.array([self._function(question, passage) for passage in passages], np.float32)


def _bigram_share(question: str, passage: str) -> float:
    asked, text = ("".join(unicodedata.normalize("NFC", words).split()) for words in (question, passage))
    pairs = {left + right for left, right in itertools.pairwise(asked)}
    return sum(pair in text for pair in pairs) / max(len(pairs), 1)


def _cut(text: str, stops: Sequence[str]) -> str:
    ends = [text.find(stop) for stop in stops if stop and stop in text]
    return text[: min(ends)] if ends else text


class ScriptedGrounder:
    """A grounder that is told what to say: a function of (passage, sentence), else `supported` for contained words.

    `calls` records the pairs it was asked about.
    """

    name = "scripted"
    max_tokens = 512

    def __init__(self, judge: Callable[[str, str], Sequence[float]] | None = None) -> None:
        self._judge = judge or _contained
        self.calls: list[tuple[str, str]] = []

    def probabilities(self, pairs: Sequence[tuple[str, str]]) -> Vectors:
        self.calls += pairs
        rows = [list(self._judge(passage, sentence)) for passage, sentence in pairs]
        return np.array(rows, dtype=np.float32).reshape(len(pairs), 3)

    def count_tokens(self, passage: str, sentence: str) -> int:
        return len(_TOKEN.findall(passage)) + len(_TOKEN.findall(sentence)) + 3


def _contained(passage: str, sentence: str) -> tuple[float, float, float]:
    words = sentence.split()
    share = sum(word in passage for word in words) / len(words) if words else 0.0
    return share, 0.0, 1.0 - share

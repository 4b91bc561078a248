"""An LLM whose replies are kept in a file: a run of hundreds of answers resumes, and is judged again in seconds.

A reply is found by the hash of model, messages and options. Timings of kept replies are those of the first time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from haechi.config import Config
from haechi.models.base import LLM
from haechi.pipeline.build import Home
from haechi.registry import load
from haechi.types import GenerateOptions, Generation, Message, TokenChance, content_hash


class KeptLLM:
    """Asks the real model only for what is not in `file` yet."""

    def __init__(self, inner: LLM, file: Path) -> None:
        self._inner, self._file = inner, file
        self.name, self.supports_grammar = inner.name, inner.supports_grammar
        self.supports_logprobs = inner.supports_logprobs
        self.asked = 0
        lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
        self._kept = {row["key"]: row["reply"] for row in map(_row, lines) if row}

    def generate(self, messages: Sequence[Message], options: GenerateOptions) -> Generation:
        key = content_hash(self.name, repr(tuple(messages)), repr(options))
        if key not in self._kept:
            self.asked += 1
            reply = asdict(self._inner.generate(messages, options))
            self._kept[key] = reply
            with self._file.open("a", encoding="utf-8") as handle:
                handle.write(json.dumps({"key": key, "reply": reply}, ensure_ascii=False) + "\n")
        kept = dict(self._kept[key])
        chances = tuple(
            TokenChance(item["token"], item["logprob"], tuple((token, chance) for token, chance in item["rivals"]))
            for item in kept.pop("chances")
        )
        return Generation(**kept, chances=chances)

    def stream(self, messages: Sequence[Message], options: GenerateOptions) -> Iterator[str | Generation]:
        reply = self.generate(messages, options)
        yield reply.text
        yield reply

    def count_tokens(self, text: str) -> int:
        return self._inner.count_tokens(text)

    def close(self) -> None:
        self._inner.close()


class KeptHome(Home):
    """A home whose LLM keeps its replies in `replies.jsonl` beside haechi.toml."""

    def llm(self) -> LLM:
        kept: LLM = self._once("kept", lambda: KeptLLM(super(KeptHome, self).llm(), self.config.home / "replies.jsonl"))
        return kept


def open_kept(config: Config) -> KeptHome:
    """Like `haechi.pipeline.build.open_home`."""
    return KeptHome(config, load("stores", "sqlite")(config.store_path))


def _row(line: str) -> dict[str, Any] | None:
    try:
        row: dict[str, Any] = json.loads(line)
        return row
    except json.JSONDecodeError:
        return None  # a line cut by a kill is asked again

"""The pure-Python reference: the BM25 formula in the open, for contract tests and small homes."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from haechi.indexes.base import Ids
from haechi.indexes.files import seal, verify, write_whole

_FILE = "tokens.json"
K1 = 1.2
B = 0.75


class ExactFullTextIndex:
    """Every entry is scored; equal scores are ordered by id."""

    def __init__(self) -> None:
        self._entries: dict[int, Counter[str]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, ids: Sequence[int], tokens: Sequence[Sequence[str]]) -> None:
        for entry, words in zip(ids, tokens, strict=True):
            self._entries[int(entry)] = Counter(words)

    def remove(self, ids: Sequence[int]) -> None:
        for entry in ids:
            self._entries.pop(int(entry), None)

    def search(self, tokens: Sequence[str], k: int) -> tuple[NDArray[np.float32], Ids]:
        ids = np.array(sorted(self._entries), np.int64)
        scores = self.scores(tokens, ids.tolist())
        order = [int(i) for i in np.argsort(-scores, kind="stable") if scores[i] > 0][: max(k, 0)]
        return scores[order], ids[order]

    def scores(self, tokens: Sequence[str], ids: Sequence[int]) -> NDArray[np.float32]:
        total = len(self._entries)
        average = sum(map(Counter.total, self._entries.values())) / max(total, 1)
        frequencies = dict(
            zip(dict.fromkeys(tokens), self.document_frequencies(list(dict.fromkeys(tokens))), strict=True)
        )
        scores = []
        for entry in ids:
            words = self._entries.get(int(entry), Counter())
            norm = K1 * (1 - B + B * words.total() / average) if average else K1
            scores.append(
                sum(
                    math.log(1 + (total - frequencies[token] + 0.5) / (frequencies[token] + 0.5))
                    * words[token]
                    * (K1 + 1)
                    / (words[token] + norm)
                    for token in tokens
                    if words[token]
                )
            )
        return np.array(scores, np.float32)

    def shares(self, weights: Mapping[str, float], ids: Sequence[int]) -> NDArray[np.float32]:
        return np.array(
            [
                sum(weight for word, weight in weights.items() if self._entries.get(int(entry), Counter())[word])
                for entry in ids
            ],
            np.float32,
        )

    def document_frequencies(self, tokens: Sequence[str]) -> list[int]:
        return [sum(1 for words in self._entries.values() if words[token]) for token in tokens]

    def save(self, folder: Path) -> None:
        text = json.dumps({str(entry): words for entry, words in self._entries.items()}, ensure_ascii=False)

        def write(path: Path) -> None:
            path.write_text(text, encoding="utf-8")

        write_whole(folder / _FILE, write)
        seal(folder)

    def load(self, folder: Path) -> None:
        verify(folder)
        data = json.loads((folder / _FILE).read_text(encoding="utf-8"))
        self._entries = {int(entry): Counter(words) for entry, words in data.items()}

"""Looking for what a removed document may have left: distinctive strings and vectors of it in every file of a home.

A sample is taken before the removal and looked for before and after, byte by byte; words in the full-text index are
asked of its dictionary, which is compressed. Compressed files (backups) cannot be looked into and are not counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from haechi.pipeline.build import Home

#: Documents that give a sample, strings of each, and vectors in all: the search reads every file once a needle.
DOCUMENTS = 6
STRINGS = 3
VECTORS = 3
TOKENS = 20
_LENGTH = 16
_BLOCK = 1 << 24
#: What JSON or SQLite would write differently from the text itself.
_PLAIN = re.compile(rf'[^"\\\x00-\x1f]{{{_LENGTH}}}')


@dataclass
class Sample:
    """What to look for. `skipped` says what could not be told apart from what stays in the home."""

    strings: list[str] = field(default_factory=list)
    vectors: list[bytes] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)

    def needles(self) -> list[bytes]:
        """Bytes to look for: UTF-8, and vectors as half and single precision."""
        single = [np.frombuffer(vector, "<f2").astype("<f4").tobytes() for vector in self.vectors]
        return [*(text.encode() for text in self.strings), *self.vectors, *single]


def take_sample(home: Home, ids: Sequence[str]) -> Sample:
    """Distinctive strings, vectors and words of documents that are still there."""
    store, sample = home.store, Sample()
    step = max(1, len(ids) // DOCUMENTS)
    chosen = list(ids)[::step][:DOCUMENTS]
    words: set[str] = set()
    for identity in chosen:
        document = store.document(identity)
        if document is None:
            continue
        places = [match.group() for match in _PLAIN.finditer(document.text)]
        sample.strings += places[:: max(1, len(places) // STRINGS)][:STRINGS] or [document.text.strip()]
        for chunk in store.chunks(identity)[:50]:
            words.update(home.analyser().tokens(chunk.text))
    sample.strings = [text for text in dict.fromkeys(sample.strings) if len(text) >= 4]
    sample.vectors = store.vectors_of(chosen)[: VECTORS * 4 : 4][:VECTORS]
    listed = sorted(words)
    frequencies = home.indexes().full_text.document_frequencies(listed)
    rare = sorted((count, word) for count, word in zip(frequencies, listed, strict=True) if count)
    sample.tokens = [word for _, word in rare[:TOKENS]]
    return sample


def distinct(home: Home, sample: Sample) -> Sample:
    """The part of a sample that nothing left in the home has as well. To be asked after the removal."""
    return Sample(
        [text for text in sample.strings if not home.store.stands_in_living(text)],
        [vector for vector in sample.vectors if not home.store.has_vector(vector)],
        sample.tokens,
    )


def search_files(folder: Path, needles: Sequence[bytes]) -> dict[bytes, list[str]]:
    """Needle → the files below `folder` that hold it. Raises OSError when a file cannot be read."""
    found: dict[bytes, list[str]] = {}
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.is_symlink():
            continue
        for needle in _in_file(path, needles):
            found.setdefault(needle, []).append(str(path.relative_to(folder)))
    return found


def words_left(home: Home, tokens: Sequence[str]) -> list[str]:
    """Words whose count in the index's dictionary is more than the entries that still have them."""
    index = home.indexes().full_text
    frequencies = index.document_frequencies(list(tokens))
    return [
        token
        for token, count in zip(tokens, frequencies, strict=True)
        if count and count != len(index.search([token], len(index))[1])
    ]


def _in_file(path: Path, needles: Sequence[bytes]) -> Iterable[bytes]:
    """Needles that occur in a file; read in blocks that overlap by the longest of them."""
    left, tail = list(needles), b""
    keep = max(map(len, needles), default=1) - 1
    with open(path, "rb") as handle:
        while left and (block := handle.read(_BLOCK)):
            data = tail + block
            hits = [needle for needle in left if needle in data]
            left = [needle for needle in left if needle not in hits]
            yield from hits
            tail = data[-keep:] if keep else b""

"""Looking for what a removed document may have left: distinctive strings and vectors of it in every file of a home.

A sample is taken before the removal and looked for before and after, byte by byte; words in the full-text index are
asked of its dictionary, which is compressed. Compressed files (backups) cannot be looked into and are not counted.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from haechi.types import Document

if TYPE_CHECKING:
    from haechi.pipeline.build import Home

#: Documents that give a sample, strings of each, and vectors in all: the search reads every file once a needle.
DOCUMENTS = 6
STRINGS = 3
VECTORS = 3
TOKENS = 20
_LENGTH = 24
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
    documents = [store.document(identity) for identity in list(ids)[::step][:DOCUMENTS]]
    index, tokens = home.indexes().full_text, home.analyser().tokens
    for document in documents:
        if document is None:
            continue
        words = sorted({word for chunk in store.chunks(document.id)[:50] for word in tokens(chunk.text)})
        frequencies = index.document_frequencies(words)
        rare = [word for count, word in sorted(zip(frequencies, words, strict=True)) if count]
        sample.tokens += rare[:TOKENS]
        sample.strings += _strings(document, rare)
    sample.tokens = list(dict.fromkeys(sample.tokens))[:TOKENS]
    sample.vectors = store.vectors_of([document.id for document in documents if document is not None])[:VECTORS]
    return sample


def _strings(document: Document, rare: Sequence[str]) -> list[str]:
    """Places that other documents hardly have: around the rarest words, and where blocks begin."""
    found: dict[str, None] = {}
    places = [document.text.find(word) for word in rare[:STRINGS]]
    start = 0
    for block in document.blocks[:200]:
        places.append(start)
        start += len(block.text) + 1
    for place in places:
        match = _PLAIN.search(document.text, max(0, place), max(0, place) + 2 * _LENGTH)
        if match is not None and len(found) < 2 * STRINGS:
            found[match.group()] = None
    return list(found) or [text for text in [document.text.strip()] if 4 <= len(text) < _LENGTH]


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
        with contextlib.suppress(FileNotFoundError):  # somebody's temporary file, gone by now
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

"""Small keys, whole answers: each sentence or table row is embedded by itself and returns the chunk it is part of.

The chunk's plain entry stays beside them: without it, questions that need two sentences were lost. A short sentence
goes with the one after it, since "다만, 그러하지 아니하다." finds nothing. Every key has the chunk's place (title,
headings, label) before it, as the plain entry has.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from haechi.indexes.strategies.plain import entry_text, place_of
from haechi.korean.sentences import split_sentences
from haechi.types import Chunk, Document, IndexEntry

#: Shorter than this a key says too little alone.
MIN_CHARS = 25


class SmallChunksStrategy:
    """Kinds `plain` and `small`; a chunk of one sentence has its plain entry only."""

    name = "small_chunks"

    def entries(self, document: Document, chunks: Sequence[Chunk]) -> list[IndexEntry]:
        entries = []
        for chunk in chunks:
            entries.append(IndexEntry(chunk.id, entry_text(document, chunk)))
            place = place_of(document, chunk)
            texts = dict.fromkeys("\n".join(filter(None, (place, window))) for window in windows(chunk.text))
            if len(texts) > 1:
                entries += [IndexEntry(chunk.id, text, "small") for text in texts]
        return entries


def windows(text: str) -> Iterator[str]:
    """Sentences in order; short ones are joined with the next, a short last one with the one before."""
    spans = split_sentences(text)
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and joined[-1][1] - joined[-1][0] < MIN_CHARS:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    if len(joined) > 1 and joined[-1][1] - joined[-1][0] < MIN_CHARS:
        joined[-2:] = [(joined[-2][0], joined[-1][1])]
    for start, end in joined or [(0, len(text))]:
        yield text[start:end].strip()

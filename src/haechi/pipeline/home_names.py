"""The names and abbreviations that a home's own documents define, learned when an answer is first checked.

Nothing is stored: reading a million characters takes a tenth of a second, and what is deleted is forgotten with its
text.
"""

from __future__ import annotations

from collections.abc import Iterator

from haechi.korean.gazetteer import NONE, Gazetteer, learn
from haechi.stores.base import Store

#: Characters read at most, about three seconds' worth; a larger home goes on with what its first documents define.
_MOST = 30_000_000


class HomeNames:
    """Call it for the gazetteer of the store as it is now; learned anew when the store has changed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._generation: int | None = None
        self._learned = NONE

    def __call__(self) -> Gazetteer:
        generation = self._store.generation()
        if generation != self._generation:
            self._learned, self._generation = learn(self._texts()), generation
        return self._learned

    def _texts(self) -> Iterator[str]:
        read = 0
        for _, text in self._store.entry_texts():
            yield text
            read += len(text)
            if read > _MOST:
                return

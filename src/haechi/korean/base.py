"""The analyser contract: the same tokens for index, query, gate and highlight."""

from __future__ import annotations

from typing import Protocol


class Analyser(Protocol):
    """Korean text → index tokens. `fingerprint` changes whenever the tokens could change; it stands in manifests."""

    name: str
    fingerprint: str

    def tokens(self, text: str) -> list[str]:
        """Content morphemes, lower-cased Latin, protected values; compounds and their parts both."""
        ...

    def nouns(self, text: str) -> list[str]:
        """Nouns and foreign words only, in order, for coverage of a question's terms."""
        ...

"""The analyser contract: the same tokens for index, query, gate and highlight."""

from __future__ import annotations

from typing import NamedTuple, Protocol


class Span(NamedTuple):
    """A token and where it stands: offsets into the text it was read from."""

    token: str
    start: int
    end: int


class Morpheme(NamedTuple):
    """What a back end reads. `tag` is one of the Sejong tag set; `parts` are (form, tag), verbs without 다."""

    surface: str
    tag: str
    parts: tuple[tuple[str, str], ...]
    start: int
    end: int


class Expansion(NamedTuple):
    """What is looked for besides a word of the question."""

    word: str
    added: tuple[str, ...]


class Analyser(Protocol):
    """Korean text → index tokens. `fingerprint` changes whenever the tokens could change; it stands in manifests."""

    name: str
    fingerprint: str

    def tokens(self, text: str) -> list[str]:
        """Content morphemes, lower-cased Latin, protected values; compounds and their parts both."""
        ...

    def query_tokens(self, question: str) -> dict[str, float]:
        """The tokens to look for, each with its weight: 1 as written, less for what was only guessed."""
        ...

    def expansions(self, question: str) -> list[Expansion]:
        """Which synonyms of the home a question brings in."""
        ...

    def spans(self, text: str) -> list[Span]:
        """The tokens of `tokens`, each with its place in `text` as it was given."""
        ...

    def nouns(self, text: str) -> list[str]:
        """Nouns and foreign words only, in order, for coverage of a question's terms."""
        ...

"""Which words stand before a text when it is embedded: those of the settings where they are given, else the model's."""

from __future__ import annotations

from haechi.types import EmbedKind, content_hash


def chosen(model_query: str, model_passage: str, query: str, passage: str) -> tuple[dict[EmbedKind, str], str]:
    """The prefix of each kind, and what to put behind the model's name.

    Passages embedded with another prefix are other vectors: a prefix of the settings becomes part of the name. That of
    questions does not, since no vector of a question is kept.
    """
    prefixes: dict[EmbedKind, str] = {"query": query or model_query, "passage": passage or model_passage}
    changed = passage and passage != model_passage
    return prefixes, f"+{content_hash(passage)[:6]}" if changed else ""

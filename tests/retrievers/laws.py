"""Small laws through the real chunker, for lookups, versions and links."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from haechi.chunkers.base import TokenBudget
from haechi.chunkers.law_article import LawArticleChunker
from haechi.chunkers.law_facts import with_law_facts
from haechi.indexes.strategies.plain import PlainStrategy
from haechi.stores.base import PreparedDocument
from haechi.types import Block, Document


def law(
    title: str, text: str, meta: Mapping[str, Any] | None = None, *, source: str = "", limit: int = 512
) -> PreparedDocument:
    """A law as ingest would prepare it; `limit` is the chunk size in tokens of two characters."""
    blocks = [Block(part) for part in text.strip("\n").split("\n\n")]
    document = with_law_facts(Document.make(source or f"{title}.md", title, blocks, meta))
    chunks = LawArticleChunker().split(document, TokenBudget(limit, lambda piece: len(piece) // 2))
    return PreparedDocument(document, chunks, PlainStrategy().entries(document, chunks))


def dated(effective: str, promulgated: str = "2020-01-01") -> dict[str, str]:
    """Front matter of a version."""
    return {"공포일자": promulgated, "시행일자": effective}

"""Documents of one source → chunks and search entries, ready for the embedder and the store.

A source that gives next to no text for its pages or its size is refused with the reason: a parser that lost the text
must not pass for a success.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from haechi.chunkers.auto import choose_unit
from haechi.chunkers.base import Chunker, SplitNotes, TokenBudget
from haechi.chunkers.law_facts import with_law_facts
from haechi.errors import ParseError
from haechi.indexes.base import IndexStrategy
from haechi.stores.base import PreparedDocument
from haechi.types import Chunk, Document, IndexEntry, content_hash

#: Fewer letters and digits than this a page (from two pages on) is no text, it is what a parser has left of one.
MIN_CHARS_PER_PAGE = 8
#: A file of this many bytes with fewer letters than a sentence has is none either.
SUSPICIOUS_BYTES = 20_000
MIN_CHARS = 8


@dataclass(frozen=True)
class Prepared:
    """`units` maps each unit that was used to the reason for it; `pages` is the highest page number, 0 without.

    `found` and `over` count the units as they stand in the text, and those of them over the embedder's limit.
    """

    documents: list[PreparedDocument]
    units: dict[str, str]
    warnings: tuple[str, ...]
    pages: int
    found: int = 0
    over: int = 0


class Preparer:
    """Chunks documents and makes their entries, with one unit, one strategy and one token budget for a run."""

    def __init__(
        self, unit: str, chunker: Callable[[str], Chunker], strategy: IndexStrategy, budget: TokenBudget
    ) -> None:
        if unit != "auto":
            chunker(unit)  # an unknown unit is an error before anything is read
        self.unit = unit
        self.chunker = chunker
        self.strategy = strategy
        self.budget = budget

    def prepare(self, documents: Sequence[Document], key: str, size: int) -> Prepared:
        """All documents of the source `key`. Raises ParseError when nothing, or suspiciously little, was read."""
        pages = max((block.page or 0 for document in documents for block in document.blocks), default=0)
        require_text(documents, size, pages)
        units: dict[str, str] = {}
        prepared = []
        seen: set[str] = set()
        budget = replace(self.budget, notes=SplitNotes())
        for document in documents:
            document = _unique(document, key, seen)
            unit, reason = (self.unit, "사용자 지정") if self.unit != "auto" else choose_unit(document)
            units.setdefault(unit, reason)
            if unit == "law_article":
                document = with_law_facts(document)
            chunks = self.chunker(unit).split(document, budget)
            prepared.append(PreparedDocument(document, chunks, entries_of(self.strategy, document, chunks)))
        if not any(document.chunks for document in prepared):
            raise ParseError("검색할 단위를 하나도 만들지 못했습니다", "no chunk could be made")
        warnings = [str(text) for document in documents for text in document.meta.get("warnings", ())]
        return Prepared(
            prepared, units, (*warnings, *budget.notes.warnings), pages, budget.notes.units, budget.notes.over
        )


def entries_of(strategy: IndexStrategy, document: Document, chunks: Sequence[Chunk]) -> list[IndexEntry]:
    """The search entries of a document. A table of contents has none: it names every topic and answers nothing."""
    return strategy.entries(document, [chunk for chunk in chunks if not chunk.meta.get("toc")])


def require_text(documents: Sequence[Document], size: int, pages: int) -> None:
    """Refuse what has no text, or far less than its pages or its size let expect."""
    letters = 0
    wanted = max(MIN_CHARS, MIN_CHARS_PER_PAGE * pages)
    for document in documents:
        pages = max(pages, int(document.meta.get("pages") or 0))
        wanted = max(wanted, MIN_CHARS_PER_PAGE * pages)
        for block in document.blocks:
            letters += sum(character.isalnum() for character in block.text[: 4 * wanted])
        if letters >= wanted:
            return
    if letters == 0:
        raise ParseError("글자를 하나도 찾지 못했습니다", "no text was found")
    if pages > 1:
        raise ParseError(
            f"{pages}쪽에서 글자를 {letters}자밖에 읽지 못했습니다. 글자가 그림이거나 파일이 깨졌을 수 있습니다. "
            "원본에서 다시 저장하거나 문자 인식(OCR)을 켜고 다시 넣어 주세요",
            f"only {letters} letters were read from {pages} pages: text as pictures, or a broken file",
        )
    if size >= SUSPICIOUS_BYTES:
        raise ParseError(
            f"{size / 1000:.0f} KB 파일에서 글자를 {letters}자밖에 읽지 못했습니다. 글자가 그림이거나 파일이 깨졌을 수 "
            "있습니다. 원본에서 다시 저장하거나 문자 인식(OCR)을 켜고 다시 넣어 주세요",
            f"only {letters} letters were read from {size / 1000:.0f} kB: text as pictures, or a broken file",
        )


def _unique(document: Document, key: str, seen: set[str]) -> Document:
    """Give a document that already lives in another source, or twice in this one, an id of its own."""
    identity = content_hash(key, document.id)
    copies = 1
    while identity in seen:
        copies += 1
        identity = content_hash(key, document.id, str(copies))
    seen.add(identity)
    return replace(document, id=identity)

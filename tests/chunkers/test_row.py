from __future__ import annotations

from haechi.chunkers.row import RowChunker
from haechi.types import Block, Document
from tests.chunkers.helpers import budget, check, letters


def test_a_row_is_one_chunk_labelled_by_its_number() -> None:
    document = Document.make("표.csv 7행", "표", [Block("값: 3")], {"row": 7})
    chunks = RowChunker().split(document, budget())
    check(document, chunks)
    assert [(chunk.label, chunk.meta) for chunk in chunks] == [("7행", {"row": 7})]


def test_a_row_up_to_the_limit_stays_whole() -> None:
    # a gold passage must not be split while the embedder can read it
    document = Document.make("표", "", [Block("가나다 마바사. " * 100)], {"row": 1})
    assert len(RowChunker().split(document, budget())) == 1


def test_a_longer_row_is_cut_and_numbered() -> None:
    document = Document.make("표", "표", [Block("이 문장은 길다. " * 300)], {"row": 2})
    chunks = RowChunker().split(document, budget())
    check(document, chunks)
    assert chunks[0].label == f"2행 (1/{len(chunks)})"
    assert letters(chunks) == len("".join(document.text.split()))

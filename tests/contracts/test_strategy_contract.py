"""What every index strategy must do: every chunk can be found, and nothing else is."""

from __future__ import annotations

import pytest

from haechi.indexes.base import IndexStrategy
from haechi.registry import load, names
from haechi.types import Block, Chunk, Document

DOCUMENT = Document.make("규정.md", "이용규정", [Block("연체료는 100원이다."), Block("휴관일은 월요일이다.")])
CHUNKS = [
    Chunk.make(DOCUMENT, 0, 11, unit="law_article", label="제1조", headings=("제1장 총칙",), meta={"article": "제1조"}),
    Chunk.make(DOCUMENT, 12, len(DOCUMENT.text), unit="law_article", label="제2조", meta={"article": "제2조"}),
]


@pytest.fixture(params=names("strategies"))
def strategy(request: pytest.FixtureRequest) -> IndexStrategy:
    made: IndexStrategy = load("strategies", request.param)()
    return made


def test_every_chunk_has_an_entry_and_every_entry_a_chunk(strategy: IndexStrategy) -> None:
    entries = strategy.entries(DOCUMENT, CHUNKS)
    assert {entry.chunk_id for entry in entries} == {chunk.id for chunk in CHUNKS}
    assert all(entry.text.strip() for entry in entries)


def test_no_chunks_give_no_entries(strategy: IndexStrategy) -> None:
    assert strategy.entries(DOCUMENT, []) == []


def test_entries_are_the_same_every_time(strategy: IndexStrategy) -> None:
    assert strategy.entries(DOCUMENT, CHUNKS) == strategy.entries(DOCUMENT, CHUNKS)

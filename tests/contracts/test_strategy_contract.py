"""What every index strategy must do: every chunk can be found, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import pytest

from haechi.config import load_config
from haechi.indexes.base import IndexStrategy
from haechi.pipeline.build import init_home, open_home
from haechi.registry import names
from haechi.types import Block, Chunk, Document

DOCUMENT = Document.make("규정.md", "이용규정", [Block("연체료는 100원이다."), Block("휴관일은 월요일이다.")])
CHUNKS = [
    Chunk.make(DOCUMENT, 0, 11, unit="law_article", label="제1조", headings=("제1장 총칙",), meta={"article": "제1조"}),
    Chunk.make(DOCUMENT, 12, len(DOCUMENT.text), unit="law_article", label="제2조", meta={"article": "제2조"}),
]


@pytest.fixture(params=names("strategies"))
def strategy(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> IndexStrategy:
    monkeypatch.setenv("HAECHI_LLM_BACKEND", "scripted")
    init_home(tmp_path / "home")
    home = open_home(load_config(tmp_path / "home"))
    request.addfinalizer(home.close)
    return home.strategy(request.param)


def test_every_chunk_has_an_entry_and_every_entry_a_chunk(strategy: IndexStrategy) -> None:
    entries = strategy.entries(DOCUMENT, CHUNKS)
    assert {entry.chunk_id for entry in entries} == {chunk.id for chunk in CHUNKS}
    assert all(entry.text.strip() for entry in entries)


def test_no_chunks_give_no_entries(strategy: IndexStrategy) -> None:
    assert strategy.entries(DOCUMENT, []) == []


def test_entries_are_the_same_every_time(strategy: IndexStrategy) -> None:
    assert strategy.entries(DOCUMENT, CHUNKS) == strategy.entries(DOCUMENT, CHUNKS)

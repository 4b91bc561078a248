"""The units sentence, page and semantic."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from haechi.chunkers.page import PageChunker
from haechi.chunkers.semantic import SemanticChunker
from haechi.chunkers.sentence import SentenceChunker
from haechi.errors import ConfigError
from haechi.types import Block, Document
from tests.chunkers.helpers import budget, check


def test_each_sentence_is_a_chunk_and_a_heading_opens_the_first() -> None:
    document = Document.make(
        "a",
        "글",
        [
            Block("1. 개요", "heading", 1, ("1. 개요",)),
            Block("첫 문장이다. 둘째는 2024. 3. 1. 문장이다.", page=1, headings=("1. 개요",)),
            Block("셋째 문장이다.", page=2),
        ],
    )
    chunks = SentenceChunker().split(document, budget())
    check(document, chunks)
    assert [chunk.text for chunk in chunks] == [
        "1. 개요\n첫 문장이다.",
        "둘째는 2024. 3. 1. 문장이다.",
        "셋째 문장이다.",
    ]
    assert [(chunk.label, chunk.page) for chunk in chunks] == [("문장 1", 1), ("문장 2", 1), ("문장 3", 2)]
    assert chunks[1].headings == ("1. 개요",)


def test_a_sentence_over_the_limit_is_cut_and_counted() -> None:
    document = Document.make("a", "글", [Block("짧다. " + "긴 말이 이어지는 " * 60 + "문장이다.")])
    noted = budget(64)
    chunks = SentenceChunker().split(document, noted)
    check(document, chunks, 64)
    assert chunks[1].label.startswith("문장 2 (1/")
    assert (noted.notes.units, noted.notes.over) == (2, 1)


def test_a_page_is_one_chunk_across_its_blocks() -> None:
    document = Document.make(
        "a", "글", [Block("하나."), Block("둘.", page=1), Block("셋.", page=1), Block("넷.", page=2), Block("다섯.")]
    )
    chunks = PageChunker().split(document, budget())
    assert [(chunk.label, chunk.text) for chunk in chunks] == [
        ("전체", "하나."),
        ("1쪽", "둘.\n셋."),
        ("2쪽", "넷.\n다섯."),
    ]


def test_a_long_page_is_cut_into_as_few_pieces_as_the_limit_allows() -> None:
    document = Document.make("a", "글", [Block("이 문장은 길이가 같은 문장이다. " * 70, page=3)])
    noted = budget()
    chunks = PageChunker().split(document, noted)
    check(document, chunks)
    assert [chunk.label for chunk in chunks] == ["3쪽 (1/3)", "3쪽 (2/3)", "3쪽 (3/3)"]
    assert noted.notes.over == 1


SWIMMING = [
    "수영장은 아침 여섯 시에 연다.",
    "수영모를 쓰지 않으면 물에 들어가지 못한다.",
    "어린이는 보호자와 함께 수영한다.",
]
BOOKS = ["도서관 책은 두 주 동안 빌린다.", "연체하면 하루에 백 원을 낸다.", "도서관은 월요일에 쉰다."]


def topics(texts: Sequence[str]) -> NDArray[np.float32]:
    """An embedder that knows two topics: how many of a window's sentences are of each."""
    rows = [
        [sum(word in text for word in ("수영", "물")) + 0.01, sum(text.count(w) for w in ("책", "연체", "도서관"))]
        for text in texts
    ]
    matrix = np.array(rows, np.float32)
    return matrix / np.linalg.norm(matrix, axis=1, keepdims=True)


def test_meaning_shifts_begin_a_chunk() -> None:
    document = Document.make("a", "글", [Block(" ".join([*SWIMMING, *BOOKS]))])
    chunks = SemanticChunker(topics, 75).split(document, budget())
    check(document, chunks)
    assert len(chunks) == 2
    assert "수영" in chunks[0].text
    assert "연체" in chunks[1].text


def test_headings_and_tables_always_end_a_semantic_chunk() -> None:
    blocks = [
        Block(SWIMMING[0]),
        Block("표제", "heading", headings=("표제",)),
        Block(SWIMMING[1], headings=("표제",)),
        Block("가 | 나\n1 | 2", "table"),
        Block(SWIMMING[2]),
    ]
    document = Document.make("a", "글", blocks)
    chunks = SemanticChunker(topics).split(document, budget())
    assert [chunk.text for chunk in chunks] == [SWIMMING[0], f"표제\n{SWIMMING[1]}", "가 | 나\n1 | 2", SWIMMING[2]]


@pytest.mark.parametrize("percentile", [0, 100])
def test_an_impossible_percentile_is_refused(percentile: float) -> None:
    with pytest.raises(ConfigError, match="semantic_percentile"):
        SemanticChunker(topics, percentile)

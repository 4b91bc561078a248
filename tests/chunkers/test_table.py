"""A table is one block: caption and header travel with every piece of it, rows stay whole and in order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from haechi.chunkers.law_article import LawArticleChunker
from haechi.chunkers.paragraph import ParagraphChunker
from haechi.chunkers.semantic import SemanticChunker
from haechi.types import Block, Chunk, Document
from tests.chunkers.helpers import budget, check

HEADER = "시설 | 사용료"
ROWS = [f"시설 {number} | {number}00원. 다만, 단체는 반액." for number in range(1, 61)]


def table(meta: dict[str, Any] | None = None, rows: list[str] | None = None, page: int | None = None) -> Block:
    return Block("\n".join([HEADER, *(rows or ROWS)]), "table", page, ("제3장",), meta or {})


def split(*blocks: Block, limit: int = 512) -> list[Chunk]:
    document = Document.make("글.hwpx", "글", blocks)
    chunks = ParagraphChunker().split(document, budget(limit))
    check(document, chunks, limit)
    return chunks


def rows_of(chunks: list[Chunk]) -> list[str]:
    return [line for chunk in chunks for line in chunk.text.split("\n")]


def test_every_piece_carries_caption_and_header_and_rows_stay_whole_and_in_order() -> None:
    chunks = split(table({"caption": "표 2. 사용료(단위: 천원)"}))
    assert len(chunks) > 3
    # Trap: a full stop inside a cell is no place to cut.
    assert rows_of(chunks) == [HEADER, *ROWS]
    for chunk in chunks:
        assert chunk.headings == ("제3장", "표 2. 사용료(단위: 천원)", HEADER.replace("\n", " / "))
        assert chunk.meta["header"] == HEADER
        assert chunk.meta["table"] is True


def test_pieces_are_labelled_by_the_table_and_its_rows() -> None:
    chunks = split(table({"caption": "표 2. 사용료"}, page=3))
    first, last = chunks[0].meta["rows"].split("~")
    assert (first, chunks[0].label, chunks[0].page) == ("1", f"표 2 1~{last}행", 3)
    assert chunks[-1].meta["rows"].endswith("~60")


def test_a_sheet_is_labelled_by_its_own_row_numbers() -> None:
    chunks = split(table({"sheet": "요율", "first_row": 4}))
    assert chunks[0].label.startswith("요율 시트 4~")
    assert chunks[-1].label.endswith("~64행")


def test_a_whole_table_keeps_its_caption_and_shares_no_chunk_with_prose() -> None:
    chunks = split(Block("앞글이다."), table({"caption": "표 1. 요금"}, ROWS[:2]), Block("뒷글이다."))
    assert [chunk.label for chunk in chunks] == ["문단 1", "표 1", "문단 3"]
    assert chunks[1].headings == ("제3장", "표 1. 요금")
    assert "rows" not in chunks[1].meta


def test_two_header_rows_travel_both() -> None:
    block = Block("\n".join(["구분 | 요금 | 요금", "구분 | 평일 | 주말", *ROWS]), "table", meta={"header_rows": 2})
    chunks = split(block)
    assert all(chunk.headings == ("구분 | 요금 | 요금 / 구분 | 평일 | 주말",) for chunk in chunks)
    assert chunks[0].meta["header"] == "구분 | 요금 | 요금\n구분 | 평일 | 주말"
    assert chunks[0].meta["rows"].startswith("1~")


def test_a_table_without_header_repeats_nothing() -> None:
    chunks = split(Block("\n".join(ROWS), "table", meta={"header_rows": 0}))
    assert all(chunk.headings == () and "header" not in chunk.meta for chunk in chunks)
    assert chunks[0].meta["rows"].startswith("1~")


def test_a_row_over_the_budget_is_cut_between_its_cells() -> None:
    cells = [f"{number}번째 칸의 내용" for number in range(60)]
    chunks = split(Block(HEADER + "\n" + " | ".join(cells), "table"), limit=80)
    pieces = [chunk.text for chunk in chunks if chunk.text != HEADER]
    assert len(pieces) > 3
    found = [cell.strip() for piece in pieces for cell in piece.removeprefix(HEADER).strip().strip("|").split(" | ")]
    assert [cell for cell in found if cell] == cells


def test_the_heading_before_a_table_goes_with_its_first_piece() -> None:
    chunks = split(Block("제3장 요금", "heading", headings=("제3장",)), table())
    assert chunks[0].text.startswith(f"제3장 요금\n{HEADER}\n시설 1 |")


def test_a_table_of_contents_is_a_chunk_of_its_own() -> None:
    chunks = split(Block("앞글이다."), Block("제1장 총칙 … 3\n제2장 요금 … 9", meta={"toc": True}), Block("뒷글이다."))
    assert [bool(chunk.meta.get("toc")) for chunk in chunks] == [False, True, False]


ARTICLES = [Block(f"제{number}조(조{number}) 이 조는 {number}번이다.") for number in (1, 2, 3)]


@pytest.mark.parametrize("meta", [{}, {"caption": "창작공방 장비"}])
def test_a_byeolpyo_of_amounts_stays_a_table(meta: dict[str, Any]) -> None:
    blocks = [*ARTICLES, Block("[별표 1] 시설 사용료"), table(meta)]
    document = Document.make("규정.hwpx", "규정", blocks)
    chunks = LawArticleChunker().split(document, budget())
    check(document, chunks)
    pieces = [chunk for chunk in chunks if chunk.label == "별표 1"]
    assert len(pieces) > 3
    assert rows_of(pieces) == ["[별표 1] 시설 사용료", HEADER, *ROWS]
    assert all(piece.headings[-1] == HEADER and piece.meta["header"] == HEADER for piece in pieces)
    assert all((meta.get("caption") in piece.headings) == bool(meta) for piece in pieces)
    assert pieces[1].meta["article"] == "별표 1"
    assert pieces[-1].meta["rows"].endswith("~60")


def test_a_heading_before_a_table_of_contents_is_not_lost() -> None:
    # Trap: a single line before a table opens it, but the contents stand alone.
    document = Document.make(
        "글.hwpx",
        "글",
        [
            Block("차례", "heading", None, ("차례",)),
            Block("제1장 총칙 | 3\n제2장 요금 | 9", "table", None, (), {"toc": True}),
        ],
    )
    chunks = SemanticChunker(lambda texts: np.ones((len(texts), 1), np.float32)).split(document, budget(512))
    assert "차례" in "".join(chunk.text for chunk in chunks)

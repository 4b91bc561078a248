from __future__ import annotations

from haechi.chunkers.paragraph import ParagraphChunker
from haechi.types import Block, Chunk, Document
from tests.chunkers.helpers import budget, check, letters


def split(blocks: list[Block], limit: int = 512) -> list[Chunk]:
    document = Document.make("글.txt", "글", blocks)
    chunks = ParagraphChunker().split(document, budget(limit))
    check(document, chunks, limit)
    assert letters(chunks) == len("".join(document.text.split())), "no letter may be lost"
    return chunks


def test_small_paragraphs_are_merged_up_to_the_target() -> None:
    chunks = split([Block("짧은 문단이다. " * 5) for _ in range(30)])
    assert 1 < len(chunks) < 10
    assert [chunk.label for chunk in chunks][:2] == ["문단 1", "문단 2"]


def test_a_long_paragraph_is_cut_at_sentence_ends() -> None:
    chunks = split([Block("이 문장은 2023. 5. 30. 에 쓴 3.5% 문장이다. " * 100)])
    assert len(chunks) > 3
    assert all(chunk.text.endswith("문장이다.") for chunk in chunks)


def test_a_line_of_60_000_characters_without_a_space_stays_within_the_limit() -> None:
    assert len(split([Block("가" * 60_000)])) > 50


def test_a_heading_opens_its_chunk_and_is_never_one_alone() -> None:
    blocks = [
        Block("제1부", "heading", None, ("제1부",)),
        Block("가. 배경", "heading", None, ("제1부", "가. 배경")),
        Block("배경이다.", headings=("제1부", "가. 배경")),
        Block("나. 결론", "heading", None, ("제1부", "나. 결론")),
        Block("길다. " * 400, headings=("제1부", "나. 결론")),
    ]
    chunks = split(blocks)
    assert chunks[0].text == "제1부\n가. 배경\n배경이다."
    assert [chunk.label for chunk in chunks[:3]] == ["가. 배경", "나. 결론", "나. 결론 (2)"]
    assert chunks[1].text.startswith("나. 결론\n길다.")


def test_different_headings_are_never_merged() -> None:
    assert len(split([Block("가.", headings=("가",)), Block("나.", headings=("나",))])) == 2


def test_the_page_survives_as_label() -> None:
    chunks = split([Block("첫 쪽이다.", page=1), Block("둘째 쪽이다.", page=2)])
    assert [(chunk.label, chunk.page) for chunk in chunks] == [("1쪽", 1), ("2쪽", 2)]


def test_a_page_break_inside_a_sentence_does_not_cut_it() -> None:
    chunks = split([Block("문장이 다음 쪽으로", page=1), Block("이어진다.", page=2)])
    assert [chunk.page for chunk in chunks] == [1]


def test_a_table_stays_whole_up_to_the_limit() -> None:
    rows = "\n".join(f"시설 {number} | {number}00원" for number in range(45))
    assert len(split([Block(f"시설 | 사용료\n{rows}", "table")])) == 1


def test_a_longer_table_is_cut_between_rows_and_keeps_its_header_in_the_headings() -> None:
    rows = "\n".join(f"시설 {number} | {number}00원" for number in range(400))
    chunks = split([Block(f"시설 | 사용료\n{rows}", "table")])
    assert len(chunks) > 3
    assert all(chunk.headings == ("시설 | 사용료",) for chunk in chunks)
    assert all(chunk.text.endswith("원") for chunk in chunks)


def test_a_small_limit_is_never_exceeded() -> None:
    blocks = [
        Block("제목 " * 20, "heading", None, ("제목 " * 20,)),
        Block("본문이다. " * 300, headings=("제목 " * 20,)),
    ]
    split(blocks, limit=40)

"""What every chunker of the registry must hold, for documents that fit its unit and for those that do not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haechi import registry
from haechi.types import Block, Document
from tests.chunkers.helpers import budget, check, letters, made

CHUNKERS = sorted(registry.BACKENDS["chunkers"])

SHORT_LINES = """제1장 총칙
제1조(목적) 이 규정은 목적을 정한다.
제2조(정의)
제3조제1항에 따른 것
제35조 삭제 <2020. 1. 1.>
① 첫째 항이다.
② 둘째 항이다.
1. 첫째 호이다.
2. 둘째 호이다.
가. 목이다.
부칙 <제1호, 2020. 1. 1.>
[별표 1] 요금표
별표 1과 같다.

 """.split("\n")
LINES = st.sampled_from(
    [*SHORT_LINES, "이 문장은 여러 번 되풀이되는 긴 문장이다. " * 20, "가" * 3000, "칸 | " * 200 + "끝"]
)
METAS = st.sampled_from(
    [{}, {}, {"caption": "표 1. 요금"}, {"sheet": "요율", "first_row": 3}, {"header_rows": 0}, {"toc": True}]
)
BLOCKS = st.builds(
    lambda lines, kind, page, meta: Block("\n".join(lines), kind, page, ("제목",) if kind == "heading" else (), meta),
    st.lists(LINES, min_size=1, max_size=5),
    st.sampled_from(["paragraph", "heading", "table", "list"]),
    st.sampled_from([None, 1, 2]),
    METAS,
)


@pytest.mark.parametrize("name", CHUNKERS)
@given(blocks=st.lists(BLOCKS, max_size=8), limit=st.sampled_from([64, 128, 512]))
@settings(max_examples=60, deadline=None)
def test_chunks_are_exact_slices_in_order_within_the_limit(name: str, blocks: list[Block], limit: int) -> None:
    document = Document.make("자료.txt", "자료", blocks)
    noted = budget(limit)
    chunks = made(name).split(document, noted)
    check(document, chunks, limit, may_overlap=name == "fixed")
    assert noted.notes.over <= noted.notes.units
    assert len({chunk.id for chunk in chunks}) == len(chunks)
    assert all(chunk.label and chunk.document_id == document.id for chunk in chunks)


@pytest.mark.parametrize("name", ["paragraph", "row", "sentence", "page", "semantic"])
@given(blocks=st.lists(BLOCKS, max_size=8))
@settings(max_examples=40, deadline=None)
def test_no_letter_is_lost(name: str, blocks: list[Block]) -> None:
    document = Document.make("자료.txt", "자료", blocks)
    chunks = made(name).split(document, budget())
    assert letters(chunks) == len("".join(document.text.split()))


@pytest.mark.parametrize("name", CHUNKERS)
def test_a_document_without_text_has_no_chunks(name: str) -> None:
    assert made(name).split(Document.make("빈.txt", "빈", []), budget()) == []

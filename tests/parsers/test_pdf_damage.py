"""Files that are damaged, forged or made to cost time: a reason, or the text; never a hang."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from haechi import registry
from haechi.errors import ParseError
from haechi.parsers.base import ParseOptions
from haechi.types import Document
from tests.parsers.pdf_maker import Page, draw_pdf

BODY = "본문은 이 크기로 길게 이어지며 문서에서 가장 많은 글자가 이 크기로 적혀 있다."
BOTH = pytest.mark.parametrize("name", ["pdf", "pdf_plumber"])


def page() -> Page:
    return Page().lines(40, 40, [BODY] * 3).table(40, 300, [80, 80, 80], [["가", "나", "다"]] * 3)


def parse(path: Path, data: bytes, name: str = "pdf") -> Document:
    path.write_bytes(data)
    parser = registry.load("parsers", name)()
    documents: list[Document] = parser.parse(path, path.name, ParseOptions())
    return documents[0]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "가.pdf"


@BOTH
def test_an_encrypted_file_is_refused_with_the_reason(file: Path, name: str) -> None:
    with pytest.raises(ParseError, match="암호"):
        parse(file, draw_pdf([page()], encrypted=True), name)


@BOTH
@pytest.mark.parametrize("count", [100_000, 10_000_000])
def test_a_forged_page_count_ends_at_once(file: Path, name: str, count: int) -> None:
    started = time.monotonic()
    try:
        assert parse(file, draw_pdf([page()], count=count), name).meta["pages"] == 1
    except ParseError as error:
        assert "쪽이 깨져" in error.korean
    assert time.monotonic() - started < 5


def test_a_wrong_place_of_the_cross_reference_is_repaired(file: Path) -> None:
    assert BODY in parse(file, draw_pdf([page()]).replace(b"startxref\n", b"startxref\n99")).text


@pytest.mark.parametrize("box", [(0, 0, 10**9, 10**9), (0, 0, 0, 0)])
def test_a_page_of_any_size_is_read(file: Path, box: tuple[int, int, int, int]) -> None:
    assert parse(file, draw_pdf([Page(media_box=box).text(40, 40, BODY)])).text == BODY


def test_a_drawing_of_thousands_of_lines_costs_no_table_search_and_is_reported(file: Path) -> None:
    drawing = Page().text(40, 40, BODY)
    for number in range(21_000):
        drawing.line(number % 500, 100 + number % 600, number % 500 + 20, 100 + number % 600)
    started = time.monotonic()
    document = parse(file, draw_pdf([drawing]))
    assert "표를 찾지 않고" in document.meta["warnings"][0]
    assert document.text == BODY
    assert time.monotonic() - started < 5


def test_many_pages_with_next_to_no_text_are_a_failure_not_a_success(file: Path) -> None:
    # trap: a scan often has a text layer that holds nothing but page numbers
    pages = [Page().text(300, 400, word) for word in ("가", "나", "다", "라", "마", "바")]
    with pytest.raises(ParseError, match="6자밖에"):
        parse(file, draw_pdf(pages))


def test_truncated_and_flipped_files_give_text_or_a_reason(file: Path) -> None:
    chance = random.Random(7)
    whole = draw_pdf([page(), page()])
    for number in range(60):
        data = bytearray(whole)
        if number % 2:
            del data[chance.randrange(len(data)) :]
        else:
            for _ in range(20):
                data[chance.randrange(len(data))] = chance.randrange(256)
        try:
            assert parse(file, bytes(data)).text.strip()
        except ParseError as error:
            assert file.name in error.korean

from __future__ import annotations

import re
from pathlib import Path

import pytest

from haechi.errors import ParseError
from haechi.parsers.base import ParseOptions
from haechi.parsers.pdf import PdfParser
from haechi.parsers.pdf_lines import join_lines, word_breaks
from haechi.parsers.pdf_page import Line
from haechi.types import Document
from tests.chunkers.helpers import shared_data
from tests.parsers.pdf_maker import make_pdf

FIXTURES = sorted((shared_data() / "fixtures" / "pdf").glob("*.pdf"))


def parse(path: Path, pages: list[list[str]]) -> Document:
    path.write_bytes(make_pdf(pages))
    return PdfParser().parse(path, path.name, ParseOptions())[0]


def joined(lines: list[str]) -> list[str]:
    """The paragraphs of lines set below each other, a character as wide as its size."""
    right = max(map(len, lines)) * 10.0
    placed = [
        Line(text, 0, 16 * row, len(text) * 10.0, 16 * row + 10, 10, left=0, right=right)
        for row, text in enumerate(lines)
    ]
    return [paragraph.text for paragraph in join_lines(placed, word_breaks(lines))]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "안내서.pdf"


def test_pages_are_counted_from_one(file: Path) -> None:
    document = parse(file, [["첫째 쪽이다."], ["둘째 쪽이다."]])
    assert [(block.page, block.text) for block in document.blocks] == [(1, "첫째 쪽이다."), (2, "둘째 쪽이다.")]
    assert (document.title, document.meta["pages"]) == ("안내서", 2)


def test_running_headers_footers_and_page_numbers_are_removed(file: Path) -> None:
    pages = [
        ["가온누리 안내서", f"{name} 쪽의 본문이다.", f"- {number} -"] for number, name in enumerate("일이삼사", 1)
    ]
    assert [block.text for block in parse(file, pages).blocks] == [f"{name} 쪽의 본문이다." for name in "일이삼사"]


def test_a_page_without_text_is_reported(file: Path) -> None:
    assert "2쪽" in parse(file, [["글이다."], [], ["글이다."]]).meta["warnings"][0]


def test_a_pdf_without_any_text_layer_is_refused(file: Path) -> None:
    with pytest.raises(ParseError, match="텍스트 층"):
        parse(file, [[], []])


def test_a_font_without_a_character_map_is_refused_not_indexed_as_nonsense(file: Path) -> None:
    # trap: some Korean PDFs give syllables shifted to others, with private use characters between them
    with pytest.raises(ParseError, match="대응표"):
        parse(file, [["".join(f"헪\uf613\ue32a{character}" for character in "뫃헣몋햏뮪퍋")]])


@pytest.mark.parametrize("data", [b"%PDF-1.7\nbroken", b"no pdf at all", make_pdf([["글"]])[:200]])
def test_a_broken_pdf_is_refused(file: Path, data: bytes) -> None:
    file.write_bytes(data)
    with pytest.raises(ParseError, match="깨진 PDF"):
        PdfParser().parse(file, file.name, ParseOptions())


def test_lines_broken_inside_a_word_are_joined_by_the_documents_own_words() -> None:
    # trap: Korean PDFs break lines anywhere and keep no trace of whether a space stood there
    lines = [
        "이 규정은 공단이 관리하는 시설의 이용과 운영에 필요한 사항을 정한다고 하는 기본계획",
        "수립을 위한 것이며 그 밖의 필요한 모든 일은 위원회가 따로 정하는 것으로 하는 개인정",
        "보 처리의 기준이다.",
        "그 개인정보 보호와 그 기본계획 수립을 함께 본다.",
    ]
    text = joined(lines)[0]
    assert "기본계획 수립을" in text
    assert "개인정보 처리의" in text


def test_torn_particles_and_endings_are_joined_and_tell_that_lines_break_anywhere() -> None:
    lines = [
        "고금리 기조가 이어진 가운데 국내 시장의 변동성 우려가 다시 심화되었",
        "습니다. 특히 통신과 보험 업종이 강세를 보였으나 화학 업종은 재고 감소",
        "를 겪었고, 기타 업종에서는 수출이 늘어난 것으로 나타났다고 하며 위원회",
        "는 이를 승인하는 절차를 거쳐 그 결과를 공개하고 다음 회의에서 논의할",
        "예정이다.",
    ]
    text = joined(lines)[0]
    assert "심화되었습니다" in text
    assert "감소를" in text
    assert "위원회는" in text
    assert "논의할 예정이다" in text


def test_a_minus_at_a_line_end_stays_with_its_figure() -> None:
    # trap: PDFium reports a hyphen at the end of a line as a soft one; here it is the sign of a loss
    lines = ["업종별로 보면 화학이 올랐고 조선은 크게 내려 한 달 수익률이 (-", "13.5%)였다."]
    assert "(-13.5%)" in joined(lines)[0]


def test_a_marked_unit_opens_a_paragraph_and_a_short_line_ends_one() -> None:
    full = "가나다라마바사 아자차카타파하 가나다라마바사 아자차카타파하"
    lines = [full, "제2조(정의) 뜻이다.", full, "① 첫째 항이다.", "짧다.", full, "이어진다."]
    assert [text[:6] for text in joined(lines)] == [
        "가나다라마바",
        "제2조(정의",
        "가나다라마바",
        "① 첫째 항",
        "짧다.",
        "가나다라마바",
    ]


@pytest.mark.skipif(not FIXTURES, reason="the shared PDF fixtures are absent (set HAECHI_SHARED_DATA)")
@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.name[:20])
def test_real_pdfs_agree_with_another_reader(path: Path) -> None:
    pypdf = pytest.importorskip("pypdf", reason="pypdf is not installed")
    try:
        document = PdfParser().parse(path, path.name, ParseOptions())[0]
    except ParseError as error:
        assert "대응표" in str(error)
        return
    # The first pages are enough: the other reader is some thirty times slower.
    other = "".join(page.extract_text() for page in pypdf.PdfReader(path).pages[:8])
    ours = _bigrams("".join(block.text for block in document.blocks if (block.page or 0) <= 8))
    theirs = _bigrams(other)
    assert len(ours & theirs) >= 0.95 * len(ours)
    assert len(ours & theirs) >= 0.93 * len(theirs)


def _bigrams(text: str) -> set[str]:
    letters = "".join(re.findall("[가-힣]", text))
    return {letters[index : index + 2] for index in range(len(letters) - 1)}

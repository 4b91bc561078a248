# ruff: noqa: E501
"""Pieces by length: the classic splitters' counts on a page of ours, and honesty when nothing could be cut."""

from __future__ import annotations

import itertools

import pytest

from haechi.chunkers.fixed import FixedChunker
from haechi.chunkers.fixed_split import split_characters, split_recursively
from haechi.errors import ConfigError
from haechi.types import Block, Document
from tests.chunkers.helpers import budget, check

PAGE = """생성형 인공지능 활용 안내
새봄시는 직원이 생성형 인공지능을 업무에 쓸 때 지켜야 할 사항을 다음과 같이 안내한다. 이 안내는 모든 부서와 소속 기관에 적용한다.
1. 입력하지 않을 정보
주민등록번호와 계좌번호 등 개인정보, 공개하지 않은 정책과 계약 내용은 입력하지 않는다. 민원인의 글을 그대로 옮겨 붙이는 일도 삼간다.
내부망 자료를 요약할 때에는 기관이 승인한 도구만 쓴다. 승인 목록은 정보화담당관이 분기마다 고쳐 알린다.
2. 결과를 확인하는 방법
인공지능이 만든 문장은 사실과 다를 수 있다. 숫자와 날짜, 법령 조문은 반드시 원문과 맞추어 본다.
외부에 내보내는 문서에는 담당자의 검토를 거쳤다는 사실을 남긴다. 검토하지 않은 결과물을 보도자료나 답변서에 쓰지 않는다.
3. 저작권과 출처
다른 사람의 글이나 그림을 넣어 새로운 결과를 만들 때에는 이용 조건을 먼저 확인한다. 출처가 필요한 자료에는 출처를 적는다.
결과물에 도구의 이름과 사용한 날을 함께 적어 두면 나중에 다시 확인하기 쉽다.
4. 사고가 났을 때
비공개 정보를 잘못 입력한 사실을 알게 되면 곧바로 부서장과 정보보안 담당자에게 알린다. 알린 시각과 조치한 내용을 기록으로 남긴다.
도구의 대화 기록을 지울 수 있으면 지우고, 운영 회사에 삭제를 요청한다. 같은 일이 되풀이되지 않도록 부서 교육에 사례로 쓴다.
5. 교육과 문의
모든 직원은 한 해에 두 시간 이상 교육을 받는다. 새로 들어온 직원은 한 달 안에 기초 과정을 마친다.
궁금한 점은 정보화담당관에게 묻는다. 자주 묻는 내용은 내부 게시판에 모아 두며, 안내는 해마다 한 번 고친다.
6. 도구를 고르는 기준
새 도구를 쓰려는 부서는 목적과 다루는 자료, 보관 기간을 적어 정보화담당관과 먼저 협의한다. 무료 도구라도 약관에 입력한 내용을 학습에 쓴다고 적혀 있으면 업무에 쓰지 않는다.
승인한 도구는 해마다 다시 살피고, 사고가 난 도구는 원인이 밝혀질 때까지 쓰지 않는다. 그동안은 대신 쓸 도구를 게시판에 알린다."""

#: Sixty pages that differ, with blank lines between the numbered parts of every second one.
PAGES = [
    (PAGE if number % 2 else PAGE.replace("\n2.", "\n\n2.").replace("\n4.", "\n\n4.")).replace(
        "새봄시", f"제{number}구"
    )
    for number in range(1, 61)
]
BOOK = "\n".join(PAGES)
SEPARATORS = ["\n\n", "\n", " ", ""]


# The counts are those that LangChain's splitters (1.1.3) gave for these texts; 3,000 random texts agreed as well.
@pytest.mark.parametrize(
    ("size", "overlap", "separator", "one_page", "sixty_pages"),
    [
        (100, 10, "\n\n", 1, 61),
        (100, 10, "\n", 13, 780),
        (100, 10, " ", 11, 660),
        (100, 0, " ", 10, 600),
        (200, 20, " ", 6, 330),
        (200, 15, "\n", 6, 360),
    ],
)
def test_one_separator_gives_the_classic_counts(
    size: int, overlap: int, separator: str, one_page: int, sixty_pages: int
) -> None:
    assert len(split_characters(PAGE, size, overlap, separator)) == one_page
    assert len(split_characters(BOOK, size, overlap, separator)) == sixty_pages


@pytest.mark.parametrize(
    ("size", "overlap", "one_page", "sixty_pages"), [(500, 50, 3, 150), (1000, 50, 1, 90), (1000, 200, 1, 90)]
)
def test_several_separators_give_the_classic_counts(size: int, overlap: int, one_page: int, sixty_pages: int) -> None:
    assert len(split_recursively(PAGE, size, overlap, SEPARATORS)) == one_page
    assert len(split_recursively(BOOK, size, overlap, SEPARATORS)) == sixty_pages


def test_neighbours_share_at_most_the_overlap_and_nothing_is_lost() -> None:
    spans = split_characters(PAGE, 200, 20, " ")
    assert any(first[0] < last[1] for last, first in itertools.pairwise(spans))
    assert all(last[1] - first[0] <= 20 for last, first in itertools.pairwise(spans))
    assert "".join("".join(PAGE[start:end].split()) for start, end in split_characters(PAGE, 100, 0, " ")) == "".join(
        PAGE.split()
    )


def document(*blocks: str) -> Document:
    return Document.make("안내.txt", "안내", [Block(text, page=number) for number, text in enumerate(blocks, 1)])


def test_a_separator_that_never_occurs_cuts_nothing_and_says_so() -> None:
    # Trap: a blank line as separator on a page without blank lines silently returned one oversize piece.
    assert split_characters(PAGE, 100, 10, "\n\n") == [(0, len(PAGE))]
    noted = budget(120)
    chunks = FixedChunker(100, 10, ["\n\n"]).split(document(PAGE), noted)
    check(document(PAGE), chunks, 120)
    assert len(chunks) > 1  # the embedder's limit is never exceeded
    assert {chunk.label.split(" (")[0] for chunk in chunks} == {"조각 1"}
    nothing_cut, cut_again = noted.notes.warnings
    assert "하나도 나누지 못했습니다" in nothing_cut
    assert str(len(PAGE)) in nothing_cut
    assert "다시 나누었습니다" in cut_again
    assert (noted.notes.units, noted.notes.over) == (1, 1)


def test_settings_that_fit_are_reported_by_nothing() -> None:
    noted = budget()
    chunks = FixedChunker(200, 20, [" "]).split(document(PAGE), noted)
    assert len(chunks) == 6
    assert noted.notes.warnings == []
    assert (noted.notes.units, noted.notes.over) == (6, 0)


def test_neighbouring_blocks_count_as_separated_by_a_blank_line() -> None:
    chunks = FixedChunker(100, 0, ["\n\n"]).split(document("가" * 90, "나" * 90, "다" * 5), budget())
    assert [(chunk.text[0], chunk.page) for chunk in chunks] == [("가", 1), ("나", 2)]
    assert chunks[1].text == "나" * 90 + "\n" + "다" * 5


def test_a_piece_inside_a_table_carries_its_header() -> None:
    rows = "\n".join(f"시설 {number} | {number}00원" for number in range(40))
    block = Block(f"시설 | 사용료\n{rows}", "table", meta={"caption": "표 1. 사용료"})
    chunks = FixedChunker(150, 0, ["\n"]).split(Document.make("a", "글", [block]), budget())
    assert len(chunks) > 2
    assert all(chunk.headings == ("표 1. 사용료", "시설 | 사용료") for chunk in chunks[1:])


@pytest.mark.parametrize(
    ("size", "overlap", "separators"), [(0, 0, ["a"]), (10, 10, ["a"]), (10, -1, ["a"]), (9, 1, [])]
)
def test_impossible_settings_are_refused(size: int, overlap: int, separators: list[str]) -> None:
    with pytest.raises(ConfigError, match="fixed_size"):
        FixedChunker(size, overlap, separators)

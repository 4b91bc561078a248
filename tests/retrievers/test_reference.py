"""A question that names a law and an article gets exactly that article."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from haechi.indexes.strategies.plain import PlainStrategy
from haechi.retrievers.reference import ReferenceFinder
from haechi.stores.base import PreparedDocument
from haechi.types import Chunk
from tests.retrievers.home import SmallHome, articles

LAW, DECREE, LONG, CIVIL = "근로기준법", "근로기준법 시행령", "공공기관의 운영에 관한 법률", "민법"


def article(number: str, text: str, part: str = "본문", **more: str) -> tuple[str, str, dict[str, str]]:
    return (
        f"{part} {number}" if part == "부칙" else number,
        f"{number} {text}",
        {"article": number, "part": part, **more},
    )


@pytest.fixture
def home(tmp_path: Path) -> SmallHome:
    home = SmallHome(tmp_path)
    home.write(
        [
            articles(
                LAW,
                article("제60조", "① 연차 유급휴가", paragraph="제1항"),
                article("제60조", "② 한 달 개근한 휴가", paragraph="제2항"),
                article("제60조의2", "휴가의 대체"),
                article("제61조", "삭제"),
                article("제1조", "목적"),
                article("제2조", "정의"),
                article("제2조", "시행일 적용례와 정의의 정의", part="부칙"),
            ),
            articles(DECREE, article("제60조", "휴가 수당의 지급"), article("제2조", "정의")),
            articles(LONG, article("제4조", "공공기관의 지정"), article("제77조", "벌칙")),
            articles(CIVIL, article("제3조", "권리능력의 존속기간")),
        ]
    )
    return home


def best(home: SmallHome, question: str) -> tuple[str, str]:
    hit = home.retriever().retrieve(question, 2)[0]
    return hit.document_title, hit.chunk.label


@pytest.mark.parametrize(
    "question",
    [
        "근로기준법 제60조의2는 무슨 내용인가요?",
        "근로기준법 60조의2",
        "「근로기준법」 제60조의2",
        "근로 기준법 제 60 조의 2 알려줘",
        "근로기준법상 제60조의2",
        "근로기준법제60조의2에서 정하는 것",
    ],
)
def test_spacing_brackets_and_a_missing_prefix_do_not_matter(home: SmallHome, question: str) -> None:
    assert best(home, question) == (LAW, "제60조의2")


def test_a_name_with_spaces_may_be_written_without(home: SmallHome) -> None:
    assert best(home, "공공기관의운영에관한법률 제4조") == (LONG, "제4조")
    assert best(home, "공공기관의 운영에 관한 법률 4조는?") == (LONG, "제4조")


def test_the_longest_name_wins(home: SmallHome) -> None:
    assert best(home, "근로기준법 시행령 제60조") == (DECREE, "제60조")
    assert best(home, "근로기준법시행령 제2조") == (DECREE, "제2조")


def test_the_asked_paragraph_comes_first(home: SmallHome) -> None:
    hits = home.retriever().retrieve("근로기준법 제60조제2항", 2)
    assert [hit.chunk.meta["paragraph"] for hit in hits] == ["제2항", "제1항"]


def test_a_deleted_article_is_still_found(home: SmallHome) -> None:
    assert best(home, "근로기준법 제61조는 어떤 내용이야?") == (LAW, "제61조")


def test_the_supplementary_provisions_never_answer_for_the_body(home: SmallHome) -> None:
    # The 부칙 article repeats the question's words more often than the body's.
    assert best(home, "근로기준법 제2조 정의 시행일 적용례") == (LAW, "제2조")
    assert best(home, "근로기준법 부칙 제2조") == (LAW, "부칙 제2조")


def test_two_articles_get_one_place_each(home: SmallHome) -> None:
    hits = home.retriever().retrieve("근로기준법 제60조와 제61조의 차이", 2)
    assert {hit.chunk.meta["article"] for hit in hits} == {"제60조", "제61조"}


def test_a_bare_article_is_looked_up_only_when_one_document_has_it(home: SmallHome) -> None:
    assert best(home, "제77조는 무엇인가요?") == (LONG, "제77조")
    signals = [hit.signals for hit in home.retriever().retrieve("제2조는 무엇인가요?", 5)]
    assert not any("reference" in item for item in signals)


def test_an_unknown_law_is_not_answered_by_a_known_one(home: SmallHome) -> None:
    # 난민법 ends with 민법, and 제3조 exists only there.
    finder = ReferenceFinder(home.store)
    assert finder.find("난민법 제3조") == []
    assert finder.find("우주개발진흥법 제3조") == []
    assert [reference.law for reference in finder.find("민법 제3조")] == ["민법"]


def test_the_named_law_counts_not_one_mentioned_later(home: SmallHome) -> None:
    assert best(home, "근로기준법 제60조는 근로기준법 시행령과 어떻게 다른가요?")[0] == LAW


def test_an_article_that_does_not_exist_leaves_ordinary_search(home: SmallHome) -> None:
    hits = home.retriever().retrieve("근로기준법 제999조 연차 유급휴가", 2)
    assert hits
    assert not any("reference" in hit.signals for hit in hits)


def test_money_is_no_article(home: SmallHome) -> None:
    assert ReferenceFinder(home.store).find("예산 3조 원은 얼마인가요?") == []


def test_filters_hold_for_named_articles_too(home: SmallHome) -> None:
    from haechi.retrievers.base import Filters

    hits = home.retriever().retrieve("근로기준법 제60조", 5, Filters({"title": DECREE}))
    assert {hit.document_title for hit in hits} == {DECREE}


def test_a_row_whose_title_names_the_article_comes_first(tmp_path: Path) -> None:
    home = SmallHome(tmp_path)
    home.write(
        [
            articles("소방기본법 제2조(정의)", ("1행", "소방대상물이란 건축물을 말한다", {})),
            articles("소방기본법 제2조의2(책무)", ("2행", "소방기본법 제2조 소방기본법 제2조 국가의 책무", {})),
        ]
    )
    assert best(home, "소방기본법 제2조")[0] == "소방기본법 제2조(정의)"


def test_only_the_named_laws_articles_are_read_however_many_laws_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The trap: every law has a 제2조. With 1,000 laws, reading them all took 200 ms a question.
    home = SmallHome(tmp_path)
    laws = ["".join(pair) for pair in product("가나다라마바사아", "공기도로세금토지", ["법"])]
    home.write([articles(name, article("제2조", f"{name} 정의"), source=f"{name}.md") for name in laws])
    finder, read = ReferenceFinder(home.store), []
    hits = home.store.hits
    monkeypatch.setattr(home.store, "hits", lambda ids: read.append(len(ids)) or hits(ids))
    (reference,) = finder.find("라기법 제2조의 뜻은?")
    assert [hit.document_title for hit in finder.entries(reference).values()] == ["라기법"]
    assert read == [1]


def test_a_law_is_found_by_the_name_in_its_metadata_too(tmp_path: Path) -> None:
    home = SmallHome(tmp_path)
    home.write([articles(LAW, article("제2조", "정의")), articles("표 1", article("제2조", "행", law="근로 기준법"))])
    finder = ReferenceFinder(home.store)
    (reference,) = finder.find("근로기준법 제2조")
    assert {hit.document_title for hit in finder.entries(reference).values()} == {LAW}
    document = replace(articles("표 2", article("제2조", "행")).document, meta={"law": "근로 기준법"})
    chunk = Chunk.make(document, 0, len(document.text), unit="row", label="1행", meta={"article": "제2조"})
    home.write([PreparedDocument(document, [chunk], PlainStrategy().entries(document, [chunk]))], "/b")
    assert {hit.document_title for hit in finder.entries(reference).values()} == {LAW, "표 2"}

"""A question that names a 항, 호, 목, 별표 or 부칙 gets exactly that unit, whatever the chunk it stands in."""

from __future__ import annotations

from pathlib import Path

import pytest

from haechi.retrievers.base import Filters
from haechi.types import Hit
from tests.retrievers.home import SmallHome
from tests.retrievers.laws import law

LEAVE = """제1장 총칙

제1조(목적) 이 규정은 휴가를 정한다.

제2조(정의) 이 규정에서 쓰는 말은 다음과 같다.
1. 휴가란 일하지 않는 날을 말한다.
2. 직원이란 다음 각 목의 사람을 말한다.
가. 정규직
나. 계약직

제2장 휴가

제60조(연차) ① 한 해에 15일을 준다.
② 한 달을 개근하면 하루를 준다.
③ 다음 각 호의 기간은 출근한 것으로 본다.
1. 병가
2. 출산 휴가

제61조(병가) 병가는 60일로 한다.

부칙 <제1호, 2020. 1. 1.>

제1조(시행일) 이 규정은 공포한 날부터 시행한다.

제2조(경과) ① 처음 규정의 경과조치
② 처음 규정의 특례

부칙 <제7호, 2023. 5. 1.>

제1조(시행일) 이 규정은 공포한 날부터 시행한다.

제2조(적용례) ① 나중 규정의 적용례
② 나중 규정의 특례

[별표 1] 휴가 일수

1. 경조 휴가: 5일
2. 포상 휴가: 3일

[별표 2] 수당

1. 연차 수당
가. 하루 10만 원"""

RULES = """제1조(목적) 이 규정은 여비를 정한다.

제60조(여비) ① 여비는 실비로 한다.
② 일비는 2만 원으로 한다.

제61조(끝) 끝"""


@pytest.fixture(params=[512, 40], ids=["whole articles", "articles in pieces"])
def home(tmp_path: Path, request: pytest.FixtureRequest) -> SmallHome:
    home = SmallHome(tmp_path)
    home.write([law("휴가 규정", LEAVE, limit=request.param), law("여비 규정", RULES, limit=request.param)])
    return home


def first(home: SmallHome, question: str) -> Hit:
    return home.retriever().retrieve(question, 3)[0]


@pytest.mark.parametrize(
    ("question", "label", "text"),
    [
        ("휴가 규정 제60조 제2항", "제60조제2항", "② 한 달을 개근하면 하루를 준다."),
        ("휴가규정 60조 1항은?", "제60조제1항", "① 한 해에 15일을 준다."),
        ("휴가 규정 제60조제3항제2호", "제60조제3항제2호", "2. 출산 휴가"),
        ("휴가 규정 제60조제1호", "제60조제3항제1호", "1. 병가"),
        ("휴가 규정 제2조제2호나목에서 정한 사람", "제2조제2호나목", "나. 계약직"),
        ("휴가 규정 제2조제1항제1호", "제2조제1호", "1. 휴가란 일하지 않는 날을 말한다."),
        ("휴가 규정 별표 1 제2호", "별표 1제2호", "2. 포상 휴가: 3일"),
        ("휴가 규정 별표2 제1호가목", "별표 2제1호가목", "가. 하루 10만 원"),
        ("휴가 규정 부칙 제2조제1항", "부칙 제2조제1항", "① 나중 규정의 적용례"),
        ("휴가 규정 부칙(제1호) 제2조제2항", "부칙 제2조제2항", "② 처음 규정의 특례"),
    ],
)
def test_the_unit_is_the_first_hit(home: SmallHome, question: str, label: str, text: str) -> None:
    hit = first(home, question)
    assert (hit.document_title, hit.chunk.label, hit.chunk.text) == ("휴가 규정", label, text)
    document = home.store.document(hit.chunk.document_id)
    assert document is not None
    assert document.text[hit.chunk.start : hit.chunk.end] == text
    # A citation still leads to a stored chunk.
    assert hit.chunk.id in {chunk.id for chunk in home.store.chunks(hit.chunk.document_id)}


def test_an_item_carries_the_sentence_that_introduces_it(home: SmallHome) -> None:
    assert "출근한 것으로 본다" in first(home, "휴가 규정 제60조제3항제2호").chunk.meta["lead"]


def test_the_same_article_and_the_same_law(home: SmallHome) -> None:
    hits = home.retriever().retrieve("휴가 규정 제60조제1항과 같은 조 제2항, 같은 규정 제61조의 차이", 3)
    assert [hit.chunk.label for hit in hits[:2]] == ["제60조제1항", "제60조제2항"]
    assert hits[2].chunk.meta["article"] == "제61조"


def test_an_annex_is_found_by_its_number(home: SmallHome) -> None:
    assert first(home, "휴가 규정 별표 2").chunk.label == "별표 2"
    assert first(home, "휴가 규정 별표1은 무엇인가요").chunk.label == "별표 1"


def test_the_newest_supplement_answers_when_none_is_told(home: SmallHome) -> None:
    assert "나중" in first(home, "휴가 규정 부칙 제2조").chunk.text


def test_a_unit_that_is_not_there_leaves_the_article(home: SmallHome) -> None:
    hit = first(home, "휴가 규정 제61조제9항")
    assert hit.chunk.meta["article"] == "제61조"
    assert hit.chunk.label == "제61조"


@pytest.mark.parametrize(
    ("filters", "labels"),
    [
        ({"article": "60조", "law": "휴가규정"}, {"제60조"}),
        ({"article": "부칙 제2조"}, {"부칙 제2조"}),
        ({"article": "별표 2"}, {"별표 2"}),
        ({"part": "별표"}, {"별표 1", "별표 2"}),
        ({"section": "제1장", "law": "휴가 규정"}, {"제1조", "제2조"}),
        ({"kind": "규정", "file": "여비 규정.md"}, {"제1조", "제60조", "제61조"}),
    ],
)
def test_filters(home: SmallHome, filters: dict[str, str], labels: set[str]) -> None:
    for method in ("hybrid", "sparse", "dense"):
        hits = home.retriever(method).retrieve("휴가 규정 목적 여비 수당", 20, Filters(filters))
        assert {hit.chunk.meta["article"] for hit in hits} <= labels
    assert {
        hit.chunk.meta["article"] for hit in home.retriever("dense").retrieve("휴가", 20, Filters(filters))
    } == labels

"""The verifiable rewards: the same checks that a reader sees, as numbers from 0 to 1."""

from __future__ import annotations

from typing import Any

import pytest

from haechi.errors import InputError
from haechi.training.rewards import (
    REWARDS,
    check_rows,
    checked,
    choose,
    cited,
    contains_answer,
    grounded,
    is_refusal,
    refuses_rightly,
    short,
)

ROW: dict[str, Any] = {
    "question": "연체료는 얼마인가요?",
    "passages": [
        {"title": "도서관 이용규정", "label": "제11조", "head": "휴관", "text": "휴관일은 매월 둘째 월요일로 한다."},
        {"title": "도서관 이용규정", "label": "제12조", "head": "연체료", "text": "연체료는 1권당 1일 100원으로 한다."},
    ],
    "answer": "연체료는 1권당 1일 100원입니다. [2]",
    "gold": [2],
}
UNANSWERABLE = {**ROW, "question": "주차 요금은 얼마인가요?", "answer": "모른다", "gold": []}


def test_the_reference_itself_earns_everything() -> None:
    assert {name: reward(ROW["answer"], ROW) for name, reward in REWARDS.items()} == dict.fromkeys(REWARDS, 1.0)


def test_a_wrong_value_is_neither_the_answer_nor_borne_out() -> None:
    wrong = "연체료는 1권당 1일 500원입니다. [2]"
    assert checked(wrong, ROW) == 0
    assert contains_answer(wrong, ROW) < 1
    assert grounded(wrong, ROW) < 0.75 < grounded(ROW["answer"], ROW)


def test_a_value_counts_however_it_is_written() -> None:
    assert contains_answer("하루에 한 권마다 백 원, 곧 100원입니다.", {**ROW, "answer": "100원입니다."}) == 1


def test_a_citation_must_point_at_a_passage_that_there_is_and_that_bears_the_answer() -> None:
    assert cited("연체료는 100원입니다.", ROW) == 0
    assert cited("연체료는 100원입니다. [7]", ROW) == 0
    assert cited("연체료는 100원입니다. [1]", ROW) == 0
    assert cited("연체료는 100원입니다. [1]", {**ROW, "gold": None}) == 1
    assert cited("연체료는 100원입니다. [2] 휴관일은 월요일입니다.", ROW) == 0.5


def test_length_is_counted_without_citations_up_to_100_characters() -> None:
    assert short("가" * 100 + " [1]", ROW) == 1
    assert short("가" * 150, ROW) == 0.5
    assert short("가" * 200, ROW) == 0
    assert short("", ROW) == 0


def test_always_refusing_earns_nothing_where_there_is_an_answer() -> None:
    # Short, uncontradicted and without a wrong citation: a sum of parts would pay for it.
    assert grounded("모른다", ROW) == 0
    assert grounded("모른다", UNANSWERABLE) == 1
    assert grounded("주차 요금은 1시간에 100원입니다. [2]", UNANSWERABLE) == 0


@pytest.mark.parametrize("answer", ["모른다", "모른다.", " 모릅니다. "])
def test_a_refusal_is_the_word_alone(answer: str) -> None:
    assert is_refusal(answer)
    assert refuses_rightly(answer, UNANSWERABLE) == 1


def test_a_refusal_with_an_invented_answer_behind_it_is_none() -> None:
    assert not is_refusal("모른다. 다만 보통은 하루에 500원입니다.")
    assert refuses_rightly("모른다. 다만 보통은 하루에 500원입니다.", UNANSWERABLE) == 0


def test_rows_are_checked_before_a_model_is_loaded() -> None:
    check_rows([{"prompt": "질문"}], ["short"])
    with pytest.raises(InputError, match="2: passages"):
        check_rows([ROW, {"prompt": "질문"}], ["checked"])
    with pytest.raises(InputError, match="1: answer"):
        check_rows([{"prompt": "질문", "passages": ["글"]}], ["grounded"])
    with pytest.raises(InputError, match="contains_answer"):
        choose(["pretty"])

"""Cutting one clause or one listed item out of a sentence."""

from __future__ import annotations

import pytest

from haechi.korean.clause_cut import cut_out


def cut(sentence: str, what: str) -> str | None:
    start = sentence.index(what)
    place = cut_out(sentence, start, start + len(what))
    return None if place is None else sentence[: place[0]] + place[2] + sentence[place[1] :]


@pytest.mark.parametrize(
    ("sentence", "what", "left"),
    [
        ("연체료는 100원이고, 한도는 5천 원입니다.", "5천 원", "연체료는 100원입니다."),
        ("연체료는 500원이고, 한도는 3천 원입니다. [1]", "500원", "한도는 3천 원입니다. [1]"),
        ("연체료는 100원으로 하며, 한도는 5천 원으로 한다.", "5천 원", "연체료는 100원으로 한다."),
        ("연체료는 100원을 받으며 보증금은 5천 원을 낸다.", "5천 원", "연체료는 100원을 받는다."),
        ("회의는 월요일에 열렸고, 위원은 12명이었습니다.", "12명", "회의는 월요일에 열렸습니다."),
        (
            "수수료는 증명서 1,000원, 등본 2,000원, 여권 3,000원입니다.",
            "2,000원",
            "수수료는 증명서 1,000원, 여권 3,000원입니다.",
        ),
    ],
)
def test_what_is_left_is_a_good_sentence(sentence: str, what: str, left: str) -> None:
    assert cut(sentence, what) == left


@pytest.mark.parametrize(
    ("sentence", "what"),
    [
        ("숙박비는 실비로 지급하되, 상한은 9만 원으로 한다.", "9만 원"),  # a limit of what stays
        ("출석률이 80%이면 수료증을 받는다.", "80%"),  # a condition
        ("숙박비는 9만 원을 한도로 하며, 실비로 지급한다.", "9만 원"),  # its subject would go with it
        ("연체료는 100원입니다.", "100원"),
        ("연체료는 100원이고, 한도는 5천 원이에요.", "5천 원"),  # no ending that is surely as polite
        ("수수료는 증명서 1,000원, 등본 2,000원입니다.", "1,000원"),  # the topic stands in the first item
    ],
)
def test_what_cannot_be_cut_cleanly_is_not_cut(sentence: str, what: str) -> None:
    assert cut(sentence, what) is None

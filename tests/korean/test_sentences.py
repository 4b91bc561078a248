"""Sentence boundaries in Korean text."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haechi.korean.sentences import split_sentences


def cut(text):
    return [text[start:end] for start, end in split_sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("접수합니다. 심사합니다.", ["접수합니다.", "심사합니다."]),
        ("가능한가요? 네!", ["가능한가요?", "네!"]),
        ("제출함. 끝.", ["제출함.", "끝."]),
        ("따른다.다만, 예외가 있다.", ["따른다.", "다만, 예외가 있다."]),
        ("2024. 3. 1. 시행한다. 다음.", ["2024. 3. 1. 시행한다.", "다음."]),
        ("금리는 3.5% 이다. 끝", ["금리는 3.5% 이다.", "끝"]),
        ("제1조. 목적은 이렇다.", ["제1조. 목적은 이렇다."]),
        ("1. 첫째 서류\n가. 둘째 서류", ["1. 첫째 서류", "가. 둘째 서류"]),
        ("(주)해치가 맡는다. 끝난다.", ["(주)해치가 맡는다.", "끝난다."]),
        ("구(자치구를 말한다. 이하 같다)가 한다. 끝.", ["구(자치구를 말한다. 이하 같다)가 한다.", "끝."]),
        # an unclosed bracket must not swallow the line
        ("구(자치구를 말한다. 이하 같다. 끝.", ["구(자치구를 말한다.", "이하 같다.", "끝."]),
        ("“그렇다.” 그가 말했다.", ["“그렇다.” 그가 말했다."]),
        ("  \n\n", []),
    ],
)
def test_cuts(text, expected):
    assert cut(text) == expected


@given(st.text(alphabet="가다요. \n!?()「」1제조“”", max_size=60))
def test_spans_are_ordered_and_lose_only_white_space(text):
    spans = split_sentences(text)
    assert all(left[1] <= right[0] for left, right in pairwise(spans))
    kept = "".join(text[start:end] for start, end in spans)
    assert "".join(kept.split()) == "".join(text.split())

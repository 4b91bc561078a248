from __future__ import annotations

import pytest

from haechi.korean.spacing import has_space, space_cost


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("금리 상승으로 고금리 기조", "가 지속될 것이라는"),
        ("수익률 상위 업종은 통신서비", "스, 자동차이며"),
        ("하락 마감했", "습니다. 시장은"),
        ("추가 자료", "를 요청할 수"),
    ],
)
def test_torn_words_are_put_together(before: str, after: str) -> None:
    assert not has_space(before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("국내 시장에 대한", "변동성 우려가"),
        ("대하여 중장기계획을", "심의하며 이를"),
        ("결과를 공개하고", "다음 회의에서"),
        # two nouns cost the same either way: they stay apart
        ("금리 상승으로 국내", "주식시장에"),
    ],
)
def test_whole_words_stay_apart(before: str, after: str) -> None:
    assert has_space(before, after)


def test_the_cost_tells_how_sure_it_is() -> None:
    assert space_cost("통신서비", "스이다") > 2000 > space_cost("공개하고", "다음")

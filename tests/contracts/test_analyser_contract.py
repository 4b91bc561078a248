"""Every analyser: deterministic, one fingerprint, tokens without white space, any input."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haechi.registry import load, names

ANALYSERS = {name: load("analysers", name)() for name in names("analysers")}


@pytest.mark.parametrize("name", ANALYSERS)
def test_two_instances_agree_on_tokens_and_fingerprint(name: str) -> None:
    first, second = ANALYSERS[name], load("analysers", name)()
    text = "제12조제2항에 따라 3,000원을 지급한다"
    assert first.tokens(text) == second.tokens(text)
    assert first.fingerprint == second.fingerprint
    assert first.name in first.fingerprint


@pytest.mark.parametrize("name", ANALYSERS)
def test_composed_and_decomposed_hangul_give_the_same_tokens(name: str) -> None:
    import unicodedata

    text = "연차휴가 신청서"
    assert ANALYSERS[name].tokens(unicodedata.normalize("NFD", text)) == ANALYSERS[name].tokens(text)


@pytest.mark.parametrize("name", ANALYSERS)
@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=80))
def test_any_text_gives_tokens_that_survive_joining_by_spaces(name: str, text: str) -> None:
    # The full-text index joins tokens by spaces: white space inside a token would split it on one side only.
    tokens = ANALYSERS[name].tokens(text)
    assert " ".join(tokens).split() == tokens
    assert isinstance(ANALYSERS[name].nouns(text), list)

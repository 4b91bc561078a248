"""Particles."""

import pytest

from haechi.korean.josa import has_final, refit_josa, strip_josa, with_josa


@pytest.mark.parametrize(
    ("word", "pair", "expected"),
    [
        ("법", "을/를", "법을"),
        ("조례", "을/를", "조례를"),
        ("서울", "으로/로", "서울로"),
        ("부산", "으로/로", "부산으로"),
        ("2024", "은/는", "2024는"),
        ("10", "이/가", "10이"),
        ("1", "으로/로", "1로"),
        ("PDF", "이/가", "PDF가"),
        ("URL", "으로/로", "URL로"),
        ("'3억 원'", "으로/로", "'3억 원'으로"),
        ("", "을/를", "를"),
    ],
)
def test_the_particle_fits_the_sound(word, pair, expected):
    assert with_josa(word, pair) == expected


def test_final_consonants():
    assert has_final("법") and not has_final("조례")


@pytest.mark.parametrize(
    ("word", "stem"), [("근로자에게는", "근로자"), ("지원금을", "지원금"), ("조사", "조사"), ("회의", "회의")]
)
def test_a_stem_of_two_syllables_is_left(word, stem):
    assert strip_josa(word) == stem


@pytest.mark.parametrize(
    ("before", "after", "tail", "expected"),
    [
        ("제2항", "제3조", "을 따른다", "를 따른다"),
        ("30일", "2개월", "이 지나면", "이 지나면"),
        ("30일", "이레", "이 지나면", "가 지나면"),
        ("30일", "2개월", "로 한다", "로 한다"),
        ("2개", "3벌", "로 한다", "로 한다"),
        ("2개", "3명", "로 한다", "으로 한다"),
        ("3개", "100원", "였다.", "이었다."),
        ("100원", "3개", "이라고 한다", "라고 한다"),
        ("3개", "100원", "다.", "이다."),
        ("부산", "서울", "으로부터", "로부터"),
        # No particle, or one that did not fit before: it is left alone.
        ("30일", "이레", "이내에", "이내에"),
        ("3개", "100원", "을 낸다", "을 낸다"),
        ("3개", "100원", " 가운데", " 가운데"),
        ("3개", "100원", "", ""),
    ],
)
def test_a_particle_is_made_to_fit_another_word(before, after, tail, expected):
    assert refit_josa(before, after, tail) == expected

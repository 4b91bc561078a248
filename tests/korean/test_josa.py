"""Particles."""

import pytest

from haechi.korean.josa import has_final, strip_josa, with_josa


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

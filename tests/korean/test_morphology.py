from __future__ import annotations

import pytest

from haechi.korean.morphology import MecabAnalyser
from haechi.korean.protect import clean, split_protected

ANALYSER = MecabAnalyser()


def tokens(text: str) -> list[str]:
    return ANALYSER.tokens(text)


@pytest.mark.parametrize("text", ["배가 아프다", "배에 싣다", "배를 깎다", "배는 달다", "배"])
def test_particles_are_split_off(text: str) -> None:
    assert tokens(text)[0] == "배"


@pytest.mark.parametrize("text", ["배가", "배에", "배를", "배는", "배"])
def test_a_word_alone_is_also_read_as_the_start_of_a_sentence(text: str) -> None:
    # mecab reads a lone 배가 as 倍加 (doubling); a search for it must still find 배.
    assert "배" in tokens(text)


def test_a_noun_that_ends_like_a_particle_is_not_cut() -> None:
    for word in ("휴가", "제도", "도로", "회의", "국가", "평가"):
        assert tokens(word) == [word]


def test_verbs_come_in_dictionary_form_and_never_meet_a_noun() -> None:
    # 탄 (rode) and 타 (others) would be one token if stems were indexed bare.
    assert tokens("배에 탔다") == tokens("배를 타고") == ["배", "타다"]


def test_endings_and_grammar_words_are_dropped() -> None:
    assert tokens("연차휴가는 며칠인가요?") == tokens("연차휴가")


def test_compounds_are_indexed_whole_and_in_parts() -> None:
    assert {"휴직급여", "휴직", "급여"} <= set(tokens("휴직급여를"))
    assert {"연구원", "연구", "한국전자통신연구원", "통신"} <= set(tokens("한국전자통신연구원은"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("3,000원", "3000원"),
        ("3천만 원", "30,000,000원"),
        ("1억 2천만원", "120,000,000원"),
        ("2024. 3. 1.", "2024년 3월 1일"),
        ("2024-03-01", "2024년 3월 1일"),
        ("60조2항", "제60조제2항"),
        ("제60조의 2 제3항", "제60조의2제3항"),
        ("GPT-4", "gpt-4"),
        ("１２３명", "123명"),
        ("50㎡", "50m2"),
    ],
)
def test_one_fact_written_two_ways_gives_the_same_tokens(one: str, other: str) -> None:
    assert tokens(one) == tokens(other)


def test_law_references_stay_whole_and_carry_their_article() -> None:
    # mecab alone gives 제 / 60 / 조 / 의 / 2 / 제 / 3 / 항.
    assert tokens("제60조의2제3항에 따라")[:2] == ["제60조의2", "제60조의2제3항"]
    assert "제60조" not in tokens("제60조의2")


@pytest.mark.parametrize("money", ["예산 3조 원", "3조원", "3조 2천억원"])
def test_trillions_are_money_not_articles(money: str) -> None:
    assert not any(token.startswith("제") for token in tokens(money))


def test_mail_addresses_codes_and_phone_numbers_stay_whole() -> None:
    assert "help@example.co.kr" in tokens("문의: help@example.co.kr로")
    assert "02-123-4567" in tokens("전화 02-123-4567")
    assert "nftc" in tokens("NFTC 103")


def test_a_particle_after_a_protected_value_is_no_word() -> None:
    # mecab tags a particle at the start of a text as a noun: 이, 도, 의 would become index terms.
    assert tokens("제5조는") == ["제5조"]
    assert tokens("30일이") == tokens("30일")


def test_middle_dots_and_circled_numbers_of_statutes_separate() -> None:
    # NFKC turns ㆍ into a conjoining vowel and ① into a digit.
    assert tokens("① 설치ㆍ운영") == tokens("설치 운영")


def test_text_after_a_nul_and_lone_surrogates_is_not_lost() -> None:
    # mecab reads a C string: everything after NUL would vanish.
    assert tokens("휴가\x00급여") == tokens("휴가 급여")
    assert tokens("휴가 \ud800 급여") == tokens("휴가 급여")


def test_nouns_name_what_is_asked_without_question_words() -> None:
    assert ANALYSER.nouns("출장비는 얼마이고 제12조는 무엇인가요?") == ["출장비", "제12조"]


def test_empty_text_has_no_tokens() -> None:
    assert tokens("") == [] == ANALYSER.nouns(" \n")


def test_protected_pieces_lose_no_character_but_particles() -> None:
    text = clean("제60조는 3,000원과 GPT-4를 말한다")
    assert "".join(piece.text for piece in split_protected(text)) == "제60조 3,000원 GPT-4 말한다"


def test_time_is_linear_in_hostile_input() -> None:
    # Patterns are bounded: a long run without its closing mark must not be rescanned from every position.
    import time

    started = time.process_time()
    for hostile in ("a" * 40_000, "1," * 20_000, "1억" * 20_000, "제" * 20_000, "1-" * 20_000, "a-" * 20_000):
        list(split_protected(hostile))
    assert time.process_time() - started < 5

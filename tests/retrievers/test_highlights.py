"""What is marked in a passage is what matched, at its place in the text as it stands."""

from __future__ import annotations

import unicodedata

import pytest

from haechi.korean.lexicon import Lexicon
from haechi.korean.morphology import MecabAnalyser
from haechi.retrievers.highlights import highlights

ANALYSER = MecabAnalyser(Lexicon(synonyms=lambda: {"휴대폰": ("휴대 전화",)}))


def marked(question: str, text: str) -> list[str]:
    return [text[start:end] for start, end in highlights(ANALYSER, question, text)]


@pytest.mark.parametrize(
    ("question", "text", "found"),
    [
        ("휴직급여는 얼마", "월 휴직급여를 준다", ["휴직급여"]),
        ("배를 타다", "그는 배에 탔다.", ["배", "탔"]),
        ("3천원을 내나요", "수수료는 3,000원이다", ["3,000원"]),
        ("2024. 3. 1.", "시행일은 2024년 3월 1일이다", ["2024년 3월 1일"]),
        ("60조 2항", "법 제60조제2항에 따라", ["제60조제2항"]),
        ("대한민국 국민", "大韓民國의 國民은", ["大韓民國", "國民"]),
        ("휴대폰 분실", "휴대 전화를 잃은 때", ["휴대", "전화"]),
        ("휴가", "① 설치ㆍ운영\n\n  휴가의\t신청", ["휴가"]),
        ("급여", "봉급", []),
    ],
)
def test_inflected_forms_values_hanja_and_synonyms_are_marked(question: str, text: str, found: list[str]) -> None:
    assert marked(question, text) == found


def test_decomposed_hangul_is_marked_whole() -> None:
    # In NFD a syllable is two or three characters; offsets of the composed text would fall inside one.
    text = unicodedata.normalize("NFD", "월 휴직급여를 준다")
    assert marked("휴직급여", text) == [unicodedata.normalize("NFD", "휴직급여")]


def test_a_gloss_in_hanja_belongs_to_its_word() -> None:
    assert marked("대한민국", "우리 대한민국(大韓民國)은 넓다")[0].startswith("대한민국")

"""항, 호 and 목 inside an article, from its text alone."""

from __future__ import annotations

from haechi.korean.law_units import find, lead, units, walk

TEXT = """제2조(정의)
① 이 규정에서 쓰는 말의 뜻은 다음과 같다. <개정 2024. 1. 1.>
1. "직원"이란 다음 각 목의 사람을 말한다.
가. 정규직
나. 계약직
1) 전일제
2) 시간제
1의2. "임원"이란 이사를 말한다.
3. 삭제 <2023. 5. 1.>
4. 2024. 3. 1. 이후에 임용된 사람
12. 31.까지 적용한다.
② 제1항제2호는 적용하지 아니한다.
④ 그 밖의 말은 원장이 정한다."""
BODY = TEXT.index("\n")
FOUND = units(TEXT, 0, BODY, len(TEXT))


def paths() -> list[str]:
    return [path for path, _ in walk(FOUND)]


def test_units_nest_and_numbers_may_have_gaps() -> None:
    # "12. 31.까지" at a line start is a date; 항 ③ is missing, as deleted ones may be.
    assert paths() == [
        "제1항",
        "제1항제1호",
        "제1항제1호가목",
        "제1항제1호나목",
        "제1항제1호나목1)",
        "제1항제1호나목2)",
        "제1항제1호의2",
        "제1항제3호",
        "제1항제4호",
        "제2항",
        "제4항",
    ]


def test_a_unit_holds_what_is_inside_it_and_nothing_more() -> None:
    label, unit = find(FOUND, ("제1항", "제1호", "나목")) or ("", FOUND[0])
    assert label == "제1항제1호나목"
    assert TEXT[unit.start : unit.end].split("\n") == ["나. 계약직", "1) 전일제", "2) 시간제", ""]


def test_a_deleted_unit_says_so() -> None:
    deleted = [path for path, unit in walk(FOUND) if unit.deleted]
    assert deleted == ["제1항제3호"]


def test_an_item_without_its_paragraph_is_found_when_only_one_has_it() -> None:
    assert (find(FOUND, ("제1호의2",)) or ("",))[0] == "제1항제1호의2"
    assert find(FOUND, ("제3항",)) is None
    assert find(FOUND, ("제1항", "제9호")) is None


def test_an_article_without_paragraphs_has_items_of_its_own() -> None:
    text = "제3조(수당) 수당은 다음과 같다.\n1. 식비\n2. 교통비"
    found = units(text, 0, 7, len(text))
    assert [path for path, _ in walk(found)] == ["제1호", "제2호"]
    # 제1항 of an article without 항 is the article itself.
    assert (find(found, ("제1항", "제2호")) or ("",))[0] == "제2호"


def test_the_lead_gives_an_item_its_meaning_without_amendment_notes() -> None:
    _, unit = find(FOUND, ("제1항", "제1호", "나목")) or ("", FOUND[0])
    assert (
        lead(TEXT, BODY, FOUND, unit)
        == '이 규정에서 쓰는 말의 뜻은 다음과 같다. 1. "직원"이란 다음 각 목의 사람을 말한다.'
    )
    assert lead(TEXT, BODY, FOUND, FOUND[1]) == ""

"""A petition's core: what is asked stays, politeness goes, the words of the case that matter are kept."""

from __future__ import annotations

from haechi.korean.key_question import key_question, weigh
from haechi.korean.morphology import MecabAnalyser

ANALYSER = MecabAnalyser()
PETITION = (
    "안녕하세요. 수고 많으십니다. 민원인과 통화한 후 질의 내용을 확인하였습니다. "
    "저희 아파트 관리사무소에서 입주자대표회의 의결 없이 관리비를 올렸습니다. "
    "「공동주택관리법」 제14조에 따르면 의결이 필요하다고 알고 있습니다. 정말 너무 답답합니다. "
    "의결 없이 올린 금액을 돌려받을 수 있는지 궁금합니다. 빠른 답변 부탁드립니다. 감사합니다."
)


def test_sentences_weigh_by_what_they_do() -> None:
    weights = {item.text[:8]: item.weight for item in weigh(PETITION)}
    assert weights["의결 없이 올린"] == 1.0
    assert weights["저희 아파트 관"] == 0.5
    assert {
        weights[text[:8]] for text in ("안녕하세요.", "민원인과 통화한", "정말 너무 답답합니다.", "감사합니다.")
    } == {0.0}
    assert all(PETITION[item.start : item.end] == item.text for item in weigh(PETITION))


def test_the_key_question_keeps_what_is_asked_and_the_names_of_the_case() -> None:
    key = key_question(ANALYSER, PETITION)
    assert key.endswith("의결 없이 올린 금액을 돌려받을 수 있는지 궁금합니다.")
    for kept in ("「공동주택관리법」 제14조", "관리사무소", "입주자대표회의", "관리비"):
        assert kept in key
    for dropped in ("안녕", "통화", "답답", "감사", "부탁"):
        assert dropped not in key
    assert len(key) < len(PETITION) / 2


def test_a_short_question_only_loses_its_greeting() -> None:
    assert key_question(ANALYSER, "주차요금이 얼마인가요?") == "주차요금이 얼마인가요?"
    assert key_question(ANALYSER, "안녕하세요. 주차요금이 얼마인가요? 감사합니다.") == "주차요금이 얼마인가요?"


def test_a_petition_without_a_question_asks_with_its_last_statement() -> None:
    text = "안녕하세요. 동네 공원에 가로등이 꺼져 있습니다. 밤에 어둡습니다. 가로등 수리를 요청합니다. 감사합니다."
    assert [item.text for item in weigh(text) if item.weight == 1.0] == ["가로등 수리를 요청합니다."]


def test_nothing_but_politeness_comes_back_as_it_is() -> None:
    assert key_question(ANALYSER, "안녕하세요") == "안녕하세요"
    assert key_question(ANALYSER, "") == ""

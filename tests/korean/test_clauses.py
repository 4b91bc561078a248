"""A sentence read as clauses: what is done, allowed, demanded or denied, in any style."""

from __future__ import annotations

import pytest

from haechi.korean.clauses import read_sentence
from haechi.korean.clauses_force import Force
from haechi.korean.opposites import opposition, same_words


def last(text: str) -> tuple[frozenset[str], Force]:
    clause = read_sentence(text).clauses[-1]
    return clause.lemmas, clause.force


@pytest.mark.parametrize(
    ("force", "sentences"),
    [
        ("plain", ["등록을 취소한다.", "등록을 취소합니다.", "등록을 취소해요.", "등록을 취소하는 것임."]),
        ("not", ["등록을 취소하지 아니한다.", "등록을 취소하지 않습니다.", "등록을 취소하지는 않는다."]),
        (
            "may",
            ["등록을 취소할 수 있다.", "등록을 취소해도 됩니다.", "등록 취소가 가능합니다.", "취소할 수도 있어요."],
        ),
        ("must", ["등록을 취소하여야 한다.", "등록을 취소해야 해요.", "취소하여야 하는 것입니다.", "취소가 필요하다."]),
        ("must", ["취소할 의무가 있다.", "등록을 취소하지 않으면 안 됩니다.", "취소하지 않을 수 없다.", "취소할 것."]),
        ("cannot", ["등록을 취소하여서는 아니 된다.", "취소해서는 안 됩니다.", "취소하면 안 돼요.", "취소할 수 없다."]),
        ("cannot", ["취소하지 못한다.", "등록 취소 못 해요.", "등록 취소는 금지된다.", "등록을 취소하지 말 것."]),
        ("need_not", ["등록을 취소하지 않아도 됩니다.", "취소할 필요가 없다.", "취소하지 아니할 수 있다."]),
        ("need_not", ["꼭 취소해야 하는 것은 아닙니다.", "취소하지 아니하여도 된다."]),
    ],
)
def test_one_meaning_in_all_styles(force: Force, sentences: list[str]) -> None:
    for sentence in sentences:
        lemmas, read = last(sentence)
        assert "취소" in lemmas, sentence
        assert read == force, sentence


def test_double_negation_is_resolved() -> None:
    assert last("이의가 없지 않다.")[1] == "plain"
    assert last("이의가 없다.") == (frozenset({"이의있다"}), "not")


def test_conditions_are_no_statements() -> None:
    # 없이 is a denied condition too: 승인 없이 and 승인이 없으면 limit the same.
    for sentence in (
        "승인 없이 운영할 수 없다.",
        "승인이 없으면 운영할 수 없다.",
        "승인이 없는 경우에는 운영할 수 없다.",
    ):
        condition, statement = read_sentence(sentence).clauses
        assert (condition.lemmas, condition.force, condition.join) == (frozenset({"승인있다"}), "not", "if"), sentence
        assert (statement.force, statement.join) == ("cannot", "main")
    assert read_sentence("비가 오더라도 운영한다.").clauses[0].join == "though"


def test_an_alternative_shares_the_force_behind_it() -> None:
    first, second = read_sentence("시장은 등록을 취소하거나 과태료를 부과할 수 있다.").clauses
    assert (first.force, second.force) == ("may", "may")
    # 하고 lends no denial: the first is done.
    first, second = read_sentence("회원증은 관장이 발급하고 수수료는 받지 아니한다.").clauses
    assert (first.force, second.force) == ("plain", "not")


def test_words_carry_their_roles() -> None:
    words = {word.stem: word.role for word in read_sentence("관장은 회원에게 사유를 통지하여야 한다.").words}
    assert words == {"관장": "topic", "회원": "to", "사유": "object", "통지": "none"}


def test_predicates_joined_by_a_dot_are_both_read() -> None:
    assert {"수립", "시행"} <= read_sentence("시장은 계획을 수립ㆍ시행하여야 한다.").clauses[0].lemmas


@pytest.mark.parametrize("text", ["", " ", "…", "ㆍ", "가", "(이하 같다)", "1.", "수 있다", "없이", "할 것", "\n"])
def test_any_text_can_be_read(text: str) -> None:
    assert read_sentence(text).text == text


def test_opposites_say_how_they_oppose() -> None:
    assert opposition("유효이다", "무효이다") == "complement"
    assert opposition("승인", "거부") == "contrary"
    assert opposition("승인", "통지") is None
    assert "통보" in same_words("알리")

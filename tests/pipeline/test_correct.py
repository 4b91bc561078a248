"""The corrector: the smallest edit that the evidence settles, else the claim goes, else there is no answer."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from haechi.checkers.base import Evidence
from haechi.pipeline.correct import correct, sentences_of
from haechi.types import Verdict, VerdictLabel

RULE = (
    "제2조(대출) ① 대출 기간은 14일로 한다. ② 대출 기간은 7일까지 연장할 수 있다. 다만, 예약된 자료는 연장할 수 없다. "
    "제3조(연체료) 연체료는 권당 1일 100원으로 하고, 한도는 3천 원으로 한다."
)
EVIDENCE = [Evidence(RULE)]


class Says:
    """A checker that finds these claims wherever they stand: claim → (label, suggestion, evidence)."""

    def __init__(self, name: str = "amount") -> None:
        self.name = name
        self.rules: list[tuple[str, VerdictLabel, str, str]] = []
        self.calls: list[str] = []

    def about(self, claim: str, label: VerdictLabel, suggestion: str = "", evidence: str = "") -> Says:
        self.rules.append((claim, label, suggestion, evidence))
        return self

    def check(self, answer: str, evidence: Sequence[Evidence], question: str = "") -> list[Verdict]:
        self.calls.append(answer)
        return [
            Verdict(
                self.name,
                claim,
                label,
                source,
                "",
                new,
                start=answer.index(claim),
                end=answer.index(claim) + len(claim),
            )
            for claim, label, new, source in self.rules
            if claim in answer
        ]


LIMIT = "연체료는 권당 1일 100원으로 하고, 한도는 3천 원으로 한다."


def fee() -> Says:
    return Says().about("500원", "contradicted", "100원", LIMIT).about("100원", "supported")


def test_an_answer_without_a_bad_verdict_comes_back_as_it_is() -> None:
    text = "연체료는 권당 100원입니다[1].  대출은 모릅니다."
    checker = fee().about("모릅니다", "unchecked")
    result = correct(text, EVIDENCE, [checker])
    assert (result.text, result.corrections, result.settled) == (text, (), True)
    assert checker.calls == [text]  # nothing changed, so nothing is checked again


def test_a_wrong_value_is_replaced_with_the_sentence_that_settles_it() -> None:
    result = correct("연체료는 권당 500원입니다. [1]", EVIDENCE, [fee()])
    assert result.text == "연체료는 권당 100원입니다. [1]"
    (correction,) = result.corrections
    assert (correction.before, correction.after) == ("연체료는 권당 500원입니다. [1]", result.text)
    assert correction.source == LIMIT
    assert "500원" in correction.reason and "100원" in correction.reason
    assert [verdict.label for verdict in result.verdicts] == ["supported"]


@pytest.mark.parametrize(
    ("before", "old", "new", "after"),
    [
        ("제2항을 따릅니다.", "제2항", "제3조", "제3조를 따릅니다."),
        ("30일이 지나면 안 됩니다.", "30일", "2개월", "2개월이 지나면 안 됩니다."),
        ("빌리는 기간 3주는 같습니다.", "3주", "14일", "빌리는 기간 14일은 같습니다."),
        ("부산으로 보냅니다.", "부산", "서울", "서울로 보냅니다."),
    ],
)
def test_the_particle_follows_the_new_word(before: str, old: str, new: str, after: str) -> None:
    checker = Says("name").about(old, "contradicted", new, before.replace(old, new))
    assert correct(before, EVIDENCE, [checker]).text == after


def test_a_claim_without_a_suggestion_is_dropped_with_its_sentence() -> None:
    text = "대출 기간은 14일입니다. 회비는 5유로입니다. [2] 연체료는 권당 100원입니다."
    result = correct(text, EVIDENCE, [fee().about("5유로", "not_found")])
    assert result.text == "대출 기간은 14일입니다. 연체료는 권당 100원입니다."
    assert result.sentences == ("대출 기간은 14일입니다.", "", "연체료는 권당 100원입니다.")
    assert result.settled
    assert result.corrections[0].after == ""


def test_only_the_clause_goes_where_the_rest_still_stands() -> None:
    checker = Says().about("9유로", "not_found")
    assert (
        correct("연체료는 권당 100원이고, 회비는 9유로입니다.", EVIDENCE, [checker]).text
        == "연체료는 권당 100원입니다."
    )
    assert (
        correct("회비는 9유로이고, 연체료는 권당 100원입니다.", EVIDENCE, [checker]).text
        == "연체료는 권당 100원입니다."
    )
    # 되 limits what stands before it: without it the rest would claim more than the evidence.
    assert not correct("연체료를 받되, 한도는 9유로로 합니다.", EVIDENCE, [checker]).settled


def test_nothing_left_is_not_settled() -> None:
    result = correct("회비는 5유로입니다.", EVIDENCE, [Says().about("5유로", "not_found")])
    assert (result.text, result.settled, result.verdicts) == ("", False, ())
    assert result.corrections[0].before == "회비는 5유로입니다."


def test_conflicting_suggestions_settle_nothing() -> None:
    other = Says("quantity").about("500원", "contradicted", "3천 원", LIMIT)
    assert not correct("연체료는 권당 500원입니다.", EVIDENCE, [fee(), other]).settled


def test_a_suggestion_that_the_sentence_says_already_is_a_guess() -> None:
    checker = Says().about("500원", "contradicted", "3천 원", LIMIT)
    assert not correct("연체료는 500원, 한도는 3천 원입니다.", EVIDENCE, [checker]).settled


def test_an_edit_that_another_checker_refuses_is_taken_back() -> None:
    strict = Says("entailment").about("연체료는 권당 100원입니다.", "contradicted")
    result = correct("대출 기간은 14일입니다. 연체료는 권당 500원입니다.", EVIDENCE, [fee(), strict])
    assert result.text == "대출 기간은 14일입니다."
    assert result.corrections == (result.corrections[0],)
    assert (result.corrections[0].before, result.corrections[0].after) == ("연체료는 권당 500원입니다.", "")


def test_a_checker_that_never_is_content_ends_after_two_rounds() -> None:
    class Never:
        name = "never"
        calls = 0

        def check(self, answer: str, evidence: Sequence[Evidence], question: str = "") -> list[Verdict]:
            self.calls += 1
            first = sentences_of(answer)[0]
            return [Verdict("never", answer[slice(*first)], "not_found", start=first[0], end=first[1])]

    never = Never()
    result = correct("하나입니다. 둘입니다. 셋입니다. 넷입니다.", EVIDENCE, [never])
    assert (result.text, result.settled) == ("", False)
    assert never.calls == 3  # once before, twice after


def test_a_sentence_falls_with_its_proviso_and_a_proviso_with_its_sentence() -> None:
    # "연장할 수 있다" without its exception is a false promise.
    wrong_proviso = Says().about("예약된 자료도 연장", "contradicted")
    assert not correct("7일까지 연장합니다. 다만, 예약된 자료도 연장합니다.", EVIDENCE, [wrong_proviso]).settled
    wrong_rule = Says().about("9일", "not_found")
    text = "연체료는 권당 100원입니다. 9일까지 연장합니다. 다만, 예약된 자료는 안 됩니다."
    assert correct(text, EVIDENCE, [wrong_rule]).text == "연체료는 권당 100원입니다."


def test_a_verdict_without_a_place_is_found_by_its_claim() -> None:
    class Placeless(Says):
        def check(self, answer: str, evidence: Sequence[Evidence], question: str = "") -> list[Verdict]:
            return [
                Verdict("amount", claim, label, source, "", new)
                for claim, label, new, source in self.rules
                if claim in answer
            ]

    checker = Placeless().about("500원", "contradicted", "100원", LIMIT)
    assert correct("연체료는 권당 500원입니다.", EVIDENCE, [checker]).text == "연체료는 권당 100원입니다."
    # Which of the two is meant cannot be told.
    assert not correct("연체료는 500원, 권당 500원입니다.", EVIDENCE, [checker]).settled


@pytest.mark.parametrize(
    ("text", "claim", "suggestion", "source"),
    [
        # A case of the rule, not the rule's own value: the sentence is true as it stands.
        ("출석률이 75%에 그치면 수료증을 받습니다.", "75%", "80%", "출석률이 80% 이상인 사람은 수료증을 받습니다."),
        ("수료증은 출석률 75%면 받지 못합니다.", "75%", "80%", "출석률이 80%인 사람은 수료증을 받습니다."),
        ("처리 기간은 모두 21일입니다.", "21일", "14일", "처리 기간은 14일로 하고 7일을 연장할 수 있다."),
        # Another matter that happens to share the unit.
        ("보험금은 서류를 낸 날부터 30일 안에 나옵니다.", "30일", "3년", "사고는 3년 안에 알려야 한다."),
        # Which of the two belongs here is a guess.
        ("5km의 참가비는 2만 원입니다.", "2만 원", "4만 원", "10km와 5km의 참가비는 각각 4만 원, 3만 원입니다."),
    ],
)
def test_an_edit_needs_a_sentence_that_says_the_same_of_another_value(
    text: str, claim: str, suggestion: str, source: str
) -> None:
    checker = Says("quantity").about(claim, "contradicted", suggestion, source)
    assert not correct(text, [Evidence(source)], [checker]).settled


def test_two_values_that_may_have_changed_places_are_not_edited() -> None:
    source = "대형차는 3,600원으로 하고 소형차는 1,900원으로 한다."
    text = "대형차는 1,900원으로 하고 소형차는 2,100원으로 합니다."
    relation = Says("relation").about("2,100원", "contradicted", "1,500원", source)
    assert not correct(text, [Evidence(source)], [relation]).settled


def test_a_clause_that_the_evidence_denies_is_not_cut_alone() -> None:
    # "기간은 1년이고 2년씩 연장" with 1 and 2 exchanged: what is left would be as wrong as what goes.
    checker = Says("relation").about("2년씩", "contradicted")
    assert not correct("기간은 1년이고, 연장은 2년씩입니다.", EVIDENCE, [checker]).settled


@pytest.mark.parametrize(
    ("text", "claim", "suggestion", "after"),
    [
        ("구강 지도는 한의사가 합니다.", "한의사", "2. 치과의사", "구강 지도는 치과의사가 합니다."),
        ("두루초의 학생이 받습니다.", "초", "신서", ""),  # the inside of a word is no name
        ("재단법인이 받습니다.", "재단", "새솔은행", ""),
    ],
)
def test_a_name_is_replaced_as_a_whole_word(text: str, claim: str, suggestion: str, after: str) -> None:
    source = text.replace(claim, suggestion)
    checker = Says("name").about(claim, "contradicted", suggestion, source)
    assert correct(text, [Evidence(source)], [checker]).text == after


def test_sentences_keep_the_markers_behind_them() -> None:
    text = "하나입니다. [1] 둘입니다 [2]. [3][1]\n셋입니다."
    assert [text[slice(*span)] for span in sentences_of(text)] == [
        "하나입니다. [1]",
        "둘입니다 [2]. [3][1]",
        "셋입니다.",
    ]

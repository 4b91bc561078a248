"""What people said about a home's answers becomes training rows, and only what the passages bear out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from haechi.models.scripted import ScriptedLLM
from haechi.pipeline.build import Home
from haechi.pipeline.erase import remove_documents
from haechi.pipeline.feedback import give_feedback
from haechi.stores.feedback_base import Feedback
from haechi.training.home_rows import from_home
from haechi.types import Answer

FEE = "연체료는 권당 얼마인가요?"
RIGHT, OTHER = "연체료는 권당 1일 100원입니다. [1]", "한 권의 연체료는 3천 원을 넘지 못합니다. [1]"


@pytest.fixture
def ask(home: Home) -> Callable[[str, str], Answer]:
    def call(question: str, draft: str) -> Answer:
        home.chatbot().llm = ScriptedLLM(lambda messages, options: draft)
        return home.chatbot().ask(question)

    return call


Ask = Callable[[str, str], Answer]


def test_a_good_answer_is_asked_for_as_the_pipeline_asked(home: Home, ask: Ask) -> None:
    answer = ask(FEE, RIGHT)
    asked = home.chatbot().llm.calls[-1][0]  # type: ignore[attr-defined]
    give_feedback(home, Feedback(answer.id, "good"))
    (row,) = from_home(home).sft
    assert [(item["role"], item["content"]) for item in row["prompt"]] == [(m.role, m.content) for m in asked]
    assert "제3조 (연체료)" in row["prompt"][-1]["content"]  # the article's title is not in the record
    assert row["completion"] == answer.answer


def test_a_correction_gets_its_citation_and_is_chosen_over_what_was_said(home: Home, ask: Ask) -> None:
    answer = ask(FEE, OTHER)
    give_feedback(home, Feedback(answer.id, "bad", "연체료는 권당 1일 100원입니다."))
    made = from_home(home)
    assert [row["completion"] for row in made.sft] == [RIGHT]
    assert [(row["chosen"], row["rejected"]) for row in made.pairs] == [(RIGHT, answer.answer)]
    assert made.pairs[0]["prompt"] == made.sft[0]["prompt"]
    (entry,) = made.faq
    assert (entry["question"], entry["answer"]) == (FEE, "연체료는 권당 1일 100원입니다.")


@pytest.mark.parametrize(
    ("correction", "why"),
    [
        ("연체료는 권당 1일 700원입니다.", "correction_foreign_value"),
        ("연체료는 관장이 기분에 따라 정하며 누구도 알지 못하는 비밀스러운 절차를 밟습니다.", "correction_uncited"),
        (OTHER.removesuffix(" [1]") * 6, "correction_long"),
    ],
)
def test_a_correction_that_no_passage_bears_out_is_an_faq_pair_only(
    home: Home, ask: Ask, correction: str, why: str
) -> None:
    give_feedback(home, Feedback(ask(FEE, OTHER).id, "bad", correction))
    made = from_home(home)
    assert (made.sft, made.pairs, dict(made.counts)) == ([], [], {why: 1})
    assert [row["answer"] for row in made.faq] == [correction]


def test_good_answers_are_chosen_over_bad_ones_to_the_same_question(home: Home, ask: Ask) -> None:
    give_feedback(home, Feedback(ask(FEE, OTHER).id, "bad"))
    give_feedback(home, Feedback(ask("연체료는 권당 얼마인가요", RIGHT).id, "good"))
    give_feedback(home, Feedback(ask("휴관일은 언제인가요?", "매월 둘째 월요일입니다. [1]").id, "bad"))
    made = from_home(home)
    assert [(row["chosen"], row["rejected"]) for row in made.pairs] == [(RIGHT, OTHER)]
    assert made.counts["bad_without_correction"] == 2


def test_a_refusal_that_was_right_teaches_the_bare_word_and_a_wrong_one_is_rejected(home: Home, ask: Ask) -> None:
    right = ask("연체료를 카드로 낼 수 있나요?", "모른다")
    wrong = ask(FEE, "모른다")
    assert right.origin == wrong.origin == "refused"
    give_feedback(home, Feedback(right.id, "good"))
    give_feedback(home, Feedback(wrong.id, "bad", RIGHT))
    made = from_home(home)
    assert {row["completion"] for row in made.sft} == {"모른다", RIGHT}
    assert [(row["chosen"], row["rejected"]) for row in made.pairs] == [(RIGHT, "모른다")]
    assert [row["question"] for row in made.faq] == [FEE]


def test_the_newest_opinion_counts_and_unrated_answers_give_prompts_alone(home: Home, ask: Ask) -> None:
    answer = ask(FEE, RIGHT)
    give_feedback(home, Feedback(answer.id, "good"))
    give_feedback(home, Feedback(answer.id, "bad"))
    ask("휴관일은 언제인가요?", "매월 둘째 월요일입니다. [1]")
    ask("휴관일은 언제인가요?", "매월 둘째 월요일입니다. [1]")
    made = from_home(home)
    assert made.sft == []
    assert len(made.prompts) == 2
    assert not any(RIGHT in str(row) for row in made.prompts)
    assert all(row.keys() == {"prompt", "group"} for row in made.prompts)


def test_an_answer_that_the_checkers_found_wrong_is_not_trained_on_because_somebody_liked_it(
    home: Home, ask: Ask
) -> None:
    answer = ask(FEE, RIGHT)
    wrong = replace(answer, id="", verdicts=tuple(replace(item, label="contradicted") for item in answer.verdicts))
    give_feedback(home, Feedback(home.store.record_answer(wrong), "good"))
    made = from_home(home)
    assert (made.sft, made.counts["good_but_wrong"]) == ([], 1)


def test_words_of_a_removed_document_are_in_no_row(home: Home, ask: Ask) -> None:
    give_feedback(home, Feedback(ask(FEE, RIGHT).id, "good"))
    second = ask("휴관일은 언제인가요?", "매월 둘째 월요일입니다. [1]")
    give_feedback(home, Feedback(second.id, "bad", "둘째 월요일에 쉽니다."))
    remove_documents(home, [record.id for record in home.store.documents()])
    give_feedback(home, Feedback(second.id, "good"))  # also one that is given afterwards
    made = from_home(home)
    assert (made.sft, made.pairs, made.faq, made.prompts) == ([], [], [], [])
    assert made.counts["no_passages"] == 2


def test_two_wordings_of_one_answer_are_one_faq_pair(home: Home, ask: Ask) -> None:
    give_feedback(home, Feedback(ask(FEE, RIGHT).id, "good"))
    give_feedback(home, Feedback(ask("권당 연체료를 알려 주세요", RIGHT).id, "good"))
    (entry,) = from_home(home).faq
    assert entry["variants"] == ["권당 연체료를 알려 주세요"]
    assert entry["source"] == "새봄시 도서관 운영규정 제3조"

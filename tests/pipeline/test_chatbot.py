"""One question to one answer: cited, checked, about 100 characters, or 모른다."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import pytest

from haechi.config import RefusalConfig
from haechi.errors import InputError
from haechi.models.scripted import ScriptedLLM
from haechi.pipeline.build import Home
from haechi.pipeline.chatbot import Chatbot, StageEvent
from haechi.records import answer_record
from haechi.types import Answer, GenerateOptions, Generation, Message, TokenChance
from tests.pipeline.conftest import calls

Say = Callable[..., Chatbot]


def test_an_answer_carries_its_source_down_to_the_paragraph(say: Say) -> None:
    answer = say("대출 기간은 14일입니다. [1]").ask("대출 기간은 며칠인가요?")
    assert (answer.origin, answer.answer) == ("generated", "대출 기간은 14일입니다. [1]")
    citation = answer.citations[0]
    assert citation.label == "제2조제1항"
    assert "14일로 하고" in citation.quote
    assert answer.answer[citation.start : citation.end] == "[1]"
    assert citation.chunk_id == answer.hits[0].chunk.id
    assert [(verdict.checker, verdict.claim, verdict.label) for verdict in answer.verdicts] == [
        ("quantity", "14일", "supported")
    ]


def test_the_models_own_refusal_is_a_refusal(say: Say) -> None:
    answer = say("모른다").ask("대출 기간은 며칠인가요?")
    assert (answer.origin, answer.citations) == ("refused", ())
    assert answer.answer.startswith("모른다")
    assert answer.hits


def test_a_question_the_documents_do_not_talk_about_costs_no_model_call(say: Say) -> None:
    chatbot = say("수영장은 6시에 엽니다. [1]")
    answer = chatbot.ask("수영장 강습료 환불 절차가 궁금합니다")
    assert answer.origin == "refused"
    assert "수영장" in answer.reason
    assert calls(chatbot) == []
    timings = answer_record(answer)["timings"]
    assert set(timings) == {"gate", "retrieve", "first_token", "generate", "check", "total"}
    assert timings["first_token"] is None


def test_an_invented_value_fires_the_lock_and_the_second_draft_is_shown(say: Say) -> None:
    chatbot = say("연체료는 권당 1일 500원입니다. [1]", "연체료는 권당 1일 100원입니다. [1]")
    answer = chatbot.ask("연체료는 하루에 얼마인가요?")
    assert answer.answer == "연체료는 권당 1일 100원입니다. [1]"
    assert answer.lock_fired
    assert "500원" in answer.corrections[0].before
    assert isinstance(chatbot.llm, ScriptedLLM)
    (_, free), (_, locked) = chatbot.llm.calls
    assert free.grammar is None
    assert locked.grammar is not None
    assert '"00" (" 원"' in locked.grammar
    assert "500" not in locked.grammar


def test_a_locked_answer_in_other_units_is_no_answer(say: Say) -> None:
    # Trap: barred from 30권, the model writes the next number it may: true in the evidence, and not what was asked.
    drafts = ("한 번에 30권까지 빌릴 수 있습니다. [1]", "대출 기간은 14일로 빌릴 수 있습니다. [1]")
    answer = say(*drafts).ask("대출은 한 번에 몇 권까지 되나요?")
    assert (answer.origin, answer.lock_fired) == ("refused", True)
    assert "30권" in answer.reason


def test_what_is_still_invented_under_the_lock_is_never_shown(say: Say) -> None:
    # A grammar cannot stop number words in Hangul: 오백 원 is letters to it.
    answer = say("연체료는 500원입니다. [1]", "연체료는 오백 원입니다. [1]").ask("연체료는 하루에 얼마인가요?")
    assert answer.answer == "연체료는 100원입니다. [1]"
    # What was put right is told, with the sentence that settles it.
    mended = answer.corrections[-1]
    assert (mended.before, mended.after) == ("연체료는 오백 원입니다.", "연체료는 100원입니다.")
    assert "권당 1일 100원" in mended.source


def test_an_invention_that_nothing_settles_is_not_an_answer(say: Say) -> None:
    draft = "보증금은 오백 원입니다. [1]"
    answer = say(draft, draft).ask("연체료는 하루에 얼마인가요?")
    # Trap: the documents do answer it; only the draft did not hold.
    assert (answer.origin, answer.refusal) == ("refused", "unsupported")
    assert "오백 원" not in answer.answer


def test_after_an_invented_value_a_passage_that_covers_little_of_the_question_is_not_trusted(say: Say) -> None:
    # Trap: under the lock a blocked lie turns into a plausible wrong choice.
    drafts = ("대출 도서 배송료는 500원입니다. [1]", "대출 기간은 14일입니다. [1]")
    chatbot = say(*drafts)
    chatbot.refusal = RefusalConfig(threshold=0.001)  # this is about what happens once the model is asked
    answer = chatbot.ask("대출 도서 배송료는 얼마인가요?")
    assert (answer.origin, answer.lock_fired) == ("refused", True)


def test_a_second_sentence_cannot_hide_a_value_behind_not_knowing(say: Say) -> None:
    # Trap: a sentence that says 알 수 없다 looks like a refusal and might skip the check.
    draft = "대출 기간은 14일입니다. [1] 보증금은 알 수 없으나 삼만 원입니다. [1]"
    assert "삼만 원" not in say(draft, draft).ask("대출 기간은 며칠인가요?").answer


def test_a_server_without_grammars_writes_again_with_tags_in_the_place_of_values(say: Say) -> None:
    # Trap: the model sees no value, so that it can only copy the tag, and the reader must never see one.
    chatbot = say()

    def reply(messages: Sequence[Message], options: GenerateOptions) -> str:
        tag = re.search(r"권당 \S+ (<금액\d>)으로", messages[-1].content)
        return f"연체료는 {tag[1] if tag else '500원'}입니다. [1]"

    chatbot.llm = ScriptedLLM(reply, supports_grammar=False)
    *_, shown, _check, answer = chatbot.stream("연체료는 하루에 얼마인가요?")
    assert isinstance(answer, Answer)
    assert shown == "연체료는 100원입니다. [1]"
    assert (answer.answer, answer.lock_fired) == ("연체료는 100원입니다. [1]", True)
    assert "100원" not in chatbot.llm.calls[1][0][-1].content

    chatbot.llm = ScriptedLLM(["연체료는 500원입니다. [1]", "연체료는 <금액7>입니다. [1]"], supports_grammar=False)
    answer = chatbot.ask("연체료는 하루에 얼마인가요?")
    assert answer.origin == "refused"
    assert any("되돌리지 못해" in note for note in answer.notes)


def test_a_server_without_grammars_is_not_said_to_have_written_again(say: Say) -> None:
    chatbot = say()
    chatbot.settings = replace(chatbot.settings, placeholders="off")
    chatbot.llm = ScriptedLLM(["연체료는 500원입니다. [1]"], supports_grammar=False)
    answer = chatbot.ask("연체료는 얼마인가요?")
    assert answer.lock_fired
    assert "500원" not in answer.answer
    assert not any("다시 생성" in correction.reason for correction in answer.corrections)


def test_one_invented_sentence_is_dropped_and_the_true_one_stays(say: Say) -> None:
    draft = "대출 기간은 14일입니다. [1] 보증금은 삼만 원입니다. [1]"
    answer = say(draft, draft).ask("대출 기간은 며칠인가요?")
    assert answer.answer == "대출 기간은 14일입니다. [1]"
    assert any("삼만 원" in correction.before and not correction.after for correction in answer.corrections)


def test_a_value_on_the_wrong_side_of_its_bound_is_not_shown(say: Say) -> None:
    # Trap: 20명 stands in the evidence, so the lock passes it.
    answer = say("단체 관람은 20명 이하가 신청합니다. [1]").ask("단체 관람은 몇 명이 신청하나요?")
    assert "20명 이하" not in answer.answer
    assert "20명 이상" in answer.corrections[0].reason


def test_without_the_lock_an_invented_value_is_put_right_and_told(say: Say) -> None:
    answer = say("연체료는 권당 1일 500원입니다. [1]").ask("연체료는 하루에 얼마인가요?", lock=False)
    assert not answer.lock_fired
    assert answer.answer == "연체료는 권당 1일 100원입니다. [1]"
    assert "500원" in answer.corrections[0].before
    (verdict,) = [verdict for verdict in answer.verdicts if verdict.claim == "100원"]
    assert answer.answer[verdict.start : verdict.end] == "100원"


def test_without_checks_nothing_is_called_checked(say: Say) -> None:
    answer = say("연체료는 권당 1일 500원입니다. [1]").ask("연체료는 하루에 얼마인가요?", lock=False, check=False)
    assert answer.verdicts == ()


def test_an_unsure_model_is_not_believed(say: Say) -> None:
    chatbot = say("연체료는 권당 1일 100원입니다. [1]")
    llm = chatbot.llm
    assert isinstance(llm, ScriptedLLM)
    plain = llm.stream

    def unsure(messages: Sequence[Message], options: GenerateOptions) -> Iterator[str | Generation]:
        for item in plain(messages, options):
            yield replace(item, chances=(TokenChance("연", -4.0),)) if isinstance(item, Generation) else item

    llm.stream = unsure  # type: ignore[method-assign]
    answer = chatbot.ask("연체료는 하루에 얼마인가요?")
    assert answer.origin == "refused"
    assert "확실하지 않습니다" in answer.reason


def test_a_wrong_passage_number_is_moved_to_the_passage_that_says_it(say: Say) -> None:
    chatbot = say("정기휴관일은 매월 둘째 월요일입니다. [2]")
    answer = chatbot.ask("정기휴관일은 언제인가요?")
    assert answer.citations[0].label == "제4조"
    assert answer.answer.endswith(f"[{answer.citations[0].marker}]")


def test_a_passage_number_that_does_not_exist_is_never_shown(say: Say) -> None:
    answer = say("대출 기간은 14일입니다. [7]").ask("대출 기간은 며칠인가요?")
    assert "[7]" not in answer.answer
    assert answer.citations[0].marker in (1, 2)


def test_a_sentence_no_passage_carries_is_not_an_answer(say: Say) -> None:
    answer = say("저녁에는 공원에서 음악회가 열립니다. [1]").ask("대출 기간은 며칠인가요?")
    assert answer.origin == "refused"
    assert "뒷받침하는 근거" in answer.reason


def test_an_answer_from_a_passage_on_another_topic_is_refused(say: Say) -> None:
    # Trap: 대출 stands in the first passage, so the question passes; the model answers from the second.
    chatbot = say("정기휴관일은 매월 둘째 월요일입니다. [2]")
    chatbot.refusal = RefusalConfig(threshold=0.001)  # the model is asked, and picks a sentence
    answer = chatbot.ask("대출 자료 반납함 위치는 어디인가요?", k=5)
    assert answer.origin == "refused"
    assert "다른 내용" in answer.reason


def test_an_answer_that_passes_over_the_better_passage_is_refused(say: Say) -> None:
    # Trap: 도서관 and 규정 stand in every title, enough for any passage to look like the question's topic.
    answer = say("연체료는 권당 1일 100원입니다. [1]").ask("도서관 규정에서 대출 기간은 며칠인가요?", k=5)
    assert answer.origin == "refused"
    assert "다른 내용" in answer.reason


def test_a_sentence_without_values_is_unchecked_not_passed(say: Say) -> None:
    answer = say("예약된 자료는 연장할 수 없습니다. [1]").ask("예약된 자료도 대출 연장이 되나요?")
    assert [verdict.label for verdict in answer.verdicts] == ["unchecked"]


def test_the_answer_ends_at_a_sentence_within_the_limit_but_keeps_a_proviso(say: Say) -> None:
    long = "대출 기간은 한 번에 한하여 7일까지 연장할 수 있습니다. 다만, 예약된 자료는 연장할 수 없습니다. "
    more = "대출 기간은 14일로 하고 한 번에 5권까지 빌릴 수 있습니다. " * 3
    answer = say(long + more + "[1]").ask("대출 기간을 연장할 수 있나요?")
    assert "다만, 예약된 자료는" in answer.answer
    assert answer.answer.count("14일") <= 1


def test_other_scripts_fire_the_lock(say: Say) -> None:
    # Trap: Qwen drifts into Chinese.
    answer = say("貸出期間은 14일입니다. [1]", "대출 기간은 14일입니다. [1]").ask("대출 기간은 며칠인가요?")
    assert answer.lock_fired
    assert answer.answer == "대출 기간은 14일입니다. [1]"


def test_a_stream_gives_stages_then_text_then_the_answer(say: Say) -> None:
    items = list(say("대출 기간은 14일입니다. [1]").stream("대출 기간은 며칠인가요?"))
    stages = [item.stage for item in items if isinstance(item, StageEvent)]
    assert stages == ["retrieve", "generate", "check"]
    assert "".join(item for item in items if isinstance(item, str)) == "대출 기간은 14일입니다. [1]"
    assert isinstance(items[-1], Answer)


def test_a_stream_that_the_reader_leaves_cancels_the_model(say: Say) -> None:
    chatbot = say("대출 기간은 14일입니다. [1]")
    stream = chatbot.stream("대출 기간은 며칠인가요?")
    while not isinstance(next(stream), str):
        pass
    stream.close()
    assert isinstance(chatbot.llm, ScriptedLLM)
    assert chatbot.llm.cancelled == 1


def test_timings_and_tokens_are_reported(say: Say) -> None:
    answer = say("대출 기간은 14일입니다. [1]").ask("대출 기간은 며칠인가요?")
    assert set(answer.timings) == {"gate", "retrieve", "first_token", "generate", "check", "total"}
    assert answer.tokens["completion"]


def test_every_answer_is_recorded(say: Say, home: Home) -> None:
    answer = say("대출 기간은 14일입니다. [1]").ask("대출 기간은 며칠인가요?")
    with sqlite3.connect(home.config.store_path) as db:
        (record,) = db.execute("SELECT record FROM answers WHERE id = ?", (answer.id,)).fetchone()
    assert json.loads(record)["citations"][0]["label"] == "제2조제1항"


def test_warming_up_reads_exactly_the_part_of_the_prompt_that_every_question_shares(say: Say) -> None:
    chatbot = say("", "모른다")
    chatbot.warm_up()
    chatbot.ask("대출 기간은 며칠인가요?")
    assert isinstance(chatbot.llm, ScriptedLLM)
    (warm, options), (asked, _) = chatbot.llm.calls
    assert options.max_tokens == 1
    assert warm[:-1] == asked[:-1]


def test_k_passages_reach_the_prompt_and_are_the_hits(say: Say) -> None:
    chatbot = say("모른다", "모른다")
    assert len(chatbot.ask("대출 기간은 며칠인가요?").hits) == 2
    assert len(chatbot.ask("대출 기간은 며칠인가요?", k=1).hits) == 1


@pytest.mark.parametrize("question", ["", "  \n", "가" * 2001])
def test_an_empty_or_endless_question_is_refused_with_a_sentence(say: Say, question: str) -> None:
    with pytest.raises(InputError, match="질문"):
        say("모른다").ask(question)


def test_a_home_without_documents_refuses(home: Home) -> None:
    answer = home.chatbot().ask("대출 기간은 며칠인가요?")
    assert (answer.origin, answer.hits) == ("refused", ())

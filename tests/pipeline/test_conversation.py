"""Turns of a conversation through the real chatbot, and neighbouring units in the prompt."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from haechi.models.scripted import ScriptedLLM
from haechi.pipeline.build import Home
from haechi.pipeline.chatbot import Chatbot, StageEvent
from haechi.pipeline.erase import remove_documents
from haechi.pipeline.history import Turn, turns_of_records
from haechi.pipeline.ingest import ingest
from haechi.records import answer_record
from haechi.retrievers.question import QueryOptions
from tests.pipeline.conftest import calls

Say = Callable[..., Chatbot]
MEANT = "도서관의 정기휴관일은 언제인가요?"
FIRST = "대출 기간은 며칠인가요?"


def test_a_first_question_costs_one_call_and_says_nothing_of_rewriting(say: Say) -> None:
    chatbot = say("대출 기간은 14일입니다. [1]")
    answer = chatbot.ask(FIRST)
    assert len(calls(chatbot)) == 1
    record = answer_record(answer)
    assert (record["rewritten"], record["notes"], record["expansion"]) == ("", [], None)
    assert "rewrite" not in record["timings"]


def test_a_follow_up_is_answered_as_what_it_means_and_shown_as_asked(say: Say) -> None:
    chatbot = say("정기휴관일은 매월 둘째 월요일입니다. [1]")
    history = [Turn(MEANT, "매월 둘째 월요일입니다. [1]")]
    items = list(chatbot.stream("그건 언제인가요?", history=history, conversation="talk-0001"))
    answer = items[-1]
    assert StageEvent("rewrite") in items
    assert (answer.question, answer.rewritten) == ("그건 언제인가요?", MEANT)  # type: ignore[union-attr]
    assert isinstance(chatbot.llm, ScriptedLLM)
    assert MEANT in chatbot.llm.calls[0][0][-1].content


def test_a_conversation_is_recorded_in_order(say: Say, home: Home) -> None:
    chatbot = say("대출 기간은 14일입니다. [1]", "연체료는 권당 1일 100원입니다. [1]")
    chatbot.ask(FIRST, conversation="talk-0001")
    chatbot.ask("연체료는 하루에 얼마인가요?", conversation="talk-0001")
    chatbot.ask("수영장 강습료 환불 절차가 궁금합니다")
    records = home.store.conversation("talk-0001")
    assert [row["question"] for row in records] == [FIRST, "연체료는 하루에 얼마인가요?"]
    assert [row["conversation_id"] for row in records] == ["talk-0001"] * 2
    assert turns_of_records(records)[0] == Turn(FIRST, "대출 기간은 14일입니다. [1]")
    assert home.store.conversation("another-0001") == []


def test_a_removed_document_leaves_no_words_in_later_questions_of_the_conversation(say: Say, home: Home) -> None:
    chatbot = say("대출 기간은 14일입니다. [1]", "모른다")
    chatbot.ask(FIRST, conversation="talk-0001")
    history = [Turn("대출 기간은 며칠인가요?", "14일입니다")]
    later = chatbot.ask("그건 우주선 발사 예약인가요?", history=history, conversation="talk-0001")
    assert later.rewritten
    remove_documents(home, [record.id for record in home.store.documents()])
    assert [row["rewritten"] for row in home.store.conversation("talk-0001")] == ["", ""]


def test_a_several_part_question_puts_both_passages_into_the_prompt(say: Say) -> None:
    chatbot = say("모른다")
    answer = chatbot.ask("대출 기간은 며칠이고 단체 관람은 몇 명부터인가요?", k=2)
    assert [hit.chunk.label[:3] for hit in answer.hits] == ["제2조", "제5조"]
    assert answer.expansion is not None and answer.expansion["calls"] == 0


def test_what_other_wordings_cost_stands_in_the_answer(say: Say) -> None:
    chatbot = say("책을 늦게 내면 얼마를 내나요?", "연체료는 권당 1일 100원입니다. [1]")
    chatbot.retriever._llm = lambda: chatbot.llm  # the scripted one instead of the home's
    answer = chatbot.ask("연체료는 하루에 얼마인가요?", query=QueryOptions(multi_query=1))
    assert answer.expansion is not None
    assert (answer.expansion["calls"], answer.expansion["queries"]) == (1, ["책을 늦게 내면 얼마를 내나요?"])
    assert "expand" in answer_record(answer)["timings"]


RULES = """# 새봄시 시설 안내

수영장은 매일 오전 6시에 문을 연다.

수영모를 쓰지 않은 사람은 물에 들어갈 수 없다.

탈의실 열쇠는 안내대에서 받는다.
"""


def test_neighbours_fill_what_the_budget_leaves_and_citations_name_the_exact_chunk(home: Home, tmp_path: Path) -> None:
    (tmp_path / "안내.md").write_text(RULES, encoding="utf-8")
    ingest(home, [str(tmp_path / "안내.md")], unit="sentence")
    chatbot = home.chatbot()
    chatbot.llm = ScriptedLLM(["탈의실 열쇠는 안내대에서 받습니다. [1]", "모른다"])
    question = "수영모를 쓰지 않은 사람은 물에 들어갈 수 있나요?"
    plain = chatbot.find(question, 1).hits[0]
    answer = chatbot.ask(question, k=1, neighbours=True)
    shown = answer.hits[0]
    assert shown.chunk.id == plain.chunk.id
    assert "수영모" in shown.chunk.text and "탈의실" in shown.chunk.text
    assert answer_record(answer)["hits"][0]["neighbours"]
    chatbot.llm = ScriptedLLM(
        ["수영모를 쓰지 않은 사람은 물에 들어갈 수 없습니다. 탈의실 열쇠는 안내대에서 받습니다. [1]"]
    )
    cited = chatbot.ask(question, k=1, neighbours=True).citations
    by_text = {chunk.text: chunk.id for chunk in home.store.chunks(plain.chunk.document_id)}
    assert [by_text[citation.quote] == citation.chunk_id for citation in cited] == [True, True]
    assert len({citation.chunk_id for citation in cited}) == 2


def test_without_room_or_without_the_setting_nothing_is_added(home: Home, tmp_path: Path) -> None:
    (tmp_path / "안내.md").write_text(RULES, encoding="utf-8")
    ingest(home, [str(tmp_path / "안내.md")], unit="sentence")
    chatbot = home.chatbot()
    chatbot.llm = ScriptedLLM(["모른다", "모른다"])
    question = "수영모를 쓰지 않은 사람은 물에 들어갈 수 있나요?"
    assert chatbot.ask(question, k=1).hits[0].pieces == ()
    from dataclasses import replace

    chatbot.settings = replace(chatbot.settings, evidence_tokens=20)
    assert chatbot.ask(question, k=1, neighbours=True).hits[0].pieces == ()

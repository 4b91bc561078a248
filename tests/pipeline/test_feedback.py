"""What people say about answers is kept, counts once, and goes with the document that the answer quoted."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from haechi.errors import InputError, StoreError
from haechi.pipeline.build import Home
from haechi.pipeline.chatbot import Chatbot
from haechi.pipeline.erase import remove_documents
from haechi.pipeline.feedback import feedback_rows, find_answer, give_feedback, newest, remove_feedback, unrated
from haechi.stores.feedback_base import Feedback

Say = Callable[..., Chatbot]


def test_an_opinion_is_kept_with_the_answer_it_is_about(home: Home, say: Say) -> None:
    answer = say("연체료는 권당 1일 100원입니다. [1]").ask("연체료는 얼마인가요?")
    made = give_feedback(home, Feedback(answer.id, "bad", " 하루에 100원입니다. ", note="규정 제3조", who="김해치"))
    assert made.id and made.created
    (row,) = feedback_rows(home)
    assert (row["question"], row["answer"]) == (answer.question, answer.answer)
    assert (row["corrected_answer"], row["note"], row["who"]) == ("하루에 100원입니다.", "규정 제3조", "김해치")
    assert feedback_rows(home, since="2999-01-01") == []


def test_the_newest_opinion_of_an_answer_counts(home: Home, say: Say) -> None:
    answer = say("연체료는 권당 1일 100원입니다. [1]").ask("연체료는 얼마인가요?")
    give_feedback(home, Feedback(answer.id, "bad"))
    give_feedback(home, Feedback(answer.id, "good"))
    assert newest(home.store.feedback())[answer.id].verdict == "good"
    assert len(home.store.feedback()) == 2


def test_an_answer_is_found_by_the_beginning_of_its_id_or_as_the_last(home: Home, say: Say) -> None:
    bot = say("연체료는 권당 1일 100원입니다. [1]", "모른다")
    first, second = bot.ask("연체료는 얼마인가요?"), bot.ask("연체료를 카드로 내도 되나요?")
    assert find_answer(home, first.id[:10])["id"] == first.id
    assert find_answer(home, "last")["id"] == second.id
    assert [row["id"] for row in unrated(home)] == [second.id, first.id]
    give_feedback(home, Feedback("last", "good"))
    assert [row["id"] for row in unrated(home)] == [first.id]
    for unknown in ("zzz", ""):
        with pytest.raises(InputError, match="하나로 정할 수 없습니다"):
            find_answer(home, unknown)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"verdict": "great"}, "good 또는 bad"),
        ({"verdict": "good", "correction": "다른 답"}, "고친 답을 달 수 없습니다"),
        ({"verdict": "bad", "correction": "가" * 2001}, "2001자"),
        ({"verdict": "bad", "who": "가" * 101}, "101자"),
    ],
)
def test_what_makes_no_sense_is_refused(home: Home, say: Say, change: dict[str, str], why: str) -> None:
    answer = say("연체료는 권당 1일 100원입니다. [1]").ask("연체료는 얼마인가요?")
    with pytest.raises(InputError, match=why):
        give_feedback(home, Feedback(answer.id, **change))  # type: ignore[arg-type]
    assert home.store.feedback() == []


def test_an_opinion_of_no_answer_is_refused_by_the_store_as_well(home: Home) -> None:
    with pytest.raises(StoreError):
        home.store.add_feedback(Feedback("nowhere", "good"))


def test_a_removed_document_takes_the_words_of_corrections_along(home: Home, say: Say, documents: Path) -> None:
    answer = say("연체료는 권당 1일 100원입니다. [1]").ask("연체료는 얼마인가요?")
    secret = "연체료는 오소리상사가 정한 칠백원입니다"
    give_feedback(home, Feedback(answer.id, "bad", secret, note="오소리상사 확인"))
    assert home.store.stands_in_living("오소리상사")
    receipt = remove_documents(home, [row["document"] for row in home.store.answers()[0]["hits"]])
    assert receipt["removed"]["feedback"] == 1
    (left,) = home.store.feedback()
    assert (left.verdict, left.correction, left.note, left.forgotten) == ("bad", "", "", True)
    files = [path for path in home.config.home.rglob("*") if path.is_file()]
    assert "오소리상사".encode() not in b"".join(path.read_bytes() for path in files)
    assert not home.store.stands_in_living("오소리상사")
    assert "오소리상사" not in json.dumps(home.store.receipts(), ensure_ascii=False)


def test_removed_feedback_is_gone_from_the_file(home: Home, say: Say) -> None:
    answer = say("연체료는 권당 1일 100원입니다. [1]").ask("연체료는 얼마인가요?")
    made = give_feedback(home, Feedback(answer.id, "bad", "너구리물산에 물어보세요"))
    with pytest.raises(InputError, match="없습니다"):
        remove_feedback(home, [made.id, "zzz"])
    assert remove_feedback(home, [made.id]) == 1
    files = [path for path in home.config.home.rglob("*") if path.is_file()]
    assert "너구리물산".encode() not in b"".join(path.read_bytes() for path in files)


def test_an_answer_that_goes_takes_its_opinions_along(home: Home, say: Say) -> None:
    answer = say("연체료는 권당 1일 100원입니다. [1]").ask("연체료는 얼마인가요?")
    give_feedback(home, Feedback(answer.id, "good"))
    home.store.close()
    with sqlite3.connect(home.config.store_path) as db:
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("DELETE FROM answers")
    assert home.store.feedback() == []

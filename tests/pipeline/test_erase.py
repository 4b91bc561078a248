"""A removed document is gone from every byte of the home, and its receipt tells the truth about it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from haechi.errors import InputError, StoreError
from haechi.models.scripted import ScriptedLLM
from haechi.pipeline.build import Home
from haechi.pipeline.erase import remove_documents
from haechi.pipeline.ingest import ingest
from haechi.pipeline.traces import search_files
from haechi.stores.erasure import TOMBSTONE

SECRET = """# 비밀 합의서 다람쥐작전

##### 제1조(목적)
이 합의서는 다람쥐작전의 보상금 칠억이천만 원의 지급을 비공개로 정한다.

##### 제2조(당사자)
당사자는 오소리상사와 너구리물산으로 하고, 증인은 두더지로 한다.
"""
WORDS = ["다람쥐작전", "칠억이천만", "오소리상사", "너구리물산", "두더지"]


@pytest.fixture
def filled(home: Home, documents: Path) -> Home:
    (documents / "합의서.md").write_text(SECRET, encoding="utf-8")
    ingest(home, [str(documents)])
    return home


def ids_of(home: Home, name: str) -> list[str]:
    return [item.id for item in home.store.documents() if item.source == name]


def everything(home: Home) -> bytes:
    """Every byte of every file of the home, the -wal and -shm files included."""
    return b"".join(path.read_bytes() for path in home.config.home.rglob("*") if path.is_file())


def test_no_string_and_no_vector_of_it_is_left_in_any_file(filled: Home) -> None:
    ids = ids_of(filled, "합의서.md")
    vectors = filled.store.vectors_of(ids)
    before = everything(filled)
    assert len(vectors) > 1
    assert all(word.encode() in before for word in WORDS)
    assert all(vector in before for vector in vectors)
    receipt = remove_documents(filled, ids)
    after = everything(filled)
    assert [word for word in WORDS if word.encode() in after] == []
    assert [vector for vector in vectors if vector in after] == []
    assert [vector for vector in vectors if np.frombuffer(vector, "<f2").astype("<f4").tobytes() in after] == []
    assert receipt["state"] == "clean"
    assert receipt["removed"]["vectors"] == len(vectors)


def test_its_words_are_gone_from_the_full_text_dictionary(filled: Home) -> None:
    words = sorted({token for word in WORDS for token in filled.analyser().tokens(word)})
    index = filled.indexes().full_text
    assert any(index.document_frequencies(words))
    remove_documents(filled, ids_of(filled, "합의서.md"))
    left = filled.indexes().full_text.document_frequencies(words)
    living = [len(filled.indexes().full_text.search([word], 99)[1]) for word in words]
    assert left == living


def test_the_receipt_counts_looks_and_keeps_no_words(filled: Home) -> None:
    receipt = remove_documents(filled, ids_of(filled, "합의서.md"))
    assert receipt["removed"]["documents"] == 1
    assert receipt["removed"]["chunks"] == receipt["removed"]["index_entries"] > 0
    for check in receipt["checks"].values():
        # A search that would find nothing anyway proves nothing: all of it was found before.
        assert check["sampled"] == check["found_before"] > 0
        assert check["found_after"] == 0
    (kept,) = filled.store.receipts()
    text = json.dumps(kept, ensure_ascii=False)
    assert not any(word in text for word in [*WORDS, "합의서"])


def test_answers_lose_its_words_and_the_other_answers_keep_theirs(filled: Home) -> None:
    bot = filled.chatbot()
    bot.llm = ScriptedLLM(lambda messages, options: "당사자는 오소리상사와 너구리물산입니다. [1]")
    secret = bot.ask("다람쥐작전 합의서의 당사자는 누구인가요?", k=1)
    bot.llm = ScriptedLLM(lambda messages, options: "연체료는 권당 1일 100원입니다. [1]")
    other = bot.ask("도서관 연체료는 권당 얼마인가요?", k=1)
    assert "오소리상사" in secret.answer
    receipt = remove_documents(filled, ids_of(filled, "합의서.md"))
    assert receipt["removed"]["answers"] == 1
    with sqlite3.connect(filled.config.store_path) as db:
        records = {row[0]: json.loads(row[1]) for row in db.execute("SELECT id, record FROM answers")}
    assert records[secret.id]["answer"] == TOMBSTONE
    assert records[secret.id]["hits"][0]["text"] == TOMBSTONE
    assert records[secret.id]["question"] == secret.question
    assert records[other.id]["answer"] == other.answer
    assert "너구리물산".encode() not in everything(filled)


def test_an_answer_that_ends_after_the_removal_is_recorded_without_its_words(filled: Home) -> None:
    hits = filled.chatbot().search("다람쥐작전 보상금", 1)
    bot = filled.chatbot()

    def removes(messages: object, options: object) -> str:
        remove_documents(filled, ids_of(filled, "합의서.md"))
        return "보상금은 칠억이천만 원입니다. [1]"

    bot.llm = ScriptedLLM(removes)
    assert hits
    bot.ask("다람쥐작전 보상금은 얼마인가요?", k=1)
    assert "칠억이천만".encode() not in everything(filled)


def test_one_row_of_a_table_can_be_removed_alone(home: Home, tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"id": "a", "text": "두더지 명단"}\n{"id": "b", "text": "주차장 안내"}\n', encoding="utf-8")
    ingest(home, [str(rows)])
    (gone,) = [item.id for item in home.store.documents() if item.external_id == "a"]
    receipt = remove_documents(home, [gone])
    assert [item.external_id for item in home.store.documents()] == ["b"]
    assert receipt["sources"][0]["kept"] is True
    assert "두더지 명단".encode() not in everything(home)
    # The table has not changed, so the row does not come back with the next run.
    assert ingest(home, [str(rows)]).skipped == 1


def test_a_text_that_stands_in_another_document_is_said_to_be_unchecked(home: Home, documents: Path) -> None:
    text = (documents / "운영규정.md").read_text(encoding="utf-8")
    (documents / "사본.md").write_text(text, encoding="utf-8")
    ingest(home, [str(documents)])
    receipt = remove_documents(home, ids_of(home, "사본.md"))
    assert receipt["state"] == "unchecked"
    assert receipt["unchecked"]


def test_a_log_that_could_not_be_emptied_is_said(filled: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filled.store, "checkpoint", lambda: False)
    receipt = remove_documents(filled, ids_of(filled, "합의서.md"))
    assert receipt["state"] in ("unchecked", "traces")
    assert filled.store.purge_due()


def test_a_store_that_could_not_be_rewritten_still_gives_a_receipt(
    filled: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*, compact: bool = True) -> bool:
        raise StoreError("저장소 오류: database is locked")

    monkeypatch.setattr(filled.store, "purge", locked)
    receipt = remove_documents(filled, ids_of(filled, "합의서.md"))
    assert receipt["state"] != "clean"
    assert any("locked" in reason for reason in receipt["unchecked"])
    assert ids_of(filled, "합의서.md") == []
    assert len(filled.store.receipts()) == 1


def test_a_trace_left_in_some_file_is_found_and_named(filled: Home) -> None:
    (filled.config.home / "메모.txt").write_text(SECRET, encoding="utf-8")
    receipt = remove_documents(filled, ids_of(filled, "합의서.md"))
    assert receipt["state"] == "traces"
    assert {row["file"] for row in receipt["traces"]} == {"메모.txt"}


def test_an_unknown_id_removes_nothing(filled: Home) -> None:
    count = len(filled.store.documents())
    with pytest.raises(InputError, match="documents list"):
        remove_documents(filled, [*ids_of(filled, "합의서.md"), "없음"])
    assert len(filled.store.documents()) == count


def test_an_edited_file_leaves_nothing_of_its_earlier_version(filled: Home, documents: Path) -> None:
    path = documents / "합의서.md"
    path.write_text(SECRET.replace("칠억이천만", "구억삼천만").replace("두더지", "고슴도치"), encoding="utf-8")
    report = ingest(filled, [str(documents)])
    assert report.warnings == []
    left = everything(filled)
    assert "구억삼천만".encode() in left
    assert "칠억이천만".encode() not in left
    assert "두더지".encode() not in left


def test_an_edit_takes_only_what_no_longer_stands_anywhere_out_of_answers(
    say: Callable[..., object], home: Home, documents: Path
) -> None:
    bot = say("연체료는 권당 1일 100원입니다. [1]", "정기휴관일은 매월 둘째 월요일입니다. [1]")
    fee = bot.ask("도서관 연체료는 권당 얼마인가요?", k=1)  # type: ignore[attr-defined]
    closed = bot.ask("도서관 정기휴관일은 언제인가요?", k=1)  # type: ignore[attr-defined]
    path = documents / "운영규정.md"
    path.write_text(path.read_text(encoding="utf-8").replace("1일 100원", "1일 200원"), encoding="utf-8")
    ingest(home, [str(documents)])
    with sqlite3.connect(home.config.store_path) as db:
        records = {row[0]: json.loads(row[1]) for row in db.execute("SELECT id, record FROM answers")}
    assert records[fee.id]["answer"] == TOMBSTONE
    assert records[closed.id]["answer"] == closed.answer


def test_a_large_store_is_not_rewritten_by_every_ingest_and_says_so(
    filled: Home, documents: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("haechi.pipeline.erase.REWRITE_LIMIT", 0)
    (documents / "합의서.md").unlink()
    report = ingest(filled, [str(documents)])
    assert "verify --repair" in report.warnings[-1]["warning"]
    assert filled.store.purge_due()


def test_a_string_that_lies_across_two_blocks_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("haechi.pipeline.traces._BLOCK", 8)
    (tmp_path / "f").write_bytes(b"0123456needle789")
    assert search_files(tmp_path, [b"needle", b"absent"]) == {b"needle": ["f"]}

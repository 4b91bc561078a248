"""The SQLite store: what is written is read back, unchanged documents keep their entries, deletions are real."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from haechi.errors import HomeError, StoreError
from haechi.stores.base import PreparedDocument, SourceRecord
from haechi.stores.migrations import MIGRATIONS
from haechi.stores.sqlite import SQLiteStore
from haechi.types import Answer, Block, Chunk, Document, IndexEntry, content_hash


@pytest.fixture
def store(tmp_path: Path) -> SQLiteStore:
    return SQLiteStore(tmp_path / "haechi.db")


def prepared(text: str, title: str = "규정", article: str = "제1조") -> PreparedDocument:
    document = Document.make("규정.md", title, [Block(text)])
    chunk = Chunk.make(document, 0, len(text), unit="law_article", label=article, meta={"article": article})
    return PreparedDocument(document, [chunk], [IndexEntry(chunk.id, f"{title} {text}")])


def source(path: str = "/자료/규정.md", **changes: object) -> SourceRecord:
    return replace(SourceRecord(path=path, status="ok", sha256="ab", parser="text", unit="law_article"), **changes)  # type: ignore[arg-type]


def test_a_written_source_is_read_back_whole(store: SQLiteStore) -> None:
    item = prepared("연체료는 1일 100원으로 한다.")
    change = store.write_source(source(warnings=("글자 1개를 바꿈",)), [item])
    assert store.document(item.document.id) == item.document
    assert store.chunks(item.document.id) == list(item.chunks)
    record = store.source("/자료/규정.md")
    assert record is not None
    assert (record.documents, record.chunks, record.warnings) == (1, 1, ("글자 1개를 바꿈",))
    hit = store.hits(change.added)[change.added[0]]
    assert (hit.chunk.label, hit.document_title) == ("제1조", "규정")
    assert store.chunks_by_article("제1조") == list(change.added)


def test_every_write_raises_the_generation(store: SQLiteStore) -> None:
    before = store.generation()
    first = store.write_source(source(), [prepared("가")])
    second = store.remove_source("/자료/규정.md")
    assert (first.generation, second.generation, store.generation()) == (before + 1, before + 2, before + 2)


def test_an_unchanged_document_keeps_its_entries_and_a_changed_one_is_replaced(store: SQLiteStore) -> None:
    same, old, new = prepared("가", article="제1조"), prepared("나", article="제2조"), prepared("다", article="제2조")
    first = store.write_source(source(), [same, old])
    second = store.write_source(source(sha256="cd"), [same, new])
    assert second.removed == (first.added[1],)
    assert len(second.added) == 1
    # AUTOINCREMENT: a reused id would let a stale index show another text.
    assert second.added[0] > max(first.added)
    assert [text for _, text in store.entry_texts()] == ["규정 가", "규정 다"]


def test_a_document_cut_in_another_way_is_replaced_although_its_text_is_the_same(store: SQLiteStore) -> None:
    # Trap: the document id is the same under another unit, but its chunks are not.
    first = store.write_source(source(), [prepared("가")])
    item = prepared("가")
    other = replace(item, chunks=[replace(item.chunks[0], label="문단 1")])
    second = store.write_source(source(), [other])
    assert second.removed == first.added
    assert len(second.added) == 1


def test_removing_a_source_leaves_no_text_on_disk(store: SQLiteStore, tmp_path: Path) -> None:
    secret = "비밀번호는 호랑이다섯마리"
    item = prepared(secret)
    store.write_source(source(), [item])
    store.put_vectors("m", [content_hash(item.entries[0].text)], np.ones((1, 4), np.float32))
    store.remove_source("/자료/규정.md")
    assert store.entry_count() == 0
    assert list(store.entry_vectors("m")) == []
    assert store.missing_vectors("m", [content_hash(item.entries[0].text)]) != []
    store.close()
    with sqlite3.connect(tmp_path / "haechi.db") as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    left = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert secret.encode() not in left


def test_removing_an_unknown_source_says_how_to_list_them(store: SQLiteStore) -> None:
    with pytest.raises(StoreError, match="documents list"):
        store.remove_source("/없음")


def test_vectors_are_kept_by_text_so_equal_texts_are_embedded_once(store: SQLiteStore) -> None:
    item = prepared("가")
    store.write_source(source(), [item])
    store.write_source(source("/자료/사본.md"), [prepared("가", title="사본")])
    text_hash = content_hash(item.entries[0].text)
    assert store.missing_vectors("m", [text_hash, text_hash]) == [text_hash]
    store.put_vectors("m", [text_hash], np.full((1, 3), 0.5, np.float32))
    assert store.missing_vectors("m", [text_hash]) == []
    ids, vectors = next(store.entry_vectors("m"))
    assert len(ids) == 1
    np.testing.assert_allclose(vectors, 0.5)
    # The copy has another title, hence another text, hence no vector yet.
    assert [text for _, _, text in store.entries_without_vector("m")] == ["사본 가"]


def test_vectors_and_texts_can_be_asked_for_by_id(store: SQLiteStore) -> None:
    first = store.write_source(source(), [prepared("가")])
    store.write_source(source("/자료/둘.md"), [prepared("나", title="둘")])
    assert list(store.entry_texts(first.added)) == [(first.added[0], "규정 가")]
    assert list(store.entry_texts([])) == []


def test_a_failed_write_changes_nothing(store: SQLiteStore) -> None:
    store.write_source(source(), [prepared("가")])
    twice = prepared("나")
    with pytest.raises(StoreError):
        store.write_source(source(sha256="new"), [twice, twice])  # the same document id twice
    record = store.source("/자료/규정.md")
    assert record is not None
    assert record.sha256 == "ab"
    assert [text for _, text in store.entry_texts()] == ["규정 가"]


def test_a_failed_source_keeps_the_documents_of_its_last_good_version(store: SQLiteStore) -> None:
    store.write_source(source(), [prepared("가")])
    store.mark_source(source(status="failed", error="깨진 PDF"))
    record = store.source("/자료/규정.md")
    assert record is not None
    assert (record.status, record.error, record.documents) == ("failed", "깨진 PDF", 1)


def test_answers_are_recorded(store: SQLiteStore, tmp_path: Path) -> None:
    identity = store.record_answer(Answer("연체료는?", "1일 100원입니다. [1]", "generated"))
    with sqlite3.connect(tmp_path / "haechi.db") as db:
        row = db.execute("SELECT question, json_extract(record, '$.answer') FROM answers WHERE id = ?", (identity,))
        assert row.fetchone() == ("연체료는?", "1일 100원입니다. [1]")


def test_a_file_that_is_no_store_is_refused_with_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "haechi.db"
    path.write_bytes(b"this is not a database, it only has the name of one" * 100)
    with pytest.raises(StoreError, match="손상"):
        SQLiteStore(path)


def test_a_store_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "haechi.db"
    SQLiteStore(path).close()
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    with pytest.raises(StoreError, match="더 새로운"):
        SQLiteStore(path)


def test_a_failing_migration_leaves_the_old_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "haechi.db"
    SQLiteStore(path).close()

    def broken(db: sqlite3.Connection) -> None:
        db.execute("CREATE TABLE half_done (x)")
        db.execute("THIS IS NOT SQL")

    monkeypatch.setattr("haechi.stores.connection.MIGRATIONS", [*MIGRATIONS, broken])
    with pytest.raises(StoreError):
        SQLiteStore(path)
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA user_version").fetchone()[0] == len(MIGRATIONS)
        assert db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'half_done'").fetchone()[0] == 0


def test_the_file_is_readable_by_its_owner_only(store: SQLiteStore, tmp_path: Path) -> None:
    assert os.stat(tmp_path / "haechi.db").st_mode & 0o077 == 0


def test_a_second_writer_is_told_who_holds_the_home(store: SQLiteStore) -> None:
    with store.writer(), pytest.raises(HomeError, match=str(os.getpid())), store.writer():
        pass
    with store.writer():
        pass


def test_the_lock_of_a_killed_process_does_not_stay(store: SQLiteStore, tmp_path: Path) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path; from haechi.stores.lock import writer_lock\n"
        "with writer_lock(Path(sys.argv[1])): os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "haechi.lock")], check=False)
    with store.writer():
        pass

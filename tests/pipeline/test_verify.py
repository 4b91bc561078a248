"""`verify` sees every kind of harm; `--repair` mends what it can without loss, and leaves the rest to a person."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from pathlib import Path

import numpy as np
import pytest

from haechi.errors import HomeError
from haechi.pipeline.build import Home
from haechi.pipeline.ingest import ingest
from haechi.pipeline.verify import verify


@pytest.fixture
def filled(home: Home, documents: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    ingest(home, [str(documents)])
    return home


def change(home: Home, sql: str, *values: object) -> None:
    with sqlite3.connect(home.config.store_path) as db:
        # Only harm to the file itself gets past foreign keys.
        db.execute(f"PRAGMA foreign_keys = {'OFF' if 'document_id' in sql else 'ON'}")
        db.execute(sql, values)


def codes(home: Home, *, repair: bool = False) -> list[str]:
    return [row["code"] for row in verify(home.config, repair=repair)["problems"]]


def test_a_home_after_an_ingest_is_sound(filled: Home) -> None:
    report = verify(filled.config)
    assert (report["ok"], report["problems"], report["repaired"]) == (True, [], [])


def test_an_empty_home_is_sound(home: Home) -> None:
    assert verify(home.config)["ok"]


def dead_process() -> int:
    """The id of a process that is certainly gone."""
    process = os.fork()
    if not process:
        os._exit(0)
    os.waitpid(process, 0)
    return process


def harm_permissions(home: Home) -> None:
    os.chmod(home.config.home, 0o755)


def harm_old_index(home: Home) -> None:
    shutil.copytree(next(home.config.index_dir.glob("*-*")), home.config.index_dir / "3-0123abcd")


def harm_temporary(home: Home) -> None:
    (Path(tempfile.gettempdir()) / f"haechi-index-{dead_process()}-x").mkdir()


def harm_copy(home: Home) -> None:
    (home.config.home / f".haechi-copy-{dead_process()}.db").write_bytes(b"x")


def harm_index_file(home: Home) -> None:
    file = next(home.config.index_dir.rglob("vectors.faiss"))
    file.write_bytes(file.read_bytes()[:-3])


def harm_index_gone(home: Home) -> None:
    shutil.rmtree(home.config.index_dir)


def harm_missing_vector(home: Home) -> None:
    change(home, "DELETE FROM vectors WHERE text_hash = (SELECT min(text_hash) FROM vectors)")


def harm_nan_vector(home: Home) -> None:
    bad = np.full(64, np.nan, "<f2").tobytes()
    change(home, "UPDATE vectors SET vector = ? WHERE text_hash = (SELECT min(text_hash) FROM vectors)", bad)


def harm_short_vector(home: Home) -> None:
    change(home, "UPDATE vectors SET vector = x'0000' WHERE text_hash = (SELECT min(text_hash) FROM vectors)")


def harm_unused_vector(home: Home) -> None:
    change(home, "INSERT INTO vectors SELECT model, 'feed', vector FROM vectors LIMIT 1")


def harm_swapped_vectors(home: Home) -> None:
    """The index was built from other vectors than the store has now."""
    change(home, "UPDATE vectors SET vector = (SELECT vector FROM vectors ORDER BY text_hash DESC LIMIT 1)")


def harm_purge(home: Home) -> None:
    change(home, "INSERT INTO state VALUES ('purge', '2026-11-25')")


MENDED = {
    "permissions": harm_permissions,
    "leftover": harm_old_index,
    "leftover ": harm_temporary,
    "leftover  ": harm_copy,
    "index": harm_index_file,
    "index ": harm_index_gone,
    "vector_missing": harm_missing_vector,
    "vector_bad": harm_nan_vector,
    "vector_bad ": harm_short_vector,
    "vector_unused": harm_unused_vector,
    "index  ": harm_swapped_vectors,
    "purge_due": harm_purge,
}


@pytest.mark.parametrize("code", MENDED)
def test_what_can_be_mended_is_seen_named_and_mended(filled: Home, code: str) -> None:
    MENDED[code](filled)
    found = verify(filled.config)
    assert code.strip() in [row["code"] for row in found["problems"]]
    assert all(row["fix"] == "haechi verify --repair" and row["mendable"] for row in found["problems"])
    mended = verify(filled.config, repair=True)
    assert mended["ok"]
    assert code.strip() in [row["code"] for row in mended["repaired"]]
    assert verify(filled.config)["ok"]


LOST = {
    "chunk_text": "UPDATE chunks SET text = '다른 글' WHERE id = (SELECT min(id) FROM chunks)",
    "chunk_text ": 'UPDATE chunks SET "end" = "end" + 1 WHERE id = (SELECT min(id) FROM chunks)',
    "chunk_entries": "DELETE FROM entries WHERE id = 1",
    "entry_hash": "UPDATE entries SET text = '다른 글' WHERE id = 1",
    "source_empty": "DELETE FROM documents",
    "store_damaged": "UPDATE chunks SET document_id = '없음' WHERE id = (SELECT min(id) FROM chunks)",
}


@pytest.mark.parametrize("code", LOST)
def test_what_cannot_be_mended_stays_a_problem_with_a_command(filled: Home, code: str) -> None:
    change(filled, LOST[code])
    report = verify(filled.config, repair=True)
    assert not report["ok"]
    (row, *_) = [row for row in report["problems"] if row["code"] == code.strip()]
    assert not row["mendable"]
    assert row["fix"].startswith("haechi ")


def test_a_page_of_noise_in_the_store_is_seen(filled: Home) -> None:
    filled.close()
    data = bytearray(filled.config.store_path.read_bytes())
    data[3 * 4096 : 4 * 4096] = os.urandom(4096)
    filled.config.store_path.write_bytes(data)
    assert set(codes(filled, repair=True)) == {"store_damaged"}


def test_a_missing_store_is_seen(filled: Home) -> None:
    filled.close()
    for file in filled.config.home.glob("haechi.db*"):
        file.unlink()
    assert codes(filled) == ["store_damaged"]
    assert not filled.config.store_path.exists()


def test_temporary_files_of_living_processes_are_left_alone(filled: Home) -> None:
    mine = filled.config.home / f".haechi-copy-{os.getpid()}.db"
    mine.write_bytes(b"x")
    assert verify(filled.config, repair=True)["ok"]
    assert mine.exists()


def test_it_does_not_look_while_another_process_writes(filled: Home) -> None:
    with filled.store.writer(), pytest.raises(HomeError, match="PID"):
        verify(filled.config)

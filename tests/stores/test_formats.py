"""A home of every released format opens with today's code, is sound, and answers; a crash in between loses nothing.

`formats/vN.sql` is the text dump of a small home that the code of format N made: three files and a table of one row,
one of them unreadable, and one recorded answer. A release adds its own; none is ever changed.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from haechi.config import load_config
from haechi.errors import StoreError
from haechi.pipeline.build import init_home, open_home
from haechi.pipeline.erase import remove_documents
from haechi.pipeline.verify import verify
from haechi.stores.connection import before_migration
from haechi.stores.migrations import MIGRATIONS
from haechi.stores.sqlite import SQLiteStore

DUMPS = sorted((Path(__file__).parent / "formats").glob("v*.sql"))


@pytest.fixture(params=DUMPS, ids=lambda path: path.stem)
def old_home(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HAECHI_EMBEDDER_BACKEND", "scripted")
    monkeypatch.setenv("HAECHI_CHECK_GROUNDER", "none")
    monkeypatch.setenv("HAECHI_LLM_BACKEND", "scripted")
    folder = init_home(tmp_path / "home")
    with open_home(load_config(folder)) as home:
        # The name of the fake embedder is no part of a format.
        dump = request.param.read_text(encoding="utf-8").replace("scripted-bigrams", home.embedder().name)
    make_old(folder / "haechi.db", dump)
    return folder


def make_old(path: Path, dump: str) -> None:
    for file in path.parent.glob("haechi.db*"):
        file.unlink()
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.executescript(dump)
        db.execute("PRAGMA journal_mode = WAL")
    os.chmod(path, 0o600)


def format_of(path: Path) -> int:
    with contextlib.closing(sqlite3.connect(path)) as db:
        return int(db.execute("PRAGMA user_version").fetchone()[0])


def tables(path: Path) -> dict[str, int]:
    with contextlib.closing(sqlite3.connect(path)) as db:
        names = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: db.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in names}


def test_there_is_a_dump_of_every_released_format() -> None:
    assert [path.stem for path in DUMPS] == ["v1"]


def test_an_old_home_opens_is_sound_and_answers(old_home: Path) -> None:
    before = tables(old_home / "haechi.db")
    with open_home(load_config(old_home)) as home:
        assert home.store.format() == len(MIGRATIONS)
        after = tables(old_home / "haechi.db")
        # Not one row is lost on the way; `state` may gain some.
        assert {name: after[name] for name in before if name != "state"} == {
            name: count for name, count in before.items() if name != "state"
        }
        (hit,) = home.retriever().retrieve("연체료는 권당 얼마인가요?", 1)
        assert (hit.chunk.label, hit.chunk.text[:4]) == ("제3조", "제3조(")
        assert {record.status for record in home.store.sources()} == {"ok", "failed"}
    assert verify(load_config(old_home))["problems"] == []
    assert not list(old_home.glob("*.before-format-*"))


def test_a_document_of_an_old_home_is_removed_without_a_trace(old_home: Path) -> None:
    with open_home(load_config(old_home)) as home:
        ids = [record.id for record in home.store.documents() if record.source == "운영규정.md"]
        receipt = remove_documents(home, ids)
        assert receipt["state"] == "clean"
        assert receipt["removed"]["answers"] == 1
    assert "예약된 자료는".encode() not in b"".join(path.read_bytes() for path in old_home.rglob("*") if path.is_file())


BROKEN = """
import os, signal, sqlite3, sys
from pathlib import Path
from haechi.stores import connection
def broken(db):
    db.execute("DELETE FROM documents")
    if sys.argv[2] == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    db.execute("THIS IS NOT SQL")
connection.MIGRATIONS[:] = [*connection.MIGRATIONS, broken]
connection.Database(Path(sys.argv[1]))
"""


@pytest.mark.parametrize("how", ["kill", "error"])
def test_a_migration_that_dies_in_the_middle_leaves_the_old_home_and_a_copy(old_home: Path, how: str) -> None:
    path = old_home / "haechi.db"
    SQLiteStore(path).close()
    before = tables(path)
    subprocess.run([sys.executable, "-c", BROKEN, str(path), how], capture_output=True, check=False)
    assert (format_of(path), tables(path)) == (len(MIGRATIONS), before)
    copy = before_migration(path, len(MIGRATIONS))
    assert (format_of(copy), tables(copy)) == (len(MIGRATIONS), before)
    assert copy.stat().st_mode & 0o077 == 0
    with open_home(load_config(old_home)):
        pass
    report = verify(load_config(old_home), repair=True)
    assert report["ok"]
    assert not copy.exists()


def test_a_migration_that_another_process_did_first_is_not_done_twice(
    old_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = old_home / "haechi.db"
    copy_to = SQLiteStore.copy_to

    def other_process_is_faster(self: SQLiteStore, *arguments: object) -> None:
        copy_to(self, *arguments)  # type: ignore[arg-type]
        monkeypatch.setattr(SQLiteStore, "copy_to", copy_to)
        SQLiteStore(path).close()

    monkeypatch.setattr(SQLiteStore, "copy_to", other_process_is_faster)
    store = SQLiteStore(path)
    assert store.format() == len(MIGRATIONS)
    store.close()


def test_a_migration_that_cannot_make_its_copy_changes_nothing(old_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = old_home / "haechi.db"
    number = format_of(path)

    def full(self: SQLiteStore, *arguments: object) -> None:
        raise StoreError("디스크에 쓸 수 없습니다")

    monkeypatch.setattr(SQLiteStore, "copy_to", full)
    with pytest.raises(StoreError, match="디스크"):
        SQLiteStore(path)
    assert format_of(path) == number

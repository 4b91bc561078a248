"""The history of improvements: lines are added, never changed, and a restored backup does not forget them."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from haechi.stores.improvements_base import EVENTS, Improvement
from haechi.stores.sqlite import SQLiteStore


@pytest.fixture
def store(tmp_path: Path) -> SQLiteStore:
    return SQLiteStore(tmp_path / "haechi.db")


def test_every_event_comes_back_as_it_was_written(store: SQLiteStore) -> None:
    for event in EVENTS:
        store.add_improvement(Improvement("run", event, "김해치", {"verdict": "promote", "n": 3}))
    lines = store.improvements()
    assert [(line.id, line.event) for line in lines] == list(enumerate(EVENTS, 1))
    assert lines[0].record == {"verdict": "promote", "n": 3} and lines[0].created
    assert lines[0].as_json()["n"] == 3


@pytest.mark.parametrize("sql", ["UPDATE improvements SET who = 'x'", "DELETE FROM improvements"])
def test_the_table_itself_refuses_to_be_rewritten(store: SQLiteStore, tmp_path: Path, sql: str) -> None:
    store.add_improvement(Improvement("run", "promoted"))
    store.close()
    with sqlite3.connect(tmp_path / "haechi.db") as db, pytest.raises(sqlite3.IntegrityError, match="append only"):
        db.execute(sql)


def test_a_copy_takes_over_what_it_does_not_know(store: SQLiteStore, tmp_path: Path) -> None:
    store.add_improvement(Improvement("first", "promoted"))
    store.copy_to(tmp_path / "copy.db")
    store.add_improvement(Improvement("first", "rolled_back", record={"of": 1}))
    copy = SQLiteStore(tmp_path / "copy.db")
    assert copy.take_over_improvements(store.improvements()) == 1
    assert copy.take_over_improvements(store.improvements()) == 0
    assert copy.improvements() == store.improvements()

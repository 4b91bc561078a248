"""`haechi ingest sql:NAME` at the command line: options where they belong, remembered, and shown."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.cli.conftest import Run


@pytest.fixture
def crm(in_folder: Path, haechi: Run, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home in the current folder and a database `crm` whose address stands in a private file."""
    monkeypatch.setenv("HAECHI_EMBEDDER_BACKEND", "scripted")
    monkeypatch.setenv("HAECHI_CHECK_GROUNDER", "none")
    assert haechi("init", ".").status == 0
    path = in_folder / "crm.db"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE 고객문의 (번호 INTEGER PRIMARY KEY, 성명 TEXT, 전화 TEXT, 내용 TEXT, 수정 TEXT)")
        database.execute("INSERT INTO 고객문의 VALUES (123, '홍길동', '010-1111-2222', '환불을 요청', '2024-03-01')")
    (in_folder / "databases").mkdir()
    address = in_folder / "databases" / "crm.url"
    address.write_text(f"sqlite:///{path}\n", encoding="utf-8")
    address.chmod(0o600)
    return path


def test_a_table_is_taken_in_and_its_options_are_remembered_and_shown(crm: Path, haechi: Run) -> None:
    options = ("--table", "고객문의", "--mask", "성명, 전화", "--updated", "수정", "--fields", "성명,내용")
    first = haechi("ingest", "sql:crm", *options, "--json")
    assert (first.status, first.json["documents"], first.json["embedded"]) == (0, 1, 1)
    again = haechi("ingest", "sql:crm", "--json")
    assert (again.status, again.json["embedded"], again.json["skipped"]) == (0, 0, 1)
    listed = haechi("documents", "list", "--json").json
    assert listed["documents"][0]["source"] == "고객문의 번호=123"
    assert listed["databases"] == [
        {
            "source": "sql:crm/고객문의",
            "database": f"sqlite:///{crm}",
            "options": {"table": "고객문의", "fields": ["성명", "내용"], "updated": "수정", "mask": ["성명", "전화"]},
            "unit": "auto",
            "strategy": "plain",
        }
    ]
    assert "--table '고객문의'" in haechi("documents", "list").out
    shown = haechi("documents", "show", "123").out
    assert "성명: 홍○○\n내용: 환불을 요청" in shown


def test_a_removed_table_is_followed_no_longer(crm: Path, haechi: Run) -> None:
    haechi("ingest", "sql:crm", "--table", "고객문의")
    assert haechi("documents", "remove", "sql:crm/고객문의", "--json").json["removed"] == 1
    assert haechi("sync").status == 0
    assert haechi("sync", "--list", "--json").json["roots"] == []
    assert haechi("ingest", "sql:crm").status == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("자료.md", "--table", "고객문의"),
        ("자료.md", "--mask", "성명"),
        ("sql:crm", "sql:erp", "--table", "고객문의"),
        ("sql:crm", "--fields", "내용"),
    ],
)
def test_database_options_that_belong_to_nothing_are_wrong_usage(
    crm: Path, haechi: Run, arguments: tuple[str, ...]
) -> None:
    result = haechi("ingest", *arguments)
    assert result.status == 2
    assert "sql:이름" in result.err or "--table이나 --query" in result.err


def test_both_a_table_and_a_query_are_refused(crm: Path, haechi: Run) -> None:
    result = haechi("ingest", "sql:crm", "--table", "고객문의", "--query", "SELECT 1", "--json")
    assert result.status == 1
    assert "하나만" in result.json["failed"][0]["error"]


def test_the_help_says_where_the_address_comes_from(haechi: Run) -> None:
    text = haechi("ingest", "--help").out
    assert "HAECHI_DB_URL_" in text
    assert "--exclude" in text

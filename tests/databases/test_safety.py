"""Nothing is written to a database, no secret leaves it, and whatever goes wrong is said in Korean."""

from __future__ import annotations

import importlib.util
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from haechi.cli.main import run
from haechi.databases.connect import open_database
from haechi.databases.options import TableName, TableOptions
from haechi.databases.query_guard import checked_query
from haechi.errors import BackendError, InputError, ParseError
from haechi.pipeline.build import Home
from haechi.pipeline.report import IngestReport
from tests.databases import servers
from tests.databases.conftest import Office, Take, make_office, texts

HANGUL = re.compile("[가-힣]")


@pytest.fixture
def customers(office: Office) -> sa.Table:
    return office.table(
        "고객",
        sa.Column("번호", sa.Integer, primary_key=True),
        sa.Column("성명", sa.String(50)),
        sa.Column("전화", sa.String(50)),
        sa.Column("주민번호", sa.String(50)),
        sa.Column("연봉", sa.Numeric(12, 0)),
        sa.Column("메모", sa.Text),
        rows=[
            {
                "번호": 1,
                "성명": "제갈공명",
                "전화": "010-9876-5432",
                "주민번호": "770707-1234567",
                "연봉": 87654321,
                "메모": "제갈공명 고객, 010 9876 5432 또는 01098765432, 연봉 87654321",
            },
            {"번호": 2, "성명": "김", "전화": None, "주민번호": "1", "연봉": None, "메모": "1층 김 씨"},
        ],
    )


# -- reading only ----------------------------------------------------------------------------------------------------


def test_writing_through_our_connection_fails(office: Office, customers: sa.Table, tmp_path: Path) -> None:
    database = open_database("crm", tmp_path, 5)
    for statement in ("INSERT INTO 고객 (번호) VALUES (9)", "UPDATE 고객 SET 메모 = 'x'", "DROP TABLE 고객"):
        with pytest.raises(ParseError, match="읽기 전용"), database.connect() as connection:
            connection.execute(sa.text(statement))
    database.close()
    assert office.run("SELECT count(*) FROM 고객 WHERE 메모 <> 'x'") == [(2,)]


def test_a_transaction_of_its_own_is_read_only_too(office: Office, customers: sa.Table, tmp_path: Path) -> None:
    # Past the SELECT check, past SQLAlchemy: the session itself only reads.
    database = open_database("crm", tmp_path, 5)
    with pytest.raises(ParseError, match="읽기 전용"), database.connect() as connection:
        connection.rollback()
        connection.exec_driver_sql("BEGIN")
        connection.exec_driver_sql("DELETE FROM 고객")
    database.close()
    assert office.run("SELECT count(*) FROM 고객") == [(2,)]


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM 고객",
        "SELECT 1; DROP TABLE 고객",
        "SELECT 1 /* ' */; DROP TABLE 고객 --'",
        "SELECT 1) AS q; DROP TABLE 고객; --",
        "WITH x AS (DELETE FROM 고객 RETURNING *) SELECT * FROM x",
        "SELECT * INTO 새표 FROM 고객",
        "SELECT 1 INTO OUTFILE '/srv/x'",
        "SELECT $$'$$; DROP TABLE 고객; --'",
        r"SELECT '\'; DROP TABLE 고객; -- '",
        "SELECT 1 /*! ; DROP TABLE 고객 */",
        "SELECT 'abc",
        "SELECT (1",
        "-- only a comment",
        "",
        "EXPLAIN SELECT 1",
        "SELECT 1 /* /* */ ; DROP TABLE 고객 */",
    ],
)
def test_only_one_select_is_accepted(query: str) -> None:
    with pytest.raises(InputError, match=r"--query|--table"):
        TableOptions(query=query or " ").checked()


@pytest.mark.parametrize(
    "query",
    [
        "select a, 'x;y' as \"b;c\", replace(d, 'a', 'b') from t where e = ';' -- ; 끝",
        "SELECT 'delete', `drop` FROM t /* ; */ ;",
        "WITH a AS (SELECT 1 AS b) SELECT * FROM a",
        "SELECT a::text, '12:30' FROM t WHERE b ~ '^[(]'",
    ],
)
def test_a_select_with_words_and_signs_in_quotes_is_accepted(query: str) -> None:
    assert checked_query(query) == query.rstrip(" ;")


WRONG_NAMES: list[dict[str, Any]] = [
    {"table": '고객"; DROP TABLE 고객; --'},
    {"table": "고객`; DROP TABLE 고객; --"},
    {"table": "고객", "key": ('번호" OR 1=1; --',)},
    {"table": "고객", "fields": ("메모; DROP TABLE 고객",)},
    {"table": "고객", "title": "(SELECT 성명)"},
    {"table": "고객", "updated": "번호); DROP TABLE 고객; --"},
    {"table": "고객", "mask": ("성명'--",)},
    {"table": "고객", "exclude": ("없음",)},
    {"table": "고객", "group": ("1",)},
]


def test_names_that_do_not_exist_are_refused_with_those_that_do(
    office: Office, take: Take, customers: sa.Table
) -> None:
    for options in WRONG_NAMES:
        (failed,) = take(**options).failed
        assert "있는 것: " in failed["error"], options
    assert office.run("SELECT count(*) FROM 고객") == [(2,)]


def test_a_near_miss_names_what_was_meant(take: Take, customers: sa.Table) -> None:
    assert "'고객'을(를) 뜻하셨나요?" in take(table="고갹").failed[0]["error"]
    assert "'주민번호'을(를) 뜻하셨나요?" in take(table="고객", exclude=("주민번",)).failed[0]["error"]


# -- what must stay hidden -------------------------------------------------------------------------------------------


def everything_in(home: Home) -> str:
    """All bytes of the home's files, as text."""
    home.close()
    files = [path for path in home.config.home.rglob("*") if path.is_file()]
    return "\n".join(path.read_bytes().decode("utf-8", "replace") for path in files)


def test_masked_and_excluded_values_stand_nowhere(home: Home, take: Take, customers: sa.Table) -> None:
    report = take(table="고객", title="성명", mask=("성명", "전화", "연봉"), exclude=("주민번호",))
    assert report.documents == 2
    assert texts(home)["1"] == "번호: 1\n전화: ***\n연봉: ***\n메모: 제○○○ 고객, *** 또는 ***, 연봉 ***"
    # A value as short as "김" cannot be told from chance in another column; in its own it is hidden.
    assert home.store.documents()[1].title == "○"
    for secret in ("제갈공명", "9876", "770707", "87654321"):
        assert secret not in str(report)
    whole = everything_in(home)
    for secret in ("제갈공명", "9876-5432", "01098765432", "770707", "87654321"):
        assert secret not in whole


def test_masks_hold_in_a_query_and_in_a_group(home: Home, take: Take, customers: sa.Table) -> None:
    take("sql:crm/골라", query="SELECT 번호, 성명, 메모 FROM 고객", key=("번호",), mask=("성명",))
    take(table="고객", group=("번호",), mask=("성명",), exclude=("주민번호",))
    assert "제갈공명" not in everything_in(home)


SHOWN_AND_HIDDEN: list[dict[str, Any]] = [
    {"key": ("성명",), "mask": ("성명",)},
    {"group": ("성명",), "exclude": ("성명",)},
    {"updated": "연봉", "mask": ("연봉",)},
    {"title": "성명", "exclude": ("성명",)},
    {"fields": ("성명",), "exclude": ("성명",)},
    {"mask": ("번호",)},  # the primary key, which nobody named
]


def test_a_column_that_is_shown_cannot_be_hidden(take: Take, customers: sa.Table) -> None:
    for options in SHOWN_AND_HIDDEN:
        (failed,) = take(table="고객", **options).failed
        assert HANGUL.search(failed["error"]), options
        assert "제갈" not in failed["error"]


def test_an_error_of_the_database_shows_no_value(home: Home, office: Office, take: Take, customers: sa.Table) -> None:
    query = {
        "postgresql": "SELECT 번호, CAST(주민번호 AS integer) AS 값 FROM 고객",
        "sqlite": "SELECT 번호, json_extract(주민번호, '$') AS 값 FROM 고객",
        "mysql": "SELECT 번호, (SELECT 주민번호 FROM 고객) AS 값 FROM 고객",
    }[office.kind]
    (failed,) = take(query=query, key=("번호",), mask=("값",)).failed
    assert "770707" not in failed["error"]
    assert HANGUL.search(failed["error"])


def test_the_password_is_written_nowhere(
    office: Office, home: Home, take: Take, customers: sa.Table, capsys: pytest.CaptureFixture[str]
) -> None:
    take(table="고객")
    home.close()
    assert run(["--home", str(home.config.home), "documents", "list", "--json"]) == 0
    assert run(["--home", str(home.config.home), "ingest", "sql:crm", "--table", "없음"]) == 1
    captured = capsys.readouterr()
    whole = everything_in(home) + captured.out + captured.err
    for secret in (servers.PASSWORD, "p%40ss", "p@ss"):
        assert secret not in whole


# -- what goes wrong -------------------------------------------------------------------------------------------------


@pytest.fixture(params=["postgresql", "mysql"])
def server(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    for made in make_office(request.param, request, tmp_path):
        monkeypatch.setenv("HAECHI_DB_URL_CRM", made.url)
        made.table("표", sa.Column("id", sa.Integer, primary_key=True), rows=[{"id": 1}])
        yield made


def failure(take: Callable[..., IngestReport], **options: Any) -> str:
    (failed,) = take(**(options or {"table": "표"})).failed
    return failed["error"]


def test_a_wrong_password_is_said_and_not_shown(server: Office, take: Take, monkeypatch: pytest.MonkeyPatch) -> None:
    url = sa.make_url(server.url).set(password="틀린 암호/1").render_as_string(hide_password=False)
    monkeypatch.setenv("HAECHI_DB_URL_CRM", url)
    error = failure(take)
    assert "암호가 맞지 않습니다" in error
    assert "틀린" not in error


def test_a_server_that_is_not_there(server: Office, take: Take, monkeypatch: pytest.MonkeyPatch) -> None:
    url = sa.make_url(server.url).set(port=1).render_as_string(hide_password=False)
    monkeypatch.setenv("HAECHI_DB_URL_CRM", url)
    error = failure(take)
    assert "서버에 닿지 못했습니다" in error
    assert "127.0.0.1" in error


def test_a_database_that_is_not_there(server: Office, take: Take, monkeypatch: pytest.MonkeyPatch) -> None:
    url = sa.make_url(server.url).set(database="nowhere").render_as_string(hide_password=False)
    monkeypatch.setenv("HAECHI_DB_URL_CRM", url)
    assert "그 이름의 데이터베이스가 없습니다" in failure(take)


def test_an_account_without_permission(server: Office, take: Take, monkeypatch: pytest.MonkeyPatch) -> None:
    name = "haechi_nobody"
    if server.kind == "mysql":
        server.run(f"CREATE USER {name} IDENTIFIED BY 'pw'")
        server.run("CREATE TABLE 열린표 (id INT PRIMARY KEY)")
        server.run(f"GRANT SELECT ON 열린표 TO {name}")
    else:
        server.run(f"CREATE USER {name} PASSWORD 'pw'")
    url = sa.make_url(server.url).set(username=name, password="pw").render_as_string(hide_password=False)
    monkeypatch.setenv("HAECHI_DB_URL_CRM", url)
    assert "읽을 권한이 없습니다" in failure(take, query="SELECT id FROM 표", key=("id",))


def test_a_statement_that_takes_too_long(server: Office, home: Home, tmp_path: Path) -> None:
    sleep = "pg_sleep(5)" if server.kind == "postgresql" else "SLEEP(5)"
    database = open_database("crm", tmp_path, 1)
    with pytest.raises(ParseError, match="정한 시간 안에 끝나지 않았습니다"), database.connect() as connection:
        connection.execute(sa.text(f"SELECT {sleep}")).all()
    database.close()


def test_a_sqlite_query_that_never_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.db"
    sa.create_engine(f"sqlite:///{path}").connect().exec_driver_sql("CREATE TABLE t (a)")
    monkeypatch.setenv("HAECHI_DB_URL_A", f"sqlite:///{path}")
    database = open_database("a", tmp_path, 0.05)
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    with pytest.raises(ParseError, match="정한 시간"), database.connect() as connection:
        connection.exec_driver_sql(endless).all()


def test_wrong_grammar_and_unknown_columns_of_a_query(server: Office, take: Take) -> None:
    assert "--query의 문법" in failure(take, query="SELECT id FRO 표", key=("id",))
    assert "없는 표나 열" in failure(take, query="SELECT 아이디 FROM 표", key=("id",))
    assert "없는 표나 열" in failure(take, query="SELECT id FROM 없는표", key=("id",))
    assert "AS로 다른 이름" in failure(take, query="SELECT id, id FROM 표", key=("id",)) or server.kind == "mysql"


def test_a_name_without_an_address_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        open_database("my-erp", tmp_path, 5, {})
    assert "HAECHI_DB_URL_MY_ERP" in str(caught.value)
    assert str(tmp_path / "databases" / "my-erp.url") in str(caught.value)
    assert "chmod 600" in str(caught.value)


def test_an_address_file_must_be_private(tmp_path: Path) -> None:
    path = tmp_path / "databases" / "erp.url"
    path.parent.mkdir()
    path.write_text(f"sqlite:///{tmp_path}/없음.db\n", encoding="utf-8")
    for mode in (0o644, 0o640, 0o606):
        os.chmod(path, mode)
        with pytest.raises(InputError, match=f"chmod 600 '{path}'"):
            open_database("erp", tmp_path, 5, {})
    os.chmod(path, 0o600)
    with pytest.raises(InputError, match="SQLite 파일이 없습니다"):
        open_database("erp", tmp_path, 5, {})


@pytest.mark.parametrize(
    "url", ["비밀암호", "oracle://u:비밀암호@h/d", "postgresql://u:비밀암호@h:포트/d", "비밀암호://"]
)
def test_an_address_that_cannot_be_read_is_not_shown(tmp_path: Path, url: str) -> None:
    with pytest.raises(InputError) as caught:
        open_database("erp", tmp_path, 5, {"HAECHI_DB_URL_ERP": url})
    assert "비밀암호" not in str(caught.value) + caught.value.english
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


@pytest.mark.parametrize(("url", "extra"), [("postgresql://h/d", "postgres"), ("mysql://h/d", "mysql")])
def test_a_missing_driver_names_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, extra: str
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(BackendError, match=re.escape(f"pip install 'haechi[{extra}]'")):
        open_database("erp", tmp_path, 5, {"HAECHI_DB_URL_ERP": url})


@pytest.mark.parametrize("name", ["sql:", "sql:../etc", "sql:a b", "sql:/표"])
def test_a_name_is_a_plain_word(name: str) -> None:
    with pytest.raises(InputError, match="sql:이름"):
        TableName.parse(name)


def test_a_file_that_is_no_database(tmp_path: Path, take: Take, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.db").write_bytes(b"not a database at all" * 99)
    monkeypatch.setenv("HAECHI_DB_URL_CRM", f"sqlite:///{tmp_path}/a.db")
    assert "SQLite 파일이 아니거나 깨졌습니다" in failure(take)


def test_a_failed_run_keeps_the_documents_and_can_be_retried(
    server: Office, home: Home, take: Take, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(table="표")
    good = os.environ["HAECHI_DB_URL_CRM"]
    monkeypatch.setenv("HAECHI_DB_URL_CRM", sa.make_url(good).set(port=1).render_as_string(hide_password=False))
    assert take().failed
    assert texts(home) == {"1": "1"}
    assert home.store.sources()[0].status == "failed"
    monkeypatch.setenv("HAECHI_DB_URL_CRM", good)
    assert take().failed == []
    assert home.store.sources()[0].status == "ok"

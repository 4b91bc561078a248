"""What only one kind of database has: types, collations, encodings."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from haechi.databases.connect import open_database
from haechi.databases.options import TableOptions
from haechi.databases.reader import TableReader
from haechi.pipeline.build import Home
from tests.databases.conftest import Office, Take, texts


@pytest.mark.parametrize("office", ["postgresql"], indirect=True)
def test_types_of_postgresql(office: Office, home: Home, take: Take) -> None:
    office.run(
        "CREATE TABLE 자산 (id uuid PRIMARY KEY, 정보 jsonb, 태그 text[], 때 timestamptz, 기간 interval, ip inet, "
        "금액 money, 사용 boolean, 파일 bytea)"
    )
    office.run(
        "INSERT INTO 자산 VALUES ('00000000-0000-0000-0000-000000000001', "
        '\'{"등급": "A", "지역": ["서울", "부산"]}\', \'{가,나}\', \'2024-03-01 00:30:00+00\', \'1 day\', '
        "'10.0.0.1', 1000, true, 'x')"
    )
    report = take(table="자산", updated="때", fields=("정보", "태그", "때", "사용", "ip", "파일"))
    assert report.failed == []
    (text,) = texts(home).values()
    assert text.startswith("정보: 등급: A, 지역: 서울, 부산\n태그: 가, 나\n때: 2024년 3월 1일")
    assert text.endswith("사용: 예\nip: 10.0.0.1")
    office.run("UPDATE 자산 SET 때 = 때 + interval '1 microsecond', 사용 = false")
    assert take().documents == 1


@pytest.mark.parametrize("office", ["postgresql"], indirect=True)
def test_a_table_of_another_schema(office: Office, home: Home, take: Take) -> None:
    office.run('CREATE SCHEMA "인사 과"')
    office.run('CREATE TABLE "인사 과"."직원.표" (사번 char(6) PRIMARY KEY, 소속 text)')
    office.run("INSERT INTO \"인사 과\".\"직원.표\" VALUES ('A1', '총무과'), ('B2', '재무과')")
    assert take(table="인사 과.직원.표").documents == 2
    assert take().skipped == 1
    assert "총무과" in "".join(texts(home).values())


@pytest.mark.parametrize("office", ["mysql"], indirect=True)
def test_keys_that_a_collation_calls_equal_stay_apart(office: Office, home: Home, take: Take) -> None:
    office.run("CREATE TABLE 코드 (묶음 VARCHAR(9), 번호 INT PRIMARY KEY, 뜻 TEXT)")
    office.run("INSERT INTO 코드 VALUES ('a', 1, '하나'), ('A', 2, '둘'), ('a', 3, '셋')")
    take(table="코드", group=("묶음",), fields=("뜻",))
    assert texts(home) == {"a": "묶음: a\n하나\n셋", "A": "묶음: A\n둘"}


@pytest.mark.parametrize("office", ["mysql"], indirect=True)
def test_types_of_mysql(office: Office, home: Home, take: Take) -> None:
    office.run("CREATE TABLE 일정 (id BIGINT UNSIGNED PRIMARY KEY, 때 TIME, 완료 TINYINT(1), 수 TINYINT, 부가 JSON)")
    office.run("INSERT INTO 일정 VALUES (18446744073709551615, '09:30', 0, 5, '{\"장소\": \"서울\"}')")
    assert take(table="일정").failed == []
    (text,) = texts(home).values()
    assert "완료: 아니요\n수: 5" in text
    assert "서울" in text


def test_sqlite_text_in_cp949_is_read_and_broken_text_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "옛자료.db"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, 글 TEXT)")
        database.execute("INSERT INTO t VALUES (1, CAST(? AS TEXT))", ("대출 기간".encode("cp949"),))
        database.execute("INSERT INTO t VALUES (2, CAST(? AS TEXT))", (b"\xff\xff",))
    monkeypatch.setenv("HAECHI_DB_URL_OLD", f"sqlite:///{path}")
    found = open_database("old", tmp_path, 5)
    reader = TableReader(found, TableOptions(table="t"))
    assert [row["글"] for _, row in reader.rows([(1,), (2,)])] == ["대출 기간", "\ufffd\ufffd"]
    assert found.replaced == 1


def test_dates_and_booleans_that_sqlite_keeps_as_text_and_numbers(
    tmp_path: Path, home: Home, take: Take, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sqlite3.connect(tmp_path / "a.db") as database:
        database.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, 날 DATE, 때 DATETIME, 참 BOOLEAN)")
        database.execute("INSERT INTO t VALUES (1, '2024-03-01', '2024-03-01T09:00:00', 1), (2, '어제', '모름', 7)")
    monkeypatch.setenv("HAECHI_DB_URL_CRM", f"sqlite:///{tmp_path}/a.db")
    take(table="t")
    assert texts(home) == {
        "1": "id: 1\n날: 2024년 3월 1일\n때: 2024년 3월 1일 09:00\n참: 예",
        "2": "id: 2\n날: 어제\n때: 모름\n참: 7",
    }

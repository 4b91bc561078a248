"""Rows of a database as documents, on every kind of database: what they look like, and how they follow their table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from haechi.databases.reader import Key, Row, TableReader
from haechi.models.base import Vectors
from haechi.models.scripted import ScriptedEmbedder
from haechi.pipeline import tables
from haechi.pipeline.build import Home
from haechi.pipeline.ingest import ingest
from haechi.pipeline.sync import sync
from haechi.types import EmbedKind
from tests.databases.conftest import Office, Take, texts

#: What only the pipeline does is tried on one kind of database.
ONE_KIND = pytest.mark.parametrize("office", ["sqlite"], indirect=True)
DAY = dt.datetime(2024, 3, 1, 10, 0, 0)


def columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("번호", sa.Integer, primary_key=True),
        sa.Column("성명", sa.String(50)),
        sa.Column("내용", sa.Text),
        sa.Column("금액", sa.Numeric(12, 2)),
        sa.Column("접수일", sa.Date),
        sa.Column("처리 여부", sa.Boolean),
        sa.Column("수정", sa.DateTime),
    ]


def row(number: int, **changed: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "번호": number,
        "성명": "홍길동",
        "내용": f"{number}번째 문의입니다",
        "금액": None,
        "접수일": None,
        "처리 여부": None,
        "수정": DAY,
    }
    return plain | changed


@pytest.fixture
def inquiries(office: Office) -> sa.Table:
    return office.table("고객 문의", *columns(), rows=[row(number) for number in (1, 2, 3)])


def test_a_row_is_a_document_cited_by_its_key(office: Office, home: Home, take: Take, inquiries: sa.Table) -> None:
    full = row(7, 내용="환불을\n요청함", 금액=Decimal("1500000.50"), 접수일=dt.date(2024, 3, 5)) | {"처리 여부": True}
    office.run(inquiries.insert(), full)
    report = take(table="고객 문의")
    assert (report.documents, report.failed) == (4, [])
    (record,) = [item for item in home.store.documents() if item.external_id == "7"]
    assert record.source == "고객 문의 번호=7"
    (chunk,) = home.store.chunks(record.id)
    assert chunk.label == "고객 문의 번호=7"
    assert chunk.text == (
        "번호: 7\n성명: 홍길동\n내용: 환불을\n요청함\n금액: 1500000.5\n접수일: 2024년 3월 5일\n처리 여부: 예\n"
        "수정: 2024년 3월 1일 10:00"
    )
    # What a row does not say leaves no line behind.
    assert texts(home)["1"] == "번호: 1\n성명: 홍길동\n내용: 1번째 문의입니다\n수정: 2024년 3월 1일 10:00"


def test_fields_and_title_pick_what_is_indexed(home: Home, take: Take, inquiries: sa.Table) -> None:
    take(table="고객 문의", fields=("내용",), title="성명")
    (first, *_) = home.store.documents()
    assert first.title == "홍길동"
    assert texts(home)["1"] == "1번째 문의입니다"
    entries = [text for _, text in home.store.entry_texts()]
    assert "홍길동\n1번째 문의입니다" in entries
    # A column that was not picked is not even read.
    assert "금액" not in first.meta


def test_an_unchanged_table_embeds_nothing(take: Take, inquiries: sa.Table) -> None:
    assert take(table="고객 문의").embedded == 3
    report = take(table="고객 문의")
    assert (report.embedded, report.documents, report.skipped, report.removed) == (0, 0, 1, 0)


@pytest.mark.parametrize("updated", ["", "수정"])
def test_edits_inserts_and_deletes_are_followed(
    office: Office, home: Home, take: Take, inquiries: sa.Table, updated: str
) -> None:
    take(table="고객 문의", updated=updated)
    later = DAY + dt.timedelta(days=1)
    office.run(inquiries.update().where(inquiries.c.번호 == 2).values(내용="고친 내용", 수정=later))
    office.run(inquiries.delete().where(inquiries.c.번호 == 3))
    office.run(inquiries.insert(), row(4, 수정=later))
    report = take()
    assert (report.documents, report.embedded, report.removed) == (2, 2, 1)
    assert set(texts(home)) == {"1", "2", "4"}
    assert "고친 내용" in texts(home)["2"]
    assert "3번째" not in "".join(text for _, text in home.store.entry_texts())


@pytest.fixture
def read_rows(monkeypatch: pytest.MonkeyPatch) -> list[Key]:
    """The keys of all documents whose rows were read."""
    seen: list[Key] = []
    real = TableReader.rows

    def rows(self: TableReader, documents: Sequence[Key]) -> Iterator[tuple[Key, Row]]:
        seen.extend(documents)
        return real(self, documents)

    monkeypatch.setattr(TableReader, "rows", rows)
    return seen


def test_with_an_update_column_only_changed_rows_are_read(
    office: Office, take: Take, inquiries: sa.Table, read_rows: list[Key]
) -> None:
    office.run(inquiries.update().where(inquiries.c.번호 == 3).values(수정=DAY + dt.timedelta(hours=1)))
    take(table="고객 문의", updated="수정")
    assert sorted(read_rows) == [(1,), (2,), (3,)]
    read_rows.clear()
    office.run(inquiries.update().where(inquiries.c.번호 == 1).values(내용="바뀜", 수정=DAY + dt.timedelta(hours=2)))
    assert take().documents == 1
    # 3 holds the last value that was seen: a second change within the same tick of the clock looks like that.
    assert sorted(read_rows) == [(1,), (3,)]
    read_rows.clear()
    take()
    assert read_rows == [(1,)]


@ONE_KIND
def test_a_tie_with_the_last_seen_value_is_noticed(office: Office, home: Home, take: Take, inquiries: sa.Table) -> None:
    take(table="고객 문의", updated="수정")
    office.run(inquiries.update().where(inquiries.c.번호 == 2).values(내용="같은 초에 고침"))
    take()
    assert "같은 초에 고침" in texts(home)["2"]


def test_a_row_that_arrives_with_an_old_date_is_noticed(
    office: Office, home: Home, take: Take, inquiries: sa.Table
) -> None:
    take(table="고객 문의", updated="수정")
    office.run(inquiries.insert(), row(9, 수정=DAY - dt.timedelta(days=400)))
    # Restored from a backup: the update column moved backwards.
    office.run(inquiries.update().where(inquiries.c.번호 == 1).values(내용="복원됨", 수정=DAY - dt.timedelta(days=9)))
    office.run(inquiries.insert(), row(10, 수정=None))
    assert take().documents == 3
    assert "복원됨" in texts(home)["1"]
    office.run(inquiries.update().where(inquiries.c.번호 == 10).values(내용="날짜 없이 고침"))
    assert take().documents == 1


@ONE_KIND
def test_an_emptied_table_removes_nothing(office: Office, home: Home, take: Take, inquiries: sa.Table) -> None:
    # A lost permission or the wrong database looks like this.
    take(table="고객 문의")
    office.run(inquiries.delete())
    report = take()
    assert "아무것도 없애지 않았습니다" in report.failed[0]["error"]
    assert len(texts(home)) == 3


def test_a_group_of_rows_is_one_document(office: Office, home: Home, take: Take) -> None:
    talks = office.table(
        "상담",
        sa.Column("상담번호", sa.String(20), primary_key=True),
        sa.Column("순서", sa.Integer, primary_key=True),
        sa.Column("말", sa.Text),
        sa.Column("수정", sa.Integer),
        rows=[
            {"상담번호": case, "순서": turn, "말": f"{case} {turn}번 말", "수정": 1}
            for case in "가나"
            for turn in (2, 1)
        ],
    )
    report = take(table="상담", group=("상담번호",), fields=("말",), updated="수정")
    assert report.documents == 2
    assert texts(home) == {"가": "상담번호: 가\n가 1번 말\n가 2번 말", "나": "상담번호: 나\n나 1번 말\n나 2번 말"}
    assert {item.source for item in home.store.documents()} == {"상담 상담번호=가", "상담 상담번호=나"}
    # A row less moves no update value; the group changed all the same.
    office.run(talks.update().where(talks.c.상담번호 == "가").values(수정=5))
    take()
    office.run(talks.delete().where(talks.c.상담번호 == "나", talks.c.순서 == 2))
    assert take().documents == 1
    assert texts(home)["나"] == "상담번호: 나\n나 1번 말"


def test_a_query_is_taken_in_as_it_stands(office: Office, home: Home, take: Take, inquiries: sa.Table) -> None:
    quote = "`" if office.kind == "mysql" else '"'
    query = (
        f"WITH 골라 AS (SELECT 번호, 내용 AS {quote}100%:내용{quote}, '12:30 :x %s' AS 시각 "
        f"FROM {quote}고객 문의{quote}) SELECT * FROM 골라 WHERE 번호 < 3 -- 끝"
    )
    report = take("sql:crm/골라", query=query, key=("번호",))
    assert (report.documents, report.failed) == (2, [])
    assert texts(home)["1"] == "번호: 1\n100%:내용: 1번째 문의입니다\n시각: 12:30 :x %s"
    assert {item.source for item in home.store.documents()} == {"골라 번호=1", "골라 번호=2"}
    assert take("sql:crm/골라").skipped == 1


@ONE_KIND
def test_options_are_remembered_for_the_next_run_and_for_sync(
    office: Office, home: Home, take: Take, inquiries: sa.Table
) -> None:
    take(table="고객 문의", mask=("성명",), fields=("성명", "내용"))
    office.run(inquiries.insert(), row(4, 성명="김철수"))
    assert sync(home).documents == 1
    assert texts(home)["4"] == "성명: 김○○\n내용: 4번째 문의입니다"
    assert take(unknown := "sql:crm/없음").failed[0]["source"] == unknown


@ONE_KIND
def test_other_options_make_the_documents_anew(home: Home, take: Take, inquiries: sa.Table) -> None:
    take(table="고객 문의", updated="수정")
    report = take(table="고객 문의", updated="수정", mask=("성명",))
    assert report.documents == 3
    assert all("홍길동" not in text for text in texts(home).values())
    assert take().skipped == 1


@ONE_KIND
def test_an_update_that_changes_no_text_embeds_nothing_and_is_read_once(
    office: Office, take: Take, inquiries: sa.Table, read_rows: list[Key]
) -> None:
    office.run(inquiries.update().where(inquiries.c.번호 == 3).values(수정=DAY + dt.timedelta(days=9)))
    take(table="고객 문의", updated="수정", fields=("내용",))
    office.run(inquiries.update().where(inquiries.c.번호 == 1).values(수정=DAY + dt.timedelta(days=1)))
    assert take().embedded == 0
    read_rows.clear()
    take()
    assert read_rows == [(3,)]


@ONE_KIND
def test_an_interrupted_run_goes_on_where_it_ended(
    home: Home, take: Take, office: Office, inquiries: sa.Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.run(inquiries.insert(), *(row(number) for number in range(10, 17)))
    monkeypatch.setattr(tables, "ROWS_AT_ONCE", 4)
    embedder = home.embedder()
    assert isinstance(embedder, ScriptedEmbedder)
    real = embedder.embed

    def stop_at_the_second_batch(batch: Sequence[str], kind: EmbedKind) -> Vectors:
        if len(embedder.calls) == 1:
            raise KeyboardInterrupt
        return real(batch, kind)

    monkeypatch.setattr(embedder, "embed", stop_at_the_second_batch)
    report = take(table="고객 문의")
    assert (report.interrupted, report.documents) == (True, 4)
    (source,) = home.store.sources()
    assert source.status == "failed"
    assert "haechi ingest 'sql:crm/고객 문의'" in source.error
    monkeypatch.setattr(embedder, "embed", real)
    report = take()
    assert (report.documents, report.embedded, report.interrupted) == (6, 6, False)
    assert home.store.sources()[0].status == "ok"


@ONE_KIND
def test_again_reads_and_writes_everything_but_embeds_nothing(take: Take, inquiries: sa.Table) -> None:
    take(table="고객 문의", updated="수정")
    report = take(again=True)
    assert (report.documents, report.embedded) == (3, 0)


def test_keys_of_several_columns_with_awkward_values(office: Office, home: Home, take: Take) -> None:
    pairs = [("a,b", "c"), ("a", "b,c"), ("a\\", "x"), ("it's", '"; DROP TABLE 부품; --'), ("%s", ":x")]
    office.table(
        "부품",
        sa.Column("분류", sa.String(30), primary_key=True),
        sa.Column("코드", sa.String(30), primary_key=True),
        sa.Column("설명", sa.Text),
        rows=[{"분류": one, "코드": two, "설명": f"설명 {one} {two}"} for one, two in pairs],
    )
    report = take(table="부품")
    assert (report.documents, report.failed, report.warnings) == (5, [], [])
    assert "a\\,b,c" in texts(home)
    assert take().skipped == 1


def test_rows_without_a_key_and_keys_on_two_rows_are_said(office: Office, home: Home, take: Take) -> None:
    office.table(
        "메모",
        sa.Column("이름", sa.String(30)),
        sa.Column("말", sa.Text),
        rows=[{"이름": "가", "말": "하나"}, {"이름": "나", "말": "둘"}, {"이름": None, "말": "셋"}],
    )
    assert "--key" in take(table="메모").failed[0]["error"]
    report = take(table="메모", key=("이름",))
    assert [item["warning"] for item in report.warnings] == ["키가 빈 행 1개를 건너뛰었습니다."]
    office.run("INSERT INTO 메모 VALUES ('가', '넷')")
    error = take().failed[0]["error"]
    assert "가(2행)" in error
    assert "--group" in error
    assert len(texts(home)) == 2


def test_bytes_and_empty_rows_are_left_out_with_a_warning(office: Office, home: Home, take: Take) -> None:
    office.table(
        "첨부",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("설명", sa.Text),
        sa.Column("파일", sa.LargeBinary),
        rows=[{"id": 1, "설명": "도면", "파일": b"\x00\xff"}, {"id": 2, "설명": None, "파일": b"\x01"}],
    )
    report = take(table="첨부", fields=("설명", "파일"))
    assert report.documents == 1
    assert sorted(item["warning"] for item in report.warnings) == [
        "글이 없는 행 1개를 건너뛰었습니다.",
        "바이너리 열은 글이 아니라서 뺐습니다: 파일",
    ]
    office.run("UPDATE 첨부 SET 설명 = NULL WHERE id = 1")
    assert take().removed == 1
    assert texts(home) == {}


def test_views_and_tables_with_awkward_names_are_read(office: Office, home: Home, take: Take) -> None:
    office.table(
        'we"ird `table` 100%',
        sa.Column("select", sa.Integer, primary_key=True),
        sa.Column("a:b %s (x)", sa.String(50)),
        rows=[{"select": 1, "a:b %s (x)": "값"}],
    )
    assert take(table='we"ird `table` 100%').failed == []
    assert texts(home) == {"1": "select: 1\na:b %s (x): 값"}
    office.run("CREATE VIEW 보기 AS SELECT 1 AS 번호, '내용' AS 글")
    assert take(table="보기", key=("번호",)).documents == 1


@ONE_KIND
def test_files_and_a_table_in_one_command(
    office: Office, home: Home, take: Take, inquiries: sa.Table, tmp_path: Any
) -> None:
    (tmp_path / "공지.txt").write_text("도서관은 월요일에 쉽니다. 화요일에는 엽니다.", encoding="utf-8")
    take(table="고객 문의")
    report = ingest(home, [str(tmp_path / "공지.txt"), "sql:crm", "sql:nowhere"])
    assert (report.documents, report.skipped, len(report.failed)) == (1, 1, 1)

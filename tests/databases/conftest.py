"""One office database on SQLite, a real PostgreSQL and a real MariaDB; a home that knows it as `sql:crm`."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from haechi.config import load_config
from haechi.databases.options import TableOptions
from haechi.pipeline.build import Home, init_home, open_home
from haechi.pipeline.ingest import ingest
from haechi.pipeline.report import IngestReport
from tests.databases import servers


@dataclass(frozen=True)
class Office:
    """A database of one test's own. `url` is what a user would write; `engine` may write."""

    kind: str
    url: str
    engine: sa.Engine

    def run(self, statement: str | sa.Executable, *rows: dict[str, Any]) -> list[Any]:
        """Execute as the database's owner; returns the rows of a SELECT."""
        wanted = sa.text(statement) if isinstance(statement, str) else statement
        with self.engine.begin() as connection:
            result = connection.execute(wanted, list(rows)) if rows else connection.execute(wanted)
            return list(result) if result.returns_rows else []

    def table(self, name: str, *columns: sa.Column[Any], rows: list[dict[str, Any]] | None = None) -> sa.Table:
        """Create a table and fill it."""
        table = sa.Table(name, sa.MetaData(), *columns)
        table.create(self.engine)
        if rows:
            self.run(table.insert(), *rows)
        return table


def _engine(url: str) -> sa.Engine:
    parsed = sa.make_url(url)
    driver = {"postgresql": "postgresql+psycopg", "mysql": "mysql+pymysql"}[parsed.drivername]
    # Bytes: PyMySQL would take a password in text for latin-1.
    password = {"password": servers.PASSWORD.encode()} if parsed.drivername == "mysql" else {}
    return sa.create_engine(parsed.set(drivername=driver), poolclass=sa.pool.NullPool, connect_args=password)


def _serve(server: Callable[[], AbstractContextManager[str]]) -> Iterator[str]:
    with contextlib.ExitStack() as stack:
        try:
            url = stack.enter_context(server())
        except servers.ServerMissingError as error:
            pytest.skip(str(error))
        yield url


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    yield from _serve(servers.postgres)


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[str]:
    yield from _serve(servers.mariadb)


def make_office(kind: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[Office]:
    if kind == "sqlite":
        path = folder / "고객 관리.db"
        engine = sa.create_engine(f"sqlite:///{path}", poolclass=sa.pool.NullPool)
        yield Office(kind, f"sqlite:///{path}", engine)
        return
    url = request.getfixturevalue("postgres_server" if kind == "postgresql" else "mariadb_server")
    engine = _engine(url)
    with engine.begin() as connection:  # emptied, not made anew: a new PostgreSQL database is seven megabytes of files
        if kind == "postgresql":
            schemas = sa.inspect(connection).get_schema_names()
            for schema in set(schemas) - {"information_schema"}:
                connection.exec_driver_sql(f'DROP SCHEMA "{schema}" CASCADE')
            connection.exec_driver_sql("CREATE SCHEMA public")
            connection.exec_driver_sql("GRANT USAGE ON SCHEMA public TO PUBLIC")
        else:
            connection.exec_driver_sql("DROP DATABASE IF EXISTS office")
            connection.exec_driver_sql("CREATE DATABASE office CHARACTER SET utf8mb4")
    url = url if kind == "postgresql" else url.rpartition("/")[0] + "/office"
    yield Office(kind, url, _engine(url))


@pytest.fixture(params=["sqlite", "postgresql", "mysql"])
def office(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    for made in make_office(request.param, request, tmp_path):
        monkeypatch.setenv("HAECHI_DB_URL_CRM", made.url)
        yield made


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    monkeypatch.setenv("HAECHI_EMBEDDER_BACKEND", "scripted")
    monkeypatch.setenv("HAECHI_CHECK_GROUNDER", "none")
    monkeypatch.setenv("HAECHI_LLM_BACKEND", "scripted")
    init_home(tmp_path / "home")
    with open_home(load_config(tmp_path / "home")) as opened:
        yield opened


Take = Callable[..., IngestReport]


@pytest.fixture
def take(home: Home) -> Take:
    """`take(table="고객문의", mask=("성명",))` as `haechi ingest sql:crm` would; without options as remembered."""

    def call(name: str = "sql:crm", *, again: bool = False, **options: Any) -> IngestReport:
        return ingest(home, [name], table=TableOptions(**options) if options else None, again=again)

    return call


def texts(home: Home) -> dict[str, str]:
    """External id → text of every document."""
    found = {}
    for record in home.store.documents():
        document = home.store.document(record.id)
        assert document is not None
        found[str(record.external_id)] = document.text
    return found

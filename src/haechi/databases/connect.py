"""A database's name → a read-only connection. The address, with its password, never leaves this module.

The address comes from the variable HAECHI_DB_URL_NAME or from `<home>/databases/NAME.url`, which nobody else may read;
never from the command line, where every process of the machine could see it.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import sqlite3
import stat
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from haechi.databases.errors import explained
from haechi.errors import BackendError, InputError

#: Seconds to wait for a server to answer at all.
CONNECT_SECONDS = 10
#: What an address may begin with → (SQLAlchemy's name, module of the driver, extra of the package that brings it).
_DRIVERS = {
    "sqlite": ("sqlite", "sqlite3", ""),
    "postgresql": ("postgresql+psycopg", "psycopg", "postgres"),
    "postgres": ("postgresql+psycopg", "psycopg", "postgres"),
    "mysql": ("mysql+pymysql", "pymysql", "mysql"),
    "mariadb": ("mariadb+pymysql", "pymysql", "mysql"),
}


class Database:
    """An address that was found, and connections to it. `shown` is the address without password and options."""

    def __init__(self, name: str, url: URL, timeout: float) -> None:
        self.name = name
        self.kind = url.get_backend_name()
        self.shown = _redacted(url)
        self.replaced = 0
        self._timeout = timeout
        self._secrets = _secrets(url)
        self._engine = self._sqlite(url) if self.kind == "sqlite" else self._server(url)

    def close(self) -> None:
        self._engine.dispose()

    @contextlib.contextmanager
    def connect(self) -> Iterator[Connection]:
        """A read-only transaction. Errors of the driver come out as ParseError, without secrets and without values."""
        with self.errors(), self._engine.connect() as connection:
            if self.kind == "sqlite":
                end = time.monotonic() + self._timeout
                driver: Any = connection.connection.dbapi_connection
                driver.set_progress_handler(lambda: time.monotonic() > end, 100_000)
            yield connection

    @contextlib.contextmanager
    def errors(self) -> Iterator[None]:
        """Say driver errors in the reader's words."""
        problem = None
        try:
            yield
        except (SQLAlchemyError, UnicodeError, sqlite3.Error) as error:
            problem = explained(error, self.name, self.shown, self._secrets)
        if problem is not None:
            raise problem from None  # the driver's error, which may hold values, is not carried along

    def _sqlite(self, url: URL) -> Engine:
        path = Path(url.database or "").expanduser().absolute()
        if not url.database or url.database == ":memory:" or not path.is_file():
            raise InputError(
                f"sql:{self.name}: SQLite 파일이 없습니다: {path}. 주소는 sqlite:////절대/경로.db 꼴입니다",
                f"sql:{self.name}: no SQLite file at {path}; the address looks like sqlite:////absolute/path.db",
            )

        def opened() -> sqlite3.Connection:
            driver = sqlite3.connect(
                f"file:{quote(str(path))}?mode=ro", uri=True, timeout=CONNECT_SECONDS, check_same_thread=False
            )
            driver.execute("PRAGMA query_only = ON")
            driver.text_factory = self._decoded
            return driver

        return create_engine("sqlite://", creator=opened, hide_parameters=True, poolclass=NullPool)

    def _decoded(self, data: bytes) -> str:
        """SQLite keeps any bytes as text: UTF-8, else CP949; what is neither is counted and gets replacement marks."""
        for encoding in ("utf-8", "cp949"):
            with contextlib.suppress(UnicodeDecodeError):
                return data.decode(encoding)
        self.replaced += 1
        return data.decode("utf-8", "replace")

    def _server(self, url: URL) -> Engine:
        arguments: dict[str, Any] = {"connect_timeout": CONNECT_SECONDS}
        if self.kind != "postgresql":
            url = url.update_query_dict({"charset": url.query.get("charset", "utf8mb4")})
            arguments["password"] = str(url.password or "").encode()  # as text, PyMySQL would take latin-1
        engine = create_engine(
            url,
            hide_parameters=True,
            pool_size=1,
            max_overflow=0,
            pool_pre_ping=True,  # embedding a batch can take longer than a server keeps an idle connection
            connect_args=arguments,
        )
        if self.kind == "postgresql":
            engine = engine.execution_options(postgresql_readonly=True)
        event.listen(engine, "connect", self._read_only)
        return engine

    def _read_only(self, driver: Any, _: Any) -> None:
        """Settings of the session: every transaction reads only, no statement runs for ever."""
        cursor = driver.cursor()
        seconds = max(1, int(self._timeout))
        if self.kind == "postgresql":
            cursor.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
            cursor.execute(f"SET statement_timeout = '{seconds}s'")
            driver.commit()
        else:
            cursor.execute("SET SESSION TRANSACTION READ ONLY")
            cursor.execute("SELECT VERSION()")
            if "mariadb" in cursor.fetchone()[0].lower():
                cursor.execute(f"SET SESSION max_statement_time = {seconds}")
            else:
                cursor.execute(f"SET SESSION max_execution_time = {seconds * 1000}")
            driver.commit()
        cursor.close()


def open_database(name: str, home: Path, timeout: float, environment: Mapping[str, str] | None = None) -> Database:
    """Find the address of `name` and prepare a connection; nothing is connected yet. Raises InputError, BackendError.

    `timeout` is in seconds for each statement.
    """
    text = _address(name, home, os.environ if environment is None else environment)
    try:
        url = make_url(text)
        known = _DRIVERS[url.get_backend_name()]
    except (ArgumentError, KeyError, ValueError):
        url = None  # the error holds the address: it goes no further
    if url is None:
        raise InputError(
            f"sql:{name}: 데이터베이스 주소를 알아볼 수 없습니다(주소는 보이지 않습니다). "
            "postgresql://사용자:암호@서버/이름, mysql://…, sqlite:////절대/경로.db 꼴로 쓰고, "
            "암호의 @ : / % # 는 %40 %3A %2F %25 %23으로 바꾸세요",
            f"sql:{name}: the address (not shown) is not one of postgresql://user:password@host/name, mysql://…, "
            "sqlite:////absolute/path.db; write @ : / % # of a password as %40 %3A %2F %25 %23",
        )
    driver, module, extra = known
    if importlib.util.find_spec(module) is None:
        raise BackendError(
            f"sql:{name}: {url.get_backend_name()}에 필요한 패키지 '{module}'이(가) 없습니다. "
            f"설치: pip install 'haechi[{extra}]'",
            f"sql:{name}: needs the package '{module}'; install it with: pip install 'haechi[{extra}]'",
        )
    return Database(name, url.set(drivername=driver), timeout)


def _address(name: str, home: Path, environment: Mapping[str, str]) -> str:
    variable = "HAECHI_DB_URL_" + name.upper().replace("-", "_")
    path = home / "databases" / f"{name}.url"
    if environment.get(variable, "").strip():
        return environment[variable].strip()
    if not path.is_file():
        raise InputError(
            f"sql:{name}: 데이터베이스 주소를 찾지 못했습니다. 환경 변수 {variable}에 넣거나, {path} 파일에 "
            f"한 줄로 쓴 뒤 chmod 600 '{path}' 하세요",
            f"sql:{name}: no address; set {variable}, or write it as one line into {path} and chmod 600 '{path}'",
        )
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise InputError(
            f"sql:{name}: {path}을(를) 다른 사람도 읽을 수 있어({mode:04o}) 쓰지 않았습니다. "
            f"고치기: chmod 600 '{path}'",
            f"sql:{name}: {path} can be read by others ({mode:04o}); fix it with: chmod 600 '{path}'",
        )
    try:
        text = path.read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError):
        text = ""
    if not text or "\n" in text:
        raise InputError(
            f"sql:{name}: {path}에는 데이터베이스 주소 한 줄만 있어야 합니다(UTF-8)",
            f"sql:{name}: {path} must hold the address as its only line (UTF-8)",
        )
    return text


def _redacted(url: URL) -> str:
    """Without password and without options, which may hold one."""
    return url.set(drivername=url.get_backend_name(), password=None, query={}).render_as_string(hide_password=True)


def _secrets(url: URL) -> tuple[str, ...]:
    """Every spelling of the password and of the options, longest first."""
    values = [str(url.password or "")]
    for value in url.query.values():
        values += [value] if isinstance(value, str) else list(value)
    spelt = {form for value in values if value for form in (value, quote(value, safe=""), quote_plus(value))}
    return tuple(sorted(spelt, key=len, reverse=True))

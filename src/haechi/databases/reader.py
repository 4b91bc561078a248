"""One table or query of a database: which columns it has, the keys of its rows, and rows by their keys.

Two kinds of reads only. `keys()` streams the key columns (and the update column) of every row; `rows()` fetches whole
rows for a batch of keys. So no transaction stays open while texts are embedded, which can take hours, and memory does
not grow with the table. Identifiers are quoted and values bound by SQLAlchemy; nothing is formatted into a statement.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, column, func, inspect, literal_column, or_, select, text, tuple_
from sqlalchemy import table as table_of
from sqlalchemy.exc import NoSuchTableError
from sqlalchemy.sql import quoted_name

from haechi.databases.connect import Database
from haechi.databases.options import TableOptions, nearest, nfc
from haechi.errors import InputError, ParseError

#: Rows a server-side cursor hands over at a time.
STREAM_ROWS = 2_000

Key = tuple[Any, ...]
Row = dict[str, Any]


@dataclass(frozen=True)
class KeyRow:
    """One row of the table, its text unread: the key of its document, its own key, and its update value."""

    document: Key
    row: Key
    updated: Any


class TableReader:
    """`TableReader(database, options)` looks the table up at once. Raises InputError for unknown names, ParseError.

    `name` is what readers see, `columns` what is read (document key, group and row key first), `picked` what becomes
    text, `kinds` says bool, date, datetime or json for columns declared so.
    """

    def __init__(self, database: Database, options: TableOptions) -> None:
        self.database = database
        self.options = options
        self.kinds: dict[str, str] = {}
        self._from: FromClause
        primary: tuple[str, ...] = ()
        if options.table:
            self.name = options.table
            known, primary = self._table()
        else:
            self.name = ""
            known = self._query()
        self._spelt = {nfc(name): name for name in known}
        self.key = self._known(options.key, "--key") or primary
        self.group = self._known(options.group, "--group")
        if not self.key and not self.group:
            raise InputError(
                f"{self._where()}: 기본 키가 없어 행을 가리킬 수 없습니다. 행마다 다른 값을 가진 열을 --key로 "
                f"알려 주세요. 있는 열: {', '.join(known)}",
                f"{self._where()}: there is no primary key; name the columns that tell rows apart with --key. "
                f"known: {', '.join(known)}",
            )
        self._refuse_hidden_key()
        title = self._known((options.title,), "--title")
        updated = self._known((options.updated,), "--updated")
        self.title = title[0] if title else ""
        self.updated = updated[0] if updated else ""
        self.masked = frozenset(self._known(options.mask, "--mask"))
        excluded = self._known(options.exclude, "--exclude")
        self.document_key = self.group or self.key
        apart = {self.title, self.updated, *self.group, *excluded}
        self.picked = self._known(options.fields, "--fields") or tuple(
            name for name in self._spelt if name not in apart
        )
        self.columns = tuple(
            dict.fromkeys(filter(None, (*self.document_key, *self.key, self.title, self.updated, *self.picked)))
        )

    def without_key(self) -> int:
        """How many rows have no key and are therefore left out."""
        missing = or_(*(self._column(name).is_(None) for name in (*self.document_key, *self.key)))
        with self.database.connect() as connection:
            return int(connection.execute(select(func.count()).select_from(self._from).where(missing)).scalar_one())

    def keys(self) -> Iterator[KeyRow]:
        """Every row's key, in any order, streamed by the server."""
        wanted = (*self.document_key, *self.key, *((self.updated,) if self.updated else ()))
        statement = self._select(tuple(dict.fromkeys(wanted)))
        places = {name: place for place, name in enumerate(dict.fromkeys(wanted))}
        with self.database.connect() as connection:
            for row in connection.execution_options(yield_per=STREAM_ROWS).execute(statement):
                values = [tuple(row[places[name]] for name in names) for names in (self.document_key, self.key)]
                yield KeyRow(values[0], values[1], row[places[self.updated]] if self.updated else None)

    def rows(self, documents: Sequence[Key]) -> Iterator[tuple[Key, Row]]:
        """(document key, row) for the rows of these documents; a group's rows in the order of their keys."""
        wanted = set(documents)
        columns = [self._column(name) for name in self.document_key]
        among: ColumnElement[bool] = (
            columns[0].in_([key[0] for key in documents]) if len(columns) == 1 else tuple_(*columns).in_(documents)
        )
        statement = self._select(self.columns).where(among)
        if self.group:
            statement = statement.order_by(*(self._column(name) for name in self.key))
        width = len(self.document_key)
        with self.database.connect() as connection:
            for row in connection.execution_options(yield_per=STREAM_ROWS).execute(statement):
                # A collation may call keys equal that are not (A and a): those are another batch's business.
                if (key := tuple(row[:width])) in wanted:
                    yield key, dict(zip(self.columns, row, strict=True))

    # -- names -----------------------------------------------------------------------------------------------------

    def _select(self, names: Sequence[str]) -> Any:
        present = and_(*(self._column(name).is_not(None) for name in dict.fromkeys((*self.document_key, *self.key))))
        return select(*(self._column(name) for name in names)).select_from(self._from).where(present)

    def _column(self, name: str) -> ColumnElement[Any]:
        return self._from.c[self._spelt[name]]

    def _known(self, wanted: Sequence[str], option: str) -> tuple[str, ...]:
        for name in filter(None, wanted):
            if name not in self._spelt:
                korean, english = nearest(name, list(self._spelt))
                raise InputError(
                    f"{self._where()}: {option}에 쓴 열 '{name}'이(가) 없습니다.{korean}",
                    f"{self._where()}: no column '{name}' ({option});{english}",
                )
        return tuple(filter(None, wanted))

    def _refuse_hidden_key(self) -> None:
        """A primary key that nobody named must not come out when it is to be hidden."""
        for name in {*self.key, *self.group} & {*self.options.mask, *self.options.exclude}:
            raise InputError(
                f"{self._where()}: 기본 키 '{name}'은(는) 인용에 보이므로 가리거나 뺄 수 없습니다. "
                "다른 열을 --key로 쓰세요",
                f"{self._where()}: the primary key '{name}' is shown in citations; name another column with --key",
            )

    def _where(self) -> str:
        return f"sql:{self.database.name}" + (f" {self.name}" if self.name else " --query")

    def _table(self) -> tuple[list[str], tuple[str, ...]]:
        """Column names and primary key of the table or view; sets what is selected from."""
        with self.database.connect() as connection:
            inspector = inspect(connection)
            schema, name = None, _spelling(self.name, [*inspector.get_table_names(), *inspector.get_view_names()])
            first, dot, rest = self.name.partition(".")
            if name is None and dot and (schema := _spelling(first, inspector.get_schema_names())):
                names = [*inspector.get_table_names(schema), *inspector.get_view_names(schema)]
                name = _spelling(rest, names)
            if name is None:
                korean, english = nearest(
                    self.name, sorted([*inspector.get_table_names(), *inspector.get_view_names()])
                )
                raise InputError(
                    f"sql:{self.database.name}: 표 '{self.name}'이(가) 없습니다.{korean}",
                    f"sql:{self.database.name}: no table '{self.name}';{english}",
                )
            try:
                columns = inspector.get_columns(name, schema)
                primary = inspector.get_pk_constraint(name, schema).get("constrained_columns") or ()
            except NoSuchTableError:
                raise ParseError(f"{self._where()}: 표가 방금 사라졌습니다", "the table has just vanished") from None
        self.kinds = {nfc(item["name"]): kind for item in columns if (kind := _kind(item["type"]))}
        names = [str(item["name"]) for item in columns]
        self._from = table_of(
            quoted_name(name, True),
            *(column(quoted_name(item, True)) for item in names),
            schema=quoted_name(schema, True) if schema else None,
        )
        return names, tuple(nfc(item) for item in primary)

    def _query(self) -> list[str]:
        """Column names of the query's result; sets what is selected from."""
        # A colon would be read as a parameter; the line end closes a comment at the end of the query.
        statement = text(self.options.query.replace(":", r"\:") + "\n")
        everything = statement.columns().subquery("haechi_query")
        with self.database.connect() as connection:
            found = connection.execute(select(literal_column("*")).select_from(everything).limit(0)).keys()
        names = [str(name) for name in found]
        if double := sorted({name for name in names if names.count(name) > 1}):
            raise InputError(
                f"{self._where()}: 같은 이름의 열이 두 번 나옵니다: {', '.join(double)}. AS로 다른 이름을 주세요",
                f"{self._where()}: duplicate columns {', '.join(double)}; rename them with AS",
            )
        self._from = statement.columns(*(column(quoted_name(name, True)) for name in names)).subquery("haechi_query")
        return names


def _spelling(wanted: str, names: Sequence[str]) -> str | None:
    """The name as the database spells it: Hangul may be kept decomposed there."""
    return next((name for name in names if nfc(name) == wanted), None)


def _kind(declared: Any) -> str:
    from sqlalchemy import types

    if isinstance(declared, types.Boolean) or getattr(declared, "display_width", None) == 1:
        return "bool"
    if isinstance(declared, types.JSON):
        return "json"
    if isinstance(declared, types.DateTime):
        return "datetime"
    return "date" if isinstance(declared, types.Date) else ""

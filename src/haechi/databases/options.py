"""What is read of a database, and how: the options of `haechi ingest sql:NAME`, remembered with the source."""

from __future__ import annotations

import difflib
import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from haechi.databases.query_guard import checked_query
from haechi.errors import InputError
from haechi.types import content_hash

#: Names of databases and of queries stand in file and variable names.
_NAME = re.compile(r"[\w-]+")


@dataclass(frozen=True)
class TableOptions:
    """One table or one query of a database.

    `key` names the columns that tell rows apart (default: the primary key), `group` those whose equal values make one
    document of several rows. `fields` are the columns of the text (default: all), `title` the column of the title,
    `updated` the column that moves when a row changes. `mask` columns are shown masked, `exclude` columns never read.
    """

    table: str = ""
    query: str = ""
    key: tuple[str, ...] = ()
    group: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    title: str = ""
    updated: str = ""
    mask: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self != TableOptions()

    def checked(self) -> TableOptions:
        """The same options with names in NFC and the query verified. Raises InputError."""
        if bool(self.table) == bool(self.query):
            raise InputError(
                "--table 표이름과 --query 'SELECT …' 가운데 하나만 쓰세요",
                "give either --table NAME or --query 'SELECT …'",
            )
        shown = {"--key": self.key, "--group": self.group, "--updated": (self.updated,)}
        hidden = {"--mask": self.mask, "--exclude": self.exclude}
        for option, columns in shown.items():
            for other, unseen in hidden.items():
                if both := sorted({*columns} & {*unseen} - {""}):
                    raise _both(option, other, both[0])
        for option, columns in {"--title": (self.title,), "--fields": self.fields, "--mask": self.mask}.items():
            if both := sorted({*columns} & {*self.exclude} - {""}):
                raise _both(option, "--exclude", both[0])
        return TableOptions(
            table=nfc(self.table),
            query=checked_query(self.query) if self.query else "",
            key=_all_nfc(self.key),
            group=_all_nfc(self.group),
            fields=_all_nfc(self.fields),
            title=nfc(self.title),
            updated=nfc(self.updated),
            mask=_all_nfc(self.mask),
            exclude=_all_nfc(self.exclude),
        )

    def to_json(self) -> str:
        """Only what was given, as JSON text."""
        return json.dumps({key: value for key, value in asdict(self).items() if value}, ensure_ascii=False)

    @staticmethod
    def from_json(text: str) -> TableOptions:
        """Read back `to_json`."""
        values: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in json.loads(text).items()
        }
        return TableOptions(**values)

    @property
    def fingerprint(self) -> str:
        """Changes when documents must be made anew from the same rows."""
        return content_hash(self.to_json())


@dataclass(frozen=True)
class TableName:
    """`sql:NAME` or `sql:NAME/LABEL`: which database, and the user's own name for one table or query of it."""

    database: str
    label: str = ""

    @staticmethod
    def parse(text: str) -> TableName:
        """Read the command line's word. Raises InputError."""
        database, _, label = nfc(text).removeprefix("sql:").partition("/")
        # A table's label is the table's own name, which may hold anything; a database's name is part of a file name.
        if not _NAME.fullmatch(database):
            raise InputError(
                f"'{text}': 데이터베이스는 sql:이름 꼴로 씁니다. 이름에는 글자, 숫자, _와 -만 쓸 수 있습니다",
                f"'{text}': write sql:NAME; a name has letters, digits, _ and - only",
            )
        return TableName(database, label)

    def key(self, options: TableOptions) -> str:
        """The identity in the store. A query without a label of its own is told apart by its text."""
        label = self.label or options.table or f"query-{content_hash(options.query)[:8]}"
        return f"sql:{self.database}/{label}"


def nearest(wanted: str, known: Sequence[str]) -> tuple[str, str]:
    """(Korean, English) hint with the nearest name and the first of those that exist."""
    near = difflib.get_close_matches(wanted, known, n=1, cutoff=0.4)
    few = ", ".join(known[:20]) + (" …" if len(known) > 20 else "")
    return (
        (f" '{near[0]}'을(를) 뜻하셨나요?" if near else "") + f" 있는 것: {few or '없음'}",
        (f" did you mean '{near[0]}'?" if near else "") + f" known: {few or 'none'}",
    )


def nfc(text: str) -> str:
    """Composed Hangul: what was typed and what a database holds are compared in this form."""
    return unicodedata.normalize("NFC", text.strip())


def _all_nfc(columns: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(nfc(column) for column in columns if column.strip()))


def _both(option: str, hidden: str, column: str) -> InputError:
    return InputError(
        f"열 '{column}'은(는) {option}과 {hidden}에 함께 쓸 수 없습니다. {option} 열은 인용이나 기록에 남습니다. "
        "글에서만 빼려면 --fields로 다른 열을 고르고, 아니면 다른 열을 쓰세요",
        f"column '{column}' cannot be both in {option} and {hidden}: {option} columns are shown or recorded",
    )

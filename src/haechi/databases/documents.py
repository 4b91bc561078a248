"""Rows of a database → documents: "열: 값" lines, the key as citation, columns masked, and what was left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from haechi.databases.values import as_kind, hide, is_binary, key_text, masked, scalar_of, text_of
from haechi.parsers.base import short_title
from haechi.parsers.encoding import clean
from haechi.types import Block, Document

if TYPE_CHECKING:
    from haechi.databases.reader import Key, Row, TableReader

#: Names of `Document.meta` that are ours; a column of that name gets an underscore.
_OWN_META = ("row", "row_label", "fields", "external_id", "warnings", "rows_version", "encoding")


@dataclass
class LeftOut:
    """What did not come in, for one warning each; `lost` counts keys whose rows could not be read back."""

    binary: set[str] = field(default_factory=set)
    empty: int = 0
    lost: int = 0


class RowDocuments:
    """Makes the documents of a reader's rows. `name` stands before the key in citations: `고객문의 id=123`."""

    def __init__(self, reader: TableReader, name: str) -> None:
        self.reader = reader
        self.name = name
        self.left_out = LeftOut()

    def read(self, keys: Sequence[Key]) -> Iterator[Document]:
        """The documents with these keys; those without any text are counted and left out."""
        groups: dict[Key, list[Row]] = {key: [] for key in keys}
        for key, row in self.reader.rows(keys):
            groups[key].append(row)
        for key, rows in groups.items():
            if not rows:
                self.left_out.lost += 1
            elif document := self._document(key, rows):
                yield document
            else:
                self.left_out.empty += 1

    def _document(self, key: Key, rows: Sequence[Row]) -> Document | None:
        reader = self.reader
        shown = [self._shown(row) for row in rows]
        # A name that is masked in its own column must not be read in the text of another one. Longest first: a value
        # that is part of another one would leave the rest of it.
        secrets = [
            (value, masked(self._typed(name, value)))
            for row in rows
            for name in reader.masked
            if (value := row.get(name)) is not None
        ]
        secrets.sort(key=lambda secret: -len(str(secret[0])))

        def covered(text: str) -> str:
            for value, mask in secrets:
                text = hide(text, value, mask)
            return text

        head = [f"{name}: {shown[0][name]}" for name in reader.group if name in shown[0]]
        bodies = [self._lines(row) for row in shown]
        if not any(bodies):
            return None
        blocks = [Block(covered("\n".join(lines))) for lines in (head, *bodies) if lines]
        label = f"{self.name} " + ", ".join(
            f"{name}={key_text((value,))}" for name, value in zip(reader.document_key, key, strict=True)
        )
        title = short_title(covered(shown[0].get(reader.title, ""))) if reader.title else ""
        external = key_text(key)
        meta: dict[str, Any] = {}
        for name in reader.group or reader.columns:
            value = shown[0].get(name) if name in reader.masked else scalar_of(self._typed(name, rows[0][name]))
            if value is not None:
                own = f"{clean(name)}_" if name in _OWN_META else clean(name)
                meta[own] = covered(value) if isinstance(value, str) and name not in reader.masked else value
        fields = [*reader.picked, *(["title"] if title else [])]
        meta |= {"row": external, "row_label": label, "fields": fields, "external_id": external}
        return Document.make(label, title or label, blocks, meta)

    def _shown(self, row: Row) -> dict[str, str]:
        """Each column's text, masked where it must be."""
        texts: dict[str, str] = {}
        for name, raw in row.items():
            value = self._typed(name, raw)
            if is_binary(value):
                self.left_out.binary.add(name)
            elif name in self.reader.masked:
                texts[name] = masked(value)
            else:
                texts[name] = text_of(value)
        return {name: text for name, text in texts.items() if text}

    def _lines(self, row: dict[str, str]) -> list[str]:
        names = [name for name in self.reader.picked if name in row]
        if len(self.reader.picked) == 1:
            return [row[name] for name in names]
        return [f"{clean(name)}: {row[name]}" for name in names]

    def _typed(self, name: str, value: Any) -> Any:
        return as_kind(value, self.reader.kinds.get(name, ""))

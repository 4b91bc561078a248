"""CSV and JSONL → one document per row: `id` is kept as external id, `title`, `text`, `source`, the rest is metadata.

A row without a `text` column becomes "column: value" lines. A bad row is reported (in the first document's warnings)
and the others are kept; a file whose quotes do not balance is refused, because its rows cannot be told apart.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from haechi.errors import ParseError
from haechi.parsers.base import ParseOptions
from haechi.parsers.encoding import clean, read_text
from haechi.parsers.text import TITLE_CHARS, path_title, short_title
from haechi.types import Block, Document

_OWN_COLUMNS = ("id", "title", "source")
_OWN_META = ("row", "fields", "external_id", "warnings", "encoding")
#: So many problems are listed one by one; the rest are counted.
LISTED = 20

Row = Mapping[str, Any]


class CsvParser:
    """`.csv`, `.tsv`: delimiter and encoding are detected, a header row is required."""

    name = "csv"

    def parse(self, path: Path, source: str, options: ParseOptions) -> list[Document]:
        decoded = read_text(path, source)
        problems: list[str] = list(decoded.warnings)
        rows = _csv_rows(decoded.text, source, problems)
        return _documents(rows, source, options, problems)


class JsonlParser:
    """`.jsonl`: one JSON object a line."""

    name = "jsonl"

    def parse(self, path: Path, source: str, options: ParseOptions) -> list[Document]:
        decoded = read_text(path, source)
        problems: list[str] = list(decoded.warnings)
        return _documents(_jsonl_rows(decoded.text, problems), source, options, problems)


def _csv_rows(text: str, source: str, problems: list[str]) -> Iterator[tuple[int, Row]]:
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    header: list[str] | None = None
    number, start = 0, 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise ParseError(
                f'{source}: {start}번째 줄에서 시작한 행의 따옴표(")가 맞지 않습니다. '
                '값 안의 따옴표는 ""로 두 번 쓰고, 여는 따옴표는 닫아 주세요.',
                f"{source}: unbalanced quotes in the row that starts at line {start} ({error})",
            ) from error
        line, start = start, reader.line_num + 1
        if not any(cell.strip() for cell in cells):
            continue
        if header is None:
            header = _header(cells, source)
            continue
        number += 1
        if len(cells) != len(header):
            problems.append(f"{number}행({line}번째 줄): 칸이 {len(cells)}개입니다(머리글 {len(header)}개).")
        extra = {f"열{index + 1}": cells[index] for index in range(len(header), len(cells))}
        yield number, {**dict(zip(header, cells, strict=False)), **extra}


def _delimiter(text: str) -> str:
    """The delimiter that occurs most in the first non-empty line, outside quotes; a comma when none does."""
    first = next((line for line in text.split("\n", 50) if line.strip()), "")
    outside = "".join(first.split('"')[::2])
    return max((",", "\t", ";", "|"), key=outside.count)


def _header(cells: Sequence[str], source: str) -> list[str]:
    names = [cell.strip() for cell in cells]
    double = sorted({name for name in names if name and names.count(name) > 1})
    if double:
        raise ParseError(
            f"{source}: 머리글에 같은 열 이름이 두 번 있습니다: {', '.join(double)}. 이름을 다르게 해 주세요.",
            f"{source}: duplicate column names: {', '.join(double)}",
        )
    if all(not name or name.replace(".", "").replace("-", "").isdigit() for name in names):
        raise ParseError(
            f"{source}: 첫 줄이 열 이름(머리글)이 아닙니다. 첫 줄에 id,title,text 같은 열 이름을 넣어 주세요.",
            f"{source}: the first line is not a header; expected column names such as id,title,text",
        )
    return [name or f"열{index + 1}" for index, name in enumerate(names)]


def _jsonl_rows(text: str, problems: list[str]) -> Iterator[tuple[int, Row]]:
    number = 0
    for line, content in enumerate(io.StringIO(text), 1):
        if not content.strip():
            continue
        number += 1
        try:
            row = json.loads(content)
        except (json.JSONDecodeError, RecursionError) as error:
            reason = error.msg if isinstance(error, json.JSONDecodeError) else "겹침이 너무 깊음"
            problems.append(f"{line}번째 줄: JSON이 아니어서 건너뛰었습니다 ({reason}).")
            continue
        if not isinstance(row, dict):
            problems.append(f"{line}번째 줄: {{…}} 모양의 객체가 아니어서 건너뛰었습니다.")
            continue
        yield number, row


def _documents(
    rows: Iterator[tuple[int, Row]], source: str, options: ParseOptions, problems: list[str]
) -> list[Document]:
    documents: list[Document] = []
    first_row_of: dict[str, int] = {}
    for number, row in rows:
        if not documents and options.fields != ParseOptions().fields:
            _require_fields(row, source, options)
        document = _document(number, row, source, options)
        if document is None:
            problems.append(f"{number}행: 색인할 글이 없어 건너뛰었습니다.")
            continue
        external = document.external_id
        if external is not None and external in first_row_of:
            problems.append(f"{number}행: id '{external}'가 {first_row_of[external]}행과 같습니다.")
        elif external is not None:
            first_row_of[external] = number
        documents.append(document)
    if not documents:
        why = "; ".join(problems[:3]) or "자료 행이 없습니다"
        raise ParseError(f"{source}: 쓸 수 있는 행이 하나도 없습니다. {why}", f"{source}: no usable row. {why}")
    if problems:
        more = [f"… 그 밖에 {len(problems) - LISTED}건"] if len(problems) > LISTED else []
        first = documents[0]
        meta = {**first.meta, "warnings": problems[:LISTED] + more}
        documents[0] = Document(first.id, first.source, first.title, first.blocks, meta)
    return documents


def _require_fields(row: Row, source: str, options: ParseOptions) -> None:
    missing = [name for name in options.fields if name not in row]
    if missing:
        raise ParseError(
            f"{source}: --fields에 쓴 열이 없습니다: {', '.join(missing)}. 있는 열: {', '.join(map(str, row))}",
            f"{source}: no such columns: {', '.join(missing)}; the file has: {', '.join(map(str, row))}",
        )


def _document(number: int, row: Row, source: str, options: ParseOptions) -> Document | None:
    values = {clean(str(name)).strip(): _plain(value) for name, value in row.items()}
    title = _string(values.get("title"))
    wanted = [name for name in options.fields if name != "title" and name in values]
    if wanted == ["text"] or len(wanted) == 1:
        text = _string(values[wanted[0]])
    else:
        columns = wanted or [name for name in values if name not in _OWN_COLUMNS]
        text = "\n".join(f"{name}: {_string(values[name])}" for name in columns if _string(values[name]))
    indexed = [name for name in options.fields if name in values and _string(values[name])]
    if not text.strip() and title and "title" in options.fields:
        text = title
    if not text.strip():
        return None
    meta: dict[str, Any] = {
        (name + "_" if name in _OWN_META else name): value
        for name, value in values.items()
        if name not in (*_OWN_COLUMNS, "text") and value is not None
    }
    meta.update(row=number, fields=indexed)
    if values.get("id") not in (None, ""):
        meta["external_id"] = _string(values["id"])
    if len(title) > TITLE_CHARS and "title" in indexed:
        text = f"{title}\n{text}"  # the title will be shortened; what is indexed must not be lost
    shown = _string(values.get("source")) or f"{source} {number}행"
    return Document.make(
        shown, short_title(title) or f"{path_title(source)} {number}행", [Block(text.strip("\n"))], meta
    )


def _plain(value: Any) -> Any:
    """JSON scalars stay; lists and objects become JSON text; strings are cleaned (escapes can hide NUL, surrogates)."""
    if isinstance(value, str):
        return clean(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    return clean(json.dumps(value, ensure_ascii=False))


def _string(value: Any) -> str:
    return "" if value is None else str(value).strip()

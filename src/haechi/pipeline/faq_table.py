"""CSV and XLSX → rows of an FAQ, with the lines of a file in every complaint. Writes nothing.

Columns by name, in any order, Korean or English: question and answer are required; id, category, expires, variants and
source may be there; others are passed over. CSV may be UTF-8, with or without a byte order mark, or CP949.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from haechi.errors import InputError, ParseError
from haechi.korean.asking import squeezed
from haechi.parsers.encoding import clean, read_text
from haechi.parsers.zip_guard import open_zip
from haechi.stores.faq_base import FaqPair, Wording
from haechi.types import content_hash

_NAMES = {
    "id": "id 번호 아이디 식별자",
    "question": "question 질문 물음 문의 q",
    "answer": "answer 답변 답 응답 a",
    "category": "category 분류 카테고리 구분 주제",
    "expires": "expires expiry 만료일 만료 유효기간 유효기한",
    "variants": "variants variant 유사질문 유사 변형 다른표현",
    "source": "source 출처 근거 근거문서",
}
_COLUMNS = {alias: name for name, aliases in _NAMES.items() for alias in aliases.split()}
_VARIANTS = re.compile(r"[|\n]")
_DAY = re.compile(r"(\d{4})\s?[-./년]\s?(\d{1,2})\s?[-./월]\s?(\d{1,2})\s?[.일]?")
#: A petition may be a long question; one to the chatbot has at most as many characters.
MAX_QUESTION, MAX_ANSWER, MAX_ID = 2000, 20_000, 80
#: A workbook may claim a million empty rows.
MAX_ROWS = 100_000


@dataclass(frozen=True)
class BadRow:
    """A row that was left out: where it stands in the file, and why."""

    line: int
    reason: str


def read_faq(path: Path) -> tuple[list[tuple[int, FaqPair]], list[BadRow]]:
    """Pairs with their lines, and bad rows, of a file. Raises InputError for one without both columns."""
    if not path.is_file():
        raise InputError(f"파일이 없습니다: '{path}'", f"no such file: '{path}'")
    kind = path.suffix.lower()
    if kind not in (".csv", ".tsv", ".xlsx"):
        raise InputError(
            f"'{path.name}': FAQ는 CSV, TSV 또는 XLSX에서 읽습니다. 다른 형식은 그렇게 저장해 다시 넣어 주세요",
            f"'{path.name}': an FAQ is read from CSV, TSV or XLSX; save it as one of them",
        )
    try:
        rows = _xlsx_rows(path) if kind == ".xlsx" else _csv_rows(path)
        return _pairs(path.name, rows)
    except ParseError as error:
        raise InputError(error.korean, error.english) from error


def _csv_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    text = read_text(path, path.name).text
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))
    head = text.split("\n", 1)[0]
    delimiter = max(",\t;", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    start = 1
    try:
        for cells in reader:
            yield start, cells
            start = reader.line_num + 1
    except csv.Error as error:
        raise ParseError(
            f'{path.name}: {start}번째 줄에서 시작한 행의 따옴표(")가 맞지 않습니다. 값 안의 따옴표는 ""로 쓰세요.',
            f"{path.name}: unbalanced quotes in the row that starts at line {start} ({error})",
        ) from error


def _xlsx_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The first sheet that has a header of ours."""
    open_zip(path, path.name, ("xl/workbook.xml",)).close()
    from openpyxl import load_workbook

    try:
        book = load_workbook(path, read_only=True, data_only=True)
        sheets = [
            [(number, [_cell(cell) for cell in row]) for number, row in _limited(sheet)] for sheet in book.worksheets
        ]
        book.close()
    except Exception as error:  # openpyxl raises whatever its XML and its zip raise
        raise ParseError(
            f"{path.name}: 엑셀 파일을 읽을 수 없습니다({error}). 엑셀에서 다시 저장해 넣어 주세요.",
            f"{path.name}: cannot read the workbook ({error})",
        ) from error
    fitting = [rows for rows in sheets if any({"question", "answer"} <= set(_header(cells)) for _, cells in rows[:10])]
    yield from (fitting or sheets or [[]])[0]


def _limited(sheet: Any) -> Iterator[tuple[int, Sequence[Any]]]:
    for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
        if number > MAX_ROWS:
            return
        if any(cell is not None for cell in row):
            yield number, row


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return clean(str(value))


def _header(cells: Sequence[str]) -> dict[str, int]:
    """Column → its place."""
    found: dict[str, int] = {}
    for place, cell in enumerate(cells):
        name = _COLUMNS.get(re.sub(r"[\s_\-()]", "", cell).lower())
        if name is not None:
            found.setdefault(name, place)
    return found


def _pairs(name: str, rows: Iterator[tuple[int, list[str]]]) -> tuple[list[tuple[int, FaqPair]], list[BadRow]]:
    columns: dict[str, int] = {}
    pairs: dict[str, tuple[int, FaqPair]] = {}
    seen: dict[str, str] = {}
    bad: list[BadRow] = []
    first: list[str] = []
    for line, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        if not columns:
            first = first or cells
            header = _header(cells)
            if {"question", "answer"} <= set(header):
                columns = header
            continue
        fields = {column: cells[place].strip() for column, place in columns.items() if place < len(cells)}
        pair, reason = _pair(fields)
        if pair is not None and pair.id in pairs:
            reason = f"id '{pair.id}'이(가) 앞의 행과 같습니다"
        elif pair is not None and (other := seen.get(squeezed(pair.question))):
            reason = f"질문이 '{other}'의 질문과 같습니다"
        if reason or pair is None:
            bad.append(BadRow(line, reason))
            continue
        pairs[pair.id] = (line, pair)
        seen[squeezed(pair.question)] = pair.id
    if not columns:
        raise InputError(
            f"{name}: 질문과 답변 열이 없습니다(첫 줄: {', '.join(cell for cell in first if cell) or '비어 있음'}). "
            "첫 줄에 질문, 답변(또는 question, answer)을 적어 주세요",
            f"{name}: no columns named question and answer (first row: {', '.join(first)})",
        )
    return list(pairs.values()), bad


def _pair(fields: dict[str, str]) -> tuple[FaqPair | None, str]:
    """The pair of a row, or why it is none."""
    question, answer = " ".join(fields.get("question", "").split()), fields.get("answer", "")
    try:
        return make_pair(
            question,
            answer,
            identity=fields.get("id", ""),
            category=fields.get("category", ""),
            expires=fields.get("expires", ""),
            source=fields.get("source", ""),
            variants=_VARIANTS.split(fields.get("variants", "")),
        ), ""
    except InputError as error:
        return None, str(error)


def make_pair(
    question: str,
    answer: str,
    *,
    identity: str = "",
    category: str = "",
    expires: str = "",
    source: str = "",
    variants: Sequence[str] = (),
) -> FaqPair:
    """A checked pair; without an id it gets one from its question. Raises InputError naming what is wrong."""
    question, answer = " ".join(question.split()), answer.strip()
    for korean, english, text, most in (
        ("질문", "question", question, MAX_QUESTION),
        ("답변", "answer", answer, MAX_ANSWER),
    ):
        if not text:
            raise InputError(f"{korean}이 비어 있습니다", f"the {english} is empty")
        if len(text) > most:
            raise InputError(
                f"{korean}이 {len(text)}자입니다(최대 {most}자)",
                f"the {english} has {len(text)} characters (at most {most})",
            )
    if not squeezed(question):
        raise InputError(f"질문에 글자가 없습니다: '{question}'", f"no letters in the question: '{question}'")
    identity = identity.strip()
    if len(identity) > MAX_ID or any(character.isspace() or not character.isprintable() for character in identity):
        raise InputError(
            f"id '{identity[:MAX_ID]}': 빈칸 없이 {MAX_ID}자까지여야 합니다",
            f"id '{identity[:MAX_ID]}': at most {MAX_ID} characters, no spaces",
        )
    wordings = [" ".join(text.split()) for text in variants]
    wordings = [text for text in dict.fromkeys(wordings) if text and text != question and squeezed(text)]
    long = next((text for text in wordings if len(text) > MAX_QUESTION), "")
    if long:
        raise InputError(
            f"유사질문이 {len(long)}자입니다(최대 {MAX_QUESTION}자)",
            f"a variant has {len(long)} characters (at most {MAX_QUESTION})",
        )
    return FaqPair(
        id=identity or id_of(question),
        question=question,
        answer=answer,
        category=category.strip(),
        expires=_day(expires.strip()),
        source=source.strip(),
        wordings=tuple(Wording(text, "approved") for text in wordings),
    )


def id_of(question: str) -> str:
    """The id of a pair that brings none."""
    return "faq-" + content_hash(squeezed(question))[:10]


def _day(text: str) -> str:
    """ISO day; "" for nothing."""
    if not text:
        return ""
    match = _DAY.fullmatch(text)
    try:
        if match:
            return date(int(match[1]), int(match[2]), int(match[3])).isoformat()
    except ValueError:
        pass
    raise InputError(
        f"만료일 '{text}'을(를) 날짜로 읽을 수 없습니다(예: 2026-12-31)",
        f"expiry '{text}' is no day (expected 2026-12-31)",
    )

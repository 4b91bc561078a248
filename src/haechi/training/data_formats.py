"""Training data in files: one reader for every form that such data has, one writer, one split. No torch, no numpy.

    kind         fields (others are kept)
    sft          prompt, completion, input?
    chat         messages: [{role, content}]; also read from the text of `training/conversations.py`
    ranking      prompt, completion_0.., ranking (ranking[i] is the rank of completion_i, 0 the best)
    pairs        prompt, chosen, rejected
    prompts      prompt
    instruction  instruction, output, input?
    text         text
    faq          question, answer, variants?
    grounded     question, passages, answer

Read are true JSONL, one JSON array, CSV and text (a question a line, or dialogues), with or without a byte order mark.
Other names of the same fields (`question`/`response_j`/`response_k`, `Q`/`A`, `completion_1..3`) are read as these, and
a `question` alone as a prompt. Written is true JSONL only: an object a line, UTF-8, Korean as it is.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args

from haechi.errors import InputError, ParseError
from haechi.parsers.encoding import decode
from haechi.training.conversations import MARK, parse_conversations

Kind = Literal["sft", "chat", "ranking", "pairs", "prompts", "instruction", "text", "faq", "grounded"]
Row = dict[str, Any]

KINDS: tuple[Kind, ...] = get_args(Kind)
#: The first kind whose fields a row has is its kind: the narrower stand before the wider.
_FIELDS: tuple[tuple[Kind, tuple[str, ...]], ...] = (
    ("chat", ("messages",)),
    ("ranking", ("prompt", "ranking")),
    ("pairs", ("prompt", "chosen", "rejected")),
    ("sft", ("prompt", "completion")),
    ("grounded", ("question", "passages", "answer")),
    ("faq", ("question", "answer")),
    ("instruction", ("instruction", "output")),
    ("prompts", ("prompt",)),
    ("text", ("text",)),
)
REQUIRED: dict[Kind, tuple[str, ...]] = dict(_FIELDS)
#: Columns whose cells in a CSV hold JSON.
_JSON_CELLS = ("messages", "ranking", "variants", "passages", "gold", "history")
_COMPLETION = re.compile(r"completion_(\d+)")


def read_any(path: Path, *, strict: bool = True) -> tuple[Kind, list[Row]]:
    """The rows of a file and their kind.

    Every row has the fields of its kind; `strict` also asks that they are of the right type (a linter does not, it
    counts). Raises InputError naming the line (of JSONL), the row (of an array or CSV) or the kinds that are mixed.
    """
    rows, where = _rows_of(path)
    if not rows:
        raise InputError(f"'{path}'에 읽을 줄이 없습니다", f"'{path}' has no rows")
    found = [with_plain_names(row) for row in rows]
    kinds = [kind_of(row) for row in found]
    for kind, row, place in zip(kinds, found, where, strict=True):
        if kind is None:
            raise InputError(
                f"{place}: 어떤 학습 자료인지 알 수 없습니다(칸: {', '.join(row) or '없음'}). "
                f"있어야 할 칸: {'; '.join('+'.join(names) for _, names in _FIELDS)}",
                f"{place}: no known kind of training row (fields: {', '.join(row) or 'none'}); expected one of "
                + "; ".join("+".join(names) for _, names in _FIELDS),
            )
    kind = kinds[0]
    assert kind is not None
    for other, place in zip(kinds, where, strict=True):
        if other != kind:
            raise InputError(
                f"{place}: 한 파일에는 한 가지 자료만 둘 수 있습니다(앞: {kind}, 여기: {other})",
                f"{place}: a file holds one kind of rows (before: {kind}, here: {other})",
            )
    if strict:
        for row, place in zip(found, where, strict=True):
            if problem := wrong_type(kind, row):
                raise InputError(f"{place}: {problem[0]}", f"{place}: {problem[1]}")
    return kind, found


def read_kind(path: Path, *kinds: Kind) -> list[Row]:
    """The rows of a file that must be of one of these kinds. Raises InputError."""
    kind, rows = read_any(path)
    if kind not in kinds:
        raise InputError(
            f"'{path}'은(는) {kind} 자료입니다. 필요한 것: {', '.join(kinds)}",
            f"'{path}' holds {kind} rows; expected: {', '.join(kinds)}",
        )
    return rows


def write_rows(path: Path, rows: Iterable[Mapping[str, Any]]) -> int:
    """Write true JSONL, whole or not at all; how many rows. Raises InputError when a row or the file cannot be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".part")
    count = 0
    try:
        with open(draft, "w", encoding="utf-8", newline="\n") as handle:
            for row in rows:
                handle.write(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n")
                count += 1
        os.replace(draft, path)
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"'{path}'에 쓸 수 없습니다: {error}", f"cannot write '{path}': {error}") from error
    finally:
        draft.unlink(missing_ok=True)
    return count


def kind_of(row: Mapping[str, Any]) -> Kind | None:
    """What a row with plain names is; None when it has the fields of no kind."""
    return next((kind for kind, names in _FIELDS if all(name in row for name in names)), None)


def with_plain_names(row: Mapping[str, Any]) -> Row:
    """The row with the names that the kinds have: DPO's columns, `Q` and `A`, a question alone, rankings from 1."""
    row = dict(row)
    if "response_j" in row and "response_k" in row:
        prompt = row.pop("question", None) if "prompt" not in row else row["prompt"]
        chosen, rejected = row.pop("response_j"), row.pop("response_k")
        rest = {key: value for key, value in row.items() if key != "prompt"}
        return {"prompt": prompt, "chosen": chosen, "rejected": rejected, **rest}
    if {"Q", "A"} <= row.keys():
        return {"prompt": row.pop("Q"), "completion": row.pop("A"), **row}
    if "question" in row and kind_of(row) is None:
        return {"prompt": row.pop("question"), **row}
    numbers = sorted(int(match[1]) for name in row if (match := _COMPLETION.fullmatch(name)))
    if numbers and numbers[0] == 1:
        return {_one_less(name): value for name, value in row.items()}
    return row


def _one_less(name: str) -> str:
    match = _COMPLETION.fullmatch(name)
    return f"completion_{int(match[1]) - 1}" if match else name


def completions(row: Mapping[str, Any]) -> list[Any]:
    """`completion_0`, `completion_1` … of a ranking row, up to the first that is missing."""
    found: list[Any] = []
    while f"completion_{len(found)}" in row:
        found.append(row[f"completion_{len(found)}"])
    return found


def wrong_type(kind: Kind, row: Mapping[str, Any]) -> tuple[str, str] | None:
    """What is of the wrong type in a row of this kind, in Korean and English; None when nothing is."""
    if kind == "chat":
        return None if is_messages(row["messages"]) else _expected("messages", "{role, content}의 목록", "messages")
    for name in REQUIRED[kind]:
        value = row[name]
        if name == "prompt" and isinstance(value, list):
            if not is_messages(value):
                return _expected("prompt", "글 또는 {role, content}의 목록", "a text or a list of messages")
        elif name in ("ranking", "passages"):
            if not isinstance(value, list):
                return _expected(name, "목록", "a list")
        elif not isinstance(value, str):
            return _expected(name, "글", "a text")
    if kind == "ranking" and not all(isinstance(item, str) for item in completions(row)):
        return _expected("completion_N", "글", "a text")
    return _expected("input", "글", "a text") if not isinstance(row.get("input") or "", str) else None


def _expected(name: str, korean: str, english: str) -> tuple[str, str]:
    return f"{name} 칸이 {korean}이어야 합니다", f"'{name}' must be {english}"


def is_messages(value: Any) -> bool:
    """Whether this is a list of {role, content}, both texts, not empty."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(
            isinstance(item, dict) and isinstance(item.get("role"), str) and isinstance(item.get("content"), str)
            for item in value
        )
    )


def prompt_key(row: Mapping[str, Any]) -> str:
    """What a row asks, as one text without spaces at its ends or doubled: rows with the same one belong together.

    A grounded row belongs to its `group` (its documents), a dialogue to its first question.
    """
    if row.get("group"):
        return str(row["group"])
    asked = next((row[name] for name in ("prompt", "question", "instruction", "text") if name in row), None)
    if asked is None or isinstance(asked, list):
        messages = asked if isinstance(asked, list) else row.get("messages", [])
        users = [str(item.get("content", "")) for item in messages if item.get("role") == "user"]
        # A prompt is all that was said; of a dialogue, later turns are its own.
        asked = "\n".join(users if isinstance(row.get("prompt"), list) else users[:1])
    more = row.get("input") or ""
    return " ".join(f"{asked}\n{more}".split())


def split_by(
    rows: Sequence[Row], key: str | Callable[[Mapping[str, Any]], str] = prompt_key, share: float = 0.1, seed: int = 0
) -> tuple[list[Row], list[Row]]:
    """(rows to train on, rows held out): all rows of one key (a field's name, or what a function says) on one side.

    About `share` of the keys are held out: at least one where there are two and the share is not 0, never all. Which
    ones depends on the keys and the seed only, not on the order of rows. Raises InputError for a share outside 0..1 or
    a field that a row lacks.
    """
    if not 0 <= share < 1:
        raise InputError(
            f"떼어 둘 몫은 0 이상 1 미만이어야 합니다: {share}", f"the share must be at least 0 and below 1: {share}"
        )
    keys = [_key(row, key, number) for number, row in enumerate(rows, 1)]
    order = sorted(set(keys), key=lambda text: hashlib.sha256(f"{seed}\0{text}".encode()).digest())
    count = min(len(order) - 1, max(1, round(share * len(order)))) if share > 0 and len(order) > 1 else 0
    held = set(order[:count])
    sides = [[row for row, text in zip(rows, keys, strict=True) if (text in held) is out] for out in (False, True)]
    return sides[0], sides[1]


def _key(row: Mapping[str, Any], key: str | Callable[[Mapping[str, Any]], str], number: int) -> str:
    if not isinstance(key, str):
        return key(row)
    if key not in row:
        raise InputError(f"{number}번째 줄에 {key} 칸이 없습니다", f"row {number} has no '{key}'")
    return json.dumps(row[key], ensure_ascii=False, sort_keys=True)


def _rows_of(path: Path) -> tuple[list[Row], list[str]]:
    """Rows as they stand, and where each stands, for messages."""
    text = _text_of(path)
    if path.suffix.lower() == ".csv":
        return _csv_rows(path, text)
    # A line of a question file may begin with a bracket as well: [공지] …
    body = "" if path.suffix.lower() == ".txt" else text.lstrip()
    if body.startswith("["):
        return _array_rows(path, text)
    if body.startswith("{"):
        return _line_rows(path, text)
    if MARK.search(text):
        dialogues = parse_conversations(text)
        return [{"messages": item.messages} for item in dialogues], [f"{path}:{item.line}" for item in dialogues]
    if path.suffix.lower() in (".json", ".jsonl"):
        return _line_rows(path, text)
    lines = [(number, line.strip()) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    return [{"prompt": line} for _, line in lines], [f"{path}:{number}" for number, _ in lines]


def _text_of(path: Path) -> str:
    """The file's text as it is: UTF-8, UTF-16 with its mark, or CP949. A file with broken bytes is refused."""
    try:
        data = path.read_bytes()
        decoded = decode(data, path.name)
    except (OSError, ParseError) as error:
        raise InputError(f"'{path}'을(를) 읽을 수 없습니다: {error}", f"cannot read '{path}': {error}") from error
    if decoded.warnings:
        raise InputError(
            f"'{path}': {decoded.warnings[0]} 학습 자료에는 깨진 글자를 넣지 않습니다. UTF-8로 다시 저장하세요",
            f"'{path}' has broken characters ({decoded.encoding}); save it as UTF-8",
        )
    # `decode` also cleans: a line separator inside a JSON text would become a line end.
    text = data.decode("utf-8-sig" if decoded.encoding == "utf-8" else decoded.encoding)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _line_rows(path: Path, text: str) -> tuple[list[Row], list[str]]:
    rows, where = [], []
    # Not splitlines(): a text may hold U+2028, which JSON leaves as it is.
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise InputError(
                f"{path}:{number}: JSON이 아닙니다. 한 줄에 객체 하나({{…}})이거나 파일 전체가 목록([…])이어야 합니다",
                f"{path}:{number}: not JSON; expected an object a line, or one array",
            ) from error
        if not isinstance(row, dict):
            raise InputError(f"{path}:{number}: 객체 하나여야 합니다", f"{path}:{number}: expected one object")
        rows.append(row)
        where.append(f"{path}:{number}")
    return rows, where


def _array_rows(path: Path, text: str) -> tuple[list[Row], list[str]]:
    try:
        rows = json.loads(text)
    except ValueError as error:
        raise InputError(f"{path}: JSON 목록이 아닙니다: {error}", f"{path}: not a JSON array: {error}") from error
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            raise InputError(f"{path}: {number}번째가 객체가 아닙니다", f"{path}: item {number} is not an object")
    return rows, [f"{path}: {number}번째" for number in range(1, len(rows) + 1)]


def _csv_rows(path: Path, text: str) -> tuple[list[Row], list[str]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    rows, where = [], []
    try:
        for number, cells in enumerate(reader, 1):
            place = f"{path}: {number}번째 줄"
            if None in cells or None in cells.values():
                raise InputError(f"{place}: 칸의 수가 제목 줄과 다릅니다", f"{place}: not as many cells as the header")
            rows.append({name.strip(): _cell(name.strip(), value, place) for name, value in cells.items()})
            where.append(place)
    except csv.Error as error:
        raise InputError(f"'{path}'의 CSV가 깨졌습니다: {error}", f"'{path}' is no valid CSV: {error}") from error
    return rows, where


def _cell(name: str, value: str, place: str) -> Any:
    if name not in _JSON_CELLS:
        return value
    try:
        return json.loads(value) if value.strip() else []
    except ValueError as error:
        raise InputError(f"{place}: {name} 칸이 JSON이 아닙니다", f"{place}: '{name}' is not JSON") from error

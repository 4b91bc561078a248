"""Batch input and output: JSONL rows with their line numbers in errors, and a result file that a rerun continues."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from haechi.errors import InputError


def read_rows(path: Path, required: Mapping[str, type | tuple[type, ...]]) -> list[dict[str, Any]]:
    """Read a JSONL file whose rows have the required keys. Raises InputError naming file, line and key."""
    return rows_of(read_text(path), str(path), required)


def rows_of(text: str, name: str, required: Mapping[str, type | tuple[type, ...]]) -> list[dict[str, Any]]:
    """The rows of JSONL text that came from `name`; see `read_rows`."""
    rows = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        where = f"{name} {number}"
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise InputError(f"{where}번째 줄: JSON이 아닙니다({error.msg})", f"{where}: not JSON") from error
        if not isinstance(row, dict):
            raise InputError(f"{where}번째 줄: JSON 객체여야 합니다", f"{where}: expected a JSON object")
        for key, kind in required.items():
            if not isinstance(row.get(key), kind):
                raise InputError(
                    f"{where}번째 줄: '{key}' 값이 없거나 꼴이 다릅니다", f"{where}: '{key}' missing or wrong"
                )
        rows.append(row)
    if not rows:
        raise InputError(f"{name}: 줄이 하나도 없습니다", f"{name}: no rows")
    return rows


def read_text(path: Path) -> str:
    """Read a text file that must be UTF-8. Raises InputError."""
    with reading(path):
        return path.read_text(encoding="utf-8-sig")


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn the ways in which a text file cannot be read into one clear message."""
    try:
        yield
    except FileNotFoundError as error:
        raise InputError(f"파일이 없습니다: '{path}'", f"no such file: '{path}'") from error
    except UnicodeDecodeError as error:
        raise InputError(f"'{path}': UTF-8 텍스트가 아닙니다", f"'{path}': not UTF-8 text") from error
    except OSError as error:
        raise InputError(f"'{path}'을(를) 읽지 못했습니다: {error.strerror}", f"cannot read '{path}'") from error


class ResultFile:
    """Appends a row as soon as it is ready; `done` holds the ids that an earlier, interrupted run left behind."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.done: set[str] = set()
        self._file: IO[bytes] | None = None
        self._added: dict[str, dict[str, Any]] = {}

    def __enter__(self) -> ResultFile:
        if self.path is not None:
            self._file = self.path.open("a+b")
            self._file.seek(0)
            whole, _, torn = self._file.read().rpartition(b"\n")
            if torn:  # the run before was killed in the middle of a row; that row is made again
                self._file.truncate(len(whole) + 1 if whole else 0)
            self.done = {_row_id(self.path, line) for line in whole.splitlines() if line.strip()}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def rows(self) -> dict[str, dict[str, Any]]:
        """Every row in the file by its id; without a file, those added by this run."""
        if self.path is None or self._file is None:
            return self._added
        self._file.seek(0)
        rows = [json.loads(line) for line in self._file.read().splitlines() if line.strip()]
        return {str(row["id"]): row for row in rows}

    def add(self, record: Mapping[str, Any]) -> None:
        """Write a row and hand it to the operating system at once."""
        if self._file is None:
            self._added[str(record["id"])] = dict(record)
        else:
            self._file.write(json.dumps(record, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n")
            self._file.flush()


def _row_id(path: Path, line: bytes) -> str:
    try:
        return str(json.loads(line)["id"])
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"'{path}'은(는) 이 명령의 결과 파일이 아닙니다(id가 있는 JSONL이 아님). 다른 --out을 쓰세요",
            f"'{path}' is no result file of this command (not JSONL rows with an id); name another --out",
        ) from error

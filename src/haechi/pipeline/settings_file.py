"""Changing single values of haechi.toml: everything else in the file, comments above all, stays byte for byte.

A changed line keeps its place and its comment; a new key goes behind the last one of its section, a new section to the
end. Before anything is written the new text is parsed: it must hold the old settings and the changes, nothing else.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from haechi.config import CONFIG_NAME
from haechi.errors import ConfigError
from haechi.models.model_home import sync_folder

#: In place of a value: the key is not in the file, and the default holds.
UNSET = None
Value = str | bool | int | float | None

_SECTION = re.compile(r"^\s*\[\s*([A-Za-z0-9_-]+)\s*\]\s*(?:#.*)?$")
_ANY_SECTION = re.compile(r"^\s*\[")
_VALUE = r"""("(?:[^"\\]|\\.)*"|'[^']*'|\[[^\]]*\]|[^\s#"'\[]+)"""


@dataclass(frozen=True)
class Edit:
    """`before` and `after` of the changed keys (`section.key`), UNSET where the file does not have one."""

    before: dict[str, Value]
    after: dict[str, Value]


def read_values(home: Path, keys: Mapping[str, Any] | list[str]) -> dict[str, Value]:
    """What the file says for `section.key`s, UNSET where it says nothing. Raises ConfigError."""
    raw = _parse(home / CONFIG_NAME, _read(home / CONFIG_NAME))
    return {name: raw.get(name.split(".")[0], {}).get(name.split(".")[1], UNSET) for name in keys}


def change_settings(home: Path, changes: Mapping[str, Value]) -> Edit:
    """Write `section.key` → value into the home's haechi.toml, whole or not at all; UNSET takes a key out.

    Raises ConfigError when the file is written in a way that this cannot change safely.
    """
    # A link is followed, so that it stays one.
    path = (home / CONFIG_NAME).resolve()
    text = _read(path)
    raw = _parse(path, text)
    edit = Edit(read_values(home, list(changes)), dict(changes))
    made = text
    # Keys go out in the other order than they came in, so that a section at the end is empty when its turn comes.
    out = [(name, value) for name, value in reversed(list(changes.items())) if value is UNSET]
    for name, value in [*((name, value) for name, value in changes.items() if value is not UNSET), *out]:
        section, key = name.split(".")
        made = _set(made, section, key, value)
    _check(path, raw, made, changes)
    if made != text:
        _replace(path, made)
    return edit


def _set(text: str, section: str, key: str, value: Value) -> str:
    end = "\r\n" if "\r\n" in text else "\n"
    lines = text.splitlines(keepends=True)
    header, last = _extent(lines, section)
    if header is None:
        if value is UNSET:
            return text
        whole = text if not text or text.endswith("\n") else text + end
        return f"{whole}{end if whole.strip() else ''}[{section}]{end}{key} = {_toml(value)}{end}"
    place = next((at for at in range(header + 1, last) if _assigns(lines[at], key)), None)
    if place is not None:
        lines[place : place + 1] = [] if value is UNSET else [_with_value(lines[place], key, value)]
        if value is UNSET:
            _drop_if_empty(lines, header)
    elif value is not UNSET:
        at = max((at + 1 for at in range(header, last) if lines[at].strip()), default=header + 1)
        if not lines[at - 1].endswith("\n"):
            lines[at - 1] += end
        lines.insert(at, f"{key} = {_toml(value)}{end}")
    return "".join(lines)


def _extent(lines: list[str], section: str) -> tuple[int | None, int]:
    """The line of the section's header and the line behind its end."""
    header = None
    for at, line in enumerate(lines):
        if header is not None and _ANY_SECTION.match(line):
            return header, at
        found = _SECTION.match(line.strip().lstrip("\ufeff"))
        if header is None and found and found[1] == section:
            header = at
    return header, len(lines)


def _assigns(line: str, key: str) -> bool:
    return re.match(rf"^\s*{re.escape(key)}\s*=", line) is not None


def _with_value(line: str, key: str, value: Value) -> str:
    return re.sub(rf"^(\s*{re.escape(key)}\s*=\s*){_VALUE}", lambda found: found[1] + _toml(value), line, count=1)


def _drop_if_empty(lines: list[str], header: int) -> None:
    """A section that this module made at the end of the file, and that holds nothing any more."""
    alone = header == 0 or not lines[header - 1].strip()
    if alone and all(not line.strip() for line in lines[header + 1 :]):
        del lines[max(header - 1, 0) :]


def _toml(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def _check(path: Path, raw: Mapping[str, Any], made: str, changes: Mapping[str, Value]) -> None:
    wanted = {name: dict(table) if isinstance(table, dict) else table for name, table in raw.items()}
    for name, value in changes.items():
        section, key = name.split(".")
        table = wanted.setdefault(section, {})
        if value is UNSET:
            table.pop(key, None)
        else:
            table[key] = value
    try:
        found = tomllib.loads(made.lstrip("\ufeff"))
    except tomllib.TOMLDecodeError:
        found = {}
    if {name: table for name, table in found.items() if table != {}} != {
        name: table for name, table in wanted.items() if table != {}
    }:
        lines = "\n".join(f"[{name.replace('.', '] ')} = {_shown(value)}" for name, value in changes.items())
        raise ConfigError(
            f"'{path}'을(를) 안전하게 고칠 수 없어 그대로 두었습니다(여러 줄에 걸친 값이나 [표.표] 꼴). "
            f"직접 고치세요:\n{lines}",
            f"cannot change '{path}' safely, left as it is (a value over several lines, or dotted tables); by hand:\n"
            f"{lines}",
        )


def _shown(value: Value) -> str:
    return "(없앰)" if value is UNSET else _toml(value)


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"'{path}'을(를) 읽을 수 없습니다: {error}", f"cannot read '{path}': {error}") from error


def _parse(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text.lstrip("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: TOML 문법 오류: {error}", f"{path}: not valid TOML: {error}") from error


def _replace(path: Path, text: str) -> None:
    fresh = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with fresh.open("wb") as out:
            out.write(text.encode("utf-8"))
            out.flush()
            os.fsync(out.fileno())
        shutil.copymode(path, fresh)
        os.replace(fresh, path)
        sync_folder(path.parent)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise ConfigError(
            f"'{path}'을(를) 쓸 수 없습니다: {error.strerror or error}", f"cannot write '{path}': {error}"
        ) from error

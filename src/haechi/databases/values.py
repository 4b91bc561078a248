"""Values of a database: as Korean text, masked, and as JSON that gives the same value back.

Nothing here knows about tables. `None` means "no value"; bytes have no text.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import uuid
from decimal import Decimal
from typing import Any

from haechi.parsers.encoding import clean

HIDDEN = "***"
#: What stands between the digits of a telephone, account or resident number.
_PARTING = str.maketrans("", "", " ().-")
_HANGUL_NAME = re.compile(r"[가-힣]{1,5}")
#: Longer values are text, not something a filter compares with.
META_CHARS = 200


def is_binary(value: Any) -> bool:
    """Whether a value is bytes of some kind."""
    return isinstance(value, bytes | bytearray | memoryview)


def as_kind(value: Any, kind: str) -> Any:
    """A value as its column declares it, where the driver gives something plainer (SQLite dates, MySQL booleans)."""
    try:
        if kind == "bool" and isinstance(value, int):
            return bool(value) if value in (0, 1) else value
        if kind == "json" and isinstance(value, str):
            return json.loads(value)
        if kind == "date" and isinstance(value, str):
            return dt.date.fromisoformat(value)
        if kind == "datetime" and isinstance(value, str):
            return dt.datetime.fromisoformat(value)
    except ValueError:
        return value  # SQLite keeps anything in any column; what it holds is shown as it is
    return value


def text_of(value: Any) -> str:
    """A value for a reader: 2024년 3월 1일 14:30, 예/아니요, 0.5, `이름: 값` of JSON. Empty for None and bytes."""
    if value is None or is_binary(value):
        return ""
    if isinstance(value, bool):
        return "예" if value else "아니요"
    if isinstance(value, dt.datetime):
        return f"{text_of(value.date())}{_clock(value)}"
    if isinstance(value, dt.date):
        return f"{value.year}년 {value.month}월 {value.day}일"
    if isinstance(value, dt.time):
        return value.isoformat("seconds" if value.second else "minutes")
    if isinstance(value, Decimal | float):
        return _number(value)
    if isinstance(value, dict):
        return ", ".join(f"{clean(str(name))}: {text_of(item)}" for name, item in value.items() if text_of(item))
    if isinstance(value, list | tuple | set):
        return ", ".join(filter(None, map(text_of, value)))
    return clean(str(value)).strip()


def scalar_of(value: Any) -> str | int | float | bool | None:
    """A value for a filter: JSON scalars stay, dates are ISO, long text and bytes are None."""
    if value is None or is_binary(value):
        return None
    if isinstance(value, bool | int):
        return value
    if isinstance(value, dt.datetime):
        return value.isoformat(" ")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else str(value)
    text = text_of(value)
    return text if len(text) <= META_CHARS else None


def masked(value: Any) -> str:
    """One way and always the same: 홍길동 → 홍○○, everything that is not a short Hangul word → ***."""
    text = text_of(value)
    if not text:
        return ""
    if not (isinstance(value, str) and _HANGUL_NAME.fullmatch(text)):
        return HIDDEN
    return text[0] + "○" * (len(text) - 1) if len(text) > 1 else "○"


def hide(text: str, value: Any, mask: str) -> str:
    """Put `mask` wherever a value stands in the text of another column, however a number's digits are parted there.

    Values too short to be told from chance (one letter, three digits) are left.
    """
    if value is None or isinstance(value, bool) or is_binary(value):
        return text
    own = text_of(value)
    for spelt in dict.fromkeys((own, clean(str(value)).strip())):
        if len(spelt) >= (4 if spelt.isdigit() else 2):
            text = text.replace(spelt, mask)
    digits = own.translate(_PARTING)
    if len(digits) >= 7 and digits.isdecimal():
        text = re.sub(r"(?<!\d)\(?" + r"[\s().-]{0,2}".join(digits) + r"(?!\d)", mask, text)
    return text


def key_text(values: tuple[Any, ...]) -> str:
    """A key as one string; a comma or backslash inside a part of a key of several columns is escaped."""
    parts = [str(scalar_of(value)) if not isinstance(value, str) else clean(value) for value in values]
    if len(parts) == 1:
        return parts[0]
    return ",".join(part.replace("\\", "\\\\").replace(",", "\\,") for part in parts)


def to_json(value: Any) -> Any:
    """A key or update value as JSON. Raises TypeError for what cannot be one (bytes, intervals, lists)."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    for name, kind in _KINDS.items():
        if type(value) is kind:
            return {name: str(value)}
    raise TypeError(type(value).__name__)


def from_json(item: Any) -> Any:
    """Read back `to_json`."""
    if not isinstance(item, dict):
        return item
    ((name, text),) = item.items()
    kind: Any = _KINDS[name]
    return kind.fromisoformat(text) if hasattr(kind, "fromisoformat") else kind(text)


_KINDS: dict[str, type] = {
    "decimal": Decimal,
    "datetime": dt.datetime,
    "date": dt.date,
    "time": dt.time,
    "uuid": uuid.UUID,
}


def _clock(value: dt.datetime) -> str:
    zone = f" (UTC{value:%z})" if value.tzinfo else ""  # UTC+0900
    if (value.hour, value.minute, value.second) == (0, 0, 0):
        return zone
    return f" {value:%H:%M:%S}{zone}" if value.second else f" {value:%H:%M}{zone}"


def _number(value: Decimal | float) -> str:
    if not Decimal(value).is_finite():
        return ""
    text = f"{value:f}" if isinstance(value, Decimal) else f"{Decimal(repr(value)):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text

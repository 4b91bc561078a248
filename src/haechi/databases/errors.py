"""What database drivers say → one Korean sentence with the next command.

A driver's message may hold the address, the statement or a value of a row. Only messages about names and grammar, and
those of a failed connection, are passed on, without secrets; of all others the code alone.
"""

from __future__ import annotations

import re
from typing import Any

from haechi.errors import ParseError

_GRANT = "읽기 권한만 있는 계정에 GRANT SELECT를 주고"

#: Category → (Korean, English, whether the driver's message is shown).
_TEXTS: dict[str, tuple[str, str, bool]] = {
    "password": (
        "사용자 이름이나 암호가 맞지 않습니다. 주소의 사용자와 암호를 고치고",
        "wrong user or password; correct the address",
        False,
    ),
    "refused": (
        "서버에 닿지 못했습니다. 서버가 켜져 있는지, 주소와 포트가 맞는지, 방화벽이 막지 않는지 보고",
        "cannot reach the server; check that it runs, its host and port, and the firewall",
        True,
    ),
    "database": ("그 이름의 데이터베이스가 없습니다. 주소 끝의 이름을 고치고", "no such database", True),
    "permission": (f"읽을 권한이 없습니다. {_GRANT}", "permission denied; grant SELECT to the account", True),
    "name": ("없는 표나 열을 썼습니다. 이름을 고치고", "no such table or column", True),
    "syntax": ("--query의 문법이 틀렸습니다. 고치고", "the query is not valid SQL", True),
    "timeout": (
        "정한 시간 안에 끝나지 않았습니다. --query를 가볍게 하거나 haechi.toml의 [ingest] parse_timeout을 늘리고",
        "timed out; make the query lighter or raise [ingest] parse_timeout",
        False,
    ),
    "locked": (
        "다른 프로그램이 데이터베이스를 잠그고 있습니다. 끝난 뒤",
        "the database is locked by another program",
        False,
    ),
    "read_only": (
        "자료를 바꾸는 문장이라 막았습니다(읽기 전용). 읽는 문장으로 바꾸고",
        "the statement writes; connections are read only",
        False,
    ),
    "encoding": (
        "글자 인코딩이 맞지 않는 값이 있습니다. 주소에 ?charset=euckr(MySQL) 또는 ?client_encoding=uhc(PostgreSQL)를 "
        "붙여 보고",
        "a value does not fit the encoding; try ?charset=euckr (MySQL) or ?client_encoding=uhc (PostgreSQL)",
        False,
    ),
    "damaged": ("SQLite 파일이 아니거나 깨졌습니다. 주소의 파일을 확인하고", "not a SQLite file, or damaged", False),
    "other": ("데이터베이스가 오류를 냈습니다. 서버의 기록을 보고", "the database failed; see its log", False),
}

_POSTGRES = {
    "28": "password",
    "08": "refused",
    "3D": "database",
    "42501": "permission",
    "42P01": "name",
    "42703": "name",
    "42883": "name",
    "42": "syntax",
    "57014": "timeout",
    "57": "refused",
    "55": "locked",
    "25006": "read_only",
    "22021": "encoding",
    "22P05": "encoding",
}
_MYSQL = {
    1044: "permission",
    1045: "password",
    1049: "database",
    1054: "name",
    1064: "syntax",
    1142: "permission",
    1143: "permission",
    1146: "name",
    1205: "locked",
    1290: "read_only",
    1366: "encoding",
    1698: "password",
    1792: "read_only",
    1969: "timeout",
    2003: "refused",
    2006: "refused",
    2013: "refused",
    3024: "timeout",
}
#: SQLite has no codes that tell these apart; psycopg has none while it is not connected.
_WORDS = (
    (r"no such (table|column|function)|ambiguous column", "name"),
    (r"syntax error|incomplete input", "syntax"),
    (r"^interrupted", "timeout"),
    (r"database is locked|table is locked", "locked"),
    (r"readonly database", "read_only"),
    (r"not a database|malformed|disk image", "damaged"),
    (r"unable to open", "permission"),
    (r"password|authentication|인증|no pg_hba|role .* does not exist", "password"),
    (r"database .* does not exist", "database"),
    (
        r"refused|timeout expired|could not translate|resolve|unreachable|connection failed|connection to server",
        "refused",
    ),
)


def explained(error: Exception, name: str, shown: str, secrets: tuple[str, ...]) -> ParseError:
    """The error of database `name` at `shown` for a reader; none of `secrets` and no value of a row stands in it."""
    driver = getattr(error, "orig", None) or error
    category, code = _category(driver)
    korean, english, show = _TEXTS[category]
    detail = _scrubbed(str(driver.args[-1] if driver.args else ""), secrets) if show else ""
    note = " ".join(filter(None, (detail, f"[{code}]")))
    return ParseError(
        f"sql:{name} ({shown}): {korean} 같은 명령을 다시 실행하세요. {note}",
        f"sql:{name} ({shown}): {english}; then run the same command again. {note}",
    )


def _category(driver: Any) -> tuple[str, str]:
    if isinstance(driver, UnicodeError):
        return "encoding", type(driver).__name__
    number = driver.args[0] if getattr(driver, "args", ()) else None
    if isinstance(number, int):
        return _MYSQL.get(number, "other"), str(number)
    if code := getattr(driver, "sqlstate", None):
        return next((_POSTGRES[part] for part in (code, code[:2]) if part in _POSTGRES), "other"), code
    # A value quoted in the message must not decide, nor be shown: these words stand outside of quotes.
    text = str(driver)
    for words, category in _WORDS:
        if re.search(words, text, re.IGNORECASE):
            return category, type(driver).__name__
    return "other", type(driver).__name__


def _scrubbed(text: str, secrets: tuple[str, ...]) -> str:
    """One line without secrets and without anything that looks like an address with a password."""
    for secret in secrets:
        text = text.replace(secret, "***")
    text = re.sub(r"(\w+://[^\s:/@]*:)[^\s@]*@", r"\1***@", text)
    return " ".join(text.split())[:300]

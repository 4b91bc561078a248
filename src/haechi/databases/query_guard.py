"""Accepts one SELECT, nothing else.

This is the first of three fences and the one with a clear message. The others do not trust it: the transaction is read
only, and every driver is used in a way that sends one statement. What dialects read differently (backslashes before
quotes, dollar quotes, executable comments) is refused rather than understood.
"""

from __future__ import annotations

import re

from haechi.errors import InputError

_TOKEN = re.compile(
    r"""(?P<comment>--[^\n]*|/\*(?:[^*/]|\*(?!/)|/(?!\*))*\*/)
      | (?P<quoted>'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`)
      | (?P<word>\w+)
      | (?P<sign>[^\s\w])
      | \s+""",
    re.VERBOSE | re.DOTALL,
)
_CHANGING = frozenset(
    "insert update delete merge into drop alter create truncate grant revoke attach detach pragma".split()
)
_STRANGE = re.compile(r"""\\['"`]|\$\w*\$|/\*M?!""")


def checked_query(query: str) -> str:
    """The query without its closing semicolon. Raises InputError unless it is one SELECT or WITH … SELECT."""
    text = query.strip()
    if found := _STRANGE.search(text):
        raise _refused(
            f"'{found.group()}'은(는) 데이터베이스마다 뜻이 달라 받지 않습니다", f"'{found.group()}' is not accepted"
        )
    tokens = [match for match in _TOKEN.finditer(text) if match.lastgroup not in (None, "comment")]
    while tokens and tokens[-1].group() == ";":
        text = text[: tokens.pop().start()].rstrip()
    words = [match.group().lower() if match.lastgroup == "word" else match.group() for match in tokens]
    if not words or words[0] not in ("select", "with"):
        raise _refused("SELECT 또는 WITH로 시작해야 합니다", "it must start with SELECT or WITH")
    depth = 0
    for place, (match, word) in enumerate(zip(tokens, words, strict=True)):
        if word == ";":
            raise _refused("문장이 둘 이상입니다(가운데에 ;가 있음)", "it holds more than one statement")
        if match.lastgroup == "sign" and word in "'\"`":
            raise _refused("따옴표가 닫히지 않았습니다", "a quote is not closed")
        if word == "/" and words[place + 1 : place + 2] == ["*"]:
            raise _refused("주석(/* */)이 닫히지 않았거나 겹쳐 있습니다", "a comment is not closed, or nested")
        depth += (word == "(") - (word == ")")
        if depth < 0:
            break
        if match.lastgroup == "word" and word in _CHANGING and words[place + 1 : place + 2] != ["("]:
            raise _refused(f"자료를 바꾸는 말 '{word.upper()}'이(가) 있습니다", f"it holds '{word.upper()}'")
    if depth:
        raise _refused("괄호가 맞지 않습니다", "its parentheses do not balance")
    return text


def _refused(korean: str, english: str) -> InputError:
    return InputError(
        f"--query에는 읽는 문장(SELECT) 하나만 쓸 수 있습니다: {korean}. 표 전체는 --table 표이름으로 넣으세요",
        f"--query takes one SELECT: {english}; for a whole table use --table NAME",
    )

"""Cutting Korean text into sentences, with offsets and without a dictionary.

A sentence ends at . ? ! (or their full-width forms) followed by a space, and at a full stop that follows a sentence
ending (다, 요, 음 …) even without the space; a new line always ends one. Nothing is cut inside brackets or 낫표, dates
(2024. 3. 1.), decimals, list markers (1. 가.), `제1조.` and abbreviations of one letter.
"""

from __future__ import annotations

import re

_OPEN, _CLOSE = "([「『（［〈《“", ")]」』）］〉》”"
_EVENT = re.compile(rf"\n|[{re.escape(_OPEN + _CLOSE)}]|[.!?。？！…]+[\"'”’]*")
_ENDINGS = "다요음함임됨까죠오"
_MARKER = re.compile(r"(?:^|[\s(])(?:[가나다라마바사아자차카타파하]|[A-Za-z]|[ivxIVX]{1,4})$")
_LABEL = re.compile(r"제\s?\d+\s?[조항호장절편관](?:의\s?\d+)?$")


def split_sentences(text: str) -> list[tuple[int, int]]:
    """Spans of the sentences in order, without the white space around them; blank lines give none."""
    spans: list[tuple[int, int]] = []
    line_start = 0
    for line in text.split("\n"):
        cuts = _cuts(line)
        for start, end in zip([0, *cuts], [*cuts, len(line)], strict=True):
            piece = line[start:end]
            stripped = piece.strip()
            if stripped:
                offset = line_start + start + piece.index(stripped)
                spans.append((offset, offset + len(stripped)))
        line_start += len(line) + 1
    return spans


def _cuts(line: str) -> list[int]:
    depth, cuts = 0, []
    # An unclosed bracket would otherwise swallow the rest of the line.
    balanced = sum(line.count(mark) for mark in _OPEN) == sum(line.count(mark) for mark in _CLOSE)
    for match in _EVENT.finditer(line):
        mark = match[0]
        if mark in _OPEN:
            depth += balanced
        elif mark in _CLOSE:
            depth = max(0, depth - balanced)
        elif depth == 0 and _ends_sentence(line, match.start(), match.end()):
            cuts.append(match.end())
    return cuts


def _ends_sentence(line: str, start: int, end: int) -> bool:
    if end >= len(line):
        return False
    spaced = line[end].isspace()
    if line[start] not in ".":
        return spaced or line[start] in "。？！"
    before = line[max(0, start - 12) : start]
    if not before or before[-1].isdecimal() or _MARKER.search(before) or _LABEL.search(before):
        return False
    return spaced or (before[-1] in _ENDINGS and "가" <= line[end] <= "힣")

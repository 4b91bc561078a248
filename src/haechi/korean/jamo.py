"""Spelling mistakes: Hangul syllables taken apart, and the number of letters in which two words differ."""

from __future__ import annotations

_FIRST, _COUNT = 0xAC00, 11172


def letters(word: str) -> str:
    """Syllables as their letters, each position of its own: 면 and 변 differ in one, 가 and 각 in one."""
    out = []
    for character in word:
        code = ord(character) - _FIRST
        if 0 <= code < _COUNT:
            out.append(chr(0x1100 + code // 588))
            out.append(chr(0x1161 + code % 588 // 28))
            if code % 28:
                out.append(chr(0x11A7 + code % 28))
        else:
            out.append(character)
    return "".join(out)


def one_apart(left: str, right: str) -> bool:
    """Whether one letter was changed, left out, added, or swapped with its neighbour."""
    a, b = letters(left), letters(right)
    if a == b or abs(len(a) - len(b)) > 1:
        return False
    start = 0
    while start < min(len(a), len(b)) and a[start] == b[start]:
        start += 1
    rest_a, rest_b = a[start:], b[start:]
    if len(a) == len(b):
        swapped = rest_a[:2] == rest_b[:2][::-1] and rest_a[2:] == rest_b[2:]
        return rest_a[1:] == rest_b[1:] or swapped
    longer, shorter = (rest_a, rest_b) if len(a) > len(b) else (rest_b, rest_a)
    return longer[1:] == shorter

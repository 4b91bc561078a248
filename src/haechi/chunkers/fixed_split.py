"""The two classic splitters by length: merge pieces between separators up to a size, with overlap.

They follow the documented algorithms of LangChain's `CharacterTextSplitter` (one separator) and
`RecursiveCharacterTextSplitter` (several, coarse to fine), so that equal settings give equal counts. Lengths are
characters. Both return spans of the text, never rewritten text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from haechi.chunkers.budget import Span, trim


def split_characters(text: str, size: int, overlap: int, separator: str) -> list[Span]:
    """Cut at one separator only: where it does not occur, nothing is cut, whatever the length."""
    return _merge(text, _pieces(text, 0, len(text), separator, keep=False), size, overlap, len(separator))


def split_recursively(text: str, size: int, overlap: int, separators: Sequence[str]) -> list[Span]:
    """Cut at the first separator that occurs; what is still too long, at the next ones. `""` cuts anywhere."""
    return _recurse(text, 0, len(text), size, overlap, list(separators))


def _recurse(text: str, start: int, end: int, size: int, overlap: int, separators: list[str]) -> list[Span]:
    chosen, finer = separators[-1], list[str]()
    for place, separator in enumerate(separators):
        if not separator or text.find(separator, start, end) >= 0:
            chosen, finer = separator, separators[place + 1 :] if separator else []
            break
    spans: list[Span] = []
    good: list[Span] = []
    for piece in _pieces(text, start, end, chosen, keep=True):
        if piece[1] - piece[0] < size:
            good.append(piece)
            continue
        spans += _merge(text, good, size, overlap, 0)
        good = []
        spans += _recurse(text, *piece, size, overlap, finer) if finer else [piece]
    return spans + _merge(text, good, size, overlap, 0)


def _pieces(text: str, start: int, end: int, separator: str, *, keep: bool) -> list[Span]:
    """What stands between separators, without empty pieces; `keep` leaves each separator with the piece after it."""
    if not separator:
        return [(position, position + 1) for position in range(start, end)]
    cuts = [
        (start + match.start(), start + match.end()) for match in re.finditer(re.escape(separator), text[start:end])
    ]
    begins = [start, *(cut[0] if keep else cut[1] for cut in cuts)]
    ends = [*(cut[0] for cut in cuts), end]
    return [(begin, stop) for begin, stop in zip(begins, ends, strict=True) if stop > begin]


def _merge(text: str, pieces: Sequence[Span], size: int, overlap: int, joint: int) -> list[Span]:
    """Neighbouring pieces up to `size`; the next chunk begins with the last ones that fit into `overlap`."""
    spans: list[Span] = []
    current: list[Span] = []
    total = 0
    for piece in pieces:
        length = piece[1] - piece[0]
        if current and total + length + joint > size:
            spans.append((current[0][0], current[-1][1]))
            while total > overlap or (total > 0 and total + length + (joint if current else 0) > size):
                total -= current[0][1] - current[0][0] + (joint if len(current) > 1 else 0)
                current.pop(0)
        current.append(piece)
        total += length + (joint if len(current) > 1 else 0)
    if current:
        spans.append((current[0][0], current[-1][1]))
    trimmed = [trim(text, *span) for span in spans]
    return [span for span in trimmed if span[0] < span[1]]

"""Texts beyond a model's limit: a passage is refused, a question is read in halves of halves."""

from __future__ import annotations

from collections.abc import Callable

from haechi.errors import InputError
from haechi.types import EmbedKind


def pieces(text: str, kind: EmbedKind, position: int, limit: int, count: Callable[[str], int]) -> list[str]:
    """The text itself where the model reads all of it. Raises InputError for a passage that is too long.

    `count` says how many tokens the model would read; `position` is the text's place among those to be embedded.
    """
    tokens = count(text)
    if tokens <= limit:
        return [text]
    if kind == "passage" or len(text) < 2:
        raise InputError(
            f"임베딩할 글 {position + 1}번이 {tokens}토큰으로 모델의 한도 {limit}토큰을 넘습니다"
            f"('{text[:30]}…'). 더 작은 단위로 나누어 다시 넣으세요: haechi ingest --unit paragraph",
            f"text {position + 1} has {tokens} tokens, more than the model's limit of {limit} "
            f"('{text[:30]}…'); ingest it in smaller units: haechi ingest --unit paragraph",
        )
    middle = len(text) // 2
    return [half for part in (text[:middle], text[middle:]) for half in pieces(part, kind, position, limit, count)]

"""Changing generated keys: only what is new is embedded, and the indexes follow at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from haechi.errors import InputError
from haechi.stores.base import KeyRecord
from haechi.types import content_hash

if TYPE_CHECKING:
    from haechi.pipeline.build import Home


def find_key(home: Home, key: int) -> KeyRecord:
    """The key of an id. Raises InputError."""
    found = home.store.keys(entry_id=key)
    if not found:
        raise InputError(
            f"{key}번 키가 없습니다. 번호는 다시 넣으면 바뀝니다. 목록: haechi keys list",
            f"no key {key}; ids change when a document is read again. See: haechi keys list",
        )
    return found[0]


def edit_key(home: Home, key: int, text: str) -> KeyRecord:
    """Give a key another text; returns the key as it is now. Raises InputError."""
    old = find_key(home, key)
    texts = [_valid(home, text) if item.id == key else item.text for item in _siblings(home, old)]
    return _put(home, old, texts, _valid(home, text))


def remove_key(home: Home, key: int) -> KeyRecord:
    """Take a key away; the chunk stays, and is found by its own text. Raises InputError."""
    old = find_key(home, key)
    _set(home, old.chunk_id, old.kind, [item.text for item in _siblings(home, old) if item.id != key])
    return old


def add_key(home: Home, chunk_id: str, text: str, kind: str = "question") -> None:
    """Give a chunk one more key. Raises InputError, StoreError when the chunk has no written keys or does not exist."""
    texts = [item.text for item in home.store.keys() if (item.chunk_id, item.kind) == (chunk_id, kind)]
    _set(home, chunk_id, kind, [*texts, _valid(home, text)])


def _siblings(home: Home, key: KeyRecord) -> list[KeyRecord]:
    keys = home.store.keys(key.document_id)
    return [item for item in keys if (item.chunk_id, item.kind) == (key.chunk_id, key.kind)]


def _put(home: Home, old: KeyRecord, texts: Sequence[str], text: str) -> KeyRecord:
    _set(home, old.chunk_id, old.kind, texts)
    keys = home.store.keys(old.document_id)
    return next(item for item in keys if (item.chunk_id, item.kind, item.text) == (old.chunk_id, old.kind, text))


def _set(home: Home, chunk_id: str, kind: str, texts: Sequence[str]) -> None:
    """Embed what is new, then the store, then the indexes: the order of every write."""
    embedder = home.embedder()
    with home.store.writer():
        by_hash = {content_hash(text): text for text in texts}
        missing = home.store.missing_vectors(embedder.name, list(by_hash))
        if missing:
            vectors = embedder.embed([by_hash[text_hash] for text_hash in missing], "passage")
            home.store.put_vectors(embedder.name, missing, vectors)
        home.note_change(home.store.set_keys(chunk_id, kind, texts))
        home.store.drop_unused_vectors()
        home.refresh_indexes()


def _valid(home: Home, text: str) -> str:
    text = " ".join(text.split())
    if not text:
        raise InputError("키가 비어 있습니다", "the key is empty")
    embedder = home.embedder()
    count = embedder.count_tokens(text)
    if count > embedder.max_tokens:
        raise InputError(
            f"키가 너무 깁니다: {count}토큰(한도 {embedder.max_tokens}). 한두 문장으로 줄여 주세요",
            f"the key is too long: {count} tokens (limit {embedder.max_tokens}); use a sentence or two",
        )
    return text

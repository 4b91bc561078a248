"""Neighbouring units for the prompt: what stands around the passages fills what they leave of the token budget.

A hit that is a part of an article (a 항) gets the rest of its article, when all of it fits; another hit gets the chunk
behind it, then the one before it. Hits are widened in their order. A citation still names the exact chunk (`pieces`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from haechi.pipeline.injection import holds_instructions
from haechi.stores.base import Store
from haechi.types import Chunk, Hit


def widen(
    hits: Sequence[Hit], whole: Sequence[Hit], store: Store, budget: int, count: Callable[[str], int]
) -> list[Hit]:
    """`hits` as fitted into the prompt, `whole` the same hits before they were fitted.

    A passage that was cut to fit is left alone, and so is one of a single chunk.
    """
    left = budget - sum(count(hit.chunk.text) for hit in hits)
    taken = {hit.chunk.id for hit in hits}
    widened = []
    for hit, before in zip(hits, whole, strict=True):
        if left > 0 and hit.chunk.text == before.chunk.text:
            for group in _around(hit.chunk, store):
                fresh = [chunk for chunk in group if chunk.id not in taken]
                cost = sum(count(chunk.text) + 1 for chunk in fresh)
                quiet = not any(holds_instructions(chunk.text) for chunk in fresh)
                if fresh and cost <= left and len(fresh) == len(group) and quiet:
                    left -= cost
                    taken.update(chunk.id for chunk in fresh)
                    hit = _with(hit, fresh)
        widened.append(hit)
    return widened


def _around(chunk: Chunk, store: Store) -> list[list[Chunk]]:
    """Groups to add, best first; none overlaps the chunk. A unit cut out of its chunk (제60조제2항) gets none."""
    chunks = store.chunks(chunk.document_id)
    place = next((number for number, item in enumerate(chunks) if item.id == chunk.id), None)
    if place is None or chunks[place].text != chunk.text:
        return []
    article = chunk.meta.get("article")
    if article:
        rest = [item for item in chunks if item.meta.get("article") == article and item.id != chunk.id]
        same = [item for item in rest if item.meta.get("part") == chunk.meta.get("part")]
        groups = [same] if same else []
    else:
        groups = [[chunks[near]] for near in (place + 1, place - 1) if 0 <= near < len(chunks)]
    return [group for group in groups if all(item.end <= chunk.start or item.start >= chunk.end for item in group)]


def _with(hit: Hit, added: Sequence[Chunk]) -> Hit:
    pieces = sorted([*(hit.pieces or (hit.chunk,)), *added], key=lambda piece: piece.start)
    text = "\n".join(piece.text for piece in pieces)
    return replace(hit, chunk=replace(hit.chunk, text=text), pieces=tuple(pieces))

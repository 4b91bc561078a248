"""Which stretches of a passage a question matched, by the analyser that matched them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from haechi.korean.base import Analyser
from haechi.records import hit_record
from haechi.types import Hit


def highlights(analyser: Analyser, question: str, text: str) -> list[tuple[int, int]]:
    """(start, end) in `text`, in order, none overlapping or touching. Synonyms of the question count."""
    wanted = analyser.query_tokens(question)
    found: list[tuple[int, int]] = []
    for start, end in sorted((span.start, span.end) for span in analyser.spans(text) if span.token in wanted):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def search_record(analyser: Analyser, question: str, hits: Sequence[Hit]) -> dict[str, Any]:
    """The JSON of a search: `hits`, each with its `highlights`, and `expanded` where synonyms were looked for."""
    found = [
        hit_record(rank, hit) | {"highlights": highlights(analyser, question, hit.chunk.text)}
        for rank, hit in enumerate(hits, 1)
    ]
    expanded = [one._asdict() for one in analyser.expansions(question)]
    return {"hits": found} | ({"expanded": expanded} if expanded else {})

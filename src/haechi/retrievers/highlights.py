"""Which stretches of a passage a question matched, by the analyser that matched them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from haechi.korean.base import Analyser


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


def with_highlights(record: Mapping[str, Any], analyser: Analyser, question: str) -> dict[str, Any]:
    """The JSON of a search with `highlights` of each hit, and `expanded` where synonyms were looked for."""
    hits = [hit | {"highlights": highlights(analyser, question, hit["text"])} for hit in record["hits"]]
    expanded = [one._asdict() for one in analyser.expansions(question)]
    return {**record, "hits": hits} | ({"expanded": expanded} if expanded else {})

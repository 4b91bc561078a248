"""MMR: passages that are relevant and do not repeat each other. Vectors come from the store; nothing is embedded.

Each next passage has the highest (1 - mmr) · relevance - mmr · likeness to those already chosen. Relevance is the score
over the best score. Cosines of one embedder lie in a narrow band, so likeness is the cosine rescaled between the least
alike pair of the candidates (0) and equality (1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from haechi.types import Hit


def diversify(hits: Sequence[Hit], vectors: Mapping[str, NDArray[np.float32]], k: int, mmr: float) -> list[Hit]:
    """The first k by MMR; `vectors` by chunk id. Units that the question names by number keep their place in front."""
    named = [hit for hit in hits if "reference" in hit.signals]
    rest = [hit for hit in hits if "reference" not in hit.signals]
    chosen = list(named[:k])
    if not rest or len(chosen) >= k:
        return chosen
    best = max(abs(hit.score) for hit in rest) or 1.0
    relevance = [hit.score / best for hit in rest]
    likeness = _likeness([vectors.get(hit.chunk.id) for hit in rest])
    order: list[int] = []
    while len(chosen) + len(order) < k and len(order) < len(rest):
        left = [place for place in range(len(rest)) if place not in order]
        order.append(
            max(
                left,
                key=lambda place: (
                    (1 - mmr) * relevance[place]
                    - mmr * max((float(likeness[place, other]) for other in order), default=0.0)
                ),
            )
        )
    return [*chosen, *(rest[place] for place in order)]


def _likeness(vectors: Sequence[NDArray[np.float32] | None]) -> NDArray[np.float32]:
    """Shape (n, n), 0 to 1. A passage without a vector is like nothing."""
    known = [vector for vector in vectors if vector is not None]
    if not known:
        return np.zeros((len(vectors), len(vectors)), np.float32)
    table = np.stack([np.zeros_like(known[0]) if vector is None else vector for vector in vectors])
    cosine = table @ table.T
    lowest = float(cosine.min())
    rescaled: NDArray[np.float32] = np.clip((cosine - lowest) / max(1.0 - lowest, 1e-6), 0.0, 1.0)
    return rescaled

"""The vector index copied to a graphics card, where the installed faiss can use one (package faiss-gpu).

Only searches run there; what is saved, added and removed is the index in main memory. A copy is compared with it once:
when the first hits differ beyond ties it is refused, because two machines must give the same answers. Not measured
here: this code was only ever run against a stand-in for the card.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from haechi.errors import BackendError

_SAMPLES = 8
_FIRST = 10
#: Sums of products in another order and in half precision differ by this much at most.
_TIE = 2e-3


def wanted(faiss: Any, device: str) -> bool:
    """Whether to search on a card. Raises BackendError when one is asked for and there is none."""
    cards = int(faiss.get_num_gpus()) if hasattr(faiss, "get_num_gpus") else 0
    if device == "gpu" and not cards:
        raise BackendError(
            '[retrieval] device = "gpu"인데 faiss가 쓸 수 있는 GPU가 없습니다. faiss-gpu 패키지와 드라이버를 '
            '확인하거나 device = "auto"로 바꾸세요',
            '[retrieval] device = "gpu", but faiss finds no card; check the package faiss-gpu and the driver, '
            'or set device = "auto"',
        )
    return device != "cpu" and cards > 0


class GpuCopy:
    """Searches like the index it was made from: `search(queries, k)` gives scores and ids."""

    def __init__(self, faiss: Any, index: Any) -> None:
        self._resources = faiss.StandardGpuResources()
        self._ids: NDArray[np.int64] | None = None
        options = faiss.GpuClonerOptions()
        options.useFloat16 = True
        flat = index
        if isinstance(index, faiss.IndexIDMap2):
            # Cards take plain vectors only, so ids are put back here.
            self._ids = faiss.vector_to_array(index.id_map)
            flat = faiss.IndexFlatIP(index.d)
            flat.add(index.index.reconstruct_n(0, index.ntotal))
        self._copy = faiss.index_cpu_to_gpu(self._resources, 0, flat, options)
        if self._ids is None:
            self._copy.nprobe = index.nprobe
        self._compare(index)

    def search(self, queries: NDArray[np.float32], k: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        scores, ids = self._copy.search(queries, k)
        if self._ids is not None:
            ids = np.where(ids >= 0, self._ids[np.maximum(ids, 0)], -1)
        return scores, ids

    def _compare(self, index: Any) -> None:
        if not index.ntotal:
            return
        queries = np.random.default_rng(0).standard_normal((_SAMPLES, index.d)).astype(np.float32)
        queries /= np.linalg.norm(queries, axis=1, keepdims=True)
        first = min(_FIRST, int(index.ntotal))
        for (scores, ids), (card_scores, card_ids) in zip(
            zip(*index.search(queries, first), strict=True), zip(*self.search(queries, first), strict=True), strict=True
        ):
            limit = float(scores[ids >= 0].min()) + _TIE if (ids >= 0).any() else 0.0
            surely = {int(entry) for entry, score in zip(ids, scores, strict=True) if entry >= 0 and score > limit}
            if not surely <= set(card_ids.tolist()) or not np.allclose(scores, card_scores, atol=_TIE):
                raise BackendError(
                    "GPU의 검색 결과가 CPU와 다릅니다(동점보다 큰 차이). haechi.toml의 [retrieval]에서 "
                    'device = "cpu"로 바꾸고 faiss-gpu 버전과 드라이버를 확인하세요',
                    "the card's first hits differ from the processor's beyond ties; set device = \"cpu\" under "
                    "[retrieval] in haechi.toml and check the version of faiss-gpu and the driver",
                )
